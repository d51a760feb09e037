import { describe, expect, it } from 'vitest';
import { moveBy, whole, zoomBy } from './zoom';

describe('zooming a paper', () => {
  it('keeps the point under the pointer in its place', () => {
    const zoom = zoomBy(whole, 3, 0.2, -0.1);
    // The picture's point that lay at 0.2 lies at x + 0.2 · scale now.
    expect(zoom.x + 0.2 * zoom.scale).toBeCloseTo(0.2);
    expect(zoom.y - 0.1 * zoom.scale).toBeCloseTo(-0.1);
  });

  it('comes back to the whole picture when zoomed out, however it was moved', () => {
    const moved = moveBy(zoomBy(whole, 5), 0.7, -0.7);
    const back = zoomBy(moved, -20);
    expect(back.scale).toBe(1);
    expect(back.x).toBeCloseTo(0);
    expect(back.y).toBeCloseTo(0);
  });

  it('has an end, and never lets the picture leave its box', () => {
    const far = moveBy(zoomBy(whole, 100), 99, 99);
    expect(far.scale).toBe(8);
    expect(far.x).toBe(3.5);
    expect(far.y).toBe(3.5);
  });
});
