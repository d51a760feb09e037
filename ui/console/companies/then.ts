// What held at a moment beside what holds now, setting by setting.
import type { Company, CompanyThen } from '$generated';
import { figures, others, switches } from './fields';

export interface Compared {
  name: string;
  then: unknown;
  now: unknown;
  differs: boolean;
}

/** Who serves first, then every setting in the order of the form. */
export function compared(then: CompanyThen, now: Company): Compared[] {
  const [before, after] = [then.settings, now.settings] as unknown as [Record<string, unknown>, Record<string, unknown>];
  const names = [...others, ...figures.map((field) => field.name), ...switches];
  const one = (name: string, was: unknown, is: unknown): Compared => ({ name, then: was, now: is, differs: JSON.stringify(was) !== JSON.stringify(is) });
  return [one('served_by', then.served_by, now.served_by), ...names.map((name) => one(name, before[name], after[name]))];
}
