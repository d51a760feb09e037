// Knowing that what was just put into the page has been painted: the second frame after it. A hidden window gets no
// frames.

type Frames = Pick<Window, 'requestAnimationFrame' | 'cancelAnimationFrame'>;

/** Calls back once it is painted, however long that takes: a hidden window waits until it is shown. */
export function afterPaint(done: () => void, frames: Frames = window): () => void {
  let handle = frames.requestAnimationFrame(() => {
    handle = frames.requestAnimationFrame(done);
  });
  return () => frames.cancelAnimationFrame(handle);
}

const LONGEST_MS = 250;

/** Resolves once it is painted, or after a quarter of a second where nothing is painted. */
export function painted(frames: Frames = window): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, LONGEST_MS);
    afterPaint(() => {
      clearTimeout(timer);
      done();
    }, frames);
  });
}
