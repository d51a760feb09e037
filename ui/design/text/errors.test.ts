import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorSentence, pageErrors } from './errors';
import { language } from './language.svelte';
import { workErrors } from './work-errors';

const generated = readFileSync(new URL('../../generated/ErrorCode.ts', import.meta.url), 'utf8');
const codes = [...generated.matchAll(/"([a-z_]+)"/g)].map((found) => found[1] as string);

describe('sentences for error codes', () => {
  it('has one for every code of the protocol, in both languages, as a sentence', () => {
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) {
      for (const tongue of ['vi', 'en'] as const) {
        language.choose(tongue);
        const sentence = errorSentence(code, workErrors);
        expect(sentence, code).not.toContain(code);
        expect(sentence, code).toMatch(/^\p{Lu}.*\.$/u);
      }
    }
    expect([...Object.keys(pageErrors), ...Object.keys(workErrors)].sort()).toEqual([...codes].sort());
  });

  it('tells the code when it is not known, and never the word undefined', () => {
    language.choose('vi');
    expect(errorSentence('quite_new')).toContain('quite_new');
    expect(errorSentence('toString')).toContain('toString');
  });

  it('lets an app say its own sentence for a code', () => {
    language.choose('vi');
    expect(errorSentence('token_expired', { token_expired: ['Của riêng.', 'Own.'] })).toBe('Của riêng.');
  });
});
