// Between what people type and what the server reckons with.
import { language } from '$design';
import { staffing as t } from '$design/text/console-staffing';
import type { StaffingTarget } from '$generated';
import { faultOf } from '../data/api';

/** A number as people write it here: a comma or a point before the fraction. Null when it is none. */
export function read(text: string): number | null {
  const plain = text.trim().replace(/\s/g, '').replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(plain)) return null;
  return Number(plain);
}

/** For a field: with the language's comma. */
export function shown(value: number): string {
  return language.current === 'vi' ? String(value).replace('.', ',') : String(value);
}

export interface TargetFields {
  level: string;
  within: string;
  shrinkage: string;
  occupancy: string;
}

export const usual: TargetFields = { level: '80', within: '20', shrinkage: '30', occupancy: '100' };

/** Percent as a share, without what division leaves behind the comma: 99,9 % is 0.999 and no more. */
const share = (percent: number): number => Number((percent / 100).toFixed(9));

/** The target, or null when a field is no number. */
export function target(fields: TargetFields): StaffingTarget | null {
  const [level, within, shrinkage, occupancy] = [fields.level, fields.within, fields.shrinkage, fields.occupancy].map(read);
  if (level === null || within === null || shrinkage === null || occupancy === null) return null;
  if (level === undefined || within === undefined || shrinkage === undefined || occupancy === undefined) return null;
  return { service_level: share(level), within_s: within, shrinkage: share(shrinkage), occupancy: share(occupancy) };
}

/** What is wrong with one field: not a number, or what the server says of it. */
export function wrong(text: string, field: string, failure: unknown, optional = false): string | undefined {
  if (text.trim() === '' && optional) return fault(field, failure);
  if (read(text) === null) return t.notNumber;
  return fault(field, failure);
}

export function fault(field: string, failure: unknown): string | undefined {
  const code = faultOf(failure, field);
  if (code === null) return undefined;
  if (code === 'out_of_reach') return t.outOfReach;
  if (code === 'missing') return t.missing;
  if (code === 'too_many') return t.tooMany;
  return t.outOfRange;
}

/** 08:30 of minutes after midnight. */
export function minuteWords(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Weights of 48 half hours that are open between two times; null when they are in the wrong order. */
export function evenly(from: string, to: string): number[] | null {
  const slot = (text: string): number => {
    const [hours, minutes] = text.split(':').map(Number);
    return (hours ?? NaN) * 2 + (minutes ?? NaN) / 30;
  };
  const [first, last] = [Math.floor(slot(from)), to === '00:00' ? 48 : Math.ceil(slot(to))];
  if (!(first >= 0 && last <= 48 && first < last)) return null;
  return Array.from({ length: 48 }, (_, n) => (n >= first && n < last ? 1 : 0));
}
