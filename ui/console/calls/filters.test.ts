import { describe, expect, it } from 'vitest';
import { asked, hasPersonal } from './filters';

describe('filters of calls', () => {
  it('takes whole days of Vietnam, the last one with them', () => {
    const query = asked(new URLSearchParams('from=2026-11-01&to=2026-11-30'));
    expect(query).toEqual({ from: '2026-11-01T00:00:00+07:00', to: '2026-12-01T00:00:00+07:00' });
  });

  it('asks only for what is a filter, and never for a customer by the address', () => {
    expect(asked(new URLSearchParams('state=waiting&msisdn=0901234567&external_id=EK-1&home='))).toEqual({ state: 'waiting' });
  });

  it('knows when the search must go by the body', () => {
    expect([hasPersonal({ msisdn: ' ', external_id: '' }), hasPersonal({ msisdn: '0901234567', external_id: '' })]).toEqual([false, true]);
  });
});
