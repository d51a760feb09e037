// A host for a plain browser: shows scripted pictures, answers commands with the next one, and draws a stand-in for
// the native video surface exactly where the page asks for it, holes and all. Never part of the production build:
// only ui/shots imports it.
import type { Command, CssRect, Picture, VideoStream } from '$generated';
import { Refused, type Host } from './host';

export interface Drawn extends Host {
  show(picture: Picture): void;
  readonly commands: readonly Command[];
}

/** What a command makes of the picture; null leaves it as it is; a string refuses with that code. */
export type Answer = (command: Command, picture: Picture) => Picture | string | null;

export function drawnHost(first: Picture, answer: Answer, surface: (place: SurfacePlace) => void): Drawn {
  let picture = first;
  let seq = first.seq;
  const shows = new Set<(picture: Picture) => void>();
  const commands: Command[] = [];
  const show = (next: Picture): void => {
    seq += 1;
    picture = { ...next, seq };
    for (const one of shows) one(picture);
  };
  return {
    commands,
    show,
    watch(one) {
      shows.add(one);
      one(picture);
      return () => shows.delete(one);
    },
    onClosing() {},
    leave: () => Promise.resolve(),
    command(command) {
      commands.push(command);
      if (command.type === 'place_video') surface(command);
      const next = answer(command, picture);
      if (typeof next === 'string') return Promise.reject(new Refused(next));
      if (next) show(next);
      return Promise.resolve();
    },
  };
}

export interface SurfacePlace {
  stream: VideoStream;
  rect: CssRect | null;
  holes: CssRect[];
}

/** Paints stand-ins for the native surfaces on a canvas above the whole page that takes no clicks. */
export function surfacePainter(images: Record<VideoStream, CanvasImageSource>): (place: SurfacePlace) => void {
  const canvas = document.createElement('canvas');
  canvas.dataset.testid = 'drawn-surface';
  Object.assign(canvas.style, { position: 'fixed', inset: '0', pointerEvents: 'none', zIndex: '9', maxWidth: 'none' });
  document.body.append(canvas);
  const places = new Map<VideoStream, SurfacePlace>();
  const paint = (): void => {
    canvas.width = window.innerWidth;
    canvas.height = window.innerHeight;
    const context = canvas.getContext('2d');
    if (!context) return;
    for (const [stream, { rect, holes }] of places) {
      if (!rect) continue;
      context.drawImage(images[stream], rect.x, rect.y, rect.width, rect.height);
      for (const hole of holes) context.clearRect(hole.x, hole.y, hole.width, hole.height);
    }
  };
  return (place) => {
    places.set(place.stream, place);
    paint();
  };
}
