// What the line above the video says: the most pressing thing about the call, told from the picture. Pure.
import type { AgentView, Picture } from '$generated';
import { countdown } from '../time/reckon';

export type CallStanding =
  | { kind: 'lost_caller' | 'lost_agent' | 'lost_own'; seconds: number }
  | { kind: 'lost_server' | 'stalled' | 'unseen' | 'connecting' }
  | { kind: 'well' };

export function callStanding(picture: Picture, view: AgentView, now: number): CallStanding {
  const { activity } = view;
  if (activity.state === 'reconnecting') {
    const kind = activity.lost === 'caller' ? 'lost_caller' : 'lost_agent';
    return { kind, seconds: countdown(picture.countdown_s, activity.deadline, now) };
  }
  if (picture.link.state !== 'up') return ownLoss(picture) ?? { kind: 'lost_server' };
  if (picture.media.state === 'stalled' || voiceOnly(picture)) return { kind: 'stalled' };
  if (activity.state === 'connecting' || picture.media.state !== 'flowing') return { kind: 'connecting' };
  // The customer's end tells that our own picture does not arrive.
  if ((picture.media.sent_age_ms ?? 0) >= UNSEEN_MS) return { kind: 'unseen' };
  return { kind: 'well' };
}

/** Packets come, but no picture: the voice goes on, the face stands still. */
function voiceOnly({ media }: Picture): boolean {
  return media.state === 'flowing' && media.video_seen && media.fps === 0;
}

/** Own media older than this at the customer's end is missed there. */
const UNSEEN_MS = 3_000;
/** F3: the time in which a lost side may come back. */
const LOSS_S = 15;

/** Neither server nor customer is heard: it is this computer's network. Counted from the last packet that came. */
function ownLoss({ media }: Picture): CallStanding | null {
  if (media.state !== 'stalled' || media.media_age_ms === null) return null;
  return { kind: 'lost_own', seconds: Math.max(0, LOSS_S - Math.floor(media.media_age_ms / 1000)) };
}

/** Whether the picture on the screen is an old one, which must never pass for a live one. */
export function isStill(picture: Picture): boolean {
  return hasPicture(picture) && picture.media.state === 'stalled';
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
