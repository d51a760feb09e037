// Pictures of the sandbox from S1 to S16, against a server played here (no real one is needed):
// `node build.mjs sandbox && node sandbox/shots/take.mjs [OUT_FOLDER]`, from ui/.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const dist = fileURLToPath(new URL('../../dist/sandbox/', import.meta.url));
const out = process.argv[2] ?? fileURLToPath(new URL('../../shots/out/sandbox/', import.meta.url));
const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };
const types = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2', html: 'text/html' };
const CALL = '0193f000-0000-7000-8000-000000000001';

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [sizeName, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark']) await walk(sizeName, viewport, colorScheme);
}
await browser.close();

async function walk(sizeName, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh' });
  const page = await context.newPage();
  if (process.env.LANGUAGE_SHOWN) await page.addInitScript(`localStorage.setItem('chinhchu.language', '${process.env.LANGUAGE_SHOWN}')`);
  page.on('pageerror', (error) => console.error(sizeName, error.message));
  const server = { state: 'preparing', refuse: null };
  await serve(page, server);
  await page.goto('http://localhost/sandbox/');
  const shot = async (name, step) => {
    await page.waitForFunction((wanted) => document.body.dataset.step === wanted, String(step));
    await page.waitForTimeout(250);
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) console.error(`${name} ${sizeName}: too wide`);
    await page.screenshot({ path: `${out}/${name}-${sizeName}-${colorScheme}.png` });
  };
  const click = (id) => page.getByTestId(id).click();
  await shot('s01-empty', 1);
  await click('save-customer');
  await shot('s01-faults', 1);
  await click('fill-sample');
  await shot('s01-filled', 1);
  await click('save-customer');
  await shot('s02', 2);
  await click('open-ekyc');
  await click('compare');
  await shot('s04', 4);
  await click('scan');
  await shot('s05', 5);
  await click('call-button');
  await shot('s07', 7);
  server.refuse = { status: 422, code: 'case_invalid', errors: [{ field: 'customer.id_number', code: 'too_short' }] };
  await click('dealer-confirm');
  await shot('s10-refused', 10);
  server.refuse = null;
  await click('try-again');
  await shot('s11', 11);
  await click('open-call-screen');
  await shot('s12', 12);
  for (const [state, step] of [['waiting', 12], ['connecting', 13], ['in_call', 14], ['awaiting_evidence', 15]]) {
    server.state = state;
    await shot(`s${step}-${state}`, step);
  }
  server.state = 'ended';
  await page.getByTestId('result-decision').waitFor();
  await shot('s16', 16);
  await context.close();
}

async function serve(page, server) {
  await page.route('**/*', (route) => {
    const { pathname } = new URL(route.request().url());
    const json = (body, status = 200) =>
      route.fulfill({ status, contentType: status < 400 ? 'application/json' : 'application/problem+json', body: JSON.stringify(body) });
    const refusal = server.refuse;
    if (pathname === '/sandbox/api/companies') return json({ companies: [{ code: '1', name: 'Công ty 1', served_by: '1' }, { code: '4', name: 'Công ty 4', served_by: '1' }] });
    if (pathname === '/sandbox/api/msale/token') return json({ token: 'cct_1_Zk3v9QpLw7', token_id: CALL, company: '1', expires_at: '2026-11-23T10:00:00Z' });
    if (pathname === '/v1/policy/decision') return json({ video_call: 'mandatory', activation: 'allowed', requires: 'confirmed_call', use: null, rule_id: CALL, valid_from: '2021-10-01', valid_to: null });
    if (pathname === '/v1/calls' && refusal) return json({ type: '/docs/errors', title: 'The case has faults', detail: '', ...refusal }, refusal.status);
    if (pathname === '/v1/calls') return json(created(), 201);
    if (pathname.endsWith('/events')) return json({}, 503);
    if (pathname.includes('/images/')) return route.fulfill({ contentType: 'image/svg+xml', body: picture(pathname.split('/').at(-1)) });
    if (pathname.startsWith('/sandbox/api/msale/results/')) return json(result());
    if (pathname === `/v1/calls/${CALL}`) return json(body(server.state));
    if (pathname.startsWith('/call/')) return route.fulfill({ contentType: 'text/html', body: '<body style="font:16px sans-serif;padding:24px">call page</body>' });
    const file = pathname.startsWith('/pages/sandbox/') ? pathname.slice('/pages/sandbox/'.length) : 'index.html';
    if (!existsSync(dist + file)) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: types[file.split('.').at(-1)], body: readFileSync(dist + file) });
  });
}

function at(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

function created() {
  return {
    call_id: CALL, external_id: 'EK-SANDBOX-1', state: 'preparing', call_token: 'clt_9tGm2Qe7pXw4', created_at: at(0), queue: null,
    call_screen_url: `http://localhost/call/${CALL}#clt_9tGm2Qe7pXw4`, policy: { video_call: 'mandatory', rule_id: CALL },
  };
}

function body(state) {
  const order = ['preparing', 'waiting', 'connecting', 'in_call', 'awaiting_evidence', 'ended'];
  const notices = [
    ['queued', 'Cuộc gọi đang chờ NVHT tiếp nhận'], ['agent_accepted', 'NVHT tiếp nhận cuộc gọi'], ['video_connected', 'Video đã kết nối'],
    ['verdict_given', 'NVHT đã có kết quả xác minh'], ['ended', 'Cuộc gọi đã kết thúc'],
  ].slice(0, order.indexOf(state)).map(([code, text], index) => ({ at: at(index - 5), code, text }));
  const verdict = { decision: 'confirmed', reason: null, note: 'Khớp giấy tờ.', at: at(-3), agent: CALL, late: false };
  const kinds = ['id_front', 'id_back', 'portrait', ...(state === 'ended' ? ['screenshot', 'live_frame'] : [])];
  return {
    call_id: CALL, external_id: 'EK-SANDBOX-1', company: '4', serving_company: order.indexOf(state) > 1 ? '1' : null,
    dealer: { account: 'dl.hcm.0123', name: 'ĐL Quận 3' }, subscriber: { msisdn: '0900000001', payment: 'prepaid', sub_type: 'MC', customer_type: 'individual' },
    created_at: at(-60), state, queue: state === 'waiting' ? { position: 2, expected_wait_s: 40 } : null, policy: { video_call: 'mandatory', rule_id: CALL },
    notices, end_reason: state === 'ended' ? 'completed' : null, verdict: order.indexOf(state) > 3 ? verdict : null,
    images: kinds.map((kind) => ({ kind, sha256: 'cd'.repeat(32), content_type: 'image/jpeg', url: `/v1/calls/${CALL}/images/${kind}` })),
  };
}

function result() {
  const data = body('ended');
  const images = data.images.map(({ kind, sha256, content_type }) => ({ kind, sha256, content_type, bytes: 1, verified: true }));
  const event = { type: 'call.result', timestamp: at(0), data, manifest_sha256: 'ab'.repeat(32) };
  return { call_id: CALL, received_at: at(0), events: ['call.accepted', 'call.result'], event, activation: 'activated', images, duplicates: 0 };
}

function picture(kind) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><rect width="640" height="400" fill="#bcd7c9"/><text x="60" y="210" font-size="48">${kind}</text></svg>`;
}
