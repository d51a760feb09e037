// The frame format of the loopback socket: 16 bytes of header (little endian: magic, width, height, sequence),
// then I420 without padding: Y, U, V; chroma planes have half the size, rounded up.

const MAGIC = 0x43434631;
const HEADER = 16;
/** Larger than any camera picture; guards the allocation against a broken header. */
const MOST = 8192;

export interface I420 {
  width: number;
  height: number;
  seq: number;
  /** Y, U and V, one after the other. */
  planes: Uint8Array<ArrayBuffer>;
}

/** Reads one message; null if it is not a whole frame. */
export function readFrame(message: ArrayBuffer): I420 | null {
  if (message.byteLength < HEADER) return null;
  const header = new DataView(message, 0, HEADER);
  const [magic, width, height, seq] = [0, 4, 8, 12].map((at) => header.getUint32(at, true)) as [number, number, number, number];
  if (magic !== MAGIC || width < 2 || height < 2 || width > MOST || height > MOST) return null;
  const size = width * height + 2 * chroma(width) * chroma(height);
  if (message.byteLength !== HEADER + size) return null;
  return { width, height, seq, planes: new Uint8Array(message, HEADER, size) };
}

export function chroma(length: number): number {
  return (length + 1) >> 1;
}

/** BT.601 limited range to RGBA, into `out` (4 × width × height bytes). Only where the browser has no VideoFrame. */
export function toRgba(frame: I420, out: Uint8ClampedArray): void {
  const { width, height, planes } = frame;
  const half = chroma(width);
  const uAt = width * height;
  const vAt = uAt + half * chroma(height);
  let to = 0;
  for (let row = 0; row < height; row += 1) {
    const chromaRow = (row >> 1) * half;
    for (let column = 0; column < width; column += 1) {
      const y = 1.164 * ((planes[row * width + column] as number) - 16);
      const u = (planes[uAt + chromaRow + (column >> 1)] as number) - 128;
      const v = (planes[vAt + chromaRow + (column >> 1)] as number) - 128;
      out[to] = y + 1.596 * v;
      out[to + 1] = y - 0.391 * u - 0.813 * v;
      out[to + 2] = y + 2.018 * u;
      out[to + 3] = 255;
      to += 4;
    }
  }
}
