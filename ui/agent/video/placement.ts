// Watches where an element lies and what lies over it, and says so whenever it changes: on layout, scroll, resize,
// and when anything marked `data-over-video` comes or goes. At most once per frame, and only what is new.
import type { CssRect } from '$generated';
import { fit, place, samePlace, type Placed } from './place';

export interface Wanted {
  visible: boolean;
  /** Size of the picture, 0 while unknown: the element is filled then. */
  width: number;
  height: number;
}

function rectOf(element: Element): CssRect {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y, width, height };
}

function scrolls(element: Element): boolean {
  const { overflowX, overflowY } = getComputedStyle(element);
  return overflowX !== 'visible' || overflowY !== 'visible';
}

function framesOf(element: Element): CssRect[] {
  const frames: CssRect[] = [{ x: 0, y: 0, width: window.innerWidth, height: window.innerHeight }];
  for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
    if (scrolls(up)) frames.push(rectOf(up));
  }
  return frames;
}

function measure(element: Element, wanted: Wanted): Placed | null {
  if (!wanted.visible) return null;
  const covers = [...document.querySelectorAll('[data-over-video]')].map(rectOf);
  return place(fit(rectOf(element), wanted.width, wanted.height), framesOf(element), covers);
}

/** `tell` answers whether the shell has taken it; what was not taken is told again at the next look. */
export function watchPlacement(
  element: Element,
  wanted: () => Wanted,
  tell: (placed: Placed | null) => Promise<boolean>,
): { look: () => void; stop: () => void } {
  let told: Placed | null = null;
  let frame = 0;
  const now = (): void => {
    frame = 0;
    const placed = measure(element, wanted());
    if (samePlace(placed, told)) return;
    told = placed;
    void tell(placed).then((taken) => {
      if (!taken && samePlace(placed, told)) told = null;
    });
  };
  const look = (): void => {
    if (frame === 0) frame = requestAnimationFrame(now);
  };
  const size = new ResizeObserver(look);
  size.observe(element);
  const page = new MutationObserver(look);
  page.observe(document.body, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ['class', 'style', 'open', 'hidden'],
  });
  window.addEventListener('resize', look);
  document.addEventListener('scroll', look, { capture: true, passive: true });
  look();
  return {
    look,
    stop() {
      cancelAnimationFrame(frame);
      size.disconnect();
      page.disconnect();
      window.removeEventListener('resize', look);
      document.removeEventListener('scroll', look, { capture: true });
      void tell(null);
    },
  };
}
