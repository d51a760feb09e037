// Zooming a picture inside its box: pure maths. `x`, `y` shift the picture's centre, in shares of the box.

export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export const whole: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 8;
const STEP = 1.25;

/** Keeps the picture from being pushed out of its box. */
function held(zoom: Zoom): Zoom {
  const reach = (zoom.scale - 1) / 2;
  const hold = (value: number): number => Math.min(reach, Math.max(-reach, value));
  return { scale: zoom.scale, x: hold(zoom.x), y: hold(zoom.y) };
}

/** Zooms by whole steps (negative: out), keeping the point (`atX`, `atY`; −0.5 … 0.5 of the box) in its place. */
export function zoomBy(zoom: Zoom, steps: number, atX = 0, atY = 0): Zoom {
  const scale = Math.min(MOST, Math.max(1, zoom.scale * STEP ** steps));
  const ratio = scale / zoom.scale;
  return held({ scale, x: atX - (atX - zoom.x) * ratio, y: atY - (atY - zoom.y) * ratio });
}

/** Moves the picture by shares of the box. */
export function moveBy(zoom: Zoom, x: number, y: number): Zoom {
  return held({ scale: zoom.scale, x: zoom.x + x, y: zoom.y + y });
}
