// Plays whole calls in a real browser: the call page against a workstation in a second page and a mailbox here.
// Proves offer, answer, trickling, codecs, heartbeats, and F3 in all its ways: reload, kill and reopen, dead socket,
// dead path, cut, another address, two tabs, a lost agent.
// `node build.mjs caller && node caller/shots/call.mjs [OUT_FOLDER]`, from ui/; ONLY=name plays one; with a folder,
// pictures of what the customer sees are left there. Exits 1 when something fails.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { IMAGE, views } from './views.mjs';

const dist = fileURLToPath(new URL('../../dist/caller/', import.meta.url));
const out = process.argv[2] ?? null;
const types = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2', html: 'text/html' };
const address = (query) => `http://localhost/call/0193f000-0000-7000-8000-000000000001${query}#0123456789abcdef0123456789abcdef`;
const inCall = views.in_call.frames[0].view;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'],
});
let failed = 0;
const sizes = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 800 } };
const stories = {
  connects, codecs, reload, reopened, noStorage, lostSocket, deadSocket, lostPath, lostWayOut, cut, anotherAddress, agentBegunAnew, twoTabs, agentLost, newAgent, hangUpUnavailable,
};
for (const [name, story] of Object.entries(stories)) {
  if (process.env.ONLY && process.env.ONLY !== name) continue;
  const started = Date.now();
  try {
    await story();
    console.log(`ok      ${name} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);

async function connects() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    await until('heartbeats with fresh media', () => server.heartbeats.at(-1)?.media_age_ms < 1500);
    await shot(page, 'live');
  });
}

async function codecs() {
  for (const [codec, mime] of [['vp8', 'video/VP8'], ['h264', 'video/H264']]) {
    await withCall(`?codec=${codec}`, async ({ page, station }) => {
      await pictureFlows(page);
      await until(`${mime} at the workstation`, async () => (await station.evaluate(() => window.received())) === mime);
    });
  }
}

async function reload() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    const before = server.stored.length;
    const first = offers(server)[0];
    await page.reload();
    const began = Date.now();
    await until('a new offer behind the old numbers', () => offers(server).some(({ n, signal }) => n > before && signal.connection === n));
    await pictureFlows(page);
    console.log(`        picture ${Date.now() - began} ms after the reload`);
    check(server.hellos.at(-1).device_secret === server.hellos[0].device_secret, 'the same device secret');
    check(fingerprint(offers(server).at(-1)) === fingerprint(first), 'the same DTLS certificate');
    check((await page.locator('body').getAttribute('data-state')) === 'in_call', 'nothing was asked again');
  });
}

async function reopened() {
  await withCall('', async ({ page, server, open }) => {
    await pictureFlows(page);
    const [secret, first] = [server.hellos[0].device_secret, offers(server)[0]];
    await page.close({ runBeforeUnload: false });
    const again = await open();
    await pictureFlows(again);
    check(server.hellos.at(-1).device_secret === secret && server.hellos.at(-1).page_id !== server.hellos[0].page_id, 'the same device, another page');
    check(fingerprint(offers(server).at(-1)) === fingerprint(first), 'the same DTLS certificate');
  });
}

async function noStorage() {
  for (const forbid of [`IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };`, `delete window.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined });`]) {
    await withCall('', async ({ page }) => void (await pictureFlows(page)), forbid);
  }
}

async function lostSocket() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    const hellos = server.hellos.length;
    await server.socket.close();
    await until('hello again', () => server.hellos.length > hellos);
    check(server.hellos.at(-1).page_id === server.hellos[0].page_id, 'the same page comes back');
    await pictureFlows(page);
    check(offers(server).length === 1, 'media was left alone');
  });
}

/** The server says nothing, but nothing was closed either. */
async function deadSocket() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    const [hellos, began] = [server.hellos.length, Date.now()];
    server.mute = true;
    await page.getByTestId('link-lost').waitFor();
    const noticed = Date.now() - began;
    check(noticed > 2_000 && noticed < 4_300, `noticed after ${noticed} ms`);
    check((await page.getByTestId('away').count()) === 0, 'I8: the call goes on while media flows');
    await shot(page, 'server-away');
    server.mute = false;
    const back = Date.now();
    await until('hello again', () => server.hellos.length > hellos);
    console.log(`        dead after ${noticed} ms, back ${Date.now() - back} ms after the server`);
    check(offers(server).length === 1, 'media was left alone');
  });
}

async function lostPath() {
  await withCall('', async ({ page, server, station }) => {
    await pictureFlows(page);
    await station.evaluate(() => window.forget());
    await page.locator('[data-who=agent_picture]').waitFor();
    await shot(page, 'agent-picture');
    await until('an ICE restart on the same connection', () => offers(server).filter(({ signal }) => signal.connection === 1).length === 2, 6000);
    await until('then a new connection', () => offers(server).some(({ signal }) => signal.connection > 1), 9000);
    await pictureFlows(page);
    await page.getByTestId('back').waitFor();
    await shot(page, 'back');
  });
}

/** The workstation, by way of the server, says that it gets nothing. */
async function lostWayOut() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    server.outAge = 2_600;
    await page.locator('[data-who=our_picture]').waitFor();
    await shot(page, 'our-picture');
    await until('an ICE restart', () => offers(server).filter(({ signal }) => signal.connection === 1).length === 2);
    server.outAge = null;
    await page.getByTestId('away').waitFor({ state: 'detached' });
  });
}

/** A dead spot: neither server nor media, no event of the system. */
async function cut() {
  await withCall('', async ({ page, server, station }) => {
    await pictureFlows(page);
    server.mute = true;
    await station.evaluate(() => window.pause(true));
    await page.locator('[data-who=us]').waitFor();
    const first = await page.getByTestId('away').innerText();
    check(/giữ thêm (1[0-3]) giây/.test(first), `counts from the last sign of life: ${first}`);
    await shot(page, 'away-us');
    await page.waitForTimeout(4_000);
    const hellos = server.hellos.length;
    server.mute = false;
    await station.evaluate(() => window.pause(false));
    const back = Date.now();
    await until('hello again', () => server.hellos.length > hellos);
    console.log(`        server heard ${Date.now() - back} ms after the network`);
    await page.getByTestId('away').waitFor({ state: 'detached' });
    // A hello that the dead spot swallowed is waited for 3 s (GREETING_MS); a real one would not let the socket open.
    check(Date.now() - back < 3_500, `told after ${Date.now() - back} ms`);
    await page.waitForTimeout(1_500);
    check(offers(server).every(({ signal }) => signal.connection === 1), 'a path at the same address mends itself; at most ICE is restarted');
  });
}

async function anotherAddress() {
  await withCall('', async ({ page, server, station }) => {
    await pictureFlows(page);
    await station.evaluate(() => window.pause(true));
    const [hellos, began] = [server.hellos.length, Date.now()];
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await until('a new socket at once', () => server.hellos.length > hellos, 1_000);
    await until('an ICE restart at once', () => offers(server).filter(({ signal }) => signal.connection === 1).length === 2, 2_500);
    console.log(`        restarted ${Date.now() - began} ms after the event`);
    await station.evaluate(() => window.pause(false));
    await pictureFlows(page);
  });
}

/** The workstation's program began anew: it knows nothing of the old connection. */
async function agentBegunAnew() {
  await withCall('', async ({ page, server, station }) => {
    await pictureFlows(page);
    await station.evaluate(() => window.forget());
    server.outAge = undefined;
    server.tell({ state: 'reconnecting', deadline: inSeconds(14), notices: [...inCall.notices, notice('agent_reconnecting', 'NVHT mất kết nối, vui lòng giữ máy')] });
    await page.locator('[data-who=agent]').waitFor();
    await shot(page, 'away-agent');
    await page.waitForTimeout(1_200);
    server.tell({ state: 'in_call', notices: [...inCall.notices, notice('agent_reconnecting', ''), notice('agent_back', 'NVHT đã kết nối lại')] });
    server.outAge = null;
    const back = Date.now();
    await until('a new connection', () => offers(server).some(({ signal }) => signal.connection > 1), 3_000);
    await pictureFlows(page);
    console.log(`        picture ${Date.now() - back} ms after the agent`);
  });
}

async function twoTabs() {
  await withCall('', async ({ page, server, open }) => {
    await pictureFlows(page);
    const second = await open();
    await pictureFlows(second);
    await page.getByTestId('take-back').waitFor();
    await shot(page, 'replaced');
    const hellos = server.hellos.length;
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await page.waitForTimeout(1_500);
    check(server.hellos.length === hellos, 'the older tab does not come back by itself');
    await page.getByTestId('take-back').click();
    await pictureFlows(page);
    await second.getByTestId('take-back').waitFor();
    check(server.hellos.at(-1).page_id !== server.hellos[0].page_id, 'as a newer page');
  });
}

async function agentLost() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    server.tell({ state: 'waiting', assignment: null, agent_name: null, queue: { position: 1, expected_wait_s: 20 }, notices: [...inCall.notices, notice('agent_reconnecting', 'NVHT mất kết nối, vui lòng giữ máy'), notice('agent_lost', 'Nhân viên không kết nối lại được, cuộc gọi được ưu tiên chuyển cho nhân viên khác')] });
    await page.getByTestId('first-again').waitFor();
    await shot(page, 'first-again');
    server.begin(2);
    await pictureFlows(page);
  });
}

async function newAgent() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    server.begin(2);
    await until('an offer for the second assignment, numbered from 1', () => server.stored[0]?.assignment === 2 && server.stored[0].n === 1 && server.stored[0].signal.kind === 'offer');
    await pictureFlows(page);
  });
}

/** The server cannot write for a moment: the page says it again on the same socket. */
async function hangUpUnavailable() {
  await withCall('', async ({ page, server }) => {
    await pictureFlows(page);
    server.unavailable = 2;
    await page.getByTestId('hang-up').click();
    await page.getByTestId('hang-up-confirm').click();
    await until('the hang-up is taken at the third time', () => server.hungUpAt.length === 3);
    const [first, , third] = server.hungUpAt;
    check(third - first > 1_900, `at a limited pace: ${third - first} ms`);
    check(server.hellos.length === 1, 'on the same socket');
    await until('the page is over', async () => (await page.locator('body').getAttribute('data-state')) === 'ended');
  });
}

/** The remote picture moves: its clock goes on. */
async function pictureFlows(page) {
  await page.getByTestId('remote-video').waitFor();
  const frames = () => page.evaluate(() => {
    const video = document.querySelector('[data-testid="remote-video"]');
    return video.videoWidth > 0 ? (video.getVideoPlaybackQuality().totalVideoFrames) : 0;
  });
  await until('a first frame', async () => (await frames()) > 0);
  const seen = await frames();
  await until('more frames', async () => (await frames()) > seen + 5);
}

async function withCall(query, play, before = null) {
  const context = await browser.newContext({ viewport: sizes.phone, locale: 'vi-VN' });
  const station = await context.newPage();
  await station.goto('about:blank');
  await station.evaluate(workstation);
  const server = mailbox(station);
  await station.exposeFunction('answered', (assignment, signal) => server.fromStation(assignment, signal));
  const open = async () => {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(error.message));
    if (before) await page.addInitScript(before);
    await page.route('**/*', (route) => {
      const path = new URL(route.request().url()).pathname;
      if (path.startsWith('/v1/')) return route.fulfill({ contentType: 'image/svg+xml', body: IMAGE });
      const file = path.startsWith('/pages/caller/') ? path.slice('/pages/caller/'.length) : 'index.html';
      if (!existsSync(dist + file)) return route.fulfill({ status: 404 });
      return route.fulfill({ contentType: types[file.split('.').at(-1)], body: readFileSync(dist + file) });
    });
    await page.routeWebSocket('**/v1/caller/socket', (socket) => server.take(socket));
    await page.goto(address(query));
    return page;
  };
  try {
    await play({ page: await open(), station, server, open });
  } finally {
    clearInterval(server.beat);
    await context.close();
  }
}

function offers(server) {
  return server.stored.filter(({ signal }) => signal.kind === 'offer');
}

function fingerprint({ signal }) {
  return /a=fingerprint:(\S+ \S+)/.exec(signal.sdp)?.[1];
}

function notice(code, text) {
  return { at: new Date().toISOString(), code, text };
}

function inSeconds(seconds) {
  return new Date(Date.now() + seconds * 1000).toISOString();
}

/** The same moment on phone and desk, light and dark. */
async function shot(page, name) {
  if (!out) return;
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${out}/${name}-${size}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize(sizes.phone);
}

/** The server's part: views and the mailbox, as server/protocol/src/caller.rs tells it. */
function mailbox(station) {
  let seq = 0;
  const server = {
    assignment: 1, stored: [], answers: [], taken: 0, hellos: [], heartbeats: [], socket: null, mute: false, view: {}, outAge: null, unavailable: 0, hungUpAt: [],
    show() {
      seq += 1;
      const view = { ...inCall, assignment: { n: server.assignment, ice_servers: [] }, ...server.view };
      server.send({ type: 'view', incarnation: 1, seq, now: new Date().toISOString(), view });
    },
    send: (frame) => !server.mute && server.socket?.send(JSON.stringify(frame)),
    tell(view) {
      server.view = view;
      server.show();
    },
    /** Another accept: a new assignment with empty boxes. */
    begin(assignment) {
      Object.assign(server, { assignment, stored: [], answers: [], taken: 0 });
      server.tell({});
    },
    /** As the server tells the page what the workstation has of it. */
    async report() {
      if (server.hellos.at(-1).version < 2) return;
      // `undefined`: the workstation is away, nobody knows.
      const measured = server.outAge === null ? await station.evaluate(() => window.mediaAge?.() ?? null).catch(() => null) : (server.outAge ?? null);
      server.send({ type: 'heartbeat', assignment: server.assignment, media_age_ms: measured, now: new Date().toISOString() });
    },
    fromStation(assignment, signal) {
      if (assignment !== server.assignment) return;
      const frame = { type: 'signal', assignment, n: server.answers.length + 1, signal };
      server.answers.push(frame);
      server.send(frame);
    },
    /** Twice a second in a call, whatever the page says. */
    beat: setInterval(() => server.socket && !['waiting', 'ended'].includes(server.view.state) && void server.report(), 500),
    take(socket) {
      socket.onMessage((text) => server.message(socket, JSON.parse(text)));
    },
    message(socket, frame) {
      if (server.mute) return;
      if (frame.type === 'hello') {
        if (server.socket && frame.page_id !== server.hellos.at(-1)?.page_id) server.send({ type: 'replaced' });
        server.socket = socket;
        server.hellos.push(frame);
        server.show();
        server.send({ type: 'signal_ack', assignment: server.assignment, n: server.stored.length });
        for (const answer of server.answers.slice(server.taken)) server.send(answer);
      }
      if (frame.type === 'ping') socket.send(JSON.stringify({ type: 'pong', sent_at: frame.sent_at, now: new Date().toISOString() }));
      if (socket !== server.socket) return;
      if (frame.type === 'heartbeat') {
        server.heartbeats.push(frame);
      }
      if (frame.type === 'hang_up') {
        server.hungUpAt.push(Date.now());
        if (server.hungUpAt.length > server.unavailable) server.tell({ state: 'ended', end_reason: 'cancelled', assignment: null });
        else server.send({ type: 'problem', problem: { type: 'about:blank', title: 'Unavailable', status: 503, code: 'unavailable', detail: 'Not available now.' } });
      }
      if (frame.type === 'signal_ack') server.taken = frame.n;
      if (frame.type === 'signal' && frame.assignment === server.assignment) {
        if (frame.n === server.stored.length + 1) {
          server.stored.push(frame);
          void station.evaluate(([assignment, signal]) => window.take(assignment, signal), [frame.assignment, frame.signal]);
        }
        server.send({ type: 'signal_ack', assignment: frame.assignment, n: server.stored.length });
      }
    },
  };
  return server;
}

/** Runs in the second page: answers every new connection with its own fake camera. */
function workstation() {
  let pc = null;
  let current = null;
  let work = Promise.resolve();
  window.take = (assignment, signal) => (work = work.then(() => handle(assignment, signal)));
  window.forget = () => {
    pc?.close();
    pc = { signalingState: 'gone' };
  };
  window.pause = (paused) => {
    for (const sender of pc.getSenders()) void sender.replaceTrack(paused ? null : (sender.was ?? null));
  };
  window.received = async () => {
    let mime = null;
    const report = await pc.getStats();
    report.forEach((entry) => {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video' && entry.framesDecoded > 0) mime = report.get(entry.codecId)?.mimeType;
    });
    return mime;
  };
  const heard = { packets: 0, at: null };
  window.mediaAge = () => (heard.at === null ? null : Math.round(performance.now() - heard.at));
  setInterval(async () => {
    let packets = 0;
    const report = await pc?.getStats?.();
    report?.forEach((entry) => (packets += entry.type === 'inbound-rtp' ? entry.packetsReceived : 0));
    if (packets > 0 && packets !== heard.packets) Object.assign(heard, { packets, at: performance.now() });
  }, 200);
  async function handle(assignment, signal) {
    const key = `${assignment}/${signal.connection}`;
    if (signal.kind === 'offer') {
      if (key !== current) await begin(assignment, signal.connection, key);
      if (pc.signalingState === 'gone') return;
      await pc.setRemoteDescription({ type: 'offer', sdp: signal.sdp });
      await pc.setLocalDescription(await pc.createAnswer());
      window.answered(assignment, { kind: 'answer', connection: signal.connection, sdp: pc.localDescription.sdp });
    }
    if (signal.kind === 'candidate' && key === current && pc.addIceCandidate) {
      await pc.addIceCandidate({ candidate: signal.candidate, sdpMid: signal.sdp_mid, sdpMLineIndex: signal.sdp_m_line_index });
    }
  }
  async function begin(assignment, connection, key) {
    pc?.close?.();
    current = key;
    const own = (pc = new RTCPeerConnection());
    own.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      window.answered(assignment, {
        kind: 'candidate', connection, candidate: candidate.candidate, sdp_mid: candidate.sdpMid, sdp_m_line_index: candidate.sdpMLineIndex,
      });
    };
    // A picture drawn here, so that it is not taken for the customer's.
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 480 });
    const pen = canvas.getContext('2d');
    let turn = 0;
    setInterval(() => {
      turn += 1;
      pen.fillStyle = '#27455f';
      pen.fillRect(0, 0, 640, 480);
      pen.fillStyle = '#f0cda8';
      pen.beginPath();
      pen.ellipse(320 + 12 * Math.sin(turn / 9), 230, 90, 120, 0, 0, 7);
      pen.fill();
      pen.font = '600 30px sans-serif';
      pen.fillText(`NVHT ${turn}`, 260, 440);
    }, 40);
    const stream = canvas.captureStream(25);
    for (const track of stream.getTracks()) own.addTrack(track, stream).was = track;
  }
}

async function until(what, is, ms = 8000) {
  const end = Date.now() + ms;
  while (!(await is())) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function check(is, what) {
  if (!is) throw new Error(`not so: ${what}`);
}
