// The rows of the device check, told from the picture. Pure; words come from the text catalogue.
import type { DeviceState, DevicesPicture, LinkPicture } from '$generated';

export type Standing = 'ok' | 'unknown' | 'missing' | 'failed' | 'warn';
export type Subject = 'camera' | 'microphone' | 'speaker' | 'ring' | 'link' | 'clock';

export interface Check {
  subject: Subject;
  standing: Standing;
  /** The device's name, the fault's code, the round trip in ms, or how far the clock is off, in ms. */
  detail: string | null;
}

function device(subject: Subject, state: DeviceState): Check {
  switch (state.state) {
    case 'ok':
      return { subject, standing: 'ok', detail: state.name };
    case 'unknown':
      return { subject, standing: 'unknown', detail: null };
    case 'missing':
      return { subject, standing: 'missing', detail: null };
    case 'failed':
      return { subject, standing: 'failed', detail: state.code };
  }
}

function linkCheck(link: LinkPicture): Check {
  switch (link.state) {
    case 'up':
      return { subject: 'link', standing: 'ok', detail: link.round_trip_ms === null ? null : String(link.round_trip_ms) };
    case 'connecting':
      return { subject: 'link', standing: 'unknown', detail: null };
    case 'off':
      return { subject: 'link', standing: 'missing', detail: null };
  }
}

/** The station says what is too much: then evidence carries the server's time. */
function clockCheck({ clock_offset_ms: offset, clock_is_off: off }: LinkPicture): Check {
  if (offset === null) return { subject: 'clock', standing: 'unknown', detail: null };
  return { subject: 'clock', standing: off ? 'warn' : 'ok', detail: off ? String(Math.abs(offset)) : null };
}

export function checks(devices: DevicesPicture, link: LinkPicture): Check[] {
  return [
    device('camera', devices.camera),
    device('microphone', devices.microphone),
    device('speaker', devices.speaker),
    device('ring', devices.ring),
    linkCheck(link),
    clockCheck(link),
  ];
}

export function allFine(rows: readonly Check[]): boolean {
  return rows.every((row) => row.standing === 'ok');
}

/** Names the devices that are fine; null while anything is not, so that a fault is shown at every start. */
export function signature(devices: DevicesPicture): string | null {
  const all = [devices.camera, devices.microphone, devices.speaker, devices.ring];
  const names = all.map((one) => (one.state === 'ok' ? one.name : null));
  return names.includes(null) ? null : JSON.stringify(names);
}
