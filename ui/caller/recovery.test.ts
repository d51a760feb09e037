import { describe, expect, it } from 'vitest';
import { frozen, healed, step, type PathState, type Step } from './recovery';

const healthy: PathState = {
  linkUp: true,
  silentMs: 0,
  hintMs: null,
  moved: false,
  agentBackMs: null,
  offeredMs: 60_000,
  answered: true,
  wasConnected: true,
  iceFailed: false,
  broken: false,
  inMs: 100,
  outMs: 200,
  sending: true,
  sendingMs: 60_000,
  pictureInMs: 40,
  pictureOutMs: 40,
  tries: 0,
  triedMs: null,
};
type Row = [what: string, seen: Partial<PathState>, wanted: Step];
const table = (rows: Row[]) =>
  it.each(rows)('%s', (_what, seen, wanted) => expect(step({ ...healthy, ...seen })).toBe(wanted));

describe('F3: a healthy path, and a short gap', () => {
  table([
    ['is left alone', {}, 'wait'],
    ['is left alone when the network hints at a change', { hintMs: 300 }, 'wait'],
    ['is left alone when the workstation says nothing about it', { outMs: null }, 'wait'],
    ['a gap of 2 s mends by itself', { inMs: 2_000, outMs: 2_000 }, 'wait'],
  ]);
});

describe('F3: a loss', () => {
  table([
    ['of the way in restarts ICE after 2–3 s', { inMs: 2_600 }, 'restart_ice'],
    ['of the way out alone does too', { outMs: 2_600 }, 'restart_ice'],
    ['of the way out means nothing while nothing is sent', { outMs: 9_000, sending: false }, 'wait'],
    ['of the way out means nothing before what is sent could be told of: a reload, a camera that opens late', { outMs: 9_000, sendingMs: 1_200 }, 'wait'],
    ['but soon does', { outMs: 9_000, sendingMs: 2_600 }, 'restart_ice'],
    ['that ICE itself has noticed needs no waiting', { iceFailed: true, inMs: 900 }, 'restart_ice'],
    ['is waited out while nothing can be negotiated', { inMs: 9_000, iceFailed: true, linkUp: false }, 'wait'],
    ['of DTLS cannot be restarted', { broken: true }, 'new_connection'],
    ['of a connection that never was one begins anew', { inMs: 2_600, wasConnected: false }, 'new_connection'],
  ]);
});

describe('F3: another address', () => {
  table([
    ['restarts at once where media had stopped', { hintMs: 260, moved: true, inMs: 4_000 }, 'restart_ice'],
    ['gives the old path a moment', { hintMs: 200, moved: true, inMs: 4_000 }, 'wait'],
    ['if it may be the same after all, gives it half a second: media comes by itself', { hintMs: 550, inMs: 4_000 }, 'wait'],
    ['and no longer', { hintMs: 650, inMs: 4_000 }, 'restart_ice'],
    ['does not judge by a report from before', { hintMs: 600, outMs: 8_000 }, 'wait'],
    ['nor by one that is as old as reports are', { hintMs: 1_100, outMs: 1_100 }, 'wait'],
    ['judges by a fresh report', { hintMs: 1_100, outMs: 1_700 }, 'restart_ice'],
    ['by the system’s word alone, a pause as short as no talk makes', { hintMs: 300, moved: true, inMs: 700 }, 'restart_ice'],
    ['is left alone while media flows', { hintMs: 300, inMs: 500 }, 'wait'],
    ['makes impatient for a while', { hintMs: 6_000, inMs: 1_100 }, 'restart_ice'],
    ['and not for ever', { hintMs: 13_000, inMs: 1_100 }, 'wait'],
    ['again, after a restart went out over the old one', { hintMs: 300, moved: true, inMs: 6_000, tries: 1, triedMs: 1_500 }, 'restart_ice'],
    ['offers nothing over a line that may be lost together with the path', { hintMs: 6_000, inMs: 1_100, silentMs: 1_050 }, 'wait'],
    ['waits for the answer to an offer that the new line has just sent again', { hintMs: 700, inMs: 9_000, tries: 1, triedMs: 8_000, answered: false }, 'wait'],
    ['but not for ever', { hintMs: 6_100, inMs: 9_000, tries: 1, triedMs: 8_000, answered: false }, 'new_connection'],
    ['is tried once for one hint', { hintMs: 2_000, inMs: 6_000, tries: 1, triedMs: 1_500 }, 'wait'],
  ]);
});

describe('F3: what was tried and has not helped', () => {
  table([
    ['a restart has 2.5 s', { inMs: 4_900, tries: 1, triedMs: 2_400 }, 'wait'],
    ['then comes a new connection', { inMs: 5_200, tries: 1, triedMs: 2_600 }, 'new_connection'],
    ['which has 4.5 s', { inMs: 9_000, tries: 2, triedMs: 4_400 }, 'wait'],
    ['and is followed by another', { inMs: 9_200, tries: 2, triedMs: 4_600 }, 'new_connection'],
    ['never less often than every 8 s, as long as the call lasts', { inMs: 90_000, tries: 20, triedMs: 8_100 }, 'new_connection'],
    ['and never faster on a connection that breaks at once', { broken: true, inMs: 9_000, tries: 3, triedMs: 2_000 }, 'wait'],
    ['but sooner than one that is merely silent', { broken: true, inMs: 9_000, tries: 3, triedMs: 2_300 }, 'new_connection'],
    ['nor while the server is away', { inMs: 9_000, tries: 1, triedMs: 9_000, linkUp: false }, 'wait'],
  ]);
});

describe('a picture that stands still while voice goes on', () => {
  table([
    ['is waited for a little', { pictureInMs: 3_900 }, 'wait'],
    ['begins anew when it does not come: a restart of the path would not help', { pictureInMs: 4_100 }, 'new_connection'],
    ['in the other direction too', { pictureOutMs: 4_100 }, 'new_connection'],
    ['is no fault while none is expected', { pictureOutMs: null, pictureInMs: null }, 'wait'],
    ['is tried again', { pictureInMs: 8_000, tries: 1, triedMs: 2_600 }, 'new_connection'],
    ['and then left alone, or there would be no end', { pictureInMs: 60_000, tries: 2, triedMs: 50_000 }, 'wait'],
    ['unless packets stop, too', { pictureInMs: 60_000, inMs: 5_000, tries: 2, triedMs: 50_000 }, 'new_connection'],
  ]);
});

describe('an offer without an answer', () => {
  const unanswered = { answered: false, wasConnected: false };
  table([
    ['is waited for', { ...unanswered, inMs: null, outMs: null, offeredMs: 3_900 }, 'wait'],
    ['but not for ever: a workstation may have lost it', { ...unanswered, inMs: null, outMs: null, offeredMs: 4_100 }, 'new_connection'],
    ['is never followed by a second one on the same connection', { answered: false, inMs: 3_000, tries: 1, triedMs: 3_000 }, 'wait'],
    ['begins anew after a restart got none', { answered: false, inMs: 9_000, tries: 1, triedMs: 6_100 }, 'new_connection'],
    ['lies in the mailbox of a workstation that is away', { answered: false, inMs: 9_000, outMs: null, tries: 1, triedMs: 7_900 }, 'wait'],
  ]);
});

describe('the first picture', () => {
  table([
    ['may take a while after the answer', { inMs: null, outMs: null, offeredMs: 3_900 }, 'wait'],
    ['is mended when it does not come', { inMs: null, outMs: null, offeredMs: 4_100 }, 'restart_ice'],
    ['or begun anew when nothing ever connected', { inMs: null, outMs: null, offeredMs: 4_100, wasConnected: false }, 'new_connection'],
  ]);
});

describe('the agent comes back', () => {
  table([
    ['with its media: nothing to do', { agentBackMs: 500 }, 'wait'],
    ['without: its program may have begun anew, so do we', { agentBackMs: 650, inMs: 8_000, outMs: null }, 'new_connection'],
    ['but not before it could have come', { agentBackMs: 300, inMs: 8_000, outMs: null }, 'wait'],
    ['after a restart that nobody heard', { agentBackMs: 650, inMs: 8_000, tries: 1, triedMs: 5_000, answered: false }, 'new_connection'],
  ]);
});

describe('healing', () => {
  const tried = { ...healthy, tries: 1, triedMs: 700 };
  it('is media both ways since the mend', () => {
    expect(healed({ ...tried, inMs: 500 })).toBe(true);
    expect(healed({ ...tried, inMs: 800 })).toBe(false);
    expect(healed({ ...tried, outMs: 5_000 })).toBe(false);
    expect(healed({ ...tried, outMs: 5_000, sending: false })).toBe(true);
    expect(healed({ ...tried, outMs: null })).toBe(true);
  });

  it('is not there before the picture is', () => {
    expect(healed({ ...tried, pictureInMs: 4_100 })).toBe(false);
    expect(healed({ ...tried, pictureInMs: null })).toBe(true);
  });

  it('comes by itself too', () => {
    expect(healed(healthy)).toBe(true);
    expect(healed({ ...healthy, inMs: 1_500 })).toBe(false);
  });
});

describe('a frozen picture', () => {
  it.each([
    [{ pictureInMs: 4_000 }, 'in'],
    [{ pictureOutMs: 4_000 }, 'out'],
    [{ inMs: 2_500, outMs: 100, sending: true }, 'in'],
    [{ inMs: 100, outMs: 2_500, sending: true }, 'out'],
    [{ inMs: 100, outMs: 2_500, sending: false }, null],
    [{ inMs: 100, outMs: 9_000, sending: true, sendingMs: 2_000 }, null],
    [{ inMs: null, outMs: null, sending: true }, null],
  ] as const)('%j is told as %s', (seen, told) => expect(frozen({ ...healthy, ...seen })).toBe(told));
});

describe('a loss of 15 s, played', () => {
  /** Plays a path that carries nothing for 15 s though signals get through; answers what was done when. */
  function play(over: (at: number) => Partial<PathState>): [number, Step][] {
    const done: [number, Step][] = [];
    for (let at = 0; at <= 15_000; at += 250) {
      const last = done[done.length - 1]?.[0];
      const triedMs = last === undefined ? null : at - last;
      const fresh = last !== undefined && done[done.length - 1]?.[1] === 'new_connection';
      const now = step({
        ...healthy,
        inMs: at,
        outMs: at,
        tries: done.length,
        triedMs,
        offeredMs: triedMs ?? 60_000,
        wasConnected: !fresh,
        ...over(at),
      });
      if (now !== 'wait') done.push([at, now]);
    }
    return done;
  }

  it('is mended again and again, with limits', () => {
    expect(play(() => ({}))).toEqual([
      [2_750, 'restart_ice'],
      [5_500, 'new_connection'],
      [10_250, 'new_connection'],
    ]);
  });

  it('without signals nothing is tried, and at once when they are back', () => {
    const cut = (at: number) => ({ linkUp: at >= 8_000, hintMs: at >= 8_000 ? at - 8_000 : null });
    expect(play(cut)[0]).toEqual([8_750, 'restart_ice']);
  });
});
