// Words of the device check: names, states, and what to do.
import { agent as t } from '$design/text/agent';
import type { Check, Standing, Subject } from './checks';

export function subjectName(subject: Subject): string {
  switch (subject) {
    case 'camera':
      return t.camera;
    case 'microphone':
      return t.microphone;
    case 'speaker':
      return t.speaker;
    case 'ring':
      return t.ringDevice;
    case 'link':
      return t.link;
    case 'clock':
      return t.clock;
  }
}

export function standingName(standing: Standing): string {
  switch (standing) {
    case 'ok':
      return t.stateOk;
    case 'unknown':
      return t.stateUnknown;
    case 'missing':
      return t.stateMissing;
    case 'failed':
      return t.stateFailed;
    case 'warn':
      return t.stateWarn;
  }
}

function missing(subject: Subject): string {
  switch (subject) {
    case 'camera':
      return t.cameraMissing;
    case 'microphone':
      return t.microphoneMissing;
    case 'speaker':
      return t.speakerMissing;
    case 'ring':
      return t.ringMissing;
    case 'link':
      return t.linkOff;
    case 'clock':
      return '';
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How far a clock is off, as people say it: «4 giây», «12 phút», «7 giờ». */
export function offWords(ms: number): string {
  if (ms < 2 * MINUTE_MS) return t.seconds(Math.max(1, Math.round(ms / 1000)));
  return ms < 2 * HOUR_MS ? t.minutes(Math.round(ms / MINUTE_MS)) : t.hours(Math.round(ms / HOUR_MS));
}

/** What stands beneath the name: the device, or what to do. */
export function advice(check: Check): string {
  switch (check.standing) {
    case 'ok':
      if (check.subject === 'link') return check.detail === null ? t.linkUpPlain : t.linkUp(check.detail);
      return check.subject === 'clock' ? t.clockOk : (check.detail ?? '');
    case 'unknown':
      return check.subject === 'link' ? t.linkConnecting : '';
    case 'missing':
      return missing(check.subject);
    case 'failed':
      return t.deviceFailed(check.detail ?? '');
    case 'warn':
      return t.clockOffset(offWords(Number(check.detail ?? 0)));
  }
}
