import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerToCaller } from '$generated';
import { Link, type Wire } from './socket';

class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  sent: { type: string }[] = [];
  closed = false;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  hear(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const view = { type: 'view', incarnation: 1, seq: 1, now: '', view: {} } as unknown as ServerToCaller;

function setUp(urgent = false) {
  const wires: FakeWire[] = [];
  const heard: string[] = [];
  const link = new Link({
    open: () => {
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    hello: () => ({ type: 'hello', version: 1, call_token: 't', device_secret: 'd', page_id: 'p' }),
    urgent: () => urgent,
    random: () => 1,
    now: () => Date.now(),
    onFrame: (frame) => heard.push(frame.type),
    onOpen: () => heard.push('open'),
    onLost: () => heard.push('lost'),
  });
  const last = (): FakeWire => wires.at(-1) as FakeWire;
  const greet = (): void => {
    last().onopen?.();
    last().hear(view);
  };
  return { wires, heard, link, last, greet };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('link', () => {
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

  it('comes back with growing pauses up to 8 s, and within 1.5 s in a call', () => {
    for (const [urgent, longest] of [
      [false, 8_000],
      [true, 1_500],
    ] as const) {
      const { link, wires, last } = setUp(urgent);
      link.start();
      const pauses: number[] = [];
      for (let i = 0; i < 8; i += 1) {
        const before = Date.now();
        const opened = wires.length;
        last().onclose?.();
        while (wires.length === opened) vi.advanceTimersByTime(50);
        pauses.push(Date.now() - before);
      }
      expect(pauses[0]).toBe(250);
      expect(pauses[1]).toBe(500);
      expect(pauses.at(-1)).toBe(longest);
      link.stop();
    }
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

  it('hears nothing of a socket that it has left', () => {
    const { link, wires, greet, heard } = setUp();
    link.start();
    greet();
    vi.advanceTimersByTime(5_000);
    link.doubt(3_000);
    expect(wires.length).toBe(2);
    wires[0]?.hear({ type: 'replaced' });
    expect(heard).not.toContain('replaced');
  });

  it('keeps its pauses while it is doubted twice a second, and hurries only when the network says so', () => {
    const { link, wires, greet, last } = setUp();
    link.start();
    greet();
    for (let ticks = 0; ticks < 40; ticks += 1) {
      if (wires.length > 1 || ticks === 0) last().onclose?.();
      vi.advanceTimersByTime(500);
      link.doubt(3_000);
    }
    // 20 s of refusals: 0.25, 0.5, 1, 2, 4 and 8 s apart, not one per tick.
    expect(wires.length).toBeLessThanOrEqual(8);
    const before = wires.length;
    link.hurry();
    expect(wires.length).toBe(before + 1);
    link.hurry();
    expect(wires.length).toBe(before + 1);
    link.stop();
  });

  it('does not doubt a socket that has just spoken, and stops for good when told', () => {
    const { link, wires, greet, last } = setUp();
    link.start();
    greet();
    link.doubt(3_000);
    expect(wires.length).toBe(1);
    link.stop();
    last().onclose?.();
    vi.advanceTimersByTime(60_000);
    expect(wires.length).toBe(1);
    expect(wires[0]?.closed).toBe(true);
  });
});
