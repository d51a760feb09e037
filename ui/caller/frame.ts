// One picture of a camera's track as JPEG. The track is cloned first, so that the picture still comes when the call
// ends and its camera is switched off meanwhile.

import { MAX_BYTES, SIZES, fit, type Shape } from './witness';

/** Longer than a frame of the slowest camera takes. */
const GRAB_MS = 900;
const VIDEO_MS = 2_500;

/** Not in every browser, and not in TypeScript's list with what is used here. */
interface FrameGrabber {
  grabFrame(): Promise<ImageBitmap>;
}
type FrameGrabberClass = new (track: MediaStreamTrack) => FrameGrabber;

type Source = CanvasImageSource & { close?: () => void };
type Taken = { source: Source; shape: Shape };

/** Null when the camera gives nothing, or nothing small enough comes of it. */
export async function frameOf(track: MediaStreamTrack): Promise<Blob | null> {
  const own = track.clone();
  try {
    const taken = (await grabbed(own)) ?? (await played(own));
    if (!taken) return null;
    const blob = await encoded(taken);
    taken.source.close?.();
    return blob;
  } catch {
    return null;
  } finally {
    own.stop();
  }
}

async function grabbed(track: MediaStreamTrack): Promise<Taken | null> {
  const Grabber = (globalThis as unknown as { ImageCapture?: FrameGrabberClass }).ImageCapture;
  if (!Grabber) return null;
  try {
    const bitmap = await within(GRAB_MS, new Grabber(track).grabFrame());
    return bitmap && { source: bitmap, shape: { width: bitmap.width, height: bitmap.height } };
  } catch {
    // Some phones refuse it for cameras that play well.
    return null;
  }
}

/** By a video element that nobody sees: works in every browser, a little later. */
async function played(track: MediaStreamTrack): Promise<Taken | null> {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, srcObject: new MediaStream([track]) });
  const ready = new Promise<true>((resolve) => {
    video.onloadeddata = () => resolve(true);
  });
  video.play().catch(() => undefined);
  const shown = await within(VIDEO_MS, ready);
  const shape = { width: video.videoWidth, height: video.videoHeight };
  const release = (): void => {
    video.srcObject = null;
  };
  if (!shown || shape.width === 0) {
    release();
    return null;
  }
  return { source: Object.assign(video, { close: release }), shape };
}

async function encoded({ source, shape }: Taken): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  for (const { longest, quality } of SIZES) {
    Object.assign(canvas, fit(shape, longest));
    canvas.getContext('2d', { alpha: false })?.drawImage(source, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
    if (blob && blob.size <= MAX_BYTES) return blob;
  }
  return null;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
