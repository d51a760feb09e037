// Reasons as one looks at them: a line for each code, with what holds, what is to come, what was.
import type { ReasonKind, ReasonVersion } from '$generated';

export interface Reason {
  code: string;
  /** What agents choose now; null if they do not. */
  current: ReasonVersion | null;
  /** To come, in their order. */
  ahead: readonly ReasonVersion[];
}

/** Those that are chosen now or later, in the order in which agents see them. */
export function standing(versions: readonly ReasonVersion[], kind: ReasonKind): Reason[] {
  const found = new Map<string, ReasonVersion[]>();
  for (const version of versions) {
    if (version.kind !== kind || version.state === 'past') continue;
    found.set(version.code, [...(found.get(version.code) ?? []), version]);
  }
  const reasons = [...found].map(([code, all]) => ({
    code,
    current: all.find((one) => one.state === 'current') ?? null,
    ahead: all.filter((one) => one.state === 'ahead').sort((a, b) => a.valid_from.localeCompare(b.valid_from)),
  }));
  const place = (reason: Reason): number => (reason.current ?? reason.ahead[0])?.position ?? 0;
  return reasons.sort((a, b) => place(a) - place(b) || a.code.localeCompare(b.code));
}

/** Those that hold no more, newest end first. */
export function past(versions: readonly ReasonVersion[], kind: ReasonKind): ReasonVersion[] {
  const own = versions.filter((version) => version.kind === kind && version.state === 'past');
  return own.sort((a, b) => (b.valid_to ?? '').localeCompare(a.valid_to ?? ''));
}

/** From when on agents no longer choose a reason; null if nothing says so. */
export function endOf(reason: Reason): string | null {
  return (reason.ahead.at(-1) ?? reason.current)?.valid_to ?? null;
}

/** The first free place in the list. */
export function nextPosition(reasons: readonly Reason[]): number {
  const places = reasons.flatMap((reason) => [reason.current, ...reason.ahead]).map((version) => version?.position ?? 0);
  return Math.min(999, Math.max(0, ...places) + 1);
}
