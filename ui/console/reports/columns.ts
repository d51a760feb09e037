// The columns of a report: what they are called, and each figure in words.
import { say, words } from '$design';
import { reports as t } from '$design/text/console-reports';
import type { Figures, ReportBy, ReportRow, Share } from '$generated';
import { dayWords, duration, number, percent } from '../data/format';

export interface Column {
  name: () => string;
  of: (figures: Figures) => string;
}

const share = (of: Share): string => percent(of.share);

export const columns: readonly Column[] = [
  { name: () => t.calls, of: (f) => number(f.calls) },
  { name: () => t.offered, of: (f) => number(f.offered) },
  { name: () => t.answered, of: (f) => number(f.answered) },
  { name: () => t.answeredShare, of: (f) => percent(f.offered === 0 ? null : f.answered / f.offered) },
  { name: () => t.declined, of: (f) => number(f.declined) },
  { name: () => t.redirected, of: (f) => number(f.redirected) },
  { name: () => t.abandoned, of: (f) => number(f.abandoned) },
  { name: () => t.lost, of: (f) => number(f.caller_lost + f.agent_lost) },
  { name: () => t.noAgent, of: (f) => number(f.no_agent + f.closed) },
  { name: () => t.neverRang, of: (f) => number(f.never_rang) },
  { name: () => t.level, of: (f) => share(f.service_level) },
  { name: () => t.levelPatient, of: (f) => share(f.service_level_patient) },
  { name: () => t.waitP50, of: (f) => duration(f.wait.p50_ms) },
  { name: () => t.waitP90, of: (f) => duration(f.wait.p90_ms) },
  { name: () => t.waitP99, of: (f) => duration(f.wait.p99_ms) },
  { name: () => t.handleP50, of: (f) => duration(f.handle.p50_ms) },
  { name: () => t.handleP90, of: (f) => duration(f.handle.p90_ms) },
  { name: () => t.handleP99, of: (f) => duration(f.handle.p99_ms) },
  { name: () => t.verified, of: (f) => number(f.verified) },
  { name: () => t.confirmed, of: (f) => share(f.confirmed) },
  { name: () => t.rejected, of: (f) => share(f.rejected) },
  { name: () => t.evidence, of: (f) => share(f.evidence) },
];
/** What one verification cost; the total as long as there is none. */
export function costOf(figures: Figures): string {
  const { cost } = figures;
  if (!cost) return '–';
  return cost.per_verification === null ? t.costTotal(number(cost.total)) : t.dong(number(cost.per_verification));
}
export const costColumn: Column = { name: () => t.cost, of: costOf };

/** How a row is called: codes in words, days and hours as people write them. */
export function rowName(by: ReportBy, row: Pick<ReportRow, 'key' | 'label'>): string {
  if (row.key === '') return by === 'partner' ? t.own : t.noKey;
  if (by === 'customer_type') return say(words.customerType[row.key as keyof typeof words.customerType]);
  if (by === 'payment') return say(words.payment[row.key as keyof typeof words.payment]);
  if (by === 'day') return dayWords(row.key).slice(0, 5);
  if (by === 'hour') return `${dayWords(row.key).slice(0, 5)} ${row.key.slice(11)}h`;
  if (by === 'hour_of_day') return `${row.key}h`;
  return row.label;
}
