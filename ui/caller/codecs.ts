// Which codecs the page offers. H.264 first: cheap phones have it in hardware; VP8 is there everywhere.
// VP9 and AV1 are left out: the workstation does not take them.

export type Wanted = 'h264' | 'vp8' | null;

interface Codec {
  mimeType: string;
  clockRate: number;
  sdpFmtpLine?: string;
}

/** The offer's video codecs in order; `wanted` (query `?codec=`) leaves only one, for tests. */
export function orderVideo<C extends Codec>(codecs: readonly C[], wanted: Wanted): C[] {
  const named = (name: string) => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${name}`);
  // Whole access units in many packets (mode 1) before single-packet units (mode 0).
  const h264 = named('h264').sort((a, b) => mode(b) - mode(a));
  const vp8 = named('vp8');
  const chosen = wanted === 'h264' ? h264 : wanted === 'vp8' ? vp8 : [...h264, ...vp8];
  return chosen.length > 0 ? [...chosen, ...named('rtx')] : [];
}

function mode(codec: Codec): number {
  return /packetization-mode=1/.test(codec.sdpFmtpLine ?? '') ? 1 : 0;
}

export function orderAudio<C extends Codec>(codecs: readonly C[]): C[] {
  return codecs.filter(({ mimeType }) => mimeType.toLowerCase() === 'audio/opus');
}

export function wantedCodec(search: string): Wanted {
  const value = new URLSearchParams(search).get('codec');
  return value === 'h264' || value === 'vp8' ? value : null;
}

/**
 * Chromium lowers its rate to almost nothing while a path is dead, and then takes seconds for the first picture.
 * The workstation's answer names the rate to begin with; this adds one that it never falls below, in kbit/s.
 */
export function withMinRate(answer: string, kbps: number): string {
  return answer.replace(/x-google-start-bitrate=\d+/g, (start) => `${start};x-google-min-bitrate=${kbps}`);
}
