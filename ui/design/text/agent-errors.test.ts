import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemPauses } from './agent-pauses';
import { captureErrors, commandErrors, signInErrors, signInWarnings, verdictLocks } from './agent-errors';

/** The codes that the station's documentation names (in backquotes) for a field of a generated type. */
function documented(type: string, field: string): string[] {
  const source = readFileSync(new URL(`../../generated/${type}.ts`, import.meta.url), 'utf8');
  const before = source.slice(0, source.indexOf(`${field}:`));
  const comment = before.slice(before.lastIndexOf('/**'));
  return [...comment.matchAll(/`([a-z_]+)`/g)].map((found) => found[1] as string);
}

describe('sentences for the workstation’s own codes', () => {
  it.each([
    ['Account', 'error', signInErrors],
    ['Account', 'warning?', signInWarnings],
    ['VerdictPicture', 'why', verdictLocks],
  ] as const)('%s.%s: every documented code has one', (type, field, table) => {
    const codes = documented(type, field);
    expect(codes.length).toBeGreaterThan(0);
    expect(Object.keys(table)).toEqual(expect.arrayContaining(codes));
  });

  it('VerdictPicture.refused: every documented code has one', () => {
    const source = readFileSync(new URL('../../generated/VerdictPicture.ts', import.meta.url), 'utf8');
    const comment = source.slice(source.indexOf('"refused"'));
    const codes = [...comment.matchAll(/`([a-z_]+)`/g)].map((found) => found[1] as string);
    expect(codes).toContain('capture_uniform');
    expect(Object.keys(captureErrors)).toEqual(expect.arrayContaining(codes));
  });

  it('every refusal of a command that the session names has one', () => {
    const source = readFileSync(new URL('../../../src-tauri/station/src/session/refusal.rs', import.meta.url), 'utf8');
    const codes = [...source.matchAll(/=> "([a-z_]+)"/g)].map((found) => found[1] as string);
    expect(codes).toContain('no_offer');
    expect(Object.keys(commandErrors)).toEqual(expect.arrayContaining(codes));
  });

  it('every break that the server begins by itself is named and explained', () => {
    const source = readFileSync(new URL('../../../server/routing/src/lib.rs', import.meta.url), 'utf8');
    const pauses = source.slice(source.indexOf('pub mod pause {'), source.indexOf('}', source.indexOf('pub mod pause {')));
    const codes = [...pauses.matchAll(/: &str = "([a-z_]+)"/g)].map((found) => found[1] as string);
    expect(codes).toContain('missed_rings');
    expect(Object.keys(systemPauses)).toEqual(expect.arrayContaining(codes));
  });

  it('each is a sentence in both languages and says more than the code', () => {
    for (const table of [signInErrors, signInWarnings, verdictLocks, captureErrors, commandErrors]) {
      for (const [code, sentences] of Object.entries(table)) {
        for (const sentence of sentences) expect(sentence, code).toMatch(/^\p{Lu}.{15,}\.$/u);
      }
    }
  });
});
