// What is told to somebody who waits: why it is waited, the place, and how much longer. Pure.

import type { CallerView, NoticeCode } from '$generated';

export interface Waiting {
  /**
   * `joining`: on its way into the queue; `ringing`: an agent's workstation rings; `nobody`: nobody is on duty;
   * `first_again`: the agent was lost, the call is first in line; `next_agent`: one agent did not take it;
   * `plain`: in the queue.
   */
  why: 'joining' | 'ringing' | 'nobody' | 'first_again' | 'next_agent' | 'plain';
  position: number | null;
  /** Expected seconds from now; 0 when it should be any moment; null when nobody can say. */
  leftS: number | null;
  /** Seconds waited so far; null before the queue. */
  waitedS: number | null;
  /** Since when nobody is on duty, as far as told. */
  nobodySince: string | null;
}

/** Told of the wait, newest last. */
const OF_QUEUE: readonly NoticeCode[] = ['queued', 'nobody_on_duty', 'redirected', 'agent_accepted', 'agent_lost'];

/** `viewAgeMs`: since the view came; `now`: server time, ms. */
export function waitingOf(view: CallerView, viewAgeMs: number, now: number): Waiting {
  const told = view.notices.filter(({ code }) => OF_QUEUE.includes(code));
  const last = told[told.length - 1];
  // After a lost agent the wait begins anew.
  const begins = told.filter(({ code }) => code === 'queued' || code === 'agent_lost');
  const queuedAt = begins[begins.length - 1]?.at;
  const expected = view.queue?.expected_wait_s ?? null;
  const nobody = view.state === 'waiting' && last?.code === 'nobody_on_duty' && expected === null;
  return {
    why: nobody ? 'nobody' : whyOf(view, last?.code ?? null),
    position: view.queue?.position ?? null,
    leftS: expected === null ? null : Math.max(0, expected - Math.floor(Math.max(0, viewAgeMs) / 1000)),
    waitedS: queuedAt === undefined ? null : Math.max(0, Math.floor((now - Date.parse(queuedAt)) / 1000)),
    nobodySince: nobody ? (last?.at ?? null) : null,
  };
}

function whyOf(view: CallerView, last: NoticeCode | null): Waiting['why'] {
  if (view.state === 'preparing') return 'joining';
  if (view.state === 'offering') return 'ringing';
  if (last === 'agent_lost') return 'first_again';
  return last === 'redirected' ? 'next_agent' : 'plain';
}
