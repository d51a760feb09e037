// Walks through the workstation's screens by keyboard and mouse in a headless Chromium and checks what they ask of
// the shell: `npm run walk`. Real screens, a scripted host.
import assert from 'node:assert/strict';
import { openSite } from './site.mjs';

const site = await openSite();
const at = { width: 1280, height: 800 };
const id = (name) => `[data-testid=${name}]`;
const sent = (page, type) =>
  page.evaluate((wanted) => window.drawn.host.commands.filter((one) => one.type === wanted), type);
const show = (page, scene) => page.evaluate((name) => window.drawn.host.show(window.drawn.scenes[name]), scene);
const activity = (page, value) => page.waitForSelector(`body[data-activity=${value}]`);

const walks = {
  async 'signs in, says what is missing, keeps the name after a wrong password'(page) {
    await page.click(id('sign-in'));
    assert.equal((await sent(page, 'sign_in')).length, 0);
    await page.fill(id('username'), ' khoa.tm ');
    await page.fill(id('password'), 'sai');
    await page.keyboard.press('Enter');
    await page.waitForSelector(id('sign-in-error'));
    assert.equal(await page.inputValue(id('username')), ' khoa.tm ');
    assert.equal(await page.inputValue(id('password')), '');
    await page.fill(id('password'), 'đúng');
    await page.keyboard.press('Enter');
    await page.waitForSelector(id('device-check'));
    assert.deepEqual((await sent(page, 'sign_in')).at(-1), { type: 'sign_in', username: 'khoa.tm', password: 'đúng' });
    assert.equal((await sent(page, 'check_devices')).length, 1);
    await page.click(id('device-check-done'));
    await page.waitForSelector(id('waiting'));
  },
  async 'a break needs its reason, chosen by keyboard'(page) {
    await show(page, 'waiting');
    await page.click(id('device-check-done'));
    await page.click(id('status-paused'));
    assert.equal((await sent(page, 'set_status')).length, 0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await activity(page, 'paused');
    assert.deepEqual(await sent(page, 'set_status'), [{ type: 'set_status', status: { status: 'paused', reason: 'lunch' } }]);
  },
  async 'asking for calls leaves the device check'(page) {
    await show(page, 'device-check');
    await page.click(id('status-available'));
    await page.waitForSelector(id('waiting'));
    await activity(page, 'available');
  },
  async 'a ring comes over an open window; Esc only silences; F2 accepts once'(page) {
    await show(page, 'waiting');
    await page.click(id('device-check-done'));
    await page.keyboard.press('F7');
    await page.waitForSelector(`${id('history')}[open]`);
    await show(page, 'ringing');
    await activity(page, 'ringing');
    await page.waitForSelector(`${id('history')}:not([open])`, { state: 'attached' });
    await page.keyboard.press('Escape');
    assert.equal((await sent(page, 'silence_ring')).length, 1);
    await activity(page, 'ringing');
    await page.keyboard.press('F2');
    await activity(page, 'in_call');
    assert.equal((await sent(page, 'accept')).length, 1);
    assert.equal((await sent(page, 'ring_shown')).length, 0, 'the main window never claims to be the ring window');
  },
  async 'the video is placed where the page shows it, kept in shape, and hidden after the call'(page) {
    await show(page, 'call');
    await page.waitForSelector(id('video-remote'));
    await page.waitForFunction(() => window.drawn.host.commands.some((one) => one.type === 'place_video' && one.stream === 'remote' && one.rect));
    const box = await page.locator(id('video-remote')).boundingBox();
    const { rect, holes } = (await sent(page, 'place_video')).filter((one) => one.stream === 'remote').at(-1);
    assert.ok(rect.x >= box.x && rect.y >= Math.floor(box.y) && rect.x + rect.width <= box.x + box.width + 1);
    assert.ok(Math.abs(rect.width / rect.height - 640 / 480) < 0.01);
    assert.deepEqual(holes, []);
    await page.keyboard.press('?');
    await page.waitForFunction(() => window.drawn.host.commands.at(-1).holes?.length > 0);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => window.drawn.host.commands.at(-1).holes?.length === 0);
    await show(page, 'waiting');
    await page.waitForFunction(() =>
      ['remote', 'own'].every((stream) => window.drawn.host.commands.filter((one) => one.stream === stream).at(-1).rect === null),
    );
  },
  async 'F8 alone confirms nothing; Enter in the panel does'(page) {
    await show(page, 'call');
    await page.keyboard.press('F8');
    await page.waitForSelector(id('verdict-panel'));
    await page.keyboard.press('F8');
    await page.keyboard.press('Escape');
    await page.waitForSelector(id('verdict-panel'), { state: 'detached' });
    assert.equal((await sent(page, 'verdict')).length, 0);
    await page.keyboard.press('F8');
    await page.keyboard.press('Enter');
    await page.waitForSelector(id('verdict-sealed'));
    assert.deepEqual(await sent(page, 'verdict'), [{ type: 'verdict', decision: 'confirmed', reason: null, note: null }]);
    await page.click(id('wrap-up-done'));
    assert.equal((await sent(page, 'wrap_up_done')).length, 1);
  },
  async 'a rejection needs a reason; digits choose it; the note goes along'(page) {
    await show(page, 'call');
    await page.keyboard.press('F9');
    assert.equal(await page.isDisabled(id('verdict-submit')), true);
    await page.keyboard.press('Enter');
    assert.equal((await sent(page, 'verdict')).length, 0);
    await page.keyboard.press('3');
    await page.fill(id('verdict-note'), ' Sai ngày sinh 1990 ');
    await page.click(id('verdict-submit'));
    await page.waitForSelector(id('verdict-sealed'));
    assert.deepEqual(await sent(page, 'verdict'), [
      { type: 'verdict', decision: 'rejected', reason: 'data_mismatch', note: 'Sai ngày sinh 1990' },
    ]);
  },
  async 'nothing can be decided before video was seen, and an open panel closes when the picture stops'(page) {
    await show(page, 'connecting');
    await page.waitForSelector(`${id('verdict-locked')}[data-why=video_not_seen]`);
    await page.keyboard.press('F8');
    assert.equal(await page.locator(id('verdict-panel')).count(), 0);
    await show(page, 'call');
    await page.keyboard.press('F8');
    await page.waitForSelector(id('verdict-panel'));
    await show(page, 'call-lost');
    await page.waitForSelector(id('verdict-panel'), { state: 'detached' });
    await page.keyboard.press('Enter');
    assert.equal((await sent(page, 'verdict')).length, 0);
    assert.match(await page.textContent(id('call-standing')), /Mất kết nối với khách hàng — còn 12 giây/);
  },
  async 'after another page came, ticks are gone and the agent says so before deciding'(page) {
    await show(page, 'call');
    await page.check(id('tick-face'));
    await show(page, 'call-compare-again');
    await page.waitForSelector(`${id('verdict-locked')}[data-why=compare_again]`);
    assert.equal(await page.isChecked(id('tick-face')), false);
    // Both pictures stand side by side, the prompt beside them; F6 closes and opens them again.
    await page.waitForSelector(id('compare'));
    const prompt = await page.locator(id('verdict-locked')).boundingBox();
    const paper = await page.locator(`${id('compare')} [role=group][tabindex]`).boundingBox();
    assert.ok(prompt.x >= paper.x + paper.width);
    await page.keyboard.press('F6');
    await page.waitForSelector(id('compared-again'), { state: 'detached' });
    await page.keyboard.press('F10');
    assert.equal((await sent(page, 'compared_again')).length, 0);
    await page.keyboard.press('F8');
    assert.equal(await page.locator(id('verdict-panel')).count(), 0);
    await page.click(id('compare-again-open'));
    await page.keyboard.press('F10');
    assert.equal((await sent(page, 'compared_again')).length, 1);
  },
  async 'a verdict can be given while the server is away, and the screen says what becomes of it'(page) {
    await show(page, 'call-server-lost');
    await page.waitForSelector(id('verdict-offline'));
    await page.keyboard.press('F8');
    await page.keyboard.press('Enter');
    await page.waitForSelector(id('verdict-sealed'));
    assert.equal((await sent(page, 'verdict')).length, 1);
  },
  async 'an old picture is never shown as a live one, and nothing moves under the pointer meanwhile'(page) {
    await show(page, 'call');
    const before = await page.locator(id('verdict-confirm')).boundingBox();
    for (const scene of ['call-lost', 'call-own-lost']) {
      await show(page, scene);
      await page.waitForSelector(id('still'));
      assert.equal(await page.isDisabled(id('verdict-confirm')), true);
      assert.deepEqual(await page.locator(id('verdict-confirm')).boundingBox(), before);
    }
    await show(page, 'call-server-lost');
    assert.deepEqual(await page.locator(id('verdict-confirm')).boundingBox(), before);
  },
  async 'a ring that ran out is told, until it was read'(page) {
    await show(page, 'waiting');
    await page.click(id('device-check-done'));
    await show(page, 'ringing');
    await activity(page, 'ringing');
    await page.evaluate(() => {
      const { host, scenes } = window.drawn;
      const { view } = scenes.waiting;
      host.show({ ...scenes.waiting, view: { ...view, today: { ...view.today, missed: view.today.missed + 1 } } });
    });
    await page.waitForSelector(id('ring-missed'));
    await page.click(`${id('ring-missed')} button`);
    await page.waitForSelector(id('ring-missed'), { state: 'detached' });
  },
  async 'compare: the face and the portrait stand in boxes of the same size'(page) {
    await show(page, 'call');
    await page.keyboard.press('F6');
    const live = await page.locator(id('video-remote')).boundingBox();
    const paper = await page.locator(`${id('compare')} [role=group][tabindex]`).boundingBox();
    assert.ok(Math.abs(live.width - paper.width) < 1 && Math.abs(live.height - paper.height) < 1 && live.y === paper.y);
    await page.keyboard.press('2');
    await page.waitForSelector(id('compare-id_front'));
  },
  async 'frames of the loopback socket are drawn on a canvas and acknowledged'(page) {
    await socketVideo(page, true);
  },
  async 'frames of the loopback socket are drawn in a video element and acknowledged'(page) {
    await socketVideo(page, false);
  },
  async 'a break after this call is wished for by keyboard, and given up again'(page) {
    await show(page, 'call');
    await page.focus(id('rest-wish'));
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector(id('rest-wished'));
    await activity(page, 'in_call');
    await page.click(id('rest-give-up'));
    await page.waitForSelector(id('rest-wish'));
    assert.deepEqual((await sent(page, 'set_status')).map((one) => one.status), [{ status: 'paused', reason: 'lunch' }, { status: 'available' }]);
  },
  async 'a computer that is not approved takes no calls, shows its code, and changes at the moment of the approval'(page) {
    await show(page, 'enrol-pending');
    await page.click(id('device-check-done'));
    assert.equal(await page.getAttribute(id('fingerprint'), 'data-value'), '1a2b-3c4d-5e6f-7081-92a3');
    assert.equal(await page.isDisabled(id('status-available')), true);
    assert.equal(await page.locator(id('go-available')).count(), 0);
    await show(page, 'enrol-approved');
    await page.waitForSelector(id('workstation-approved'));
    assert.equal(await page.locator(id('enrolment')).count(), 0);
    await page.click(id('go-available'));
    await page.waitForSelector(id('workstation-approved'), { state: 'detached' });
  },
  async 'a new key and a new outbox are asked for twice, and Escape is no'(page) {
    await show(page, 'enrol-revoked');
    await page.click(id('device-check-done'));
    await page.click(id('renew-key'));
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'renew-cancel');
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${id('renew-dialog')}:not([open])`, { state: 'attached' });
    assert.equal((await sent(page, 'renew_key')).length, 0);
    await page.click(id('renew-key'));
    await page.click(id('renew-do'));
    await page.waitForSelector(id('closed-stream'));
    assert.equal((await sent(page, 'renew_key')).length, 1);
    await show(page, 'outbox-damaged');
    assert.equal(await page.isDisabled(id('go-available')), true);
    await page.click(id('outbox-state'));
    await page.click(id('outbox-begin-anew'));
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${id('outbox-begin-dialog')}:not([open])`, { state: 'attached' });
    await page.waitForSelector(`${id('outbox')}[open]`);
    assert.equal((await sent(page, 'begin_new_outbox')).length, 0);
    await page.click(id('outbox-begin-anew'));
    await page.click(id('outbox-begin-do'));
    await page.waitForFunction(() => window.drawn.host.commands.some((one) => one.type === 'begin_new_outbox'));
  },
  async 'keys typed into a note decide and choose nothing'(page) {
    await show(page, 'call');
    await page.keyboard.press('F8');
    await page.click(id('verdict-note'));
    await page.keyboard.type('2?');
    assert.equal(await page.inputValue(id('verdict-note')), '2?');
    assert.equal(await page.locator(id('compare')).count(), 0);
    assert.equal(await page.locator(`${id('keys')}[open]`).count(), 0);
  },
};

/** One frame of the loopback socket, all red. */
function redFrame(width, height, seq) {
  const luma = width * height;
  const half = Math.ceil(width / 2) * Math.ceil(height / 2);
  const frame = Buffer.alloc(16 + luma + 2 * half);
  [0x43434631, width, height, seq].forEach((value, at) => frame.writeUInt32LE(value, at * 4));
  frame.fill(81, 16, 16 + luma).fill(90, 16 + luma, 16 + luma + half).fill(240, 16 + luma + half);
  return frame;
}

/** Frames over the socket, onto a canvas (WebKitGTK) or into a video element (Windows). */
async function socketVideo(page, canvas) {
  const heard = [];
  if (canvas) await page.evaluate(() => delete globalThis.MediaStreamTrackGenerator);
  await page.routeWebSocket(/^ws:\/\/127\.0\.0\.1:9\//, (socket) => {
    const stream = new URL(socket.url()).searchParams.get('stream');
    socket.onMessage((message) => {
      heard.push([stream, message]);
      if (message.startsWith('token')) socket.send(redFrame(64, 48, 7));
      if (message === '{"ack":7}' && stream === 'remote' && !heard.some((one) => one[1] === 'token-2')) socket.close();
    });
  });
  const plan = (token) =>
    page.evaluate((secret) => {
      const video = { mode: 'socket', url: 'ws://127.0.0.1:9/', token: secret };
      window.drawn.host.show({ ...window.drawn.scenes.call, video });
    }, token);
  await plan('token-1');
  const drawn = canvas ? 'canvas' : 'video';
  await page.waitForFunction(
    (tag) => {
      const element = document.querySelector(`[data-testid=video-remote] ${tag}`);
      if (!element) return false;
      const probe = document.createElement('canvas').getContext('2d');
      probe.drawImage(element, 0, 0);
      const [red, green, blue] = probe.getImageData(20, 20, 1, 1).data;
      return red > 220 && green < 40 && blue < 40;
    },
    drawn,
  );
  await plan('token-2');
  const until = Date.now() + 4_000;
  while (!heard.some((one) => one[1] === 'token-2') && Date.now() < until) await page.waitForTimeout(50);
  const remote = heard.filter((one) => one[0] === 'remote').map((one) => one[1]);
  assert.deepEqual(remote.slice(0, 2), ['token-1', '{"ack":7}'], 'token first, then an acknowledgement per drawn frame');
  assert.ok(remote.includes('token-2'), 'a closed socket is opened again with the newest token');
  assert.ok(heard.some((one) => one[0] === 'own'), 'the own picture has a socket of its own');
}

async function ringWindow() {
  const page = await site.page('ring window', { scene: 'waiting', window: 'ring', width: 460, height: 270 });
  assert.equal((await sent(page, 'ring_shown')).length, 0);
  await show(page, 'ringing');
  await page.waitForFunction(() => window.drawn.host.commands.some((one) => one.type === 'ring_shown'));
  await show(page, 'ringing');
  await page.waitForTimeout(100);
  const shown = await sent(page, 'ring_shown');
  assert.equal(shown.length, 1, 'once per offer');
  assert.equal(shown[0].offer, 1);
  await page.keyboard.press('F4');
  assert.equal((await sent(page, 'decline')).length, 1);
  await page.context().close();
}

let failed = 0;
for (const [name, walk] of [...Object.entries(walks), ['the ring window reports its offer once, after painting (I7)', ringWindow]]) {
  const page = walk === ringWindow ? null : await site.page(name, { ...at, scene: 'sign-in' });
  page?.setDefaultTimeout(5_000);
  try {
    await walk(page);
    console.log(`ok    ${name}`);
  } catch (error) {
    failed += 1;
    console.error(`FAIL  ${name}\n      ${error.message}`);
  }
  await page?.context().close();
}
await site.close();
for (const fault of site.faults) console.error(`FAULT ${fault}`);
process.exitCode = failed + site.faults.length > 0 ? 1 : 0;
