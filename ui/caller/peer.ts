// Media with the workstation for one assignment. The page offers, the workstation answers. A connection's
// number is the number of its first offer, so it grows over reloads too. Recovery is decided in recovery.ts.

import type { IceServer, Signal } from '$generated';
import { orderAudio, orderVideo, type Wanted } from './codecs';
import { step } from './recovery';

export interface PeerOptions {
  iceServers: IceServer[];
  stream: MediaStream;
  codec: Wanted;
  /** Numbers and sends; null when the mailbox is full. */
  send: (make: (n: number) => Signal) => number | null;
  onRemote: (stream: MediaStream) => void;
  onMedia: (at: number) => void;
}

/** Enough for a sharp face at 640×480; more only fills a cheap phone's uplink. */
const MAX_VIDEO_BITRATE = 1_200_000;

interface Connection {
  pc: RTCPeerConnection;
  number: number | null;
  startedAt: number;
  /** An ICE restart that has not brought media yet. */
  restartedAt: number | null;
  mediaAt: number | null;
  /** Candidates found before the offer had its number, or before the answer was here. */
  ours: RTCIceCandidate[];
  theirs: RTCIceCandidateInit[];
  packets: number;
}

export class Peer {
  private connection: Connection | null = null;
  private mediaAt: number | null = null;
  private closed = false;
  private busy = false;

  constructor(private readonly options: PeerOptions) {
    void this.begin();
  }

  close(): void {
    this.closed = true;
    this.connection?.pc.close();
    this.connection = null;
  }

  /** The old numbers are void (another page used them): negotiate from the start. */
  restart(): void {
    void this.begin();
  }

  async replaceVideo(track: MediaStreamTrack): Promise<void> {
    const sender = this.connection?.pc.getSenders().find((one) => one.track?.kind === 'video');
    await sender?.replaceTrack(track);
  }

  async signal(signal: Signal): Promise<void> {
    const connection = this.connection;
    if (!connection || signal.connection !== connection.number) return;
    const { pc } = connection;
    switch (signal.kind) {
      case 'answer':
        if (pc.signalingState !== 'have-local-offer') return;
        await pc.setRemoteDescription({ type: 'answer', sdp: signal.sdp });
        for (const candidate of connection.theirs.splice(0)) await addCandidate(pc, candidate);
        return;
      case 'candidate': {
        const candidate = {
          candidate: signal.candidate,
          sdpMid: signal.sdp_mid,
          sdpMLineIndex: signal.sdp_m_line_index,
        };
        if (pc.remoteDescription) await addCandidate(pc, candidate);
        else connection.theirs.push(candidate);
        return;
      }
      case 'offer':
        // The workstation never offers.
        return;
    }
  }

  /** Twice a second: looks at the packets, tells the age of the last (ms), mends the path. */
  async tick(now: number, linkUp: boolean): Promise<number | null> {
    const connection = this.connection;
    if (!connection) return null;
    const packets = await packetsReceived(connection.pc);
    if (this.connection !== connection) return this.age(now);
    if (packets > connection.packets) {
      connection.packets = packets;
      connection.restartedAt = null;
      connection.mediaAt = now;
      this.mediaAt = now;
      this.options.onMedia(now);
    }
    const { pc } = connection;
    const next = step({
      ageMs: now - connection.startedAt,
      answered: pc.signalingState === 'stable' && pc.remoteDescription !== null,
      mediaAgeMs: since(connection.mediaAt, now),
      restartedMs: since(connection.restartedAt, now),
      failed: pc.connectionState === 'failed',
      linkUp,
    });
    if (next === 'restart_ice') await this.restartIce(connection, now);
    if (next === 'new_connection') await this.begin();
    return this.age(now);
  }

  private age(now: number): number | null {
    return since(this.mediaAt, now);
  }

  private async begin(): Promise<void> {
    if (this.closed) return;
    this.connection?.pc.close();
    const pc = new RTCPeerConnection({ iceServers: this.options.iceServers });
    const connection: Connection = {
      pc,
      number: null,
      startedAt: performance.now(),
      restartedAt: null,
      mediaAt: null,
      ours: [],
      theirs: [],
      packets: 0,
    };
    this.connection = connection;
    const remote = new MediaStream();
    pc.ontrack = ({ track }) => {
      remote.addTrack(track);
      this.options.onRemote(remote);
    };
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      if (connection.number === null) connection.ours.push(candidate);
      else this.sendCandidate(connection.number, candidate);
    };
    for (const track of this.options.stream.getTracks()) pc.addTrack(track, this.options.stream);
    // Without a microphone the agent's voice must still come.
    if (this.options.stream.getAudioTracks().length === 0) pc.addTransceiver('audio', { direction: 'recvonly' });
    preferCodecs(pc, this.options.codec);
    limitBitrate(pc);
    await this.offer(connection, {});
  }

  private async restartIce(connection: Connection, now: number): Promise<void> {
    connection.restartedAt = now;
    await this.offer(connection, { iceRestart: true });
  }

  private async offer(connection: Connection, how: RTCOfferOptions): Promise<void> {
    if (this.busy && how.iceRestart) return;
    this.busy = true;
    const { pc } = connection;
    try {
      await pc.setLocalDescription(await pc.createOffer(how));
      const sdp = pc.localDescription?.sdp;
      if (!sdp || this.connection !== connection || this.closed) return;
      const known = connection.number;
      const n = this.options.send((number) => ({ kind: 'offer', connection: known ?? number, sdp }));
      connection.number = known ?? n;
      if (connection.number === null) return;
      for (const candidate of connection.ours.splice(0)) this.sendCandidate(connection.number, candidate);
    } catch (error) {
      // A connection closed meanwhile throws; anything else shows as missing media, and recovery begins anew.
      if (this.connection === connection && !this.closed) console.warn('offer failed', (error as Error).name);
    } finally {
      this.busy = false;
    }
  }

  private sendCandidate(connection: number, { candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
    this.options.send(() => ({
      kind: 'candidate',
      connection,
      candidate,
      sdp_mid: sdpMid,
      sdp_m_line_index: sdpMLineIndex,
    }));
  }
}

function since(at: number | null, now: number): number | null {
  return at === null ? null : now - at;
}

async function addCandidate(pc: RTCPeerConnection, candidate: RTCIceCandidateInit): Promise<void> {
  try {
    await pc.addIceCandidate(candidate.candidate ? candidate : undefined);
  } catch {
    // One candidate that this browser does not understand: the others do.
  }
}

function preferCodecs(pc: RTCPeerConnection, wanted: Wanted): void {
  for (const transceiver of pc.getTransceivers()) {
    const kind = transceiver.receiver.track.kind;
    // Old web views have no setCodecPreferences: they offer what they like, the workstation picks.
    if (!('setCodecPreferences' in transceiver)) continue;
    const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const order = kind === 'video' ? orderVideo(codecs, wanted) : orderAudio(codecs);
    if (order.length > 0) transceiver.setCodecPreferences(order);
  }
}

function limitBitrate(pc: RTCPeerConnection): void {
  const sender = pc.getSenders().find(({ track }) => track?.kind === 'video');
  const parameters = sender?.getParameters();
  const encoding = parameters?.encodings?.[0];
  if (!sender || !parameters || !encoding) return;
  encoding.maxBitrate = MAX_VIDEO_BITRATE;
  // The picture is evidence: rather fewer frames than a blurred face.
  Object.assign(parameters, { degradationPreference: 'maintain-resolution' });
  sender.setParameters(parameters).catch(() => undefined);
}

async function packetsReceived(pc: RTCPeerConnection): Promise<number> {
  let packets = 0;
  const report = await pc.getStats();
  report.forEach((entry: { type: string; packetsReceived?: number }) => {
    if (entry.type === 'inbound-rtp') packets += entry.packetsReceived ?? 0;
  });
  return packets;
}
