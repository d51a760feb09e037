// What the line above the video says: the most pressing thing about the call, told from the picture. Pure.
import type { AgentView, Picture } from '$generated';
import { secondsLeft } from '../time/reckon';

export type CallStanding =
  | { kind: 'lost_caller' | 'lost_agent'; seconds: number }
  | { kind: 'lost_server' | 'stalled' | 'connecting' }
  | { kind: 'well' };

export function callStanding(picture: Picture, view: AgentView, now: number): CallStanding {
  const { activity } = view;
  if (activity.state === 'reconnecting') {
    const kind = activity.lost === 'caller' ? 'lost_caller' : 'lost_agent';
    return { kind, seconds: secondsLeft(activity.deadline, now) };
  }
  if (picture.link.state !== 'up') return { kind: 'lost_server' };
  if (picture.media.state === 'stalled') return { kind: 'stalled' };
  if (activity.state === 'connecting' || picture.media.state !== 'flowing') return { kind: 'connecting' };
  return { kind: 'well' };
}

/** Whether there is a picture of the customer to put on the screen: packets came, even if they stopped since. */
export function hasPicture(picture: Picture): boolean {
  const { media } = picture;
  return media.video_seen || media.width > 0 || media.state === 'flowing' || media.state === 'stalled';
}

export type PaperKind = 'portrait' | 'id_front' | 'id_back';

/** Where the web view finds a picture of the case; null if the case has none. */
export function paperUrl(picture: Picture, kind: PaperKind): string | null {
  return picture.case?.images.find((image) => image.kind === kind)?.url ?? null;
}
