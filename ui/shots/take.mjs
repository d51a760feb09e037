// Renders the workstation's screens to shots/out/*.png in a headless Chromium: `npm run shots [-- name …]`.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { basics } from './basics.mjs';
import { shots } from './list.mjs';
import { here, openSite } from './site.mjs';

const sizes = { s: [1024, 700], m: [1280, 800], l: [1920, 1080] };
const wanted = process.argv.slice(2);
const site = await openSite();

async function take(shot, size, theme) {
  const [width, height] = shot.window === 'ring' ? [460, 270] : sizes[size];
  const page = await site.page(shot.name, { ...shot, scene: shot.scene ?? shot.name, width, height, theme });
  for (const step of shot.steps ?? []) {
    if (step.key) await page.keyboard.press(step.key);
    if (step.click) await page.click(step.click);
    if (step.show) await page.evaluate((name) => window.drawn.host.show(window.drawn.scenes[name]), step.show);
    if (step.type) await page.keyboard.type(step.type);
  }
  await page.waitForTimeout(150);
  const wide = await page.evaluate(() =>
    ['html', 'main', '[data-testid=verdict-panel]', 'dialog[open]', '[data-testid=customer]'].some((part) => {
      const element = document.querySelector(part);
      return element && element.scrollWidth > element.clientWidth + 1;
    }),
  );
  if (wide) {
    site.faults.push(`${shot.name} ${size}: wider than the window`);
  }
  for (const fault of await page.evaluate(basics, false)) site.faults.push(`${shot.name} ${size} ${theme}: ${fault}`);
  await page.screenshot({ path: join(here, 'out', size, `${shot.name}-${theme}.png`) });
  await page.context().close();
}

for (const size of Object.keys(sizes)) await mkdir(join(here, 'out', size), { recursive: true });
for (const shot of shots.filter((one) => wanted.length === 0 || wanted.includes(one.name))) {
  for (const size of shot.sizes ?? Object.keys(sizes)) {
    for (const theme of shot.themes ?? ['light', 'dark']) await take(shot, size, theme);
  }
}
await site.close();
for (const fault of site.faults) console.error(fault);
console.log(`pictures in ${join('shots', 'out')}, ${site.faults.length} faults`);
process.exitCode = site.faults.length > 0 ? 1 : 0;
