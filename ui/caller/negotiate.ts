// What the page offers: both ways of picture and voice, the codecs the workstation takes, a bounded rate.

import { orderAudio, orderVideo, type Wanted } from './codecs';

/** Enough for a sharp face at 640×480; more only fills a cheap phone's uplink. */
const MAX_VIDEO_BITRATE = 1_200_000;

/** Without a stream yet both ways are offered all the same, and the tracks come later. */
export function addSenders(pc: RTCPeerConnection, stream: MediaStream | null, codec: Wanted): void {
  for (const kind of ['audio', 'video'] as const) {
    const track = stream?.getTracks().find((one) => one.kind === kind);
    if (stream && track) pc.addTrack(track, stream);
    // Without a microphone the agent's voice must still come.
    else pc.addTransceiver(kind, { direction: stream ? 'recvonly' : 'sendrecv' });
  }
  preferCodecs(pc, codec);
  limitBitrate(pc);
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
  const sender = pc.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video')?.sender;
  const parameters = sender?.getParameters();
  const encoding = parameters?.encodings?.[0];
  if (!sender || !parameters || !encoding) return;
  encoding.maxBitrate = MAX_VIDEO_BITRATE;
  // The picture is evidence: rather fewer frames than a blurred face.
  Object.assign(parameters, { degradationPreference: 'maintain-resolution' });
  sender.setParameters(parameters).catch(() => undefined);
}

/** What a connection has carried since it began. */
export interface Carried {
  received: number;
  sent: number;
  /** Pictures decoded, and encoded. */
  seen: number;
  shown: number;
}

interface Entry {
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsSent?: number;
  framesDecoded?: number;
  framesEncoded?: number;
}

export async function carried(pc: RTCPeerConnection): Promise<Carried> {
  const sum: Carried = { received: 0, sent: 0, seen: 0, shown: 0 };
  const report = await pc.getStats();
  report.forEach((entry: Entry) => {
    if (entry.type === 'inbound-rtp') sum.received += entry.packetsReceived ?? 0;
    if (entry.type === 'inbound-rtp' && entry.kind === 'video') sum.seen += entry.framesDecoded ?? 0;
    if (entry.type === 'outbound-rtp') sum.sent += entry.packetsSent ?? 0;
    if (entry.type === 'outbound-rtp' && entry.kind === 'video') sum.shown += entry.framesEncoded ?? 0;
  });
  return sum;
}
