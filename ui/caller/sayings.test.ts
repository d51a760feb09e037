import { describe, expect, it } from 'vitest';
import { AGAIN_MS, Saying } from './sayings';

function setUp() {
  const saying = new Saying();
  const is = { open: true, said: 0 };
  const look = (now: number, wanted = true): number => {
    saying.say(wanted, now, () => {
      if (is.open) is.said += 1;
      return is.open;
    });
    return is.said;
  };
  return { saying, is, look };
}

describe('what is said once on a socket', () => {
  it('is not repeated while the server works on it', () => {
    const { look } = setUp();
    expect([look(0), look(500), look(60_000)]).toEqual([1, 1, 1]);
  });

  it('waits for a socket, and is said again on the next', () => {
    const { saying, is, look } = setUp();
    is.open = false;
    expect(look(0)).toBe(0);
    is.open = true;
    expect(look(10)).toBe(1);
    saying.forget();
    expect(look(20)).toBe(2);
  });

  it.each(['unavailable', 'rate_limited', 'internal'] as const)('I8: answered by «%s», is said again, at most once a second', (code) => {
    const { saying, look } = setUp();
    look(0);
    saying.problem(code);
    expect(look(AGAIN_MS - 1)).toBe(1);
    expect(look(AGAIN_MS)).toBe(2);
    expect(look(5 * AGAIN_MS), 'not without another problem').toBe(2);
    saying.problem(code);
    expect(look(5 * AGAIN_MS + 1)).toBe(3);
  });

  it('is not said again when saying it again cannot help', () => {
    const { saying, look } = setUp();
    look(0);
    saying.problem('call_ended');
    expect(look(9 * AGAIN_MS)).toBe(1);
  });

  it('is said anew when it is wanted anew: a queue that was full is tried again on the same socket', () => {
    const { saying, look } = setUp();
    look(0);
    saying.problem('queue_full');
    look(100, false);
    expect(look(200)).toBe(2);
  });
});
