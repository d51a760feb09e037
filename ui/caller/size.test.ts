import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { build, type Rollup } from 'vite';

describe('what a cheap phone loads', () => {
  it('is under 150 kB of script, and has nothing inline that the content policy forbids', async () => {
    const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url));
    const built = (await build({ configFile, mode: 'caller', logLevel: 'silent', build: { write: false } })) as Rollup.RollupOutput;
    const scripts = built.output.filter((file) => file.type === 'chunk');
    const bytes = scripts.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0);
    expect(scripts.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(150_000);
    const page = built.output.find(({ fileName }) => fileName.endsWith('.html'));
    const html = page?.type === 'asset' ? String(page.source) : '';
    expect(html).toContain('/pages/caller/assets/');
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)/);
  }, 60_000);
});
