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
  const pulse = (at: number, silentMs: number, mediaMs: number | null, frozen: 'in' | 'out' | null = null): Event => ({
    type: 'pulse',
    at,
    silentMs,
    mediaMs,
    frozen,
  });
  const talk = () => play(seen({ ...talking, state: 'in_call' }), cameraOn, { type: 'link_open' });

  it('F3: tells whose side is away', () => {
    const away = (...codes: NoticeCode[]) =>
      screenOf(play(seen({ ...talking, state: 'reconnecting', notices: codes.map(notice) }), cameraOn), T0);
    expect(away('agent_reconnecting')).toMatchObject({ away: { who: 'agent' } });
    expect(away('caller_reconnecting')).toMatchObject({ away: { who: 'us' } });
    expect(away('agent_reconnecting', 'agent_back', 'caller_reconnecting')).toMatchObject({ away: { who: 'us' } });
  });

  it('F3: counts 15 s by its own clock, from the last sign of life of either', () => {
    const lost = next(next(talk(), pulse(T0 + 100, 100, 0)), { type: 'link_lost' });
    expect(screenOf(lost, T0 + 1_500)).toEqual({ name: 'call', away: null });
    expect(screenOf(lost, T0 + 3_100)).toEqual({ name: 'call', away: { who: 'us', secondsLeft: 12 } });
    expect(stateName(lost, screenOf(lost, T0 + 3_100))).toBe('reconnecting');
    expect(screenOf(lost, T0 + 60_000)).toEqual({ name: 'call', away: { who: 'us', secondsLeft: 0 } });
    // Whatever an old view said, the page knows better that it hears nothing.
    const told = next(lost, seen({ ...talking, state: 'reconnecting', notices: [notice('agent_reconnecting')] }, T0 + 200));
    expect(screenOf(told, T0 + 4_200)).toMatchObject({ away: { who: 'us', secondsLeft: 11 } });
  });

  it('notices a dead network before its socket does', () => {
    const silent = next(talk(), pulse(T0 + 2_200, 2_200, 2_300));
    expect(silent.link).toBe('open');
    expect(screenOf(silent, T0 + 2_200)).toMatchObject({ away: { who: 'us' } });
  });

  it('I8: a call whose media flows goes on while the server is away, and says so only beside the picture', () => {
    const lost = next(talk(), { type: 'link_lost' });
    const flowing = next(lost, pulse(T0 + 30_000, 30_000, 40));
    expect(screenOf(flowing, T0 + 30_200)).toEqual({ name: 'call', away: null });
  });

  it('never leaves a frozen picture unexplained while the server is there', () => {
    expect(screenOf(next(talk(), pulse(T0 + 4_000, 200, 2_600, 'in')), T0 + 4_000)).toMatchObject({
      away: { who: 'agent_picture', secondsLeft: null },
    });
    expect(screenOf(next(talk(), pulse(T0 + 4_000, 200, 20, 'out')), T0 + 4_000)).toMatchObject({
      away: { who: 'our_picture', secondsLeft: null },
    });
    expect(screenOf(next(talk(), pulse(T0 + 4_000, 200, 20)), T0 + 4_000)).toMatchObject({ away: null });
  });

  it('negotiates and beats for the assignment at once, while the camera of a reopened page still opens', () => {
    const without = play(seen({ ...talking, state: 'connecting' }));
    expect(shown(without)).toBe('call');
    expect(wantsOf(without)).toMatchObject({ peer: 1, heartbeat: 1, camera: true, pace: 'call' });
    const failed = next(next(without, { type: 'camera_asked' }), { type: 'camera_failed', fault: 'denied' });
    expect(shown(failed)).toBe('camera');
    expect(wantsOf(failed)).toMatchObject({ peer: null, heartbeat: 1 });
  });

  it('keeps its socket closer in the queue than before it: a lost page has 15 s there', () => {
    const pace = (state: CallerView['state']) => wantsOf(play(seen({ consent: null, state }))).pace;
    expect([pace('preparing'), pace('waiting'), pace('offering'), pace('in_call'), pace('ended')]).toEqual([
      'calm',
      'queue',
      'queue',
      'call',
      'calm',
    ]);
  });

  it('forgets the old agent’s media with the old assignment', () => {
    const model = next(talk(), pulse(T0, 0, 3_000, 'in'));
    const renewed = next(model, seen({ ...talking, assignment: { n: 2, ice_servers: [] } }));
    expect(renewed).toMatchObject({ mediaAt: null, frozen: null });
  });
});

describe('the server’s clock', () => {
  const first = () => play(seen({}, T0, T0 + 500));
  const offset = (model: Model, event: Event) => next(model, event).clockOffsetMs;

  it('is not taken for late because a view was slow', () => {
    expect(offset(first(), seen({}, T0 + 10_000, T0 + 10_000 - 900))).toBe(500);
    expect(offset(first(), seen({}, T0 + 10_000, T0 + 10_700))).toBe(700);
  });

  it('is measured by the answer to a ping, unless that took too long', () => {
    expect(offset(first(), { type: 'pong', sentAt: iso(T0 + 1_000), now: iso(T0 + 1_700), at: T0 + 1_200 })).toBe(600);
    expect(offset(first(), { type: 'pong', sentAt: iso(T0 + 1_000), now: iso(T0 + 9_000), at: T0 + 4_000 })).toBe(500);
  });

  it('jumps with the phone’s', () => {
    expect(offset(first(), seen({}, T0 - 3_600_000, T0 + 20_000))).toBe(3_620_000);
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
    const back = next(model, { type: 'taken_back' });
    expect(wantsOf(back)).toMatchObject({ link: true, camera: true });
    // The newer page's views do not make this one's look old.
    expect(next(back, { ...(seen({ ...talking, state: 'in_call' }) as Extract<Event, { type: 'view' }>), incarnation: 0, seq: 0 }).view?.state).toBe('in_call');
  });
});
