import { describe, expect, it } from 'vitest';
import type { DevicesPicture, LinkPicture } from '../../generated';
import { allFine, checks, signature } from './checks';
import { offWords } from './words';

const ok = (name: string) => ({ state: 'ok', name }) as const;
const devices: DevicesPicture = { camera: ok('C'), microphone: ok('M'), speaker: ok('S'), ring: ok('R') };
const link: LinkPicture = { state: 'up', round_trip_ms: 20, clock_offset_ms: 300, clock_is_off: false };

describe('device check', () => {
  it('is fine with everything there', () => {
    expect(allFine(checks(devices, link))).toBe(true);
  });

  it('names what is missing and what fails, each by itself', () => {
    const rows = checks({ ...devices, camera: { state: 'missing' }, ring: { state: 'failed', code: 'busy' } }, link);
    expect(rows.filter((row) => row.standing !== 'ok').map((row) => [row.subject, row.standing, row.detail])).toEqual([
      ['camera', 'missing', null],
      ['ring', 'failed', 'busy'],
    ]);
  });

  it('warns of a clock that the station calls off, in either direction, and of no other', () => {
    const clock = (offset: number | null, off: boolean) =>
      checks(devices, { ...link, clock_offset_ms: offset, clock_is_off: off }).find((row) => row.subject === 'clock');
    for (const offset of [-9_000, 9_000]) expect(clock(offset, true)).toMatchObject({ standing: 'warn', detail: '9000' });
    expect(clock(1_900, false)?.standing).toBe('ok');
    expect(clock(null, false)?.standing).toBe('unknown');
  });

  it('says how far off in words that fit', () => {
    expect([400, 3_200, 119_000, 754_000, 25_200_000].map(offWords)).toEqual(['1 giây', '3 giây', '119 giây', '13 phút', '7 giờ']);
  });

  it('is remembered for the same fine devices only', () => {
    expect(signature(devices)).toBe(signature({ ...devices }));
    expect(signature(devices)).not.toBe(signature({ ...devices, camera: ok('another') }));
    expect(signature({ ...devices, speaker: { state: 'missing' } })).toBeNull();
  });
});
