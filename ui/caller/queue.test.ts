import { describe, expect, it } from 'vitest';
import type { CallerView, NoticeCode } from '$generated';
import { waitingOf } from './queue';

const T0 = Date.parse('2026-11-23T02:00:00Z');
const at = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
function view(state: CallerView['state'], queue: CallerView['queue'], ...codes: NoticeCode[]): CallerView {
  const notices = codes.map((code, index) => ({ at: at(index), code, text: code }));
  return { state, queue, notices } as unknown as CallerView;
}
const place = (position: number, expected_wait_s: number | null) => ({ position, expected_wait_s });

describe('what a waiting customer is told', () => {
  it('the place, and an expected wait that runs down between two views, never below now', () => {
    const waiting = view('waiting', place(3, 140), 'queued');
    expect(waitingOf(waiting, 0, T0)).toMatchObject({ why: 'plain', position: 3, leftS: 140, waitedS: 0 });
    expect(waitingOf(waiting, 30_900, T0 + 30_900)).toMatchObject({ leftS: 110, waitedS: 30 });
    expect(waitingOf(waiting, -200, T0)).toMatchObject({ leftS: 140 });
    expect(waitingOf(waiting, 400_000, T0 + 400_000)).toMatchObject({ leftS: 0 });
  });

  it('that nobody is on duty, at once and since when', () => {
    const alone = view('waiting', place(1, null), 'queued', 'nobody_on_duty');
    expect(waitingOf(alone, 0, T0)).toMatchObject({ why: 'nobody', leftS: null, nobodySince: at(1) });
  });

  it('and no longer once somebody works, or was rung', () => {
    expect(waitingOf(view('waiting', place(2, 60), 'queued', 'nobody_on_duty'), 0, T0).why).toBe('plain');
    expect(waitingOf(view('offering', null, 'queued', 'nobody_on_duty'), 0, T0).why).toBe('ringing');
    expect(waitingOf(view('waiting', place(1, null), 'queued', 'nobody_on_duty', 'redirected'), 0, T0).why).toBe('next_agent');
  });

  it('that it is first in line after its agent was lost', () => {
    const lost = view('waiting', place(1, 20), 'queued', 'agent_accepted', 'video_connected', 'agent_reconnecting', 'agent_lost');
    expect(waitingOf(lost, 0, T0 + 60_000)).toMatchObject({ why: 'first_again', position: 1, waitedS: 56 });
  });

  it('that it is on its way into the queue', () => {
    expect(waitingOf(view('preparing', null), 0, T0)).toMatchObject({ why: 'joining', position: null, waitedS: null });
  });
});
