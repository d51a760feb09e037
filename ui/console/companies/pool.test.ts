import { describe, expect, it } from 'vitest';
import { stepFaults, stepsOf, typedSteps } from './overflow';
import { partOf, shareFaults, sharesOf, typedShares } from './shares';

describe('shares of partners', () => {
  const held = { '': 1, 'MobiFone Service': 3 };

  it('come back as they went, own staff first', () => {
    const rows = typedShares(held);
    expect(rows[0]).toEqual({ partner: '', own: true, weight: '1' });
    expect(sharesOf(rows)).toEqual(held);
    expect([partOf(rows, 0), partOf(rows, 1)]).toEqual([0.25, 0.75]);
    expect(sharesOf([])).toEqual({});
  });

  it('are refused without a name, twice, and outside their bounds', () => {
    const rows = [...typedShares(held), { partner: ' MobiFone Service ', own: false, weight: '0' }, { partner: ' ', own: false, weight: '1001' }];
    expect(shareFaults(rows, 2)).toEqual({ partner: 'repeated', weight: 'out_of_range' });
    expect(shareFaults(rows, 3)).toEqual({ partner: 'missing', weight: 'out_of_range' });
    expect(sharesOf(rows)).toBeNull();
    expect(partOf(rows, 0)).toBeNull();
    for (const wrong of ['', '1,5', '-1', '1e2']) expect(sharesOf([{ partner: 'A', own: false, weight: wrong }]), wrong).toBeNull();
  });
});

describe('an overflow', () => {
  const held = [{ after_ms: 0, to: '2' }, { after_ms: 30_500, to: '3' }];

  it('comes back as it went, typed in seconds', () => {
    expect(typedSteps(held)[1]).toEqual({ after: '30,5', to: '3' });
    expect(stepsOf(typedSteps(held), '1', 300_000)).toEqual(held);
  });

  it('names the fault of each step as the server does', () => {
    const steps = [{ after: '60', to: '1' }, { after: '30', to: '2' }, { after: '300', to: '2' }, { after: 'x', to: '' }];
    const faults = steps.map((_, n) => stepFaults(steps, n, '1', 300_000));
    expect(faults).toEqual([
      { after: null, to: 'itself' },
      { after: 'out_of_order', to: null },
      { after: 'does_not_fit', to: 'repeated' },
      { after: 'out_of_range', to: 'missing' },
    ]);
    expect(stepsOf(steps, '1', 300_000)).toBeNull();
  });
});
