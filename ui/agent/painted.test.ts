import { describe, expect, it, vi } from 'vitest';
import { afterPaint, painted } from './painted';

function frames() {
  const waiting = new Map<number, FrameRequestCallback>();
  let last = 0;
  return {
    requestAnimationFrame: (call: FrameRequestCallback) => waiting.set((last += 1), call) && last,
    cancelAnimationFrame: (handle: number) => void waiting.delete(handle),
    step() {
      const now = [...waiting.values()];
      waiting.clear();
      now.forEach((call) => call(0));
    },
  };
}

describe('knowing that something was painted (I7)', () => {
  it('a window that gets no frames never claims to have shown the ring', () => {
    const window = frames();
    const done = vi.fn();
    afterPaint(done, window);
    expect(done).not.toHaveBeenCalled();
    window.step();
    expect(done).not.toHaveBeenCalled();
    window.step();
    expect(done).toHaveBeenCalledOnce();
  });

  it('an offer that is gone before it was painted is not reported', () => {
    const window = frames();
    const done = vi.fn();
    const giveUp = afterPaint(done, window);
    window.step();
    giveUp();
    window.step();
    expect(done).not.toHaveBeenCalled();
  });

  it('a verdict does not wait for ever for a frame', async () => {
    vi.useFakeTimers();
    const wait = painted(frames());
    await vi.advanceTimersByTimeAsync(300);
    await expect(wait).resolves.toBeUndefined();
    vi.useRealTimers();
  });
});
