// Opening hours as they are typed («08:00»–«17:30») and as they are sent (minutes from midnight; past midnight above 1440).
import type { OpeningHours, OpenSpan } from '$generated';

/** As the days are named in changes (`hours.weekly.mon`). */
export const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export interface TypedSpan {
  from: string;
  to: string;
}

export interface TypedHours {
  weekly: TypedSpan[][];
  holidays: { day: string; spans: TypedSpan[] }[];
}

const DAY = 1_440;
const two = (n: number): string => String(n).padStart(2, '0');

export function clockOf(minute: number): string {
  const inDay = minute % DAY;
  return `${two(Math.floor(inDay / 60))}:${two(inDay % 60)}`;
}

export function minuteOf(text: string): number | null {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** A closing time not after the opening one lies on the next day. */
export function spanOf({ from, to }: TypedSpan): OpenSpan | null {
  const [first, last] = [minuteOf(from), minuteOf(to)];
  if (first === null || last === null) return null;
  return { from: first, to: last <= first ? last + DAY : last };
}

export function typedOf(hours: OpeningHours): TypedHours {
  const typed = (spans: readonly OpenSpan[]): TypedSpan[] => spans.map((span) => ({ from: clockOf(span.from), to: clockOf(span.to) }));
  const holidays = Object.entries(hours.holidays).map(([day, spans]) => ({ day, spans: typed(spans ?? []) }));
  return { weekly: hours.weekly.map(typed), holidays: holidays.sort((a, b) => a.day.localeCompare(b.day)) };
}

/** What is sent; null while something typed is no time or no day. */
export function hoursOf(typed: TypedHours): OpeningHours | null {
  const spans = (list: readonly TypedSpan[]): OpenSpan[] | null => {
    const made = list.map(spanOf);
    return made.every((one) => one !== null) ? made : null;
  };
  const weekly = typed.weekly.map(spans);
  const days = typed.holidays.map(({ day, spans: list }) => [day, spans(list)] as const);
  const good = days.every(([day, list], n) => /^\d{4}-\d\d-\d\d$/.test(day) && list !== null && !dayRepeated(typed, n));
  if (!weekly.every((one) => one !== null) || !good) return null;
  return { weekly, holidays: Object.fromEntries(days) as OpeningHours['holidays'] };
}

/** Whether a day stands there before, too. */
export function dayRepeated(typed: TypedHours, n: number): boolean {
  const day = typed.holidays[n]?.day ?? '';
  return day !== '' && typed.holidays.slice(0, n).some((other) => other.day === day);
}

/** What differs, day by day: what is planned for the days that nobody touched is not undone by it. */
export function changesOf(held: OpeningHours | null, wanted: OpeningHours | null): Record<string, unknown> {
  if (wanted === null) return held === null ? {} : { hours: null };
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const found: Record<string, unknown> = {};
  dayNames.forEach((name, n) => {
    if (held === null || !same(held.weekly[n], wanted.weekly[n])) found[`hours.weekly.${name}`] = wanted.weekly[n];
  });
  const [before, after] = [held?.holidays ?? {}, wanted.holidays];
  for (const [day, spans] of Object.entries(after)) if (!same(before[day], spans)) found[`hours.holidays.${day}`] = spans;
  for (const day of Object.keys(before)) if (!(day in after)) found[`hours.holidays.${day}`] = null;
  return found;
}

/** «08:00–17:30, 22:00–06:00» */
export function spansWords(spans: readonly OpenSpan[]): string {
  return spans.map((span) => `${clockOf(span.from)}–${clockOf(span.to)}`).join(', ');
}
