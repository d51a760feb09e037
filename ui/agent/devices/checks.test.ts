import { describe, expect, it } from 'vitest';
import type { DevicesPicture, LinkPicture } from '../../generated';
import { allFine, checks, signature } from './checks';

const ok = (name: string) => ({ state: 'ok', name }) as const;
const devices: DevicesPicture = { camera: ok('C'), microphone: ok('M'), speaker: ok('S'), ring: ok('R') };
const link: LinkPicture = { state: 'up', round_trip_ms: 20, clock_offset_ms: 300 };

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

  it('warns of a clock that is seconds off, in either direction', () => {
    for (const offset of [-9_000, 9_000]) {
      const clock = checks(devices, { ...link, clock_offset_ms: offset }).find((row) => row.subject === 'clock');
      expect(clock).toMatchObject({ standing: 'warn', detail: '9' });
    }
  });

  it('is remembered for the same fine devices only', () => {
    expect(signature(devices)).toBe(signature({ ...devices }));
    expect(signature(devices)).not.toBe(signature({ ...devices, camera: ok('another') }));
    expect(signature({ ...devices, speaker: { state: 'missing' } })).toBeNull();
  });
});
