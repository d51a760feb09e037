// Pictures of every state of the console against a server played here: `node build.mjs console && node
// console/shots/take.mjs [name …]`, from ui/. Exits 1 when a page is too wide, complains, lacks what basics.mjs asks, or
// axe finds something serious or critical.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { basics } from '../../shots/basics.mjs';
import { shots } from './list.mjs';
import { openSite } from './site.mjs';

const out = fileURLToPath(new URL('../../shots/out/console/', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sizes = { m: [1280, 800], l: [1920, 1080] };
const wanted = process.argv.slice(2);
const site = await openSite();

async function take(shot, size, theme) {
  const [width, height] = sizes[size];
  const page = await site.page(shot.name, { ...shot, path: shot.path ?? shot.name, width, height, theme });
  for (const step of shot.steps ?? []) await step(page);
  await page.waitForTimeout(shot.settleMs ?? 500);
  const label = `${shot.name} ${size} ${theme}`;
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) site.faults.push(`${label}: wider than the window`);
  for (const fault of await page.evaluate(basics, false)) site.faults.push(`${label}: ${fault}`);
  await page.screenshot({ path: join(out, `${shot.name}-${size}-${theme}.png`), fullPage: shot.whole ?? false });
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, impact, nodes, help } of found.violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    site.faults.push(`${label}: axe ${impact} ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(' | ')}`);
  }
  await page.context().close();
}

await mkdir(out, { recursive: true });
for (const shot of shots.filter((one) => wanted.length === 0 || wanted.some((name) => one.name.startsWith(name)))) {
  for (const size of shot.sizes ?? Object.keys(sizes)) {
    for (const theme of shot.themes ?? ['light', 'dark']) await take(shot, size, theme);
  }
}
await site.close();
for (const fault of new Set(site.faults)) console.error(fault);
console.log(`pictures in shots/out/console, ${site.faults.length} faults`);
process.exitCode = site.faults.length > 0 ? 1 : 0;
