import { describe, expect, it } from 'vitest';
import type { CssRect } from '../../generated';
import { fit, intersect, outside, place, samePlace } from './place';

const rect = (x: number, y: number, width: number, height: number): CssRect => ({ x, y, width, height });
const area = (one: CssRect): number => one.width * one.height;
const window = rect(0, 0, 1280, 800);

describe('placing a native video surface', () => {
  it('reports the element as it lies when nothing covers it', () => {
    expect(place(rect(12, 100, 640, 480), [window], [])).toEqual({ rect: rect(12, 100, 640, 480), holes: [] });
  });

  it('cuts a hole for every page element over it, no larger than the picture', () => {
    const placed = place(rect(100, 100, 400, 300), [window], [rect(50, 50, 100, 100), rect(600, 0, 50, 50)]);
    expect(placed?.holes).toEqual([rect(100, 100, 50, 50)]);
  });

  it('hides what scrolled out of its container, and all of it when nothing is left', () => {
    const box = rect(0, 0, 400, 300);
    const placed = place(box, [window, rect(0, 100, 400, 600)], []);
    expect(placed).toEqual({ rect: box, holes: [rect(0, 0, 400, 100)] });
    expect(place(box, [rect(0, 500, 400, 100)], [])).toBeNull();
  });

  it('is hidden while its element has no size', () => {
    expect(place(rect(10, 10, 0, 0), [window], [])).toBeNull();
  });

  it('the parts outside a frame and the part inside make up the whole', () => {
    const box = rect(0, 0, 100, 100);
    for (const frame of [rect(20, 30, 40, 50), rect(-10, -10, 50, 50), rect(90, 0, 100, 100), rect(0, 0, 100, 100)]) {
      const seen = intersect(box, frame);
      const sum = outside(box, frame).reduce((total, part) => total + area(part), seen ? area(seen) : 0);
      expect(sum).toBe(area(box));
    }
    expect(outside(box, rect(200, 200, 10, 10))).toEqual([box]);
  });

  it('keeps the picture’s shape, centred: a phone held upright is not stretched', () => {
    expect(fit(rect(0, 0, 800, 400), 480, 640)).toEqual(rect(250, 0, 300, 400));
    expect(fit(rect(10, 20, 400, 400), 640, 480)).toEqual(rect(10, 70, 400, 300));
    expect(fit(rect(10, 20, 400, 400), 0, 0)).toEqual(rect(10, 20, 400, 400));
  });

  it('knows when nothing has changed', () => {
    const one = place(rect(0, 0, 10, 10), [window], []);
    expect(samePlace(one, place(rect(0, 0, 10, 10), [window], []))).toBe(true);
    expect(samePlace(one, place(rect(1, 0, 10, 10), [window], []))).toBe(false);
    expect(samePlace(one, null)).toBe(false);
  });
});
