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

/** Media packets since the connection began. */
export async function flow(pc: RTCPeerConnection): Promise<{ received: number; sent: number }> {
  let [received, sent] = [0, 0];
  const report = await pc.getStats();
  report.forEach((entry: { type: string; packetsReceived?: number; packetsSent?: number }) => {
    if (entry.type === 'inbound-rtp') received += entry.packetsReceived ?? 0;
    if (entry.type === 'outbound-rtp') sent += entry.packetsSent ?? 0;
  });
  return { received, sent };
}
