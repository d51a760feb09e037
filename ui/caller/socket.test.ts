import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerToCaller } from '$generated';
import type { Pace } from './patience';
import { PROTOCOL_VERSION } from './protocol';
import { Link, type Wire } from './socket';

class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  sent: { type: string }[] = [];
  closed = false;
  answers = true;
  send(text: string): void {
    const frame = JSON.parse(text) as { type: string };
    this.sent.push(frame);
    if (frame.type === 'ping' && this.answers) this.hear({ type: 'pong' });
  }
  close(): void {
    this.closed = true;
  }
  hear(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const view = { type: 'view', incarnation: 1, seq: 1, now: '', view: {} } as unknown as ServerToCaller;

function setUp(pace: Pace = 'calm') {
  const wires: FakeWire[] = [];
  const heard: string[] = [];
  const is = { pace };
  const link = new Link({
    open: () => {
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    hello: () => ({ type: 'hello', version: PROTOCOL_VERSION, call_token: 't', device_secret: 'd', page_id: 'p' }),
    ping: () => ({ type: 'ping', sent_at: '' }),
    pace: () => is.pace,
    random: () => 1,
    now: () => Date.now(),
    onFrame: (frame) => frame.type !== 'pong' && heard.push(frame.type),
    onOpen: () => heard.push('open'),
    onLost: () => heard.push('lost'),
  });
  const last = (): FakeWire => wires.at(-1) as FakeWire;
  const greet = (): void => {
    last().onopen?.();
    last().hear(view);
  };
  return { wires, heard, link, last, greet, is };
}

/** ms until another socket is opened. */
function untilNext(wires: FakeWire[]): number {
  const [before, opened] = [Date.now(), wires.length];
  while (wires.length === opened && Date.now() - before < 60_000) vi.advanceTimersByTime(50);
  return Date.now() - before;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('opening', () => {
  it('says hello first and counts as open with the first view', () => {
    const { link, last, heard } = setUp();
    link.start();
    expect(link.send({ type: 'hang_up' })).toBe(false);
    last().onopen?.();
    expect(last().sent.map(({ type }) => type)).toEqual(['hello']);
    last().hear(view);
    expect(heard).toEqual(['open', 'view']);
    expect(link.send({ type: 'hang_up' })).toBe(true);
  });

  it('comes back with growing pauses up to 8 s, and within 1 s in a call', () => {
    for (const [pace, longest] of [
      ['calm', 8_000],
      ['queue', 1_000],
      ['call', 1_000],
    ] as const) {
      const { link, wires, last } = setUp(pace);
      link.start();
      const pauses: number[] = [];
      for (let i = 0; i < 8; i += 1) {
        last().onclose?.();
        pauses.push(untilNext(wires));
      }
      expect(pauses.slice(0, 2)).toEqual([250, 500]);
      expect(pauses.at(-1)).toBe(longest);
      link.stop();
    }
  });

  it('F3: an attempt stuck on a dead path is abandoned after 2 s in a call, and the next begins at once', () => {
    const { link, wires, heard } = setUp('call');
    link.start();
    expect(untilNext(wires)).toBeLessThanOrEqual(2_050);
    expect(wires[0]?.closed).toBe(true);
    expect(untilNext(wires)).toBeLessThanOrEqual(2_050);
    expect(heard).toEqual(['lost', 'lost']);
    link.stop();
  });

  it('is not abandoned on a busy server that has let it in', () => {
    const { link, wires, last, heard } = setUp('call');
    link.start();
    vi.advanceTimersByTime(1_900);
    last().onopen?.();
    vi.advanceTimersByTime(2_900);
    last().hear(view);
    expect(wires.length).toBe(1);
    expect(heard).toEqual(['open', 'view']);
    link.stop();
  });

  it('gives up on a socket that opens but never shows a view', () => {
    const { link, wires, last, heard } = setUp();
    link.start();
    last().onopen?.();
    vi.advanceTimersByTime(6_300);
    expect(wires.length).toBe(2);
    expect(wires[0]?.closed).toBe(true);
    expect(heard).toEqual(['lost']);
  });
});

describe('a dead socket', () => {
  it.each([
    ['call', 3_000, 1_000],
    ['queue', 6_000, 2_000],
    ['calm', 15_000, 5_000],
  ] as const)('at the pace of %s is noticed after %i ms of silence', (pace, silence, ping) => {
    const { link, wires, last, greet, heard } = setUp(pace);
    link.start();
    greet();
    vi.advanceTimersByTime(60_000);
    expect(wires.length).toBe(1);
    last().answers = false;
    vi.advanceTimersByTime(900);
    const noticed = untilNext(wires);
    expect(noticed).toBeGreaterThan(silence - ping);
    expect(noticed).toBeLessThanOrEqual(silence + 100);
    expect(wires[0]?.closed).toBe(true);
    expect(heard).toContain('lost');
    link.stop();
  });

  it('pings at the pace of a call as soon as there is one', () => {
    const { link, last, greet, is } = setUp();
    link.start();
    greet();
    is.pace = 'call';
    link.repace();
    const before = last().sent.length;
    vi.advanceTimersByTime(3_050);
    expect(last().sent.length - before).toBe(3);
    link.stop();
  });

  it('says nothing more once it was left', () => {
    const { link, wires, greet, heard } = setUp();
    link.start();
    greet();
    link.hurry();
    expect(wires.length).toBe(2);
    wires[0]?.hear({ type: 'replaced' });
    expect(heard).not.toContain('replaced');
    link.stop();
  });
});

describe('told that another page took over', () => {
  it('believes it', () => {
    const { link, greet, last, heard } = setUp('call');
    link.start();
    greet();
    last().hear({ type: 'replaced' });
    expect(heard.at(-1)).toBe('replaced');
    link.stop();
  });

  it('but not when it was its own abandoned hello, that came late: once', () => {
    const { link, wires, greet, last, heard } = setUp('call');
    link.start();
    last().onopen?.();
    untilNext(wires);
    greet();
    last().hear({ type: 'replaced' });
    expect(heard).not.toContain('replaced');
    untilNext(wires);
    expect(wires.length).toBe(3);
    greet();
    last().hear({ type: 'replaced' });
    expect(heard).toContain('replaced');
    link.stop();
  });

  it('nor for ever, when the server answers every hello with it', () => {
    const { link, wires, last, heard } = setUp('call');
    link.start();
    last().onopen?.();
    untilNext(wires);
    last().onopen?.();
    last().hear({ type: 'replaced' });
    expect(heard, 'may have been the ghost').not.toContain('replaced');
    untilNext(wires);
    last().onopen?.();
    last().hear({ type: 'replaced' });
    expect(heard.at(-1)).toBe('replaced');
    link.stop();
  });
});

describe('hints', () => {
  it('a changed network opens a new socket at once, and starts the pauses anew', () => {
    const { link, wires, last } = setUp();
    link.start();
    for (let i = 0; i < 6; i += 1) {
      last().onclose?.();
      untilNext(wires);
    }
    last().onclose?.();
    const before = wires.length;
    link.hurry();
    expect(wires.length).toBe(before + 1);
    link.hurry();
    expect(wires.length, 'an attempt just made is left alone').toBe(before + 1);
    vi.advanceTimersByTime(400);
    link.hurry();
    expect(wires.length, 'an older one is stuck on the old network').toBe(before + 2);
    link.stop();
  });

  it('a doubted socket that answers stays; one that does not is replaced within 1 s', () => {
    const { link, wires, last, greet } = setUp();
    link.start();
    greet();
    link.probe();
    vi.advanceTimersByTime(1_100);
    expect(wires.length).toBe(1);
    last().answers = false;
    link.probe();
    vi.advanceTimersByTime(1_100);
    expect(wires.length).toBe(2);
    link.stop();
  });

  it('a machine that slept finds its socket old when it wakes', () => {
    const { link, wires, greet } = setUp('call');
    link.start();
    greet();
    vi.setSystemTime(Date.now() + 20_000);
    vi.advanceTimersByTime(1_000);
    expect(wires.length).toBe(2);
    link.stop();
  });
});

it('stops for good when told', () => {
  const { link, wires, greet, last } = setUp();
  link.start();
  greet();
  link.stop();
  last().onclose?.();
  vi.advanceTimersByTime(60_000);
  expect(wires.length).toBe(1);
  expect(wires[0]?.closed).toBe(true);
});
