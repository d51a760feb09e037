// Which screen stands on the stage, told from the picture alone.
import type { AgentCall, Picture } from '$generated';

/** What the page's body carries in `data-activity`. */
export type BodyActivity =
  | 'signed_out'
  | 'available'
  | 'paused'
  | 'ringing'
  | 'connecting'
  | 'in_call'
  | 'reconnecting'
  | 'wrap_up';

export type Stage = 'sign_in' | 'starting' | 'device_check' | 'waiting' | 'ring' | 'call' | 'sealed' | 'wrap_up';

/** `signed_out` until the server's first view is there: before it nothing is known of the agent's day. */
export function bodyActivity(picture: Picture): BodyActivity {
  if (picture.account.state !== 'signed_in' || !picture.view) return 'signed_out';
  return picture.view.activity.state;
}

/** The call at hand: connecting, in call, or reconnecting. */
export function callOf(picture: Picture): AgentCall | null {
  const activity = picture.view?.activity;
  if (!activity) return null;
  switch (activity.state) {
    case 'connecting':
    case 'in_call':
    case 'reconnecting':
      return activity.call;
    case 'available':
    case 'paused':
    case 'ringing':
    case 'wrap_up':
      return null;
  }
}

/** Whether the sealed verdict belongs to the call that the server's view speaks of. */
function sealedHere(picture: Picture): boolean {
  if (picture.verdict.state !== 'sealed') return false;
  const activity = picture.view?.activity;
  const call = activity?.state === 'wrap_up' ? activity.call_id : callOf(picture)?.call_id;
  return call === picture.verdict.entry.call_id;
}

/** `devicesChecked`: the device check was left in this sitting, or is remembered as fine. */
export function stageOf(picture: Picture, devicesChecked: boolean): Stage {
  if (picture.account.state !== 'signed_in') return 'sign_in';
  if (!picture.view) return 'starting';
  const { activity } = picture.view;
  switch (activity.state) {
    case 'available':
    case 'paused':
      return devicesChecked ? 'waiting' : 'device_check';
    case 'ringing':
      return 'ring';
    case 'connecting':
    case 'in_call':
    case 'reconnecting':
      return sealedHere(picture) ? 'sealed' : 'call';
    case 'wrap_up':
      return sealedHere(picture) ? 'sealed' : 'wrap_up';
  }
}

/** Whether the status switch can be used now. */
export function statusChangeable(picture: Picture): boolean {
  const state = bodyActivity(picture);
  return (state === 'available' || state === 'paused' || state === 'wrap_up') && picture.link.state === 'up';
}

/** Whether a break after this call can be wished for, or given up; also while the server is away, for it is said again. */
export function restWishable(picture: Picture): boolean {
  return callOf(picture) !== null;
}
