// Camera and microphone of a cheap phone, with one word per way in which they can fail.

import type { CameraFault } from './machine';

export type Facing = 'user' | 'environment';

export interface Opened {
  stream: MediaStream;
  facing: Facing;
  /** There is a second camera to switch to. */
  several: boolean;
  microphone: boolean;
}

export function cameraAvailable(): boolean {
  return window.isSecureContext && typeof navigator.mediaDevices?.getUserMedia === 'function';
}

function video(facing: Facing): MediaTrackConstraints {
  return {
    facingMode: facing,
    width: { ideal: 640 },
    height: { ideal: 480 },
    frameRate: { ideal: 25, max: 30 },
  };
}

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Opens both; without any microphone the call still goes on, and the page says so. Rejects with a fault. */
export async function openCamera(facing: Facing): Promise<Opened> {
  if (!cameraAvailable()) throw new CameraError('insecure');
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: video(facing), audio: AUDIO });
  } catch (error) {
    if (faultOf(error) !== 'none') throw new CameraError(faultOf(error));
    stream = await silentPicture(facing);
  }
  return {
    stream,
    facing: facingOf(stream, facing),
    several: (await cameraCount()) > 1,
    microphone: stream.getAudioTracks().length > 0,
  };
}

async function silentPicture(facing: Facing): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: video(facing) });
  } catch (error) {
    throw new CameraError(faultOf(error));
  }
}

/** Another camera's picture; the microphone stays as it is. Phones open one camera at a time. */
export async function switchCamera(opened: Opened, facing: Facing): Promise<Opened> {
  for (const track of opened.stream.getVideoTracks()) track.stop();
  const fresh = await silentPicture(facing);
  const stream = new MediaStream([...fresh.getVideoTracks(), ...opened.stream.getAudioTracks()]);
  return { ...opened, stream, facing: facingOf(stream, facing) };
}

function facingOf(stream: MediaStream, asked: Facing): Facing {
  const is = stream.getVideoTracks()[0]?.getSettings().facingMode;
  return is === 'environment' || is === 'user' ? is : asked;
}

async function cameraCount(): Promise<number> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === 'videoinput').length;
  } catch {
    return 1;
  }
}

export class CameraError extends Error {
  constructor(readonly fault: CameraFault) {
    super(fault);
  }
}

/** getUserMedia's errors by name; old web views use other names for the same. */
export function faultOf(error: unknown): CameraFault {
  if (error instanceof CameraError) return error.fault;
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return cameraPolicyAllows() ? 'denied' : 'blocked_by_app';
    case 'SecurityError':
      return 'blocked_by_app';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'busy';
    case 'TypeError':
      return 'insecure';
    default:
      return 'unknown';
  }
}

/** Whether the frame around the page (an app's web view, the sandbox's phone) lets it ask. */
function cameraPolicyAllows(): boolean {
  const policy = (globalThis.document as { featurePolicy?: { allowsFeature(name: string): boolean } } | undefined)
    ?.featurePolicy;
  return policy?.allowsFeature('camera') ?? true;
}
