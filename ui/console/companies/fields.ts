// Which settings there are: their unit on the screen, their bounds on the wire (as the server checks them).
import { companies as t } from '$design/text/console-companies';

export interface FigureField {
  name: string;
  /** Wire units in one of the screen's. */
  per: number;
  unit: () => string;
  least: number;
  most: number;
}

const MINUTE = 60_000;
const seconds = (name: string, least: number, most: number): FigureField => ({ name, per: 1_000, unit: () => t.seconds, least, most });
const minutes = (name: string, least: number, most: number): FigureField => ({ name, per: MINUTE, unit: () => t.minutes, least, most });
const plain = (name: string, unit: () => string, least: number, most: number): FigureField => ({ name, per: 1, unit, least, most });

export const routing: readonly FigureField[] = [
  seconds('ring_timeout_ms', 500, 2 * MINUTE),
  seconds('max_wait_ms', 1_000, 120 * MINUTE),
  plain('max_queue_len', () => t.callsUnit, 1, 10_000),
  plain('pause_after_missed', () => t.times, 0, 100),
  seconds('reoffer_after_ms', 0, MINUTE),
];
export const times: readonly FigureField[] = [
  seconds('ring_confirm_ms', 250, 10_000),
  seconds('wrap_up_ms', 0, 10 * MINUTE),
  minutes('preparing_ms', 1_000, 60 * MINUTE),
  seconds('connecting_ms', 1_000, 2 * MINUTE),
  seconds('reconnect_ms', 1_000, 2 * MINUTE),
  seconds('unwitnessed_ms', 1_000, 30 * MINUTE),
  { name: 'evidence_ms', per: 60 * MINUTE, unit: () => t.hoursUnit, least: MINUTE, most: 7 * 24 * 60 * MINUTE },
  minutes('max_call_ms', MINUTE, 240 * MINUTE),
];
export const keeping: readonly FigureField[] = [
  plain('retention_pictures_days', () => t.days, 1, 36_500),
  plain('retention_case_days', () => t.days, 1, 36_500),
];
export const figures: readonly FigureField[] = [...routing, ...times, ...keeping];
/** What a case must bring. */
export const intake = ['require_consent', 'require_biometric_match'] as const;
export const switches = ['decline_ends', 'serve_queue_after_close', ...intake] as const;
/** Settings with forms of their own. */
export const others = ['selection', 'skills', 'partner_shares', 'overflow', 'hours'] as const;

/** A typed figure in wire units; null when it is no number or out of bounds. Both separators are taken. */
export function wire(field: FigureField, typed: string): number | null {
  const text = typed.trim().replace(',', '.');
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const value = Math.round(Number(text) * field.per);
  return value >= field.least && value <= field.most ? value : null;
}

/** A wire figure as it is typed. */
export function typed(field: FigureField, value: number): string {
  return String(Math.round((value / field.per) * 1000) / 1000).replace('.', ',');
}

/** What the field asks for, null when it is faulty; untouched text asks for exactly what holds, however odd in its unit. */
export function wanted(field: FigureField, text: string, held: number): number | null {
  return text === typed(field, held) ? held : wire(field, text);
}
