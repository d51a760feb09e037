// Follows every link of the console on a real server as each role, and takes pictures:
// `node build.mjs console && CHINHCHU_SERVER_BIN=… node console/shots/real.mjs [FOLDER]`, from ui/. The stories
// (tests/stories/console.rs) do much the same in `cargo xtask test`; this one is quick while a screen is made.
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

const OWN = 'ba con gà đi chợ';

async function signIn(role) {
  const { username, password } = cli('admin', 'add', '--username', `${role}.thu`, '--name', 'Phạm Thị Lan', '--role', role);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'vi-VN' })).newPage();
  page.on('pageerror', (error) => faults.push(`${role}: ${error.message}`));
  page.on('response', (answer) => answer.status() >= 400 && !(answer.status() === 401 && answer.url().endsWith('/me')) && !(answer.status() === 422 && answer.url().endsWith('/preview')) && faults.push(`${role}: ${answer.status()} ${answer.url()}`));
  await page.goto(`${url}/console/`);
  await page.fill('[data-testid=username]', username);
  await page.fill('[data-testid=password]', password);
  await page.keyboard.press('Enter');
  await page.fill('[data-testid=code]', code(await page.textContent('[data-testid=secret]')));
  await page.keyboard.press('Enter');
  await page.check('[data-testid=codes-kept]');
  await page.click('[data-testid=set-up-done]');
  // The command line made the password: the person sets an own one.
  for (const [field, typed] of [['old', password], ['new', OWN], ['repeat', OWN]]) await page.fill(`[data-testid=password-${field}]`, typed);
  await page.click('[data-testid=password-do]');
  await page.waitForSelector('body[data-session=in]');
  page.password = OWN;
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

/** What changes something, driven as a person does it; most by keyboard. */
async function deeds(page) {
  const id = (name) => `[data-testid="${name}"]`;
  const open = async (path) => {
    await page.goto(`${url}/console/${path}`);
    await page.waitForSelector('main h1');
  };
  await open('calls');
  for (const area of ['wallboard', 'policy', 'audit']) {
    await page.evaluate(() => document.activeElement?.blur());
    for (let n = 0; n < 120; n += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.dataset.testid)) === `nav-${area}`) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector(`body[data-area=${area}]`);
    await page.waitForFunction(() => document.activeElement === document.querySelector('main h1'));
  }
  await open('policy/line/prepaid/W2G');
  await page.click(id('line-change'));
  await page.selectOption(id('single-individual'), 'mandatory');
  await page.click(id('policy-preview'));
  await page.waitForSelector(id('preview-rows'));
  await look(page, 'deed-policy-preview');
  await page.fill(id('policy-reason'), 'Thay đổi theo công văn');
  await page.click(id('policy-commit'));
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=line-entries] tbody tr').length > 2);
  await open('policy/import');
  const csv = (await (await page.request.get(`${url}/v1/console/policy/export.csv`)).text()).replace(/^(prepaid,HTD,.*),N,N$/m, '$1,X,N');
  await page.setInputFiles(id('policy-file'), { name: 'tep.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.click(id('policy-preview'));
  await page.waitForSelector(id('policy-faults'));
  await look(page, 'deed-policy-faults');
  await open('policy/what-if');
  await page.fill(id('what-if-type'), 'W2G');
  await page.click(id('what-if-do'));
  await page.waitForSelector(id('what-if'));
  await open('companies/1');
  await page.fill(id('setting-ring_timeout_ms'), '17');
  await page.fill(id('change-reason'), 'Rút ngắn thời gian đổ chuông');
  await page.click(id('change-do'));
  await page.waitForFunction(() => document.querySelector('[data-testid=said]').textContent !== '');
  await open('companies/1/hours');
  await page.check(id('hours-by'));
  await page.fill(id('change-at'), '2027-01-01T08:00');
  await page.fill(id('change-reason'), 'Giờ phục vụ mới');
  await page.click(id('change-do'));
  await page.waitForSelector(id('pending-change'));
  await page.click(id('change-withdraw'));
  await page.waitForSelector(id('pending-change'), { state: 'detached' });
  await open('companies/1/history');
  await page.waitForSelector(id('history-row'));
  await look(page, 'deed-company-history');
  await open('agents');
  await page.click(id('agent-add'));
  await page.fill(id('agent-username'), 'mai.hoang');
  await page.fill(id('agent-name'), 'Hoàng Thị Mai');
  await page.selectOption(id('agent-company'), '1');
  await page.click(id('agent-edit-do'));
  await page.waitForSelector(id('secret'));
  await page.click(id('secret-close'));
  await page.click(id('agents-import'));
  await page.setInputFiles(id('import-file'), { name: 'tep.csv', mimeType: 'text/csv', buffer: Buffer.from('username,name,company\nmai.hoang,Hoàng Thị Mai,2\nnam.le,Lê Văn Nam,1\n') });
  await page.click(id('import-take'));
  await page.waitForSelector(id('import-taken'));
  await look(page, 'deed-import');
  await open('people');
  await page.click(id('person-add'));
  await page.fill(id('person-username'), 'thang.nguyen');
  await page.fill(id('person-name'), 'Nguyễn Hữu Thắng');
  await page.selectOption(id('person-role'), 'supervisor');
  await page.click(id('person-edit-do'));
  await page.waitForSelector(id('secret'));
  await open('tokens');
  await page.click(id('token-issue'));
  await page.selectOption(id('token-company'), '2');
  await page.click(id('token-ask-do'));
  await page.waitForSelector(id('secret'));
  await page.click(id('secret-close'));
  await page.click(`${id('token-revoke')} >> nth=0`);
  await page.click(id('ask-do'));
  await page.waitForSelector(id('ask'), { state: 'hidden' });
  await open('workstations');
  await page.click(id('workstation-invite'));
  await page.waitForSelector(id('secret'));
  await open('audit');
  await page.waitForSelector(id('audit-row'));
  await page.click(id('audit-check-do'));
  await page.waitForSelector(id('audit-sound'));
  await look(page, 'deed-audit');
  await open('account');
  await page.click(id('new-codes'));
  await page.fill(id('password-again-field'), page.password);
  await page.click(id('password-again-do'));
  await page.waitForSelector(id('recovery-codes'));
}

/** A call as the sandbox's dealer makes it, so that lists are not empty. */
async function seed() {
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${url}/sandbox/`);
  for (const step of ['fill-sample', 'save-customer', 'open-ekyc', 'compare', 'scan', 'call-button', 'dealer-confirm']) await page.click(`[data-testid="${step}"]`);
  await page.waitForSelector('[data-testid=call-id]');
  await page.context().close();
}

/** Every screen that links lead to, by the links that this role is shown; what is refused then is a fault of ours. */
async function crawl(page, role) {
  const seen = new Set();
  const queue = [''];
  for (let path = queue.shift(); path !== undefined && seen.size < 60; path = queue.shift()) {
    await page.goto(`${url}/console/${path}`);
    await look(page, `${role}-${path.replace(/[/?=&]+/g, '-') || 'first'}`);
    if (await page.evaluate(() => document.body.dataset.area === 'nothing')) faults.push(`${role}: a link leads to ${path}, which is not there`);
    const links = await page.evaluate(() => [...document.querySelectorAll('a[href^="/console/"]')].map((link) => link.getAttribute('href').slice('/console/'.length)));
    for (const link of links) {
      // One of each kind: a list has a link in every row.
      const kind = link.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id').replace(/line\/.*/, 'line').replace(/^companies\/\d+/, 'companies/:code').replace(/\?.*/, (query) => query.replace(/=[^&]*/g, '='));
      if (!seen.has(kind)) queue.push(link);
      seen.add(kind);
    }
  }
  console.log(`${role}: ${[...seen].join(' ')}`);
}

const roles = process.env.ROLES?.split(',') ?? ['team_lead', 'supervisor', 'auditor', 'administrator'];
try {
  await seed();
  for (const role of roles) {
    const page = await signIn(role);
    if (process.env.DEEDS_ONLY === undefined) await crawl(page, role);
    if (role === 'administrator') await deeds(page);
  }
} finally {
  await browser.close();
  server.kill();
  rmSync(data, { recursive: true, force: true });
}
for (const fault of new Set(faults)) console.error(fault);
console.log(`${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
