import { afterEach, describe, expect, it, vi } from 'vitest';
import { identity } from './identity';

const id = '0193f000-0000-7000-8000-000000000001';
const place = (pathname: string, hash: string) => ({ pathname, hash });

afterEach(() => vi.unstubAllGlobals());

describe('identity of the page', () => {
  it('is nothing when the link lacks its secret or its call', () => {
    expect(identity(place(`/call/${id}`, ''))).toBeNull();
    expect(identity(place(`/call/${id}`, '#short'))).toBeNull();
    expect(identity(place('/call/17', '#0123456789abcdef'))).toBeNull();
  });

  it('keeps 256 bits of device secret per call in the tab, and a new page id at every load', () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('sessionStorage', {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
    });
    const first = identity(place(`/call/${id}`, '#0123456789abcdef'));
    const again = identity(place(`/call/${id}`, '#0123456789abcdef'));
    expect(first?.deviceSecret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(again?.deviceSecret).toBe(first?.deviceSecret);
    expect(again?.pageId).not.toBe(first?.pageId);
    expect(identity(place(`/call/${id.replace('1', '2')}`, '#0123456789abcdef'))?.deviceSecret).not.toBe(first?.deviceSecret);
  });
});
