// A change in words: names of settings, values as people read them.
import { say } from '$design';
import { companies as t, selection, settingNames, skillUse } from '$design/text/console-companies';
import { console as c } from '$design/text/console';
import { durationWords, number } from '../data/format';
import { figures } from './fields';

export function settingName(name: string): string {
  const known = settingNames[name];
  return known ? say(known) : name;
}

export function settingValue(name: string, value: unknown): string {
  if (value === null || value === undefined) return name === 'hours' ? t.always : t.isDefault;
  if (typeof value === 'boolean') return value ? c.yes : c.no;
  if (name === 'served_by') return c.companyIs(String(value));
  if (name === 'selection') return say(selection[value as keyof typeof selection]);
  if (name === 'skills') return say(skillUse[value as keyof typeof skillUse]);
  if (name === 'hours') return t.byHours;
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

/** `ring_timeout_ms → 20 s; …` */
export function changeWords(changes: Readonly<Record<string, unknown>>): string {
  return Object.entries(changes)
    .map(([name, value]) => `${settingName(name)} → ${settingValue(name, value)}`)
    .join('; ');
}
