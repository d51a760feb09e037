// A screen that nobody looks at gets ugly unseen: every area of the navigation, and every part of one that the sources
// tell apart, has a state in the walk (`list.mjs`).
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { account, groups } from '../frame/areas';
import { shots } from './list.mjs';

const console_ = fileURLToPath(new URL('..', import.meta.url));
const areas = [...groups.flatMap((group) => group.areas), account].map((area) => area.name);
const paths = shots.map((shot) => shot.path);

/** Parts of an area by what its components compare the address with. */
function partsOf(area: string): readonly string[] {
  const files = readdirSync(console_ + area).filter((file) => file.endsWith('.svelte'));
  const found = files.flatMap((file) => {
    const text = readFileSync(`${console_}${area}/${file}`, 'utf8');
    return [...text.matchAll(/(?:\bpart|parts\[\d\]|get\('part'\)) === '([a-z-]+)'/g)].map((one) => one[1] as string);
  });
  return [...new Set(found)];
}

describe('the walk', () => {
  it('looks at every screen that the console has', () => {
    expect(areas.length).toBeGreaterThan(14);
    const missing = areas.flatMap((area) => {
      const own = paths.filter((path) => path.split(/[/?]/)[0] === area);
      const parts = partsOf(area).filter((part) => !own.some((path) => path.split(/[/?=&]/).slice(1).includes(part)));
      return own.length === 0 ? [area] : parts.map((part) => `${area}/…/${part}`);
    });
    expect(missing).toEqual([]);
  });

  it('finds parts at all', () => {
    expect(partsOf('policy')).toEqual(expect.arrayContaining(['changes', 'import', 'what-if', 'line']));
    expect(partsOf('cases')).toEqual(['holds']);
  });

  it('names each of its states once', () => {
    const names = shots.map((shot) => shot.name);
    expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([]);
  });
});
