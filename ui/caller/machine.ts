// What the call page knows and shows. Pure: events in, model out; `screenOf` says what to show, `wantsOf` what
// the rest of the page must keep going (socket, camera, peer connection). No timers, no DOM, no network here.

import type { CallState, CallerView, Consent, EndReason, ErrorCode, Timestamp } from '$generated';
import type { Pace } from './patience';

/** Why there is no picture of one's own. */
export type CameraFault =
  /** The person or the system said no. */
  | 'denied'
  /** The app's web view does not let the page ask. */
  | 'blocked_by_app'
  | 'none'
  | 'busy'
  | 'insecure'
  /** It was on and stopped: taken away, pulled out. */
  | 'stopped'
  | 'unknown';

export type Camera =
  | { state: 'off' }
  | { state: 'asking' }
  | { state: 'on'; facing: 'user' | 'environment'; several: boolean; microphone: boolean }
  | { state: 'failed'; fault: CameraFault };

export interface Model {
  /** The browser gives cameras to this page at all. */
  secure: boolean;
  /** The link carries the call's id and secret. */
  complete: boolean;
  link: 'opening' | 'open' | 'lost';
  /** Newest view taken; older ones are ignored. */
  stamp: { incarnation: number; seq: number } | null;
  view: CallerView | null;
  /** Server's clock minus the page's, ms. */
  clockOffsetMs: number;
  consentGivenAt: Timestamp | null;
  camera: Camera;
  /** The person has looked at the own picture and said that it is right. */
  cameraProven: boolean;
  hangUp: 'no' | 'asked' | 'given';
  replaced: boolean;
  refusal: ErrorCode | null;
  /** Why the call could not be queued at the last try. */
  notQueued: ErrorCode | null;
  /** Page clock, ms: when the newest view came. */
  viewAt: number;
  /** Page clock, ms: when the server was last heard. */
  heardAt: number | null;
  /** Page clock, ms: last media packet of the agent; null before the first. */
  mediaAt: number | null;
  /** Media has stopped though signals get through: the agent's, or what goes to the agent. */
  frozen: 'in' | 'out' | null;
}

export type Event =
  | { type: 'link_open' }
  | { type: 'link_lost' }
  | { type: 'view'; incarnation: number; seq: number; now: Timestamp; view: CallerView; at: number }
  | { type: 'pong'; now: Timestamp; sentAt: Timestamp; at: number }
  | { type: 'replaced' }
  | { type: 'taken_back' }
  | { type: 'refused'; code: ErrorCode }
  | { type: 'problem'; code: ErrorCode }
  | { type: 'consent_given'; at: Timestamp }
  | { type: 'camera_asked' }
  | { type: 'camera_on'; facing: 'user' | 'environment'; several: boolean; microphone: boolean }
  | { type: 'camera_failed'; fault: CameraFault }
  | { type: 'camera_proven' }
  | { type: 'hang_up_asked' }
  | { type: 'hang_up_dismissed' }
  | { type: 'hang_up_given' }
  /** Several times a second in a call: what is heard of the server and of the agent. */
  | { type: 'pulse'; at: number; silentMs: number | null; mediaMs: number | null; frozen: 'in' | 'out' | null };

export type Screen =
  | { name: 'insecure' }
  | { name: 'broken_link' }
  | { name: 'refused'; code: ErrorCode }
  | { name: 'replaced' }
  | { name: 'opening'; lost: boolean }
  | { name: 'consent'; text: string }
  | { name: 'camera' }
  | { name: 'leaving' }
  | { name: 'queue' }
  | { name: 'call'; away: Away | null }
  | { name: 'over'; reason: EndReason | null };

/** Who is away in a call, and how long it is waited for. */
export interface Away {
  /** `agent_picture`, `our_picture`: signals get through, media does not. */
  who: 'us' | 'agent' | 'agent_picture' | 'our_picture';
  /** Whole seconds left; null when nobody counts. */
  secondsLeft: number | null;
}

export interface Wants {
  link: boolean;
  camera: boolean;
  /** Tell the server that the call may be queued; repeated on every new socket until it is. */
  ready: { consent?: Consent } | null;
  hangUp: boolean;
  /** Assignment to negotiate media for. */
  peer: number | null;
  /** Assignment to send heartbeats for. */
  heartbeat: number | null;
  /** Keep the screen on. */
  awake: boolean;
  /** How much hangs on the socket. */
  pace: Pace;
}

/** F3: the time in which a lost side may come back. */
export const LOSS_MS = 15_000;
/** Media older than this counts as gone: as on the server. */
export const MEDIA_GONE_MS = 2_000;
/** A socket that says so little in a call is not heard any more. */
export const SILENT_MS = 2_000;
const CLOCK_JUMP_MS = 3_000;
const SOUND_ROUND_TRIP_MS = 1_000;

export function begin(secure: boolean, complete: boolean): Model {
  return {
    secure,
    complete,
    link: 'opening',
    stamp: null,
    view: null,
    clockOffsetMs: 0,
    consentGivenAt: null,
    camera: { state: 'off' },
    cameraProven: false,
    hangUp: 'no',
    replaced: false,
    refusal: null,
    notQueued: null,
    viewAt: 0,
    heardAt: null,
    mediaAt: null,
    frozen: null,
  };
}

export function next(model: Model, event: Event): Model {
  switch (event.type) {
    case 'link_open':
      return { ...model, link: 'open' };
    case 'link_lost':
      return { ...model, link: 'lost' };
    case 'view':
      return takeView(model, event);
    case 'pong':
      return takePong(model, event);
    case 'replaced':
      return { ...model, replaced: true };
    case 'taken_back':
      return { ...model, replaced: false, link: 'opening', stamp: null, mediaAt: null, frozen: null };
    case 'refused':
      return { ...model, refusal: event.code };
    case 'problem':
      return takeProblem(model, event.code);
    case 'consent_given':
      return { ...model, consentGivenAt: event.at };
    case 'camera_asked':
      return { ...model, camera: { state: 'asking' } };
    case 'camera_on': {
      const { facing, several, microphone } = event;
      return { ...model, camera: { state: 'on', facing, several, microphone } };
    }
    case 'camera_failed':
      return { ...model, camera: { state: 'failed', fault: event.fault }, cameraProven: false };
    case 'camera_proven':
      return model.camera.state === 'on' ? { ...model, cameraProven: true, notQueued: null } : model;
    case 'hang_up_asked':
      return model.hangUp === 'no' ? { ...model, hangUp: 'asked' } : model;
    case 'hang_up_dismissed':
      return model.hangUp === 'asked' ? { ...model, hangUp: 'no' } : model;
    case 'hang_up_given':
      return { ...model, hangUp: 'given' };
    case 'pulse': {
      const { at, silentMs, mediaMs, frozen } = event;
      return {
        ...model,
        heardAt: silentMs === null ? model.heardAt : at - silentMs,
        mediaAt: mediaMs === null ? model.mediaAt : at - mediaMs,
        frozen,
      };
    }
  }
}

function takeView(model: Model, event: Extract<Event, { type: 'view' }>): Model {
  const { incarnation, seq } = event;
  const seen = model.stamp;
  if (seen && (incarnation < seen.incarnation || (incarnation === seen.incarnation && seq < seen.seq))) {
    return model;
  }
  const sameAgent = model.view?.assignment?.n === event.view.assignment?.n;
  return {
    ...model,
    stamp: { incarnation, seq },
    view: event.view,
    viewAt: event.at,
    heardAt: event.at,
    clockOffsetMs: betterOffset(model, Date.parse(event.now) - event.at),
    mediaAt: sameAgent ? model.mediaAt : null,
    frozen: sameAgent ? model.frozen : null,
  };
}

/** A view that was slow on its way makes the server's clock look late; only a jump of a clock is believed. */
function betterOffset(model: Model, offset: number): number {
  const known = model.stamp !== null && Math.abs(offset - model.clockOffsetMs) < CLOCK_JUMP_MS;
  return known ? Math.max(offset, model.clockOffsetMs) : offset;
}

function takePong(model: Model, { now, sentAt, at }: Extract<Event, { type: 'pong' }>): Model {
  const roundTrip = at - Date.parse(sentAt);
  if (!(roundTrip >= 0 && roundTrip < SOUND_ROUND_TRIP_MS)) return model;
  return { ...model, clockOffsetMs: Date.parse(now) - (at - roundTrip / 2) };
}

/** A refused `ready` goes back to where the person can do something about it; other refusals change nothing. */
function takeProblem(model: Model, code: ErrorCode): Model {
  if (model.view?.state !== 'preparing' || !model.cameraProven) return model;
  switch (code) {
    case 'consent_missing':
      return { ...model, cameraProven: false, notQueued: code, consentGivenAt: null };
    case 'queue_full':
    case 'unavailable':
    case 'internal':
    case 'rate_limited':
      return { ...model, cameraProven: false, notQueued: code };
    default:
      return model;
  }
}

function consentDone(model: Model, view: CallerView): boolean {
  return view.state !== 'preparing' || view.consent === null || model.consentGivenAt !== null;
}

const WITH_AGENT: readonly CallState[] = ['connecting', 'in_call', 'reconnecting'];
const OVER: readonly CallState[] = ['awaiting_evidence', 'ended'];

export function screenOf(model: Model, at: number): Screen {
  const { view } = model;
  if (!model.secure) return { name: 'insecure' };
  if (!model.complete) return { name: 'broken_link' };
  if (model.replaced) return { name: 'replaced' };
  if (view && OVER.includes(view.state)) return { name: 'over', reason: view.end_reason };
  if (model.refusal) return { name: 'refused', code: model.refusal };
  if (!view) return { name: 'opening', lost: model.link === 'lost' };
  if (model.hangUp === 'given') return { name: 'leaving' };
  if (!consentDone(model, view)) return { name: 'consent', text: view.consent?.text ?? '' };
  // A page opened anew in the call shows the call at once, while its camera opens.
  if (model.camera.state === 'failed') return { name: 'camera' };
  if (view.state === 'preparing' && !(model.camera.state === 'on' && model.cameraProven)) return { name: 'camera' };
  if (WITH_AGENT.includes(view.state)) return { name: 'call', away: awayOf(model, view, at) };
  return { name: 'queue' };
}

function awayOf(model: Model, view: CallerView, at: number): Away | null {
  const ownNetwork = ownLoss(model, at);
  if (ownNetwork) return ownNetwork;
  if (view.state === 'reconnecting') {
    return { who: lostSide(view), secondsLeft: secondsLeft(model, view.deadline, at) };
  }
  if (model.frozen === null) return null;
  return { who: model.frozen === 'in' ? 'agent_picture' : 'our_picture', secondsLeft: null };
}

/** Nothing is heard of anybody: the page counts by itself, from the last sign of life of either. */
function ownLoss(model: Model, at: number): Away | null {
  const silent = at - (model.heardAt ?? at);
  const lastSign = Math.max(model.heardAt ?? 0, model.mediaAt ?? 0);
  if ((model.link !== 'lost' && silent < SILENT_MS) || lastSign === 0 || at - lastSign < MEDIA_GONE_MS) return null;
  return { who: 'us', secondsLeft: Math.max(0, Math.ceil((LOSS_MS - (at - lastSign)) / 1000)) };
}

/** Which side the server misses; the notices say. */
export function lostSide(view: CallerView): 'us' | 'agent' {
  const codes = view.notices.map(({ code }) => code);
  return codes.lastIndexOf('agent_reconnecting') > codes.lastIndexOf('caller_reconnecting') ? 'agent' : 'us';
}

/** Whole seconds until a deadline of the server, by the server's clock. */
export function secondsLeft(model: Model, deadline: Timestamp | null, at: number): number | null {
  if (deadline === null) return null;
  return Math.max(0, Math.ceil((Date.parse(deadline) - (at + model.clockOffsetMs)) / 1000));
}

/** Value of `body[data-state]`: the call's state, or what stands before it. */
export function stateName(model: Model, screen: Screen): string {
  switch (screen.name) {
    case 'consent':
    case 'camera':
    case 'insecure':
    case 'broken_link':
    case 'refused':
    case 'replaced':
    case 'opening':
      return screen.name;
    case 'call':
      return screen.away ? 'reconnecting' : (model.view?.state ?? 'connecting');
    case 'leaving':
    case 'queue':
    case 'over':
      return model.view?.state ?? 'opening';
  }
}

export function wantsOf(model: Model): Wants {
  const { view } = model;
  const usable = model.secure && model.complete && !model.replaced && model.refusal === null;
  const over = view !== null && OVER.includes(view.state);
  const live = usable && view !== null && !over && model.hangUp !== 'given';
  const agreed = view !== null && consentDone(model, view);
  const withAgent = live && view !== null && WITH_AGENT.includes(view.state);
  const assignment = withAgent ? (view?.assignment?.n ?? null) : null;
  // A page opened anew in the middle of a call takes the camera without asking its person again.
  const cameraWanted = model.camera.state !== 'off' || view?.state !== 'preparing';
  return {
    link: usable && view?.state !== 'ended',
    camera: live && agreed && cameraWanted && model.camera.state !== 'failed',
    ready: live && view?.state === 'preparing' && agreed && model.cameraProven ? readyOf(model, view) : null,
    hangUp: usable && !over && model.hangUp === 'given',
    // The connection is made while the camera of a reopened page still opens.
    peer: model.camera.state === 'failed' ? null : assignment,
    heartbeat: assignment,
    awake: live && (model.cameraProven || view?.state !== 'preparing'),
    pace: withAgent ? 'call' : live && view?.state !== 'preparing' ? 'queue' : 'calm',
  };
}

function readyOf(model: Model, view: CallerView): { consent?: Consent } {
  if (view.consent === null || model.consentGivenAt === null) return {};
  return { consent: { given_at: model.consentGivenAt, text_version: view.consent.version } };
}
