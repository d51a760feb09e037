// The period of a report: the last thirty whole days when the address names none.
import { dayOf, shiftDay } from '../data/format';

export function period(from: string, to: string, now = Date.now()): { from: string; to: string } {
  const today = dayOf(now);
  return { from: from || shiftDay(today, -30), to: to || shiftDay(today, -1) };
}

/** A typed price in whole đồng as people write it (6000, 6.000, 6,000, 6 000 đ); '' when there is none, null when it is no price. */
export function price(typed: string): string | null {
  const bare = typed.trim().replace(/\s*(đồng|đ|vnd|vnđ)$/iu, '');
  if (bare === '') return typed.trim() === '' ? '' : null;
  const grouped = /^\d{1,3}([.,\s])\d{3}(\1\d{3})*$/u.test(bare);
  return grouped || /^\d+$/.test(bare) ? bare.replace(/[.,\s]/gu, '') : null;
}
