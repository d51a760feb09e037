import { describe, expect, it } from 'vitest';
import { asDay, asDuration, countdown, secondsLeft, secondsSince, serverNow, untilNextSecond } from './reckon';

const T = Date.parse('2026-11-23T02:18:30Z');

describe('reckoning with server time', () => {
  it('counts down by the server’s clock, whatever ours says (F3: 15 s)', () => {
    const deadline = '2026-11-23T02:18:45Z';
    expect(secondsLeft(deadline, serverNow(T - 90_000, 90_000))).toBe(15);
    expect(secondsLeft(deadline, serverNow(T + 7_000, -7_000))).toBe(15);
  });

  it('says 1 until the deadline is there, and never less than 0', () => {
    const deadline = new Date(T).toISOString();
    expect(secondsLeft(deadline, T - 1)).toBe(1);
    expect(secondsLeft(deadline, T)).toBe(0);
    expect(secondsLeft(deadline, T + 5_000)).toBe(0);
  });

  it('takes the station’s own count before any wall clock', () => {
    expect(countdown(7, '2026-11-23T02:18:45Z', T)).toBe(7);
    expect(countdown(0, '2026-11-23T02:18:45Z', T)).toBe(0);
    expect(countdown(undefined, '2026-11-23T02:18:45Z', T)).toBe(15);
  });

  it('counts up from 0 even when the moment lies a little ahead', () => {
    expect(secondsSince(new Date(T + 400).toISOString(), T)).toBe(0);
    expect(secondsSince(new Date(T - 1_999).toISOString(), T)).toBe(1);
  });

  it('without a measured offset takes our own clock', () => {
    expect(serverNow(T, null)).toBe(T);
  });

  it.each([[0, '0:00'], [7, '0:07'], [754, '12:34'], [3723, '1:02:03']])('%i s reads %s', (seconds, text) => {
    expect(asDuration(seconds)).toBe(text);
  });

  it('writes days as Vietnamese papers do, and leaves alone what is no day', () => {
    expect(asDay('1990-05-17')).toBe('17/05/1990');
    expect(asDay('?')).toBe('?');
  });

  it('ticks on the second', () => {
    expect(untilNextSecond(T + 250)).toBe(750);
    expect(untilNextSecond(T)).toBe(1000);
  });
});
