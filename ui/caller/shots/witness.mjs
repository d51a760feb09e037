// The witness frame in a real browser: asked by a server that is played here, taken of the fake camera, delivered.
// `node build.mjs caller && node caller/shots/witness.mjs`, from ui/. Exits 1 when something fails.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { IMAGE, views } from './views.mjs';

const dist = fileURLToPath(new URL('../../dist/caller/', import.meta.url));
const types = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2', html: 'text/html' };
const SECRET = '0123456789abcdef0123456789abcdef';
const CALL = `http://localhost/call/0193f000-0000-7000-8000-000000000001#${SECRET}`;
const NONCE = 'a1b2c3d4e5f60718293a4b5c6d7e8f90';
const inCall = views.in_call.frames[0];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-fake-device-for-media-stream=fps=30', '--use-fake-ui-for-media-stream'],
});

const stories = {
  async 'one JPEG of the camera, at its size, under the call’s own secret, within half a second'({ ask, posts, page }) {
    const began = Date.now();
    ask(1, NONCE);
    await until('a picture', () => posts.length === 1);
    const tookMs = Date.now() - began;
    const [{ url, headers, body }] = posts;
    check(url.pathname === '/v1/caller/witness' && url.search === `?nonce=${NONCE}`, `address ${url.pathname}${url.search}`);
    check(headers.authorization === `Bearer ${SECRET}` && headers['content-type'] === 'image/jpeg', 'secret and type in headers');
    const shape = await shapeOf(page, body);
    check(shape.width === 640 && shape.height === 480, `shape ${shape.width}×${shape.height}`);
    check(shape.colours > 4, `a picture, not one colour: ${shape.colours}`);
    check(tookMs < 500, `after ${tookMs} ms`);
    console.log(`        ${body.length} bytes after ${tookMs} ms`);
  },
  async 'a repeated ask is answered once, another assignment’s never'({ ask, posts, settle }) {
    ask(1, NONCE);
    ask(1, NONCE);
    ask(2, 'ffffffffffffffffffffffffffffffff');
    await until('a picture', () => posts.length === 1);
    await settle(1_000);
    check(posts.length === 1, `${posts.length} pictures`);
  },
  async 'tries again when the server cannot, three times in all'({ ask, posts, answers, settle }) {
    answers.push(503, 'abort', 201);
    ask(1, NONCE);
    await until('the third try', () => posts.length === 3);
    await settle(1_000);
    check(posts.length === 3, `${posts.length} tries`);
    check(posts.every(({ body }) => body.equals(posts[0].body)), 'the same picture each time: of the moment that was asked for');
  },
  async 'goes on when the call ends meanwhile, and the camera is off afterwards'({ ask, end, posts, answers, page }) {
    answers.push(503);
    ask(1, NONCE);
    end();
    await until('the page is over', async () => (await page.locator('body').getAttribute('data-state')) === 'ended');
    await until('the second try', () => posts.length === 2);
    const shape = await shapeOf(page, posts[1].body);
    check(shape.colours > 4, 'still a picture of the camera');
    await until('every track is stopped', () => page.evaluate(() => window.tracks.every(({ readyState }) => readyState === 'ended')));
  },
  async 'a page opened anew answers the repeated ask as soon as its camera is open'({ ask, posts, page, server }) {
    server.atHello = () => ask(1, NONCE);
    await page.reload();
    await until('a picture', () => posts.length === 1);
    check((await shapeOf(page, posts[0].body)).width === 640, 'of the camera');
  },
  async 'nothing is sent when no picture comes of the camera, and the call goes on'({ ask, posts, page, settle }) {
    await page.evaluate(() => {
      window.ImageCapture.prototype.grabFrame = () => new Promise(() => undefined);
      HTMLVideoElement.prototype.play = () => Promise.reject(new Error('refused'));
      Object.defineProperty(HTMLVideoElement.prototype, 'onloadeddata', { set() {} });
    });
    ask(1, NONCE);
    await settle(4_000);
    check(posts.length === 0, `${posts.length} pictures`);
    check((await page.locator('body').getAttribute('data-state')) === 'in_call', 'in the call');
  },
};
const plain = {
  async 'browsers without ImageCapture play the track instead'({ ask, posts, page }) {
    ask(1, NONCE);
    await until('a picture', () => posts.length === 1);
    const shape = await shapeOf(page, posts[0].body);
    check(shape.width === 640 && shape.colours > 4, `shape ${shape.width}, colours ${shape.colours}`);
  },
  async 'a large camera’s picture is made small enough'({ ask, posts, page }) {
    ask(1, NONCE);
    await until('a picture', () => posts.length === 1);
    const shape = await shapeOf(page, posts[0].body);
    check(Math.max(shape.width, shape.height) === 1280, `shape ${shape.width}×${shape.height}`);
    check(posts[0].body.length <= 1024 * 1024, `${posts[0].body.length} bytes`);
  },
};
const before = {
  'browsers without ImageCapture play the track instead': 'delete globalThis.ImageCapture;',
  // Whatever the page asks for, the camera gives Full HD full of noise.
  'a large camera’s picture is made small enough': `
    const canvas = Object.assign(document.createElement('canvas'), { width: 1920, height: 1080 });
    const pen = canvas.getContext('2d');
    const picture = pen.createImageData(1920, 1080);
    for (let at = 0; at < picture.data.length; at += 65536) crypto.getRandomValues(picture.data.subarray(at, at + 65536));
    setInterval(() => { picture.data[3] ^= 255; pen.putImageData(picture, 0, 0); }, 100);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);`,
};

let failed = 0;
for (const [name, story] of Object.entries({ ...stories, ...plain })) {
  if (process.env.ONLY && !name.includes(process.env.ONLY)) continue;
  try {
    await withCall(before[name], story);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}
await browser.close();
process.exit(failed > 0 ? 1 : 0);

async function withCall(script, play) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'vi-VN' });
  const page = await context.newPage();
  const [posts, answers] = [[], []];
  let wire = null;
  const server = { atHello: () => undefined };
  let seq = 1;
  page.on('pageerror', (error) => console.error(error.message));
  if (script) await page.addInitScript(script);
  await page.addInitScript(() => {
    window.tracks = [];
    const clone = MediaStreamTrack.prototype.clone;
    MediaStreamTrack.prototype.clone = function () {
      const made = clone.call(this);
      window.tracks.push(this, made);
      return made;
    };
  });
  await page.route('**/*', (route) => {
    const request = route.request();
    const url = new URL(request.url());
    if (url.pathname === '/v1/caller/witness') {
      posts.push({ url, headers: request.headers(), body: request.postDataBuffer() });
      const answer = answers[posts.length - 1] ?? 201;
      return answer === 'abort' ? route.abort() : route.fulfill({ status: answer });
    }
    if (url.pathname.startsWith('/v1/')) return route.fulfill({ contentType: 'image/svg+xml', body: IMAGE });
    const file = url.pathname.startsWith('/pages/caller/') ? url.pathname.slice('/pages/caller/'.length) : 'index.html';
    if (!existsSync(dist + file)) return route.fulfill({ status: 404 });
    return route.fulfill({ contentType: types[file.split('.').at(-1)], body: readFileSync(dist + file) });
  });
  const view = (over) => wire.send(JSON.stringify({ ...inCall, seq: seq++, now: new Date().toISOString(), view: { ...inCall.view, ...over } }));
  await page.routeWebSocket('**/v1/caller/socket', (socket) => {
    wire = socket;
    socket.onMessage((text) => {
      const said = JSON.parse(text);
      if (said.type === 'ping') socket.send(JSON.stringify({ type: 'pong', sent_at: said.sent_at, now: new Date().toISOString() }));
      if (said.type !== 'hello') return;
      server.atHello();
      view({});
    });
  });
  try {
    await page.goto(CALL);
    await until('the own picture', () => page.evaluate(() => [...document.querySelectorAll('video')].some(({ videoWidth }) => videoWidth > 0)));
    await play({
      page, posts, answers, server,
      ask: (assignment, nonce) => wire.send(JSON.stringify({ type: 'witness', assignment, nonce })),
      end: () => view({ state: 'ended', end_reason: 'completed', assignment: null }),
      settle: (ms) => page.waitForTimeout(ms),
    });
  } finally {
    await context.close();
  }
}

/** What a browser makes of the bytes. */
function shapeOf(page, body) {
  return page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
    const canvas = Object.assign(document.createElement('canvas'), { width: 16, height: 16 });
    const pen = canvas.getContext('2d');
    pen.drawImage(picture, 0, 0, 16, 16);
    const { data } = pen.getImageData(0, 0, 16, 16);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4) colours.add(`${data[at] >> 4} ${data[at + 1] >> 4} ${data[at + 2] >> 4}`);
    return { width: picture.width, height: picture.height, colours: colours.size };
  }, body.toString('base64'));
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
