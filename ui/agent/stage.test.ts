import { describe, expect, it } from 'vitest';
import type { Picture } from '../generated';
import { scenes, view } from '../shots/scenes';
import { bodyActivity, callOf, stageOf, statusChangeable } from './stage';

describe('which screen stands on the stage', () => {
  it('every scene has its own', () => {
    const stages = Object.fromEntries(
      Object.entries(scenes as Record<string, Picture>).map(([name, picture]) => [name, stageOf(picture, true)]),
    );
    expect(stages).toMatchObject({
      'sign-in': 'sign_in',
      'signing-in': 'sign_in',
      waiting: 'waiting',
      paused: 'waiting',
      ringing: 'ring',
      connecting: 'call',
      call: 'call',
      'call-lost': 'call',
      'call-sealing': 'call',
      sealed: 'sealed',
      'sealed-offline': 'sealed',
      'wrap-up-lost': 'wrap_up',
    });
  });

  it('the device check stands before waiting, and never before a ring', () => {
    expect(stageOf(scenes.waiting, false)).toBe('device_check');
    expect(stageOf(scenes.ringing, false)).toBe('ring');
  });

  it('a verdict of the call before does not cover the call at hand', () => {
    const next: Picture = {
      ...scenes.sealed,
      view: view({ state: 'in_call', call: { call_id: 'another', assignment: 1, ice_servers: [], compare_again: false, changes: 0, accepted_at: '2026-11-23T02:00:00Z', challenge: 'c' }, since: '2026-11-23T02:00:00Z' }),
    };
    expect(stageOf(next, true)).toBe('call');
  });

  it('the body tells the activity once the first view is there', () => {
    expect(bodyActivity(scenes['sign-in'])).toBe('signed_out');
    expect(bodyActivity({ ...scenes.waiting, view: null })).toBe('signed_out');
    expect(bodyActivity(scenes.waiting)).toBe('available');
    expect(bodyActivity(scenes['call-lost'])).toBe('reconnecting');
  });

  it('the call stays at hand while a side is away (F3)', () => {
    expect(callOf(scenes['call-lost'])?.call_id).toBe(callOf(scenes.call)?.call_id);
    expect(callOf(scenes.ringing)).toBeNull();
  });

  it('the status can be changed between calls only, and only with a line to the server', () => {
    expect(statusChangeable(scenes.waiting)).toBe(true);
    expect(statusChangeable(scenes.sealed)).toBe(true);
    expect(statusChangeable(scenes.call)).toBe(false);
    expect(statusChangeable(scenes['waiting-offline'])).toBe(false);
  });
});
