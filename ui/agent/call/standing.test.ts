import { describe, expect, it } from 'vitest';
import type { AgentView, Picture } from '../../generated';
import { NOW, scenes } from '../../shots/scenes';
import { fieldRows, grouped, phoneNumber } from './fields';
import { callStanding, hasPicture, isStill, paperUrl } from './standing';

const of = (picture: Picture) => callStanding(picture, picture.view as AgentView, NOW);

describe('how the call stands', () => {
  it('says the seconds that are left while a side is away (F3)', () => {
    expect(of(scenes['call-lost'])).toEqual({ kind: 'lost_caller', seconds: 12 });
  });

  it('says that the server is away while the call goes on (I8)', () => {
    expect(of(scenes['call-server-lost'])).toEqual({ kind: 'lost_server' });
  });

  it('says that its own network is away when neither server nor customer is heard, and how long is left', () => {
    expect(of(scenes['call-own-lost'])).toEqual({ kind: 'lost_own', seconds: 11 });
    const long = { ...scenes['call-own-lost'], media: { ...scenes['call-own-lost'].media, media_age_ms: 40_000 } };
    expect(of(long)).toEqual({ kind: 'lost_own', seconds: 0 });
  });

  it('says that the customer does not get our picture, when everything else is well', () => {
    const unseen = (sent_age_ms: number | undefined) => of({ ...scenes.call, media: { ...scenes.call.media, sent_age_ms } });
    expect([unseen(undefined), unseen(500), unseen(3_000)].map(({ kind }) => kind)).toEqual(['well', 'well', 'unseen']);
  });

  it('counts by the station’s own clock (F3)', () => {
    expect(of({ ...scenes['call-lost'], countdown_s: 9 })).toEqual({ kind: 'lost_caller', seconds: 9 });
  });

  it('tells an old picture from a live one', () => {
    expect(isStill(scenes['call-lost'])).toBe(true);
    expect(isStill(scenes['call-server-lost'])).toBe(false);
    expect(isStill(scenes.connecting)).toBe(false);
  });

  it('says that the picture stands still before it says the network is good', () => {
    expect(of({ ...scenes.call, media: { ...scenes.call.media, state: 'stalled' } })).toEqual({ kind: 'stalled' });
    expect(of({ ...scenes.call, media: { ...scenes.call.media, fps: 0 } })).toEqual({ kind: 'stalled' });
    expect(of(scenes.call)).toEqual({ kind: 'well' });
    expect(of(scenes.connecting)).toEqual({ kind: 'connecting' });
  });

  it('gives the surface its place as soon as packets come, not only once a frame was seen', () => {
    expect(hasPicture(scenes.connecting)).toBe(false);
    expect(hasPicture({ ...scenes.connecting, media: { ...scenes.connecting.media, state: 'flowing' } })).toBe(true);
  });
});

describe('the customer’s data (N4)', () => {
  it('lists what is to be compared, the address only if there is one', () => {
    const whole = scenes.call.case?.case;
    if (!whole) throw new Error('no case');
    expect(fieldRows(whole).map((row) => row.key)).toEqual(['face', 'full_name', 'birth', 'id_number', 'issued', 'address']);
    const { address: _, ...customer } = whole.customer;
    expect(fieldRows({ ...whole, customer }).map((row) => row.key)).not.toContain('address');
  });

  it('groups numbers as they are read out, and leaves others alone', () => {
    expect(grouped('079190001234')).toBe('079 190 001 234');
    expect(grouped('B1234567')).toBe('B1234567');
    expect(phoneNumber('0901234567')).toBe('0901 234 567');
    expect(phoneNumber('+84901234567')).toBe('+84901234567');
  });

  it('finds the papers of the case, and knows when one is not there', () => {
    expect(paperUrl(scenes.call, 'portrait')).toContain('svg');
    expect(paperUrl(scenes['connecting-no-case'], 'portrait')).toBeNull();
  });
});
