import { describe, expect, it } from 'vitest';
import { nearby } from './address';
import { EventParser } from './events';
import { caseOf, emptyForm, faults, fill } from './form';
import { currentStep, stepState, type Facts } from './progress';
import { shorten } from './requests';
import { samples } from './samples';

const done: Facts = {
  saved: true,
  ekycOpen: true,
  compared: true,
  scanned: true,
  called: true,
  account: true,
  token: true,
  created: true,
  screenOpen: true,
  state: null,
  endReason: null,
  verdict: false,
};

describe('the sixteen steps', () => {
  it('go in the order of the plan', () => {
    const order: (keyof Facts)[] = ['saved', 'ekycOpen', 'compared', 'scanned', 'called', 'account', 'token', 'created'];
    const steps = order.map((_, index) => {
      const rest = Object.fromEntries(order.slice(index).map((later) => [later, false]));
      return currentStep({ ...done, ...rest });
    });
    expect(steps).toEqual([1, 2, 3, 4, 5, 7, 8, 10]);
    expect(currentStep({ ...done, screenOpen: false })).toBe(11);
  });

  it('follow the call’s state (S12–S16)', () => {
    const states = ['waiting', 'offering', 'connecting', 'in_call', 'reconnecting', 'awaiting_evidence'] as const;
    expect(states.map((state) => currentStep({ ...done, state }))).toEqual([12, 12, 13, 14, 14, 15]);
    expect(currentStep({ ...done, state: 'ended', endReason: 'completed', verdict: true })).toBe(16);
    expect(currentStep({ ...done, state: 'ended', endReason: 'declined' })).toBe(15);
  });

  it('show S6 and S7 together', () => {
    expect([5, 6, 7, 8].map((step) => stepState(step, 7))).toEqual(['done', 'current', 'current', 'later']);
  });
});

describe('the form of S1', () => {
  it('takes every sample as it is, and names what is missing', () => {
    for (const sample of samples) expect(faults(fill(sample, '1')), sample.id).toEqual([]);
    expect(faults(emptyForm)).toEqual(['fullName', 'msisdn', 'idNumber', 'dateOfBirth', 'idIssuedOn']);
  });

  it('makes the case of S10 without fields that are not known', () => {
    const postpaid = samples.find(({ payment }) => payment === 'postpaid');
    if (!postpaid) throw new Error('no postpaid sample');
    const parts = { externalId: 'E', dealer: { account: 'a', name: 'n' }, match: null, consent: null };
    const made = caseOf(fill(postpaid, '4'), parts);
    expect(Object.keys(made)).toEqual(['external_id', 'dealer', 'subscriber', 'customer']);
    expect(made.subscriber).not.toHaveProperty('sub_type');
    expect(made.customer).not.toHaveProperty('company');
  });
});

describe('events', () => {
  it('are cut out of any chunks, with their ids for Last-Event-ID', () => {
    const parser = new EventParser();
    const text = ': hi\n\nid: 7\nevent: call\ndata: {"a":1}\n\nid: 8\ndata: x\ndata: y\n\nid: 9\nda';
    const events = [...text].flatMap((one) => parser.push(one));
    expect(events).toEqual([
      { id: '7', type: 'call', data: '{"a":1}' },
      { id: '8', type: 'message', data: 'x\ny' },
    ]);
    expect(parser.lastId).toBe('8');
  });
});

describe('requests for the eye', () => {
  it('never show a whole secret', () => {
    const shown = JSON.stringify(
      shorten({
        token: 'cct_1_abcdefghijkl',
        call_token: 'clt_abcdefghijkl',
        authorization: 'Bearer cct_1_abcdefghijkl',
        call_screen_url: 'http://localhost/call/1#clt_abcdefghijkl',
      }),
    );
    expect(shown).not.toContain('abcdefghijkl');
    expect(shown).toContain('Bearer cct_1_ab…');
  });

  it('keep short values and lists as they are', () => {
    const plain = { state: 'waiting', queue: { position: 2 }, notices: [1, 2, 3], nothing: null };
    expect(shorten(plain)).toEqual(plain);
  });
});

describe('the framed call screen', () => {
  const here = { hostname: 'localhost', host: 'localhost:8080', port: '8080', protocol: 'http:' };

  it('is shown under the sandbox’s own name when both are the same loopback server, secret and all', () => {
    expect(nearby('http://127.0.0.1:8080/call/1#s', here)).toBe('http://localhost:8080/call/1#s');
    expect(nearby('http://127.0.0.1:9090/call/1#s', here)).toBe('http://127.0.0.1:9090/call/1#s');
    expect(nearby('https://vc.example/call/1#s', here)).toBe('https://vc.example/call/1#s');
  });
});
