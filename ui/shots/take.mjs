// Renders the workstation's screens to shots/out/*.png in a headless Chromium: `npm run shots [-- scene …]`.
// CHROMIUM names the browser, default /usr/bin/chromium.
import { createServer } from 'node:http';
import { mkdir, readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { shots } from './list.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const site = join(here, 'out/site');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
const sizes = { s: [1024, 700], m: [1280, 800], l: [1920, 1080] };

await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://localhost').pathname).replace(/^\/$/, '/index.html');
  readFile(join(site, path)).then(
    (body) => response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(body),
    () => response.writeHead(404).end(),
  );
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let faults = 0;
const wanted = process.argv.slice(2);

for (const shot of shots.filter((one) => wanted.length === 0 || wanted.includes(one.name))) {
  for (const size of shot.sizes ?? ['s', 'm', 'l']) {
    for (const theme of shot.themes ?? ['light', 'dark']) {
      const [width, height] = shot.window === 'ring' ? [460, 270] : sizes[size];
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, timezoneId: 'Asia/Ho_Chi_Minh' });
      if (shot.english) await context.addInitScript(() => localStorage.setItem('chinhchu.language', 'en'));
      const page = await context.newPage();
      page.on('pageerror', (error) => {
        faults += 1;
        console.error(`${shot.name}: ${error.message}`);
      });
      await page.goto(`${origin}/?scene=${shot.scene ?? shot.name}&window=${shot.window ?? 'main'}&clock=still`);
      await page.waitForSelector('body[data-activity]');
      await page.evaluate(() => document.fonts.ready);
      for (const step of shot.steps ?? []) {
        if (step.key) await page.keyboard.press(step.key);
        if (step.click) await page.click(step.click);
        if (step.type) await page.keyboard.type(step.type);
      }
      await page.waitForTimeout(150);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wide) {
        faults += 1;
        console.error(`${shot.name} ${size}: wider than the window`);
      }
      await mkdir(join(here, 'out', size), { recursive: true });
      await page.screenshot({ path: join(here, 'out', size, `${shot.name}-${theme}.png`) });
      await context.close();
    }
  }
}
await browser.close();
server.close();
console.log(`pictures in ${join('shots', 'out')}, ${faults} faults`);
process.exitCode = faults > 0 ? 1 : 0;
