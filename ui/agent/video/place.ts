// Where a native video surface belongs. It lies above the page, so everything of the page that should be seen
// over the picture, and everything that scrolls out of view, is told to it as holes. Pure: rectangles in, out.
import type { CssRect } from '$generated';

export interface Placed {
  rect: CssRect;
  holes: CssRect[];
}

export function intersect(one: CssRect, other: CssRect): CssRect | null {
  const x = Math.max(one.x, other.x);
  const y = Math.max(one.y, other.y);
  const width = Math.min(one.x + one.width, other.x + other.width) - x;
  const height = Math.min(one.y + one.height, other.y + other.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** The parts of `rect` outside of `frame`: at most four rectangles, without overlap. */
export function outside(rect: CssRect, frame: CssRect): CssRect[] {
  const seen = intersect(rect, frame);
  if (!seen) return [rect];
  const right = rect.x + rect.width;
  const bottom = rect.y + rect.height;
  const parts: CssRect[] = [
    { x: rect.x, y: rect.y, width: rect.width, height: seen.y - rect.y },
    { x: rect.x, y: seen.y + seen.height, width: rect.width, height: bottom - seen.y - seen.height },
    { x: rect.x, y: seen.y, width: seen.x - rect.x, height: seen.height },
    { x: seen.x + seen.width, y: seen.y, width: right - seen.x - seen.width, height: seen.height },
  ];
  return parts.filter((part) => part.width > 0 && part.height > 0);
}

/** The largest centred rectangle of the picture's shape inside `box`, on whole pixels. */
export function fit(box: CssRect, width: number, height: number): CssRect {
  if (width <= 0 || height <= 0) return box;
  const scale = Math.min(box.width / width, box.height / height);
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  return {
    x: Math.round(box.x + (box.width - size.width) / 2),
    y: Math.round(box.y + (box.height - size.height) / 2),
    ...size,
  };
}

/**
 * `box` is the element, `frames` the visible areas it lies in (window, scrolling ancestors), `covers` the page
 * elements that lie over it. Null when nothing of it can be seen.
 */
export function place(box: CssRect, frames: readonly CssRect[], covers: readonly CssRect[]): Placed | null {
  if (box.width < 1 || box.height < 1) return null;
  let seen: CssRect | null = box;
  for (const frame of frames) seen = seen && intersect(seen, frame);
  if (!seen) return null;
  const covered = covers.map((cover) => intersect(box, cover)).filter((hole) => hole !== null);
  return { rect: box, holes: [...outside(box, seen), ...covered] };
}

export function samePlace(one: Placed | null, other: Placed | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
