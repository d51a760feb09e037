// A change in words: names of settings, values as people read them.
import { say } from '$design';
import { companies as t, selection, settingNames, skillUse, weekdays } from '$design/text/console-companies';
import { console as c } from '$design/text/console';
import type { OpenSpan } from '$generated';
import { dayWords, durationWords, number } from '../data/format';
import { figures } from './fields';
import { dayNames, spansWords } from './hours';

/** A part of the opening hours, of which a fault may name a place («hours.weekly.mon[0]»); null is none. */
function hoursPart(name: string): { name: string; spans: boolean } | null {
  const plain = name.replace(/\[.*$/, '');
  const hours = say(settingNames.hours ?? ['', '']);
  if (plain === 'hours.weekly') return { name: `${hours}: ${t.weekly}`, spans: false };
  const weekday = weekdays[dayNames.findIndex((day) => plain === `hours.weekly.${day}`)];
  if (weekday) return { name: `${hours}: ${say(weekday)}`, spans: true };
  if (plain === 'hours.holidays') return { name: `${hours}: ${t.holidays}`, spans: false };
  const day = /^hours\.holidays\.(\d{4}-\d\d-\d\d)$/.exec(plain)?.[1];
  return day ? { name: `${hours}: ${dayWords(day)}`, spans: true } : null;
}

export function settingName(name: string): string {
  if (name === 'effective_at') return t.effective;
  if (name === 'reason') return c.reason;
  // A fault names a place in a setting: `overflow[0].to`, `partner_shares.NAME`.
  const known = settingNames[name] ?? (hoursPart(name) === null ? settingNames[name.split(/[.[]/)[0] ?? ''] : undefined);
  return known ? say(known) : (hoursPart(name)?.name ?? name);
}

const day = (spans: unknown): string => spansWords(spans as OpenSpan[]) || t.closedDay;

/** A week: days that follow one another with the same hours are told together. */
function weekWords(weekly: readonly unknown[]): string {
  const days = weekly.map(day);
  const told: string[] = [];
  for (let n = 0; n < days.length; ) {
    let last = n;
    while (last + 1 < days.length && days[last + 1] === days[n]) last += 1;
    const [from, to] = [say(weekdays[n] ?? ['', '']), say(weekdays[last] ?? ['', ''])];
    told.push(`${from}${last > n ? `–${to}` : ''} ${days[n]}`);
    n = last + 1;
  }
  return told.join('; ');
}

/** Hours and their parts; null where the name is none of them. */
function hoursWords(name: string, value: unknown): string | null {
  if (name === 'hours') {
    const { weekly, holidays } = value as { weekly: unknown[]; holidays?: Record<string, unknown> };
    const days = Object.entries(holidays ?? {}).map(([of, spans]) => `${dayWords(of)} ${day(spans)}`);
    return [weekWords(weekly), ...days].join('; ');
  }
  const part = hoursPart(name);
  if (part === null) return null;
  return part.spans ? day(value) : weekWords(value as unknown[]);
}

export function settingValue(name: string, value: unknown): string {
  if (value === null || value === undefined) {
    if (name === 'hours' || name === 'hours.weekly') return t.always;
    if (name === 'served_by') return t.nobody;
    return name.startsWith('hours.holidays.') ? t.likeWeekday : t.isDefault;
  }
  if (typeof value === 'boolean') return value ? c.yes : c.no;
  if (name === 'served_by') return c.companyIs(String(value));
  if (name === 'selection') return say(selection[value as keyof typeof selection]);
  if (name === 'skills') return say(skillUse[value as keyof typeof skillUse]);
  const hours = hoursWords(name, value);
  if (hours !== null) return hours;
  if (name === 'partner_shares') return sharesWords(value as Record<string, number>);
  if (Array.isArray(value)) {
    const steps = value as { after_ms: number; to: string }[];
    return steps.map((step) => t.overflowStep(durationWords(step.after_ms), step.to)).join(', ') || t.overflowNone;
  }
  const field = figures.find((one) => one.name === name);
  if (typeof value === 'number' && field) {
    const shown = value / field.per;
    return `${number(shown, Number.isInteger(shown) ? 0 : 1)} ${field.unit()}`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function sharesWords(shares: Readonly<Record<string, number>>): string {
  const all = Object.entries(shares);
  const sum = all.reduce((total, [, weight]) => total + weight, 0);
  const one = ([partner, weight]: [string, number]): string => `${partner === '' ? c.ownStaff : partner} ${number(weight)} (${number((weight / sum) * 100)} %)`;
  return all.map(one).join(', ') || t.sharesNone;
}

/** `ring_timeout_ms → 20 s; …` */
export function changeWords(changes: Readonly<Record<string, unknown>>): string {
  return Object.entries(changes)
    .map(([name, value]) => `${settingName(name)} → ${settingValue(name, value)}`)
    .join('; ');
}
