// Builds every app into dist/<name>; `node build.mjs caller` builds one.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { apps } from './apps.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !apps.some((app) => app.name === name));
if (unknown.length > 0) {
  console.error(`unknown app: ${unknown.join(', ')}`);
  process.exit(1);
}
for (const app of apps) {
  if (wanted.length > 0 && !wanted.includes(app.name)) continue;
  if (!existsSync(`${here}${app.name}/index.html`)) {
    console.warn(`ui/${app.name} has no index.html yet: skipped`);
    continue;
  }
  await build({ configFile: `${here}vite.config.ts`, mode: app.name, logLevel: 'warn' });
  console.log(`built dist/${app.name}`);
}
