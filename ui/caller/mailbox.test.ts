import { describe, expect, it } from 'vitest';
import type { Signal } from '$generated';
import { Inbox, Outbox } from './mailbox';

const signal = (n: number): Signal => ({ kind: 'offer', connection: n, sdp: 'v=0' });
const numbers = (outbox: Outbox): number[] => outbox.due().map(({ n }) => n);

describe('outbox', () => {
  it('numbers from 1 without gaps and sends each once on a socket', () => {
    const outbox = new Outbox(1, true);
    outbox.add(signal);
    outbox.add(signal);
    expect(numbers(outbox)).toEqual([1, 2]);
    expect(numbers(outbox)).toEqual([]);
    outbox.add(signal);
    expect(numbers(outbox)).toEqual([3]);
  });

  it('F3: sends again on a new socket what was not acknowledged, and nothing else', () => {
    const outbox = new Outbox(1, true);
    for (let i = 0; i < 4; i += 1) outbox.add(signal);
    numbers(outbox);
    expect(outbox.ack(2)).toBe(false);
    outbox.rewind();
    expect(numbers(outbox)).toEqual([3, 4]);
  });

  it('takes an ack that was lost with the old socket for what it is', () => {
    const outbox = new Outbox(1, true);
    for (let i = 0; i < 3; i += 1) outbox.add(signal);
    numbers(outbox);
    outbox.rewind();
    expect(outbox.ack(3)).toBe(false);
    expect(numbers(outbox)).toEqual([]);
    expect(outbox.add(signal)?.n).toBe(4);
  });

  it('goes on behind an older page’s numbers when it hears of them first', () => {
    const outbox = new Outbox(1, false);
    expect(outbox.ack(7)).toBe(false);
    expect(outbox.add(signal)?.n).toBe(8);
    expect(numbers(outbox)).toEqual([8]);
  });

  it('sends one signal alone until it knows where the numbers stand, and starts anew when they were used', () => {
    const outbox = new Outbox(1, false);
    for (let i = 0; i < 3; i += 1) outbox.add(signal);
    expect(numbers(outbox)).toEqual([1]);
    expect(outbox.ack(7)).toBe(true);
    expect(numbers(outbox)).toEqual([]);
    expect(outbox.add(signal)).toEqual({ n: 8, signal: signal(8) });
  });

  it('sends the rest once the first is acknowledged', () => {
    const outbox = new Outbox(1, false);
    for (let i = 0; i < 3; i += 1) outbox.add(signal);
    numbers(outbox);
    expect(outbox.ack(1)).toBe(false);
    expect(numbers(outbox)).toEqual([2, 3]);
  });

  it('is bounded', () => {
    const outbox = new Outbox(1, true);
    for (let i = 0; i < 512; i += 1) expect(outbox.add(signal)).not.toBeNull();
    expect(outbox.add(signal)).toBeNull();
  });
});

describe('inbox', () => {
  it('takes each signal once, also after a resend', () => {
    const inbox = new Inbox(1);
    expect([1, 2, 2, 1, 3].map((n) => inbox.take(n))).toEqual([true, true, false, false, true]);
  });
});
