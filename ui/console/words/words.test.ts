import { describe, expect, it } from 'vitest';
import type { ReasonVersion } from '$generated';
import { diff } from './diff';
import { endOf, nextPosition, past, standing } from './reasons';

describe('what differs between two texts', () => {
  it('is told word by word, and both texts can be read from it', () => {
    const [before, after] = ['Kính chào Quý khách.\nXin cảm ơn.', 'Kính chào anh/chị.\nXin trân trọng cảm ơn.'];
    const pieces = diff(before, after);
    expect(pieces.filter((piece) => piece.is !== 'in').map((piece) => piece.text).join('')).toBe(before);
    expect(pieces.filter((piece) => piece.is !== 'out').map((piece) => piece.text).join('')).toBe(after);
    expect(pieces[0]).toEqual({ is: 'same', text: 'Kính chào ' });
    expect(pieces.find((piece) => piece.is === 'in' && piece.text.includes('trân'))?.text.trim()).toBe('trân trọng');
    expect(diff('như cũ', 'như cũ')).toEqual([{ is: 'same', text: 'như cũ' }]);
    expect(diff('', 'mới')).toEqual([{ is: 'in', text: 'mới' }]);
  });
});

describe('reasons', () => {
  const one = (code: string, state: ReasonVersion['state'], more: Partial<ReasonVersion> = {}): ReasonVersion => ({ kind: 'reject', code, position: 1, body: code, valid_from: '2026-01-01T00:00:00Z', valid_to: null, state, ...more });
  const versions = [
    one('b', 'ahead', { valid_from: '2027-02-01T00:00:00Z', valid_to: '2027-03-01T00:00:00Z', position: 7 }),
    one('b', 'current', { valid_to: '2027-02-01T00:00:00Z', position: 2 }),
    one('a', 'current', { position: 3 }),
    one('c', 'past', { valid_to: '2026-05-01T00:00:00Z' }),
    one('d', 'past', { valid_to: '2026-06-01T00:00:00Z' }),
    one('lunch', 'current', { kind: 'pause' }),
  ];

  it('stand by code in the order in which agents see them, with what is to come', () => {
    const reasons = standing(versions, 'reject');
    expect(reasons.map((reason) => [reason.code, reason.current !== null, reason.ahead.length])).toEqual([['b', true, 1], ['a', true, 0]]);
    expect(reasons.map(endOf)).toEqual(['2027-03-01T00:00:00Z', null]);
    expect(nextPosition(reasons)).toBe(8);
    expect(nextPosition([])).toBe(1);
  });

  it('that hold no more are told newest first', () => {
    expect(past(versions, 'reject').map((version) => version.code)).toEqual(['d', 'c']);
  });
});
