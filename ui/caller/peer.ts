// Media with the workstation for one assignment. The page offers, the workstation answers. A connection's
// number is the number of its first offer, so it grows over reloads too; signals of any other connection than
// the present one are dropped. When to mend is decided in recovery.ts, what is offered in negotiate.ts.

import type { IceServer, Signal } from '$generated';
import { withMinRate, type Wanted } from './codecs';
import { addSenders, carried, type Carried } from './negotiate';
import { frozen, healed, step, type PathState } from './recovery';

export interface PeerOptions {
  iceServers: IceServer[];
  certificate: RTCCertificate | null;
  /** Null while the camera is still being opened: the connection is made meanwhile. */
  stream: MediaStream | null;
  codec: Wanted;
  /** Monotonic, ms. */
  now: () => number;
  /** Numbers and sends; null when the mailbox is full. */
  send: (make: (n: number) => Signal) => number | null;
  onRemote: (stream: MediaStream) => void;
}

/** What the page knows besides: monotonic times, null where there is none. */
export interface Seen {
  linkUp: boolean;
  silentMs: number | null;
  hintAt: number | null;
  moved: boolean;
  agentBackAt: number | null;
  /** How old the newest media from here was at the workstation, as it said lately. */
  outMs: number | null;
}

/** How the media is. */
export interface Flow {
  /** Since the last packet of the agent; null before the first. */
  inMs: number | null;
  frozen: 'in' | 'out' | null;
}

interface Connection {
  pc: RTCPeerConnection;
  number: number | null;
  /** The newest offer: when it was begun, and whether it is answered. One at a time. */
  offeredAt: number;
  answered: boolean;
  wasConnected: boolean;
  broken: boolean;
  /** Candidates found before the offer had its number, or heard before the answer. */
  ours: RTCIceCandidate[];
  theirs: RTCIceCandidateInit[];
  carried: Carried;
}

const NOTHING: Carried = { received: 0, sent: 0, seen: 0, shown: 0 };

/** Less than this is no face. */
const MIN_RATE_KBPS = 200;
/** Media is never silent for so long on a path that is well. */
const CALM_MS = 700;
const GAP_MS = 1_000;
/** Nothing sent for longer than this: the camera is covered, not the path. */
const SENDING_MS = 1_500;

export class Peer {
  private connection: Connection | null = null;
  private closed = false;
  private ticking = false;
  private stream: MediaStream | null;
  private inAt: number | null = null;
  private sentAt: number | null = null;
  /** Since when media goes out without a pause. */
  private sendingSince: number | null = null;
  private seenAt: number | null = null;
  private shownAt: number | null = null;
  private tries = 0;
  private triedAt: number | null = null;

  constructor(private readonly options: PeerOptions) {
    this.stream = options.stream;
    this.begin();
  }

  close(): void {
    this.closed = true;
    this.connection?.pc.close();
    this.connection = null;
  }

  /** The old numbers are void (another page used them): negotiate from the start. */
  restart(): void {
    this.begin();
  }

  /** Whether nothing needs mending, so that it may be looked at less often. */
  get calm(): boolean {
    return this.tries === 0 && this.inAt !== null && this.options.now() - this.inAt < CALM_MS;
  }

  /** The camera is open, or another one is. */
  async setStream(stream: MediaStream): Promise<void> {
    this.stream = stream;
    const transceivers = this.connection?.pc.getTransceivers() ?? [];
    for (const { sender, receiver } of transceivers) {
      const track = stream.getTracks().find(({ kind }) => kind === receiver.track.kind) ?? null;
      if (sender.track !== track) await sender.replaceTrack(track).catch(() => undefined);
    }
  }

  async signal(signal: Signal): Promise<void> {
    const connection = this.connection;
    if (!connection || signal.connection !== connection.number) return;
    switch (signal.kind) {
      case 'answer':
        return this.answered(connection, signal.sdp);
      case 'candidate': {
        const { candidate, sdp_mid: sdpMid, sdp_m_line_index: sdpMLineIndex } = signal;
        if (connection.pc.remoteDescription) await addCandidate(connection.pc, { candidate, sdpMid, sdpMLineIndex });
        else connection.theirs.push({ candidate, sdpMid, sdpMLineIndex });
        return;
      }
      case 'offer':
        // The workstation never offers.
        return;
    }
  }

  /** Several times a second: looks at the packets, mends the path. Null while the last look still runs. */
  async tick(seen: Seen): Promise<Flow | null> {
    const { connection } = this;
    if (!connection || this.ticking) return null;
    this.ticking = true;
    try {
      const sum = await carried(connection.pc);
      if (this.connection !== connection) return null;
      const now = this.options.now();
      this.note(connection, sum, now);
      return this.judge(connection, seen, now);
    } finally {
      this.ticking = false;
    }
  }

  private note(connection: Connection, sum: Carried, now: number): void {
    const { carried: before } = connection;
    const gap = this.inAt !== null && now - this.inAt > GAP_MS;
    if (sum.received > before.received) {
      this.inAt = now;
      // After a gap the pictures have their time again; a hidden page may be shown none.
      if (gap && this.seenAt !== null) this.seenAt = now;
      if (gap && this.shownAt !== null) this.shownAt = now;
    }
    if (this.seenAt !== null && document.visibilityState === 'hidden') this.seenAt = now;
    if (sum.sent > before.sent) {
      if (this.sentAt === null || now - this.sentAt >= SENDING_MS) this.sendingSince = now;
      this.sentAt = now;
    }
    if (sum.seen > before.seen) this.seenAt = now;
    // A camera that gives nothing is no fault of the encoder; the count begins with its first picture.
    if (sum.shown > before.shown || !this.cameraRuns()) this.shownAt = sum.shown > 0 ? now : null;
    connection.carried = sum;
  }

  private cameraRuns(): boolean {
    const track = this.stream?.getVideoTracks()[0];
    return track !== undefined && track.readyState === 'live' && track.enabled && !track.muted && document.visibilityState === 'visible';
  }

  private judge(connection: Connection, seen: Seen, now: number): Flow {
    const path = this.path(connection, seen, now);
    if (healed(path)) {
      this.tries = 0;
      this.triedAt = null;
    }
    const next = step({ ...path, tries: this.tries, triedMs: since(this.triedAt, now) });
    if (next !== 'wait') {
      this.tries += 1;
      this.triedAt = now;
    }
    if (next === 'restart_ice') void this.offer(connection, { iceRestart: true });
    if (next === 'new_connection') this.begin();
    return { inMs: path.inMs, frozen: frozen(path) };
  }

  private path(connection: Connection, seen: Seen, now: number): PathState {
    const { pc } = connection;
    const sentMs = since(this.sentAt, now);
    return {
      linkUp: seen.linkUp,
      silentMs: seen.silentMs,
      hintMs: since(seen.hintAt, now),
      moved: seen.moved,
      agentBackMs: since(seen.agentBackAt, now),
      offeredMs: now - connection.offeredAt,
      answered: connection.answered,
      wasConnected: connection.wasConnected,
      iceFailed: pc.iceConnectionState === 'failed',
      broken: connection.broken || pc.connectionState === 'closed' || (pc.connectionState === 'failed' && pc.iceConnectionState !== 'failed'),
      inMs: since(this.inAt, now),
      outMs: seen.outMs,
      // A connection that lost its path stops sending, too.
      sending: (sentMs !== null && sentMs < SENDING_MS) || (this.sentAt !== null && pc.connectionState !== 'connected'),
      sendingMs: since(this.sendingSince, now),
      pictureInMs: since(this.seenAt, now),
      pictureOutMs: since(this.shownAt, now),
      tries: this.tries,
      triedMs: since(this.triedAt, now),
    };
  }

  private begin(): void {
    if (this.closed) return;
    const { iceServers, certificate, codec } = this.options;
    this.connection?.pc.close();
    const pc = new RTCPeerConnection(certificate ? { iceServers, certificates: [certificate] } : { iceServers });
    const connection: Connection = {
      pc,
      number: null,
      offeredAt: this.options.now(),
      answered: false,
      wasConnected: false,
      broken: false,
      ours: [],
      theirs: [],
      carried: NOTHING,
    };
    this.connection = connection;
    const remote = new MediaStream();
    pc.ontrack = ({ track }) => {
      remote.addTrack(track);
      if (this.connection === connection) this.options.onRemote(remote);
    };
    pc.onconnectionstatechange = () => {
      connection.wasConnected ||= pc.connectionState === 'connected';
    };
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate || this.connection !== connection) return;
      if (connection.number === null) connection.ours.push(candidate);
      else this.sendCandidate(connection.number, candidate);
    };
    addSenders(pc, this.stream, codec);
    void this.offer(connection, {});
  }

  private async offer(connection: Connection, how: RTCOfferOptions): Promise<void> {
    const { pc } = connection;
    connection.offeredAt = this.options.now();
    connection.answered = false;
    try {
      await pc.setLocalDescription(await pc.createOffer(how));
      const sdp = pc.localDescription?.sdp;
      if (!sdp || this.connection !== connection || this.closed) return;
      const known = connection.number;
      const n = this.options.send((number) => ({ kind: 'offer', connection: known ?? number, sdp }));
      connection.number = known ?? n;
      if (connection.number === null) return;
      for (const candidate of connection.ours.splice(0)) this.sendCandidate(connection.number, candidate);
    } catch {
      // One that was replaced meanwhile throws and is nobody's business; the present one cannot go on.
      connection.broken = true;
    }
  }

  private async answered(connection: Connection, sdp: string): Promise<void> {
    const { pc } = connection;
    if (pc.signalingState !== 'have-local-offer') return;
    try {
      await pc.setRemoteDescription({ type: 'answer', sdp: withMinRate(sdp, MIN_RATE_KBPS) });
    } catch {
      connection.broken = true;
      return;
    }
    connection.answered = true;
    if (this.tries > 0) this.triedAt = this.options.now();
    for (const candidate of connection.theirs.splice(0)) await addCandidate(pc, candidate);
  }

  private sendCandidate(connection: number, { candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    this.options.send(() => ({ kind: 'candidate', connection, candidate, sdp_mid: sdpMid, sdp_m_line_index: sdpMLineIndex }));
  }
}

function since(at: number | null, now: number): number | null {
  return at === null ? null : Math.max(0, now - at);
}

async function addCandidate(pc: RTCPeerConnection, candidate: RTCIceCandidateInit): Promise<void> {
  try {
    await pc.addIceCandidate(candidate.candidate ? candidate : undefined);
  } catch {
    // One candidate that this browser does not understand: the others do.
  }
}
