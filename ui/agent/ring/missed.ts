// Whether a ring has just run out unanswered, told from two pictures in a row. Pure.
import type { Picture } from '$generated';

/** True when the day's missed rings grew and the agent sees nothing else of it: a forced break explains itself. */
export function justMissed(before: Picture | null, after: Picture): boolean {
  const [was, is] = [before?.view, after.view];
  if (!was || !is || was.agent.agent_id !== is.agent.agent_id) return false;
  return was.activity.state === 'ringing' && is.activity.state === 'available' && is.today.missed > was.today.missed;
}
