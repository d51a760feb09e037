import { describe, expect, it } from 'vitest';
import { scenes } from '../../shots/scenes';
import { barredBy, groups, justApproved, spelled } from './standing';

const as = (state: 'unknown' | 'enrolling' | 'pending' | 'approved' | 'revoked' | 'quarantined' | 'failed') => ({
  ...scenes.paused,
  workstation: { ...scenes.paused.workstation, state },
});

describe('whether this workstation may verify', () => {
  it('bars what the server would refuse, and nothing that it has not spoken of', () => {
    expect(['approved', 'unknown'].map((state) => barredBy(as(state as 'approved')))).toEqual([null, null]);
    for (const state of ['enrolling', 'pending', 'revoked', 'quarantined', 'failed'] as const) expect(barredBy(as(state))).toBe(state);
  });

  it('tells an approval only when it comes while one looks', () => {
    expect(justApproved(as('pending'), as('approved'))).toBe(true);
    expect(justApproved(null, as('approved'))).toBe(false);
    expect(justApproved(as('approved'), as('approved'))).toBe(false);
    expect(justApproved(as('pending'), as('revoked'))).toBe(false);
  });

  it('reads a fingerprint in its five groups, character by character', () => {
    expect(groups('1a2b-3c4d-5e6f-7081-92a3')).toEqual(['1a2b', '3c4d', '5e6f', '7081', '92a3']);
    expect(spelled('1a2b')).toBe('1 a 2 b');
  });
});
