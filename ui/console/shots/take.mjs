// Walks every state of the console against a server played here: `node build.mjs console && node
// console/shots/take.mjs [--no-pictures] [name …]`, from ui/. Each is opened once and looked at in two sizes, light and
// dark; pictures go to shots/out/console. Exits 1 when a page is too wide, complains, is another screen than the one
// named, lacks what basics.mjs asks, or axe finds something serious or critical.
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { basics } from '../../shots/basics.mjs';
import { shots } from './list.mjs';
import { openSite } from './site.mjs';

const out = fileURLToPath(new URL('../../shots/out/console/', import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const sizes = { m: [1280, 800], l: [1920, 1080] };
const asked = process.argv.slice(2);
const pictures = !asked.includes('--no-pictures');
const names = asked.filter((one) => !one.startsWith('--'));
const queue = shots.filter((one) => names.length === 0 || names.some((name) => one.name.startsWith(name)));
const faults = new Set();
let looked = 0;

/** Opens a state, by the steps that lead to it. */
async function opened(site, shot) {
  const [width, height] = sizes[(shot.sizes ?? ['m'])[0]];
  const page = await site.page(shot.name, { ...shot, width, height });
  for (const step of shot.steps ?? []) await step(page);
  if (shot.settleMs) await page.waitForTimeout(shot.settleMs);
  else await page.waitForFunction(() => document.querySelector('[data-testid=waiting], [aria-busy=true]') === null);
  // A screen that may not be opened looks sound as well.
  const area = shot.path.split(/[/?]/)[0];
  const here = await page.evaluate(() => document.body.dataset.area ?? '');
  if (area !== '' && here !== (shot.area ?? area)) faults.add(`${shot.name}: shows «${here}»`);
  return page;
}

async function look(page, shot, size, theme) {
  const [width, height] = sizes[size];
  const label = `${shot.name} ${size} ${theme}`;
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme });
  if (pictures) await page.screenshot({ path: join(out, `${shot.name}-${size}-${theme}.png`), fullPage: shot.whole ?? false });
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) faults.add(`${label}: wider than the window`);
  for (const fault of await page.evaluate(basics, false)) faults.add(`${label}: ${fault}`);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, impact, nodes, help } of found.violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    faults.add(`${label}: axe ${impact} ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(' | ')}`);
  }
  looked += 1;
}

async function take(site, shot) {
  const page = await opened(site, shot);
  await page.evaluate(axe);
  for (const size of shot.sizes ?? Object.keys(sizes)) {
    for (const theme of shot.themes ?? ['light', 'dark']) await look(page, shot, size, theme);
  }
  await page.context().close();
}

/** Takes one state after the other until none is left; what hangs or breaks is a fault of that state alone. */
async function work() {
  const site = await openSite();
  for (let shot = queue.shift(); shot; shot = queue.shift()) {
    const name = shot.name;
    await take(site, shot).catch((error) => faults.add(`${name}: ${error.message.split('\n')[0]}`));
  }
  for (const fault of site.faults) faults.add(fault);
  await site.close();
}

if (queue.length === 0) throw new Error('no state has that name');
if (pictures) await mkdir(out, { recursive: true });
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
for (const fault of faults) console.error(fault);
console.log(`${looked} looks at the console${pictures ? ', pictures in shots/out/console' : ''}, ${faults.size} faults`);
process.exitCode = faults.size > 0 ? 1 : 0;
