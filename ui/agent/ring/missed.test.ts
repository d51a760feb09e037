import { describe, expect, it } from 'vitest';
import type { AgentView, Picture } from '../../generated';
import { scenes } from '../../shots/scenes';
import { justMissed } from './missed';

const ringing: Picture = scenes.ringing;
const waiting: Picture = scenes.waiting;
const missedIn = (picture: Picture): Picture => {
  const view = picture.view as AgentView;
  return { ...picture, view: { ...view, today: { ...view.today, missed: view.today.missed + 1 } } };
};

const missed = missedIn(waiting);

describe('a ring that ran out (F5)', () => {
  it('is told once, to whom it rang', () => {
    expect(justMissed(ringing, missed)).toBe(true);
    expect(justMissed(missed, missed)).toBe(false);
    expect(justMissed(null, missed)).toBe(false);
  });

  it('is no miss when the dealer stopped, or the agent passed', () => {
    expect(justMissed(ringing, waiting)).toBe(false);
  });

  it('is told by the break that the system made of it', () => {
    expect(justMissed(ringing, missedIn(scenes['paused-missed']))).toBe(false);
  });
});
