// Reckoning with server time: how long until a deadline, how long since a moment, and how it reads.
// Pure: `now` is always an argument, in ms since the epoch, by the server's clock.

/** The server's clock, from ours and the measured offset (server minus ours). */
export function serverNow(ownMs: number, offsetMs: number | null): number {
  return ownMs + (offsetMs ?? 0);
}

/** Whole seconds until a deadline, rounded up, never negative: «còn 1 giây» until the very end. */
export function secondsLeft(deadline: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(deadline) - now) / 1000));
}

/**
 * What the view counts down: by the station's own clock, which no jump of a wall clock changes; reckoned from the
 * deadline where the station does not count.
 */
export function countdown(counted: number | undefined, deadline: string, now: number): number {
  return counted ?? secondsLeft(deadline, now);
}

/** Whole seconds since a moment, never negative (clocks differ a little). */
export function secondsSince(moment: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(moment)) / 1000));
}

/** `0:07`, `12:34`, `1:02:03`. */
export function asDuration(seconds: number): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Time of the day at this computer's place, `09:15` or `09:15:42`. */
export function asTime(moment: string, withSeconds = false): string {
  const date = new Date(moment);
  const two = (part: number): string => String(part).padStart(2, '0');
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${minutes}:${two(date.getSeconds())}` : minutes;
}

/** A calendar day `1990-05-17` as it stands on Vietnamese papers: `17/05/1990`. */
export function asDay(day: string): string {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  return year ? `${date}/${month}/${year}` : day;
}

/** How long to wait until the displayed second changes, so that countdowns tick on the second. */
export function untilNextSecond(now: number): number {
  return 1000 - (((now % 1000) + 1000) % 1000);
}
