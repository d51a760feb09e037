import { describe, expect, it } from 'vitest';
import { chroma, readFrame, toRgba } from './i420';

function message(width: number, height: number, fill: [number, number, number], over: { magic?: number; cut?: number } = {}): ArrayBuffer {
  const luma = width * height;
  const half = chroma(width) * chroma(height);
  const bytes = new Uint8Array(16 + luma + 2 * half - (over.cut ?? 0));
  const header = new DataView(bytes.buffer);
  [over.magic ?? 0x43434631, width, height, 7].forEach((value, at) => header.setUint32(at * 4, value, true));
  bytes.fill(fill[0], 16, 16 + luma);
  bytes.fill(fill[1], 16 + luma, 16 + luma + half);
  bytes.fill(fill[2], 16 + luma + half);
  return bytes.buffer;
}

function pixel(y: number, u: number, v: number, width = 2, height = 2): number[] {
  const frame = readFrame(message(width, height, [y, u, v]));
  if (!frame) throw new Error('not a frame');
  const out = new Uint8ClampedArray(4 * width * height);
  toRgba(frame, out);
  return [...out.slice(out.length - 4)];
}

describe('frames of the loopback socket', () => {
  it('are read with size and sequence, odd sizes too', () => {
    expect(readFrame(message(641, 479, [1, 2, 3]))).toMatchObject({ width: 641, height: 479, seq: 7 });
  });

  it('are refused when cut off, of another kind, empty or absurdly large', () => {
    expect(readFrame(message(64, 48, [1, 2, 3], { cut: 1 }))).toBeNull();
    expect(readFrame(message(64, 48, [1, 2, 3], { magic: 1 }))).toBeNull();
    expect(readFrame(new ArrayBuffer(3))).toBeNull();
    const huge = new ArrayBuffer(16);
    new DataView(huge).setUint32(0, 0x43434631, true);
    new DataView(huge).setUint32(4, 4_000_000_000, true);
    new DataView(huge).setUint32(8, 4_000_000_000, true);
    expect(readFrame(huge)).toBeNull();
  });

  it('show black, white and red as such (BT.601, limited range)', () => {
    expect(pixel(16, 128, 128)).toEqual([0, 0, 0, 255]);
    expect(pixel(235, 128, 128)).toEqual([255, 255, 255, 255]);
    const [red, green, blue] = pixel(81, 90, 240, 3, 3) as [number, number, number, number];
    expect(red).toBeGreaterThan(250);
    expect(green).toBeLessThan(5);
    expect(blue).toBeLessThan(5);
  });
});
