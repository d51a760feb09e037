// The drawing entry, built and served on loopback with the workstation's content security policy, and a browser.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

export const here = fileURLToPath(new URL('.', import.meta.url));
const site = join(here, 'out/site');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
// As in tauri.conf.json; the drawn pictures are data: urls.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src ws://127.0.0.1:*; base-uri 'none'; form-action 'none'";

/** Builds, serves and opens; `faults` counts what pages complain of. CHROMIUM names the browser. */
export async function openSite() {
  await build({ configFile: join(here, 'vite.config.ts'), logLevel: 'warn' });
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname).replace(/^\/$/, '/index.html');
    const headers = {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': policy,
    };
    readFile(join(site, path)).then(
      (body) => response.writeHead(200, headers).end(body),
      () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end(),
    );
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const faults = [];
  return {
    faults,
    /** Opens a scene. The prototype of objects is frozen, as the shell does it. */
    async page(name, { scene, window = 'main', width, height, theme = 'light', english = false, clock = 'still' }) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, timezoneId: 'Asia/Ho_Chi_Minh' });
      await context.addInitScript(() => Object.freeze(Object.prototype));
      if (english) await context.addInitScript(() => localStorage.setItem('chinhchu.language', 'en'));
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
      page.on('console', (line) => line.type() === 'error' && faults.push(`${name}: ${line.text()}`));
      const { port } = server.address();
      await page.goto(`http://127.0.0.1:${port}/?scene=${scene}&window=${window}&clock=${clock}`);
      await page.waitForSelector('body[data-activity]');
      await page.evaluate(() => document.fonts.ready);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
