// Times in Vietnam's time whatever this machine's is, numbers with the language's separators.
import { language } from '$design';

const ZONE = 'Asia/Ho_Chi_Minh';
const OFFSET = '+07:00';
const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function tag(): string {
  return language.current === 'vi' ? 'vi-VN' : 'en-GB';
}

function dates(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag()} ${name}`;
  const known = made.get(key) as Intl.DateTimeFormat | undefined;
  if (known) return known;
  const format = new Intl.DateTimeFormat(tag(), { timeZone: ZONE, hourCycle: 'h23', ...options });
  made.set(key, format);
  return format;
}

function numbers(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${tag()} ${name}`;
  const known = made.get(key) as Intl.NumberFormat | undefined;
  if (known) return known;
  const format = new Intl.NumberFormat(tag(), options);
  made.set(key, format);
  return format;
}

type When = string | number | Date;

/** 23/11/2026 14:05 */
export function dateTime(when: When): string {
  return `${date(when)} ${clock(when, false)}`;
}

/** 23/11/2026 14:05:09 */
export function dateTimeExact(when: When): string {
  return `${date(when)} ${clock(when)}`;
}

/** 23/11/2026 */
export function date(when: When): string {
  const parts = dates('date', { day: '2-digit', month: '2-digit', year: 'numeric' }).formatToParts(new Date(when));
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('day')}/${of('month')}/${of('year')}`;
}

/** 14:05:09 */
export function clock(when: When, seconds = true): string {
  const style: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  return dates(seconds ? 'clock' : 'minute', seconds ? { ...style, second: '2-digit' } : style).format(new Date(when));
}

/** The day of a moment in Vietnam, as a date field holds it: 2026-11-23. */
export function dayOf(when: When): string {
  const [day, month, year] = date(when).split('/');
  return `${year}-${month}-${day}`;
}

/** The first moment of a day in Vietnam, for the server. */
export function startOfDay(day: string): string {
  return `${day}T00:00:00${OFFSET}`;
}

/** The moment that a field of day and time holds (Vietnam's time, 2026-12-01T08:00), for the server. */
export function momentOf(typed: string): string {
  return `${typed.length === 16 ? `${typed}:00` : typed}${OFFSET}`;
}

/** A day some days later (or earlier). */
export function shiftDay(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** A day as people write it: 2026-11-23 → 23/11/2026. */
export function dayWords(day: string): string {
  const [year, month, date] = day.slice(0, 10).split('-');
  return `${date}/${month}/${year}`;
}

/** A whole number, or one with so many places. */
export function number(value: number | bigint, places = 0): string {
  return numbers(`n${places}`, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
}

/** A ratio of 0 to 1 as a percentage. What is not quite all never reads as 100 %, what is not quite nothing never as 0 %. */
export function percent(ratio: number | null | undefined, places = 1): string {
  if (ratio === null || ratio === undefined || Number.isNaN(ratio)) return '–';
  const step = 10 ** -places;
  if (ratio < 1 && ratio * 100 > 100 - step) return `${number(100 - step, places)} %`;
  if (ratio > 0 && ratio * 100 < step) return `< ${number(step, places)} %`;
  return `${number(ratio * 100, places)} %`;
}

/** Minutes and seconds, hours when there are any: 4:07, 1:02:09. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Seconds in words: 7 giây, 2 phút, 2 phút 5 giây. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const vi = language.current === 'vi';
  if (seconds < 60) return vi ? `${seconds} giây` : `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (n: number, unit: string): string => (n === 0 ? '' : ` ${n} ${unit}`);
  if (minutes < 60) return vi ? `${minutes} phút${rest(seconds % 60, 'giây')}` : `${minutes} min${rest(seconds % 60, 's')}`;
  const hours = Math.floor(minutes / 60);
  return vi ? `${number(hours)} giờ${rest(minutes % 60, 'phút')}` : `${number(hours)} h${rest(minutes % 60, 'min')}`;
}

/** The first and last characters of a long id or hash; the whole stands in the title. */
export function short(id: string, ends = 8): string {
  return id.length <= ends * 2 + 1 ? id : `${id.slice(0, ends)}…${id.slice(-ends)}`;
}
