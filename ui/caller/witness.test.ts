import { describe, expect, it } from 'vitest';
import { Asks, MAX_BYTES, PATIENCE_MS, SIZES, fit, judge, outlives, tryLimitMs } from './witness';
import { WitnessSender, type WitnessPorts } from './witness-sender';

describe('which asks are answered', () => {
  it('answers each once, however often the server repeats it', () => {
    const asks = new Asks();
    expect([asks.take(1, 'aa'), asks.take(1, 'aa'), asks.take(2, 'aa'), asks.take(1, 'bb')]).toEqual([true, false, true, true]);
    expect(asks.take(1, '')).toBe(false);
  });

  it('answers again what did not arrive, and nothing that did or was refused', () => {
    const asks = new Asks();
    for (const [standing, again] of [['open', false], ['delivered', false], ['refused', false], ['failed', true]] as const) {
      asks.set(1, 'aa', standing);
      expect(asks.take(1, 'aa'), standing).toBe(again);
    }
  });

  it('remembers a bounded number', () => {
    const asks = new Asks();
    for (let n = 0; n < 100; n += 1) expect(asks.take(1, String(n))).toBe(true);
    expect(asks.take(1, '99')).toBe(false);
    expect(asks.take(1, '0')).toBe(true);
  });
});

describe('the size of the picture', () => {
  it.each([
    [{ width: 640, height: 480 }, { width: 640, height: 480 }],
    [{ width: 1920, height: 1080 }, { width: 1280, height: 720 }],
    [{ width: 1080, height: 1920 }, { width: 720, height: 1280 }],
    [{ width: 4000, height: 1 }, { width: 1280, height: 1 }],
  ])('%o becomes %o', (shape, fitted) => expect(fit(shape, 1280)).toEqual(fitted));

  it('grows smaller with every try, and never beyond the longest side', () => {
    const weight = SIZES.map(({ longest, quality }) => longest * quality);
    expect([...weight].sort((a, b) => b - a)).toEqual(weight);
    expect(Math.max(...SIZES.map(({ longest }) => longest))).toBe(1280);
  });

  it('lets only small requests outlive the page: browsers refuse others altogether', () => {
    expect([outlives(50_000), outlives(64 * 1024), outlives(MAX_BYTES)]).toEqual([true, false, false]);
  });
});

describe('when it is sent again', () => {
  it.each([[200], [201], [204], [409]])('%i is the end of it', (status) => {
    expect(judge({ status }, 1, 100)).toEqual({ what: 'done' });
  });

  it.each([[400], [401], [403], [404], [413], [415], [422]])('%i will not change by asking again', (status) => {
    expect(judge({ status }, 1, 100)).toEqual({ what: 'refused' });
  });

  it('three tries in ten seconds, and no more', () => {
    for (const outcome of ['unheard', { status: 503 }, { status: 429 }, { status: 408 }] as const) {
      expect(judge(outcome, 1, 100).what).toBe('again');
      expect(judge(outcome, 2, 4_000).what).toBe('again');
      expect(judge(outcome, 3, 5_000).what).toBe('given_up');
      expect(judge(outcome, 1, PATIENCE_MS).what).toBe('given_up');
    }
  });

  it('a first try that hangs leaves time for another', () => {
    expect(tryLimitMs(0, 0)).toBeLessThan(PATIENCE_MS);
    expect(tryLimitMs(1, 6_000)).toBe(4_000);
    expect(tryLimitMs(2, 11_000)).toBe(0);
  });
});

interface Try {
  nonce: string;
  picture: Blob;
  limitMs: number;
}

function sender(answers: (number | 'unheard' | 'hangs')[], picture: () => Blob | null = () => new Blob(['x'])) {
  let now = 0;
  const tries: Try[] = [];
  const ports: WitnessPorts = {
    frame: () => Promise.resolve(picture()),
    post: (nonce, sent, { limitMs }) => {
      tries.push({ nonce, picture: sent, limitMs });
      const answer = answers[tries.length - 1] ?? 'unheard';
      now += answer === 'hangs' ? limitMs : 50;
      return typeof answer === 'number' ? Promise.resolve({ status: answer }) : Promise.reject(new Error(answer));
    },
    now: () => now,
    pause: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
  return { sender: new WitnessSender(ports), tries, spent: () => now };
}

describe('bringing the frame to the server', () => {
  it('sends it under the nonce it was asked for, once', async () => {
    const { sender: one, tries } = sender([201]);
    expect(await one.asked(1, 'n1')).toBe('delivered');
    expect(await one.asked(1, 'n1')).toBe('repeated');
    expect(tries.map(({ nonce }) => nonce)).toEqual(['n1']);
  });

  it('gets through a server that comes back at the third try', async () => {
    const { sender: one, tries } = sender(['unheard', 503, 201]);
    expect(await one.asked(1, 'n1')).toBe('delivered');
    expect(tries).toHaveLength(3);
  });

  it('never takes longer than its patience, even when every try hangs', async () => {
    const { sender: one, tries, spent } = sender(['hangs', 'hangs', 'hangs', 'hangs']);
    expect(await one.asked(1, 'n1')).toBe('given_up');
    expect(tries.length).toBeGreaterThan(1);
    expect(spent()).toBeLessThanOrEqual(PATIENCE_MS);
  });

  it('does not press a server that has said no', async () => {
    const { sender: one, tries } = sender([403, 201]);
    expect(await one.asked(1, 'n1')).toBe('refused');
    expect(await one.asked(1, 'n1')).toBe('repeated');
    expect(tries).toHaveLength(1);
  });

  it('asked again on a new socket, brings the picture of the first time', async () => {
    const { sender: one, tries } = sender(['unheard', 'unheard', 'unheard', 201]);
    expect(await one.asked(1, 'n1')).toBe('given_up');
    expect(await one.asked(1, 'n1')).toBe('delivered');
    expect(tries).toHaveLength(4);
    expect(tries[3]?.picture).toBe(tries[0]?.picture);
  });

  it('sends nothing without a picture', async () => {
    const { sender: one, tries } = sender([201], () => null);
    expect(await one.asked(1, 'n1')).toBe('no_picture');
    expect(tries).toEqual([]);
  });
});
