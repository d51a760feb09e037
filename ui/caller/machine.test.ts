import { describe, expect, it } from 'vitest';
import type { CallerView, NoticeCode } from '$generated';
import { begin, next, screenOf, stateName, wantsOf, type Event, type Model } from './machine';

const T0 = Date.parse('2026-11-23T02:00:00Z');
const consent = { version: '2026-04', text: 'Tôi đồng ý.' };

function view(over: Partial<CallerView> = {}): CallerView {
  return {
    call_id: 'c',
    state: 'preparing',
    queue: null,
    notices: [],
    dealer: { account: 'dl', name: 'ĐL' },
    subscriber: { msisdn: '0900000001', payment: 'prepaid', customer_type: 'individual' },
    images: [],
    consent,
    agent_name: null,
    assignment: null,
    deadline: null,
    end_reason: null,
    ...over,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
let seq = 0;
function seen(over: Partial<CallerView>, at = T0, now = at): Event {
  seq += 1;
  return { type: 'view', incarnation: 1, seq, now: iso(now), view: view(over), at };
}
const cameraOn: Event = { type: 'camera_on', facing: 'user', several: false, microphone: true };
const play = (...events: Event[]): Model => events.reduce(next, begin(true, true));
const shown = (model: Model, at = T0) => screenOf(model, at).name;
const talking = { consent: null, assignment: { n: 1, ice_servers: [] } };
const notice = (code: NoticeCode) => ({ at: iso(T0), code, text: code });

describe('before the queue (S11)', () => {
  it('says that the page is not secure before anything else', () => {
    expect(shown(begin(false, true))).toBe('insecure');
    expect(wantsOf(begin(false, true)).link).toBe(false);
  });

  it('asks for consent before the camera, and never opens a camera without it', () => {
    const asked = play(seen({}), { type: 'camera_asked' });
    expect(shown(asked)).toBe('consent');
    expect(wantsOf(asked).camera).toBe(false);
    const agreed = next(asked, { type: 'consent_given', at: iso(T0) });
    expect(shown(agreed)).toBe('camera');
    expect(wantsOf(agreed).camera).toBe(true);
  });

  it('skips consent that the case carries, and then sends none', () => {
    const model = play(seen({ consent: null }), { type: 'camera_asked' }, cameraOn, { type: 'camera_proven' });
    expect(wantsOf(model).ready).toEqual({});
  });

  it('is ready only with consent and a proven camera, and says which text was agreed to', () => {
    const before = play(seen({}), { type: 'consent_given', at: iso(T0) }, { type: 'camera_asked' }, cameraOn);
    expect(wantsOf(before).ready).toBeNull();
    const proven = next(before, { type: 'camera_proven' });
    expect(wantsOf(proven).ready).toEqual({ consent: { given_at: iso(T0), text_version: '2026-04' } });
    expect(stateName(proven, screenOf(proven, T0))).toBe('preparing');
  });

  it('takes no proof from a camera that is off, and forgets the proof when it fails', () => {
    const agreed = play(seen({ consent: null }), { type: 'camera_proven' });
    expect(agreed.cameraProven).toBe(false);
    const lost = play(seen({ consent: null }), { type: 'camera_asked' }, cameraOn, { type: 'camera_proven' }, {
      type: 'camera_failed',
      fault: 'busy',
    });
    expect(shown(lost)).toBe('camera');
    expect(wantsOf(lost).ready).toBeNull();
    expect(wantsOf(lost).camera).toBe(false);
  });
});

describe('a refused ready', () => {
  const ready = () => play(seen({}), { type: 'consent_given', at: iso(T0) }, { type: 'camera_asked' }, cameraOn, { type: 'camera_proven' });

  it('goes back to the camera when the queue is full, and to consent when that is what is missing', () => {
    const full = next(ready(), { type: 'problem', code: 'queue_full' });
    expect(shown(full)).toBe('camera');
    expect(wantsOf(full).ready).toBeNull();
    expect(full.notQueued).toBe('queue_full');
    expect(next(full, { type: 'camera_proven' }).notQueued).toBeNull();
    expect(shown(next(ready(), { type: 'problem', code: 'consent_missing' }))).toBe('consent');
  });

  it('changes nothing once the call is queued', () => {
    const waiting = next(ready(), seen({ state: 'waiting' }));
    expect(next(waiting, { type: 'problem', code: 'queue_full' })).toBe(waiting);
  });
});

describe('views', () => {
  it('ignores an older view, and takes one of a newer incarnation whatever its number', () => {
    const at = (incarnation: number, n: number, state: CallerView['state']): Event => ({
      type: 'view',
      incarnation,
      seq: n,
      now: iso(T0),
      view: view({ consent: null, state }),
      at: T0,
    });
    const model = play(at(1, 9, 'waiting'), at(1, 8, 'preparing'));
    expect(model.view?.state).toBe('waiting');
    expect(next(model, at(2, 1, 'offering')).view?.state).toBe('offering');
  });

  it('counts the seconds by the server’s clock, not the phone’s', () => {
    const phoneIsWrong = T0 - 3_600_000;
    const model = play(
      seen(
        { ...talking, state: 'reconnecting', deadline: iso(T0 + 12_000), notices: [notice('caller_reconnecting')] },
        phoneIsWrong,
        T0,
      ),
      cameraOn,
    );
    expect(screenOf(model, phoneIsWrong + 500)).toEqual({ name: 'call', away: { who: 'us', secondsLeft: 12 } });
  });
});

describe('in the call', () => {
  it('F3: tells whose side is away', () => {
    const away = (code: NoticeCode) =>
      screenOf(play(seen({ ...talking, state: 'reconnecting', notices: [notice(code)] }), cameraOn), T0);
    expect(away('agent_reconnecting')).toMatchObject({ away: { who: 'agent' } });
    expect(away('caller_reconnecting')).toMatchObject({ away: { who: 'us' } });
  });

  it('F3: counts by itself when neither server nor media is heard, and I8: not while media flows', () => {
    const model = play(seen({ ...talking, state: 'in_call' }), cameraOn, { type: 'media', at: T0 }, { type: 'link_lost' });
    expect(screenOf(model, T0 + 1_000)).toEqual({ name: 'call', away: null });
    expect(screenOf(model, T0 + 3_000)).toEqual({ name: 'call', away: { who: 'us', secondsLeft: 12 } });
    expect(stateName(model, screenOf(model, T0 + 3_000))).toBe('reconnecting');
    expect(screenOf(next(model, { type: 'link_open' }), T0 + 3_000)).toEqual({ name: 'call', away: null });
  });

  it('negotiates for the assignment and beats for it, with a camera only', () => {
    const without = play(seen({ ...talking, state: 'connecting' }));
    expect(wantsOf(without)).toMatchObject({ peer: null, heartbeat: 1, camera: true, urgent: true });
    expect(wantsOf(next(without, cameraOn))).toMatchObject({ peer: 1, heartbeat: 1, awake: true });
  });

  it('forgets the old agent’s media with the old assignment', () => {
    const model = play(seen({ ...talking, state: 'in_call' }), { type: 'media', at: T0 });
    expect(next(model, seen({ ...talking, assignment: { n: 2, ice_servers: [] } })).mediaAt).toBeNull();
  });
});

describe('the end', () => {
  it('lets go of camera, media and screen lock once the verdict is given, and keeps the socket for the reason', () => {
    const model = play(seen({ ...talking, state: 'awaiting_evidence' }), cameraOn);
    expect(shown(model)).toBe('over');
    expect(wantsOf(model)).toMatchObject({ camera: false, peer: null, heartbeat: null, awake: false, link: true });
    const ended = next(model, seen({ state: 'ended', end_reason: 'completed' }));
    expect(screenOf(ended, T0)).toEqual({ name: 'over', reason: 'completed' });
    expect(wantsOf(ended).link).toBe(false);
  });

  it('asks before it hangs up, and says it until the call is over', () => {
    const asked = play(seen({ ...talking, state: 'in_call' }), cameraOn, { type: 'hang_up_asked' });
    expect(wantsOf(asked).hangUp).toBe(false);
    expect(wantsOf(next(asked, { type: 'hang_up_dismissed' })).peer).toBe(1);
    const given = next(asked, { type: 'hang_up_given' });
    expect(wantsOf(given)).toMatchObject({ hangUp: true, camera: false, peer: null, link: true });
    expect(wantsOf(next(given, seen({ state: 'ended', end_reason: 'cancelled' }))).hangUp).toBe(false);
  });

  it('does not come back by itself when a newer page took over', () => {
    const model = play(seen({ ...talking, state: 'in_call' }), cameraOn, { type: 'replaced' });
    expect(shown(model)).toBe('replaced');
    expect(wantsOf(model)).toMatchObject({ link: false, camera: false, peer: null });
  });
});
