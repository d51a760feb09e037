// Steps of an overflow as they are typed (seconds in line, company) and as they are sent.
import type { OverflowTo } from '$generated';
import { typed, wire, type FigureField } from './fields';

export interface TypedStep {
  after: string;
  to: string;
}

/** As the server checks them. */
export const MOST_STEPS = 8;
const AFTER: FigureField = { name: 'after_ms', per: 1_000, unit: () => '', least: 0, most: 3_600_000 };

export function typedSteps(steps: readonly OverflowTo[]): TypedStep[] {
  return steps.map((step) => ({ after: typed(AFTER, step.after_ms), to: step.to }));
}

/** What is wrong with a step: codes as the server's. `maxWaitMs` is null while that field is faulty itself. */
export function stepFaults(steps: readonly TypedStep[], n: number, own: string, maxWaitMs: number | null): { after: string | null; to: string | null } {
  const step = steps[n];
  if (!step) return { after: null, to: null };
  const [ms, before] = [wire(AFTER, step.after), n > 0 ? wire(AFTER, steps[n - 1]?.after ?? '') : null];
  const after =
    ms === null ? 'out_of_range'
    : before !== null && ms < before ? 'out_of_order'
    : maxWaitMs !== null && ms >= maxWaitMs ? 'does_not_fit'
    : null;
  const to =
    step.to === '' ? 'missing'
    : step.to === own ? 'itself'
    : steps.slice(0, n).some((other) => other.to === step.to) ? 'repeated'
    : null;
  return { after, to };
}

/** What is sent; null while a step is faulty. */
export function stepsOf(steps: readonly TypedStep[], own: string, maxWaitMs: number | null): OverflowTo[] | null {
  const made: OverflowTo[] = [];
  for (const [n, step] of steps.entries()) {
    const faults = stepFaults(steps, n, own, maxWaitMs);
    const ms = wire(AFTER, step.after);
    if (faults.after !== null || faults.to !== null || ms === null) return null;
    made.push({ after_ms: ms, to: step.to });
  }
  return made;
}
