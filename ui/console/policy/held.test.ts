import { describe, expect, it } from 'vitest';
import type { PolicyCustomers, PolicyEntry, VideoCall } from '$generated';
import { describedOn, heldOn } from './held';

const entry = (customers: PolicyCustomers, video_call: VideoCall, valid_from: string, valid_to: string | null, known_to: string | null = null, name = valid_from): PolicyEntry => ({
  rule_id: name,
  payment: 'prepaid',
  sub_type: 'MC',
  customers,
  name,
  icc_profile: '',
  type: '',
  video_call,
  valid_from,
  valid_to,
  known_from: '2021-10-01T00:00:00Z',
  known_to,
  change: 1,
  closed_by: null,
});

// As the server lists them: known now by first day, then what was known before.
const line = [
  entry('individual_vi2', 'mandatory', '2021-10-01', '2026-10-31'),
  entry('enterprise', 'mandatory', '2021-10-01', null),
  entry('individual_vi2', 'not_mandatory', '2026-11-01', '2026-12-31'),
  entry('individual_vi2', 'mandatory', '2027-02-01', null),
  entry('individual_vi2', 'mandatory', '2021-10-01', null, '2026-11-20T00:00:00Z', 'before'),
];

describe('a line of the catalogue', () => {
  it('is what the period of the day says, not the oldest one', () => {
    expect(heldOn(line, 'individual_vi2', '2026-12-10')?.video_call).toBe('not_mandatory');
    expect(heldOn(line, 'individual_vi2', '2026-10-31')?.video_call).toBe('mandatory');
    expect(heldOn(line, 'individual_vi2', '2026-11-01')?.video_call).toBe('not_mandatory');
    expect(heldOn(line, 'enterprise', '2026-12-10')?.video_call).toBe('mandatory');
  });

  it('holds nothing in a gap and before it began', () => {
    expect(heldOn(line, 'individual_vi2', '2027-01-15')).toBeNull();
    expect(heldOn(line, 'enterprise', '2021-09-30')).toBeNull();
  });

  it('is described by the entry of the day, in a gap by the one before', () => {
    const individual = line.filter((one) => one.customers === 'individual_vi2');
    expect(describedOn(line, '2026-12-10')?.name).toBe('2026-11-01');
    expect(describedOn(individual, '2027-01-15')?.name).toBe('2026-11-01');
    expect(describedOn(individual, '2020-01-01')?.name).toBe('2021-10-01');
    expect(describedOn([], '2020-01-01')).toBeNull();
  });
});
