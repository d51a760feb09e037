// Times and waits as people say them.

import { caller as t } from '$design/text/caller';

/** Local time of day of a server's time, `14:05:09`. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString('vi-VN', { hour12: false });
}

/** Day and time in Vietnam, `07:30 24/11/2026`: opening hours are Vietnam's, wherever the page is. */
export function dayAndTime(at: string): string {
  const when = new Date(at);
  const zone = { timeZone: 'Asia/Ho_Chi_Minh' } as const;
  const time = when.toLocaleTimeString('vi-VN', { ...zone, hour: '2-digit', minute: '2-digit', hour12: false });
  const day = when.toLocaleDateString('vi-VN', { ...zone, day: '2-digit', month: '2-digit', year: 'numeric' });
  return `${time} ${day}`;
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
