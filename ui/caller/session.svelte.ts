// Ties the page together: feeds events to the machine, and after each brings socket, camera, peer connection
// and screen lock to what the machine wants. Reading `session.model` in a template follows every change.

import type { CallerToServer, Problem, ServerToCaller } from '$generated';
import { CameraError, cameraAvailable, openCamera, switchCamera, type Facing, type Opened } from './camera';
import { wantedCodec } from './codecs';
import { identity } from './identity';
import { begin, next, screenOf, stateName, wantsOf, type Event, type Model } from './machine';
import { Inbox, Outbox } from './mailbox';
import { Peer } from './peer';
import { Link, type Wire } from './socket';
import { ScreenLock } from './wake';

const TICK_MS = 500;
/** A socket may die unseen when a phone changes networks: after so much silence it is opened anew. */
const SILENT_MS = 60_000;
const SILENT_WITHOUT_MEDIA_MS = 3_000;
const PROTOCOL_VERSION = 1;

export class Session {
  model = $state.raw<Model>(begin(false, false));
  /** Page clock of the last tick, so that countdowns run. */
  at = $state(Date.now());
  own = $state.raw<Opened | null>(null);
  remote = $state.raw<MediaStream | null>(null);
  muted = $state(false);
  switching = $state(false);

  readonly screen = $derived(screenOf(this.model, this.at));
  readonly state = $derived(stateName(this.model, this.screen));

  private readonly id;
  private readonly link: Link;
  private readonly lock = new ScreenLock();
  private peer: Peer | null = null;
  private outbox: Outbox | null = null;
  private inbox: Inbox | null = null;
  private opening = false;
  /** What was said on the present socket; said again on the next one while it is still wanted. */
  private said = { ready: false, hangUp: false };
  /** The newest ack, for an outbox that is made after it came. */
  private stored: { assignment: number; n: number } | null = null;
  /** The assignment of the first view: an older page may have used numbers of it already. */
  private inherited: number | null | undefined;

  constructor(private readonly place: Location) {
    this.id = identity(place);
    this.model = begin(cameraAvailable(), this.id !== null);
    this.link = new Link({
      open: () => new WebSocket(`${place.origin.replace(/^http/, 'ws')}/v1/caller/socket`) as unknown as Wire,
      hello: () => this.hello(),
      urgent: () => wantsOf(this.model).urgent,
      random: Math.random,
      now: () => performance.now(),
      onFrame: (frame) => this.frame(frame),
      onOpen: () => this.opened(),
      onLost: () => this.tell({ type: 'link_lost' }),
    });
  }

  /** Starts; the answer stops everything. */
  start(): () => void {
    const timer = setInterval(() => void this.tick(), TICK_MS);
    const wake = (): void => {
      // A phone that slept has most likely lost its socket without a word.
      if (document.visibilityState === 'visible') this.link.hurry();
      this.reconcile();
    };
    const changed = (): void => this.link.hurry();
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', changed);
    this.reconcile();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', changed);
      this.link.stop();
      this.dropPeer();
      this.dropCamera();
    };
  }

  tell(event: Event): void {
    const before = this.model;
    this.model = next(before, event);
    if (this.model !== before) this.reconcile();
  }

  /** Now, by the server's clock. */
  serverTime(): string {
    return new Date(Date.now() + this.model.clockOffsetMs).toISOString();
  }

  get token(): string {
    return this.id?.callToken ?? '';
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    for (const track of this.own?.stream.getAudioTracks() ?? []) track.enabled = !muted;
  }

  async turnCamera(): Promise<void> {
    if (!this.own || this.switching) return;
    this.switching = true;
    const opened = this.own;
    try {
      await this.takeCamera(switchCamera(opened, opened.facing === 'user' ? 'environment' : 'user'));
    } catch {
      // The other camera will not open: back to the one that did, so that the call goes on.
      await this.takeCamera(switchCamera(opened, opened.facing)).catch((error) => this.cameraFailed(error));
    } finally {
      this.switching = false;
    }
  }

  private hello(): Extract<CallerToServer, { type: 'hello' }> {
    const { callToken, deviceSecret, pageId } = this.id ?? { callToken: '', deviceSecret: '', pageId: '' };
    return {
      type: 'hello',
      version: PROTOCOL_VERSION,
      call_token: callToken,
      device_secret: deviceSecret,
      page_id: pageId,
    };
  }

  private frame(frame: ServerToCaller): void {
    switch (frame.type) {
      case 'view': {
        const { incarnation, seq, now, view } = frame;
        if (this.inherited === undefined) this.inherited = view.assignment?.n ?? null;
        if (view.state === 'connecting' && this.model.view?.state !== 'connecting') navigator.vibrate?.(200);
        this.tell({ type: 'view', incarnation, seq, now, view, at: Date.now() });
        return;
      }
      case 'signal': {
        if (frame.assignment !== this.inbox?.assignment) return;
        if (this.inbox.take(frame.n)) void this.peer?.signal(frame.signal);
        this.link.send({ type: 'signal_ack', assignment: frame.assignment, n: frame.n });
        return;
      }
      case 'signal_ack':
        this.stored = { assignment: frame.assignment, n: frame.n };
        if (frame.assignment !== this.outbox?.assignment) return;
        if (this.outbox.ack(frame.n)) this.peer?.restart();
        this.flush();
        return;
      case 'pong':
      case 'heartbeat':
        return; // Not used yet.
      case 'replaced':
        this.tell({ type: 'replaced' });
        return;
      case 'problem':
        this.tell({ type: hopeless(frame.problem) ? 'refused' : 'problem', code: frame.problem.code });
        return;
    }
  }

  private opened(): void {
    this.said = { ready: false, hangUp: false };
    this.outbox?.rewind();
    this.tell({ type: 'link_open' });
    this.reconcile();
    this.flush();
  }

  private flush(): void {
    if (!this.link.open || !this.outbox) return;
    const { assignment } = this.outbox;
    for (const { n, signal } of this.outbox.due()) this.link.send({ type: 'signal', assignment, n, signal });
  }

  private reconcile(): void {
    const wants = wantsOf(this.model);
    if (wants.link) this.link.start();
    else this.link.stop();
    if (wants.ready && !this.said.ready) this.said.ready = this.link.send({ type: 'ready', ...wants.ready });
    if (wants.hangUp && !this.said.hangUp) this.said.hangUp = this.link.send({ type: 'hang_up' });
    if (wants.camera && !this.own) void this.tryCamera('user');
    if (!wants.camera && this.model.camera.state === 'on' && !this.switching) this.dropCamera();
    this.reconcilePeer(wants.peer, wants.heartbeat);
    this.lock.want(wants.awake);
  }

  private reconcilePeer(wanted: number | null, talking: number | null): void {
    if (talking === null) {
      this.dropPeer();
      return;
    }
    if (this.outbox?.assignment !== talking) {
      this.dropPeer();
      this.outbox = new Outbox(talking, this.inherited !== talking);
      this.inbox = new Inbox(talking);
      if (this.stored?.assignment === talking) this.outbox.ack(this.stored.n);
    }
    const iceServers = this.model.view?.assignment?.ice_servers;
    if (wanted === null || this.peer || !this.own || !iceServers) return;
    this.peer = new Peer({
      iceServers,
      stream: this.own.stream,
      codec: wantedCodec(this.place.search),
      send: (make) => {
        const numbered = this.outbox?.assignment === talking ? this.outbox.add(make) : null;
        this.flush();
        return numbered?.n ?? null;
      },
      onRemote: (stream) => (this.remote = stream),
      onMedia: () => this.tell({ type: 'media', at: Date.now() }),
    });
  }

  private async tryCamera(facing: Facing): Promise<void> {
    if (this.opening) return;
    this.opening = true;
    this.tell({ type: 'camera_asked' });
    try {
      await this.takeCamera(openCamera(facing));
    } catch (error) {
      this.cameraFailed(error);
    } finally {
      this.opening = false;
    }
  }

  private cameraFailed(error: unknown): void {
    this.dropPeer();
    this.dropCamera();
    this.tell({ type: 'camera_failed', fault: error instanceof CameraError ? error.fault : 'unknown' });
  }

  private async takeCamera(opening: Promise<Opened>): Promise<void> {
    const opened = await opening;
    this.own = opened;
    const track = opened.stream.getVideoTracks()[0];
    if (track) {
      track.onended = () => this.cameraStopped(track);
      await this.peer?.replaceVideo(track);
    }
    this.setMuted(this.muted);
    this.tell({ type: 'camera_on', facing: opened.facing, several: opened.several, microphone: opened.microphone });
    if (!wantsOf(this.model).camera) this.dropCamera();
  }

  private cameraStopped(track: MediaStreamTrack): void {
    if (this.own?.stream.getVideoTracks()[0] !== track) return;
    this.cameraFailed(new CameraError('stopped'));
  }

  private dropCamera(): void {
    for (const track of this.own?.stream.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.own = null;
  }

  private dropPeer(): void {
    this.peer?.close();
    this.peer = null;
    this.remote = null;
  }

  private async tick(): Promise<void> {
    this.at = Date.now();
    const wants = wantsOf(this.model);
    if (wants.link) this.link.doubt(SILENT_MS);
    if (wants.heartbeat === null) return;
    const age = (await this.peer?.tick(performance.now(), this.link.open)) ?? null;
    this.link.send({
      type: 'heartbeat',
      assignment: wants.heartbeat,
      media_age_ms: age === null ? null : Math.round(age),
    });
    if (age !== null && age > SILENT_WITHOUT_MEDIA_MS) this.link.doubt(SILENT_WITHOUT_MEDIA_MS);
  }
}

/** Whether a problem means that this page can never be served. */
function hopeless({ code, status }: Problem): boolean {
  return status === 401 || status === 403 || code === 'call_not_found';
}
