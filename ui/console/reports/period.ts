// The period of a report: the last thirty whole days when the address names none.
import { dayOf, shiftDay } from '../data/format';

export function period(from: string, to: string, now = Date.now()): { from: string; to: string } {
  const today = dayOf(now);
  return { from: from || shiftDay(today, -30), to: to || shiftDay(today, -1) };
}

/** A typed price in whole đồng (dots between thousands are taken); '' when there is none. */
export function price(typed: string): string {
  return typed.replace(/[.\s]/g, '').match(/^\d+$/)?.[0] ?? '';
}
