// Times and waits as people say them.

import { caller as t } from '$design/text/caller';

/** Local time of day of a server's time, `14:05:09`. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString('vi-VN', { hour12: false });
}

/** `02:15` of a call that lasts. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** An expected wait, rounded to what can be promised. */
export function waitWords(seconds: number | null): string {
  if (seconds === null) return t.queueWaitUnknown;
  if (seconds <= 5) return t.queueAnyMoment;
  if (seconds < 55) return t.queueSeconds(Math.max(5, Math.ceil(seconds / 5) * 5));
  return t.queueMinutes(Math.ceil(seconds / 60));
}
