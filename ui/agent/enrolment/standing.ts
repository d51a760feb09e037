// Whether this workstation may verify, told from the picture alone.
import type { EnrolmentState, Picture } from '$generated';

/** A state that stands in the way of calls, and has a card of its own. */
export type Barred = Exclude<EnrolmentState, 'unknown' | 'approved'>;

/** Null when calls may come, or nobody has said otherwise: the server refuses what must not be. */
export function barredBy(picture: Picture): Barred | null {
  const { state } = picture.workstation;
  switch (state) {
    case 'unknown':
    case 'approved':
      return null;
    case 'enrolling':
    case 'pending':
    case 'revoked':
    case 'quarantined':
    case 'failed':
      return state;
  }
}

/** The approval came while the agent was looking. */
export function justApproved(before: Picture | null, now: Picture): boolean {
  return before !== null && before.workstation.state === 'pending' && now.workstation.state === 'approved';
}

/** The groups of a fingerprint, to be read aloud one by one. */
export function groups(fingerprint: string): string[] {
  return fingerprint.split('-').filter((group) => group !== '');
}

/** One group for a screen reader, character by character. */
export function spelled(group: string): string {
  return [...group].join(' ');
}
