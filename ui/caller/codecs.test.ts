import { describe, expect, it } from 'vitest';
import { orderAudio, orderVideo, wantedCodec, withMinRate } from './codecs';

const video = (name: string, sdpFmtpLine?: string) => ({ mimeType: `video/${name}`, clockRate: 90_000, sdpFmtpLine });
const all = [
  video('VP8'),
  video('rtx'),
  video('VP9', 'profile-id=0'),
  video('H264', 'packetization-mode=0;profile-level-id=42e01f'),
  video('H264', 'packetization-mode=1;profile-level-id=42e01f'),
  video('AV1'),
];
const names = (codecs: { mimeType: string; sdpFmtpLine?: string }[]) =>
  codecs.map(({ mimeType, sdpFmtpLine }) => mimeType.slice(6) + (sdpFmtpLine?.includes('mode=1') ? '/1' : ''));

describe('codecs of the offer', () => {
  it('puts H.264 in whole units first, VP8 second, and nothing the workstation cannot take', () => {
    expect(names(orderVideo(all, null))).toEqual(['H264/1', 'H264', 'VP8', 'rtx']);
  });

  it('leaves one when a test asks for it', () => {
    expect(names(orderVideo(all, wantedCodec('?codec=vp8')))).toEqual(['VP8', 'rtx']);
    expect(names(orderVideo(all, wantedCodec('?codec=h264')))).toEqual(['H264/1', 'H264', 'rtx']);
    expect(wantedCodec('?codec=av1')).toBeNull();
  });

  it('chooses nothing for a browser without either, so that its own order stays', () => {
    expect(orderVideo([video('VP9'), video('rtx')], null)).toEqual([]);
    expect(orderAudio([{ mimeType: 'audio/opus', clockRate: 48_000 }, { mimeType: 'audio/PCMU', clockRate: 8_000 }])).toHaveLength(1);
  });
});

describe('the rate of the picture', () => {
  it('never falls so low that a face takes seconds after a dead spot', () => {
    const line = (more: string) => `a=fmtp:102 packetization-mode=1;x-google-start-bitrate=1500${more}\r\na=rtpmap:111 opus/48000/2\r\n`;
    expect(withMinRate(line(''), 200)).toBe(line(';x-google-min-bitrate=200'));
    expect(withMinRate('a=rtpmap:96 VP8/90000\r\n', 200)).toBe('a=rtpmap:96 VP8/90000\r\n');
  });
});
