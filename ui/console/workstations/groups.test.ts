import { describe, expect, it } from 'vitest';
import { groups, isLast } from './groups';

describe('comparing a fingerprint', () => {
  it('reads it in the groups it comes in, or in fours', () => {
    expect(groups('7F3A 91C0 22BD')).toEqual(['7F3A', '91C0', '22BD']);
    expect(groups('7F3A91C022BD')).toEqual(['7F3A', '91C0', '22BD']);
  });

  it('takes the last group in either case and nothing else', () => {
    expect(isLast('7F3A 91C0 22BD', ' 22bd ')).toBe(true);
    expect(['', '22b', '91C0'].map((typed) => isLast('7F3A 91C0 22BD', typed))).toEqual([false, false, false]);
  });
});
