// The built console on loopback with the server's content security policy, a server played here (`played.mjs`), and a
// browser: what take.mjs needs.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Played } from './played.mjs';

const dist = fileURLToPath(new URL('../../dist/console/', import.meta.url));
const types = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2', html: 'text/html; charset=utf-8' };
// As in server/src/http/pages.rs.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** `faults` collects what pages complain of. CHROMIUM names the browser. */
export async function openSite() {
  let played = new Played({});
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname.startsWith('/v1/console')) return played.answer(request, url, response);
    const file = url.pathname.startsWith('/pages/console/') ? url.pathname.slice('/pages/console/'.length) : 'index.html';
    if (file.includes('..') || !existsSync(dist + file)) return response.writeHead(404).end();
    const headers = { 'content-type': types[file.split('.').at(-1)] ?? 'application/octet-stream', 'content-security-policy': policy };
    return response.writeHead(200, headers).end(readFileSync(dist + file));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const faults = [];
  return {
    faults,
    /** Opens an address of the console as somebody, at a moment that stands still. */
    async page(name, { path, as = 'administrator', width, height, theme = 'light', english = false, over = {}, expectFaults = false }) {
      played = new Played({ as, over });
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: 'vi-VN', timezoneId: 'Europe/Berlin' });
      if (english) await context.addInitScript(() => localStorage.setItem('chinhchu.language', 'en'));
      const page = await context.newPage();
      await page.clock.install({ time: new Date('2026-11-23T07:05:09Z') });
      await page.clock.resume();
      page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
      page.on('console', (line) => {
        if (line.type() === 'error' && !expectFaults) faults.push(`${name}: ${line.text()} ${line.location().url}`);
      });
      await page.goto(`http://127.0.0.1:${server.address().port}/console/${path}`);
      await page.waitForSelector('body:not([data-session=opening])');
      await page.evaluate(() => document.fonts.ready);
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
