// How much is drawn for a second look: what holds now and what is to come, by company.
import type { CompanyCode, ReviewSetting } from '$generated';

export interface Drawn {
  /** null: every company without a setting of its own. */
  company: CompanyCode | null;
  current: ReviewSetting | null;
  /** To come, in their order. */
  ahead: readonly ReviewSetting[];
}

/** By company, the common one first. `settings` as the server lists them: newest first, at one moment the later made first. */
export function drawn(settings: readonly ReviewSetting[], now: number): Drawn[] {
  const codes = new Set<CompanyCode | null>([null, ...settings.map((one) => one.company)]);
  const found = [...codes].map((company) => {
    const own = settings.filter((one) => one.company === company);
    const ahead = own.filter((one) => Date.parse(one.valid_from) > now);
    // Of two for one moment the one that was made later holds.
    const first = ahead.filter((one, n) => ahead.findIndex((other) => other.valid_from === one.valid_from) === n);
    return { company, current: own.find((one) => Date.parse(one.valid_from) <= now) ?? null, ahead: first.reverse() };
  });
  return found.sort((a, b) => (a.company ?? '').localeCompare(b.company ?? '', 'vi', { numeric: true }));
}

/** A typed share in percent (at most one place) per mille; null when it is none. Both separators are taken. */
export function perMille(typed: string): number | null {
  const text = typed.trim().replace(',', '.');
  if (!/^\d{1,3}(\.\d)?$/.test(text)) return null;
  const value = Math.round(Number(text) * 10);
  return value <= 1_000 ? value : null;
}

/** A share as it is typed. */
export function typedShare(value: number): string {
  return String(value / 10).replace('.', ',');
}
