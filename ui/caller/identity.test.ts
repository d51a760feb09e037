import { describe, expect, it } from 'vitest';
import { identity, randomText } from './identity';

const id = '0193f000-0000-7000-8000-000000000001';
const place = (pathname: string, hash: string) => ({ pathname, hash });

describe('identity of the page', () => {
  it('is nothing when the link lacks its secret or its call', () => {
    expect(identity(place(`/call/${id}`, ''))).toBeNull();
    expect(identity(place(`/call/${id}`, '#short'))).toBeNull();
    expect(identity(place('/call/17', '#0123456789abcdef'))).toBeNull();
    expect(identity(place(`/call/${id}/`, '#0123456789abcdef'))).toEqual({ callId: id, callToken: '0123456789abcdef' });
  });

  it('makes random text that may stand in a frame', () => {
    expect(randomText(32)).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomText(32)).not.toBe(randomText(32));
  });
});
