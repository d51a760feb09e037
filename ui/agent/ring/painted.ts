// Calls back once what was just put into the page has been painted: the second frame after it. A hidden window
// gets no frames, so this waits until the window is really shown. Returns the way to give up.
export function afterPaint(done: () => void, frames: Pick<Window, 'requestAnimationFrame' | 'cancelAnimationFrame'> = window): () => void {
  let handle = frames.requestAnimationFrame(() => {
    handle = frames.requestAnimationFrame(done);
  });
  return () => frames.cancelAnimationFrame(handle);
}
