// Pictures of every state of the call page, against a server played here (no real one is needed):
// `node build.mjs caller && node caller/shots/take.mjs [OUT_FOLDER]`, from ui/; ONLY=name takes some. Exits 1 when a
// screen is not the wanted one, too wide, or lacks what basics.mjs asks.
import { mkdirSync, readFileSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { basics } from '../../shots/basics.mjs';
import { views, IMAGE } from './views.mjs';

const dist = fileURLToPath(new URL('../../dist/caller/', import.meta.url));
const out = process.argv[2] ?? fileURLToPath(new URL('../../shots/out/caller/', import.meta.url));
const CALL = 'http://localhost/call/0193f000-0000-7000-8000-000000000001#0123456789abcdef0123456789abcdef';
const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };
const types = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2', html: 'text/html' };

let faulty = 0;
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'],
});
for (const [sizeName, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [name, scene] of Object.entries(views)) {
      if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
      const context = await browser.newContext({ viewport, colorScheme, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
      const page = await context.newPage();
      if (process.env.LANGUAGE_SHOWN) await page.addInitScript(`localStorage.setItem('chinhchu.language', '${process.env.LANGUAGE_SHOWN}')`);
      page.on('pageerror', (error) => console.error(name, error.message));
      await serve(page, scene);
      await page.goto(scene.address ?? CALL);
      for (const step of scene.steps ?? []) await step(page);
      await page.waitForTimeout(scene.settleMs ?? 600);
      const state = await page.evaluate(() => document.body.dataset.state);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      const faults = await page.evaluate(basics, sizeName === 'phone');
      if (state !== scene.state || wide || faults.length > 0) faulty += 1;
      for (const fault of faults) console.error(`${name} ${sizeName} ${colorScheme}: ${fault}`);
      if (state !== scene.state || wide) console.error(`${name} ${sizeName}: state ${state}, wanted ${scene.state}; too wide: ${wide}`);
      await page.screenshot({ path: `${out}/${name}-${sizeName}-${colorScheme}.png` });
      await context.close();
    }
  }
}
await browser.close();
process.exitCode = faulty > 0 ? 1 : 0;

async function serve(page, scene) {
  if (scene.before) await page.addInitScript(scene.before);
  await page.route('**/*', (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path.startsWith('/v1/')) return route.fulfill({ contentType: 'image/svg+xml', body: IMAGE });
    const file = path.startsWith('/pages/caller/') ? path.slice('/pages/caller/'.length) : 'index.html';
    if (!existsSync(dist + file)) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: types[file.split('.').at(-1)], body: readFileSync(dist + file) });
  });
  let sockets = 0;
  await page.routeWebSocket('**/v1/caller/socket', (socket) => {
    sockets += 1;
    if (scene.silent || (scene.closes && sockets > 1)) return;
    socket.onMessage((text) => {
      const said = JSON.parse(text);
      if (said.type === 'ping' && !scene.mute) socket.send(JSON.stringify({ type: 'pong', sent_at: said.sent_at, now: new Date().toISOString() }));
      if (said.type !== 'hello' || (scene.mute && sockets > 1)) return;
      for (const frame of scene.frames) socket.send(JSON.stringify(frame));
      if (scene.closes) setTimeout(() => socket.close(), scene.closes);
    });
  });
}
