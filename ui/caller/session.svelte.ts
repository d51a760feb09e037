// Ties the page together: feeds events to the machine, and after each brings socket, camera, peer connection
// and screen lock to what the machine wants. Reading `session.model` in a template follows every change.

import type { CallerToServer, Problem, ServerToCaller } from '$generated';
import { CameraError, cameraAvailable, openCamera, switchCamera, type Facing, type Opened } from './camera';
import { wantedCodec } from './codecs';
import { device, type Device } from './device';
import { frameOf } from './frame';
import { identity, randomText } from './identity';
import { begin, lostSide, next, screenOf, stateName, wantsOf, type Event, type Model } from './machine';
import { Inbox, Outbox } from './mailbox';
import { watchNetwork } from './network';
import type { Pace } from './patience';
import { Peer, type Flow } from './peer';
import { PROTOCOL_VERSION } from './protocol';
import { HINT_HOLDS_MS } from './recovery';
import { Saying } from './sayings';
import { openShelf } from './shelf';
import { Link, type Wire } from './socket';
import { watchTabs, type Tabs } from './tabs';
import { ScreenLock } from './wake';
import { WitnessSender, postWitness } from './witness-sender';

/** Screens, heartbeats and a healthy path are looked at this often; a path that is mended, twice as often. */
const TICK_MS = 500;
const BEAT_MS = 480;
/** Heard within this time, the server takes signals: it speaks twice a second in a call. */
const LINK_FRESH_MS = 1_600;
/** A report of the workstation by way of the server is worth so long. */
const REPORT_FRESH_MS = 1_500;
/** The server says at once where the numbers of an assignment stand; without its word the page begins at 1. */
const STORED_WAIT_MS = 1_000;
/** A witness frame waits so long for a camera that is being opened. */
const CAMERA_WAIT_MS = 5_000;
const LOOK_MS = 100;
const ELLIPTIC: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };

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
  private readonly shelf = openShelf();
  private readonly link: Link;
  private readonly lock = new ScreenLock();
  private readonly witness: WitnessSender;
  private device: Device | null = null;
  /** A newer page of this browser tells the older ones. */
  private tabs: Tabs | null = null;
  private pageId = randomText(16);
  private peer: Peer | null = null;
  private outbox: Outbox | null = null;
  private inbox: Inbox | null = null;
  private opening = false;
  private pace: Pace = 'calm';
  private readonly sayings = { ready: new Saying(), hangUp: new Saying() };
  /** The newest ack, for an outbox that is made after it came. */
  private stored: { assignment: number; n: number } | null = null;
  /** The assignment of the first view: an older page may have used numbers of it already. */
  private inherited: number | null | undefined;
  /** Monotonic times of what recovery must know. */
  private openAt = 0;
  private lostOnce = false;
  private hintAt: number | null = null;
  private movedAt: number | null = null;
  private agentBackAt: number | null = null;
  private report: { at: number; ageMs: number } | null = null;
  private beatAt = 0;
  private flow: Flow | null = null;

  constructor(private readonly place: Location) {
    this.id = identity(place);
    this.model = begin(cameraAvailable(), this.id !== null);
    this.witness = new WitnessSender({
      frame: () => this.witnessFrame(),
      post: postWitness(this.token),
      now: () => performance.now(),
      pause,
    });
    this.link = new Link({
      open: () => new WebSocket(`${place.origin.replace(/^http/, 'ws')}/v1/caller/socket`) as unknown as Wire,
      hello: () => this.hello(),
      ping: () => ({ type: 'ping', sent_at: new Date().toISOString() }),
      pace: () => this.pace,
      random: Math.random,
      now: () => performance.now(),
      onFrame: (frame) => this.frame(frame),
      onOpen: () => this.opened(),
      onLost: () => {
        this.lostOnce = true;
        this.tell({ type: 'link_lost' });
      },
    });
  }

  /** Starts; the answer stops everything. */
  start(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    const network = watchNetwork((hint) => {
      if (hint === 'changed') {
        this.movedAt = performance.now();
        this.link.hurry();
      } else this.link.probe();
      this.reconcile();
    });
    const tick = (): void => {
      network.tick();
      void this.tick();
      timer = setTimeout(tick, this.pressing() ? TICK_MS / 2 : TICK_MS);
    };
    tick();
    void this.prepare();
    return () => {
      clearTimeout(timer);
      network.stop();
      this.tabs?.close();
      this.link.stop();
      this.dropPeer();
      this.dropCamera();
    };
  }

  /** The path is being mended, or may have to be. */
  private pressing(): boolean {
    const hinted = this.hintAt !== null && performance.now() - this.hintAt < HINT_HOLDS_MS;
    return this.peer !== null && (hinted || !this.peer.calm);
  }

  tell(event: Event): void {
    const before = this.model;
    this.model = next(before, event);
    if (this.model !== before) this.reconcile();
  }

  /** The call goes on here again, after another page had taken it over. */
  takeBack(): void {
    this.pageId = randomText(16);
    [this.inherited, this.stored] = [undefined, null];
    this.dropPeer();
    [this.outbox, this.inbox] = [null, null];
    this.tell({ type: 'taken_back' });
  }

  private async prepare(): Promise<void> {
    if (!this.id || !this.model.secure) return;
    const { callId } = this.id;
    this.tabs = watchTabs(callId, () => this.tell({ type: 'replaced' }));
    this.device = await device(callId, {
      shelf: this.shelf,
      makeCertificate: () => RTCPeerConnection.generateCertificate(ELLIPTIC),
      now: () => Date.now(),
    });
    this.reconcile();
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
    return {
      type: 'hello',
      version: PROTOCOL_VERSION,
      call_token: this.token,
      device_secret: this.device?.secret ?? '',
      page_id: this.pageId,
    };
  }

  private frame(frame: ServerToCaller): void {
    switch (frame.type) {
      case 'view': {
        const { incarnation, seq, now, view } = frame;
        if (this.inherited === undefined) this.inherited = view.assignment?.n ?? null;
        this.noteReturn(view);
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
        if (frame.assignment === this.outbox?.assignment && this.outbox.ack(frame.n)) this.peer?.restart();
        this.reconcile();
        this.flush();
        return;
      case 'pong':
        this.tell({ type: 'pong', now: frame.now, sentAt: frame.sent_at, at: Date.now() });
        return;
      case 'heartbeat':
        this.noteReport(frame.assignment, frame.media_age_ms);
        return;
      case 'witness':
        // A new socket may tell of it before the first view.
        if (frame.assignment === (this.model.view?.assignment?.n ?? frame.assignment)) void this.witness.asked(frame.assignment, frame.nonce);
        return;
      case 'replaced':
        this.tell({ type: 'replaced' });
        return;
      case 'problem':
        for (const saying of Object.values(this.sayings)) saying.problem(frame.problem.code);
        this.tell({ type: hopeless(frame.problem) ? 'refused' : 'problem', code: frame.problem.code });
        return;
    }
  }

  private opened(): void {
    this.openAt = performance.now();
    // After a loss the address may be another. The first socket of a page lost nothing.
    if (this.lostOnce) this.hintAt = this.openAt;
    else this.tabs?.claim();
    this.lostOnce = false;
    for (const saying of Object.values(this.sayings)) saying.forget();
    this.outbox?.rewind();
    this.tell({ type: 'link_open' });
    this.reconcile();
    this.flush();
  }

  private noteReturn(view: NonNullable<Model['view']>): void {
    const before = this.model.view;
    const agentWasAway = before?.state === 'reconnecting' && lostSide(before) === 'agent';
    if (agentWasAway && (view.state === 'in_call' || view.state === 'connecting')) this.agentBackAt = performance.now();
    if (view.state === 'ended' && this.id) void this.shelf?.remove(this.id.callId).catch(() => undefined);
  }

  private noteReport(assignment: number, mediaAgeMs: number | null): void {
    if (assignment !== this.outbox?.assignment) return;
    this.report = mediaAgeMs === null ? null : { at: performance.now(), ageMs: mediaAgeMs };
  }

  private flush(): void {
    if (!this.link.open || !this.outbox) return;
    const { assignment } = this.outbox;
    for (const { n, signal } of this.outbox.due()) this.link.send({ type: 'signal', assignment, n, signal });
  }

  private reconcile(): void {
    const wants = wantsOf(this.model);
    if (wants.pace !== this.pace) {
      this.pace = wants.pace;
      this.link.repace();
    }
    if (wants.link && this.device) this.link.start();
    if (!wants.link) this.link.stop();
    const now = performance.now();
    this.sayings.ready.say(wants.ready !== null, now, () => this.link.send({ type: 'ready', ...wants.ready }));
    this.sayings.hangUp.say(wants.hangUp, now, () => this.link.send({ type: 'hang_up' }));
    if (wants.camera && !this.own) void this.tryCamera('user');
    if (!wants.camera && this.model.camera.state === 'on' && !this.switching) this.dropCamera();
    this.reconcilePeer(wants.peer, wants.heartbeat);
    this.lock.want(wants.awake);
  }

  private reconcilePeer(wanted: number | null, talking: number | null): void {
    if (talking === null || this.outbox?.assignment !== talking) {
      this.dropPeer();
      [this.outbox, this.inbox, this.hintAt, this.agentBackAt] = [null, null, null, null];
    }
    if (talking === null) return;
    const stored = this.stored?.assignment === talking ? this.stored : null;
    if (!this.outbox) {
      this.outbox = new Outbox(talking, this.inherited !== talking);
      this.inbox = new Inbox(talking);
      if (stored) this.outbox.ack(stored.n);
    }
    const iceServers = this.model.view?.assignment?.ice_servers;
    const numbered = stored !== null || this.inherited !== talking || performance.now() - this.openAt > STORED_WAIT_MS;
    if (wanted === null || this.peer || !iceServers || !numbered) return;
    this.peer = new Peer({
      iceServers,
      certificate: this.device?.certificate ?? null,
      stream: this.own?.stream ?? null,
      codec: wantedCodec(this.place.search),
      now: () => performance.now(),
      send: (make) => {
        const sent = this.outbox?.assignment === talking ? this.outbox.add(make) : null;
        this.flush();
        return sent?.n ?? null;
      },
      onRemote: (stream) => (this.remote = stream),
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
      await this.peer?.setStream(opened.stream);
    }
    this.setMuted(this.muted);
    this.tell({ type: 'camera_on', facing: opened.facing, several: opened.several, microphone: opened.microphone });
    if (!wantsOf(this.model).camera) this.dropCamera();
  }

  /** Of the very track that the workstation sees. A page opened anew is still opening its camera. */
  private async witnessFrame(): Promise<Blob | null> {
    const until = performance.now() + CAMERA_WAIT_MS;
    for (;;) {
      const track = this.own?.stream.getVideoTracks()[0];
      if (track) return frameOf(track);
      if (performance.now() > until) return null;
      await pause(LOOK_MS);
    }
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
    [this.peer, this.remote, this.report, this.flow] = [null, null, null, null];
  }

  private async tick(): Promise<void> {
    this.at = Date.now();
    this.reconcile();
    const { heartbeat } = wantsOf(this.model);
    if (heartbeat === null) return;
    const now = performance.now();
    const { heardAt } = this.link;
    const silentMs = heardAt === null ? null : now - heardAt;
    const { report } = this;
    const flow = await this.peer?.tick({
      linkUp: this.link.open && silentMs !== null && silentMs < LINK_FRESH_MS,
      silentMs,
      hintAt: this.hintAt,
      moved: this.movedAt !== null && now - this.movedAt < HINT_HOLDS_MS,
      agentBackAt: this.agentBackAt,
      outMs: report && now - report.at < REPORT_FRESH_MS ? report.ageMs : null,
    });
    if (flow) this.flow = flow;
    const { inMs = null, frozen = null } = this.flow ?? {};
    this.tell({ type: 'pulse', at: Date.now(), silentMs, mediaMs: inMs, frozen });
    this.beat(heartbeat, inMs, now);
  }

  private beat(assignment: number, inMs: number | null, now: number): void {
    if (now - this.beatAt < BEAT_MS) return;
    this.beatAt = now;
    this.link.send({ type: 'heartbeat', assignment, media_age_ms: inMs === null ? null : Math.round(inMs) });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether a problem means that this page can never be served. */
function hopeless({ code, status }: Problem): boolean {
  return status === 401 || status === 403 || code === 'call_not_found';
}
