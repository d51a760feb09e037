// Walks every screen of the console on a real server, by an administrator and an auditor, and takes pictures:
// `node build.mjs console && CHINHCHU_SERVER_BIN=… node console/shots/real.mjs [FOLDER]`, from ui/. The stories
// (tests/stories/console.rs) do the same in `cargo xtask test`; this one is quick while a screen is made.
import { createHmac } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { basics } from '../../shots/basics.mjs';

const binary = process.env.CHINHCHU_SERVER_BIN;
if (!binary) throw new Error('CHINHCHU_SERVER_BIN names no server');
const out = process.argv[2] ?? fileURLToPath(new URL('../../shots/out/console-real/', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const data = mkdtempSync(join(tmpdir(), 'chinhchu-console-'));
const faults = [];
mkdirSync(out, { recursive: true });

const cli = (...args) => JSON.parse(execFileSync(binary, [...args, '--data', data, '--json'], { encoding: 'utf8' }));
const server = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--sandbox'], { stdio: ['ignore', 'pipe', 'ignore'] });
const url = await new Promise((done) => server.stdout.on('data', (text) => done(/http:\S+/.exec(String(text))[0])));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

cli('token', 'issue', '--company', '1');
cli('agent', 'add', '--company', '1', '--username', 'hoa', '--name', 'Trần Thị Hoa');
cli('webhook', 'add', '--url', 'http://127.0.0.1:9/nowhere', '--for', 'msale');

/** RFC 6238. */
function code(shown) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...shown.replace(/\s/g, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(step).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signIn(role) {
  const { username, password } = cli('admin', 'add', '--username', `${role}.thu`, '--name', 'Phạm Thị Lan', '--role', role);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'vi-VN' })).newPage();
  page.on('pageerror', (error) => faults.push(`${role}: ${error.message}`));
  page.on('response', (answer) => answer.status() >= 400 && !(answer.status() === 401 && answer.url().endsWith('/me')) && faults.push(`${role}: ${answer.status()} ${answer.url()}`));
  await page.goto(`${url}/console/`);
  await page.fill('[data-testid=username]', username);
  await page.fill('[data-testid=password]', password);
  await page.keyboard.press('Enter');
  await page.fill('[data-testid=code]', code(await page.textContent('[data-testid=secret]')));
  await page.keyboard.press('Enter');
  await page.check('[data-testid=codes-kept]');
  await page.click('[data-testid=set-up-done]');
  await page.waitForSelector('body[data-session=in]');
  return page;
}

async function look(page, name) {
  await page.waitForSelector('main h1');
  await page.waitForSelector('[data-testid=waiting]', { state: 'detached' });
  await page.waitForTimeout(300);
  const failed = await page.locator('[data-testid=load-failed]').allTextContents();
  if (failed.length > 0) faults.push(`${name}: ${failed.join(' ')}`);
  for (const [size, width, height] of [['m', 1280, 800], ['l', 1920, 1080]]) {
    await page.setViewportSize({ width, height });
    for (const theme of ['light', 'dark']) {
      await page.evaluate((wanted) => (document.documentElement.dataset.theme = wanted), theme);
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) faults.push(`${name} ${size}: wider than the window`);
      await page.screenshot({ path: join(out, `${name}-${size}-${theme}.png`) });
      for (const fault of await page.evaluate(basics, false)) faults.push(`${name} ${size} ${theme}: ${fault}`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      for (const one of violations) if (['serious', 'critical'].includes(one.impact)) faults.push(`${name} ${size} ${theme}: axe ${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
    }
  }
}

const screens = {
  administrator: ['wallboard', 'wallboard?full=1', 'calls', 'policy', 'policy/changes', 'policy/import', 'policy/what-if', 'policy/line/prepaid/MC', 'companies', 'companies/1', 'companies/1/hours', 'companies/1/history', 'agents', 'people', 'workstations', 'reports', 'reports/trial', 'reports/reconciliation', 'staffing', 'staffing/day', 'tokens', 'tokens/credentials', 'webhooks', 'webhooks/deliveries', 'audit', 'account'],
  auditor: ['review', 'review/list', 'review/agreement', 'companies/1', 'calls'],
};
try {
  for (const [role, paths] of Object.entries(screens)) {
    const page = await signIn(role);
    for (const path of paths) {
      await page.goto(`${url}/console/${path}`);
      await look(page, `${role}-${path.replace(/[/?=]/g, '-')}`);
    }
  }
} finally {
  await browser.close();
  server.kill();
  rmSync(data, { recursive: true, force: true });
}
for (const fault of new Set(faults)) console.error(fault);
console.log(`${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
