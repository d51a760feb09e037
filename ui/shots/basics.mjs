// What every screen owes to people who do not see well or use no mouse, checked on the page as it stands: names of
// controls and pictures, contrast of text, headings, targets big enough for a thumb. Runs inside the page.

/** Faults in words; `thumb`: the screen is for fingers. */
export function basics(thumb) {
  const faults = [];
  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === 'visible' && !element.closest('[aria-hidden=true], .visually-hidden, [inert]');
  };
  const what = (element) => `<${element.tagName.toLowerCase()} ${element.dataset.testid ?? element.className ?? ''}> ${(element.textContent ?? '').trim().slice(0, 30)}`;
  const named = (element) =>
    (element.getAttribute('aria-label') ?? '') !== '' ||
    [...(element.getAttribute('aria-labelledby') ?? '').split(' ')].some((id) => id && document.getElementById(id)) ||
    (element.labels?.length ?? 0) > 0 ||
    (element.textContent ?? '').trim() !== '' ||
    (element.title ?? '') !== '';
  for (const element of document.querySelectorAll('button, a[href], input, select, textarea, video, meter, [role=button], [role=img], dialog[open]')) {
    if (shown(element) && !named(element)) faults.push(`has no name: ${what(element)}`);
    const box = element.getBoundingClientRect();
    if (thumb && element.matches('button') && shown(element) && (box.height < 32 || box.width < 32)) faults.push(`too small for a thumb: ${what(element)}`);
    if (element.matches('button, input, select, textarea') && shown(element) && !element.disabled && element.tabIndex < 0 && element.getAttribute('role') !== 'menuitem') faults.push(`not reached by keyboard: ${what(element)}`);
  }
  for (const image of document.querySelectorAll('img')) if (shown(image) && !image.hasAttribute('alt')) faults.push(`picture without words: ${image.src.slice(0, 40)}`);
  if ((document.documentElement.lang ?? '') === '') faults.push('the page has no language');

  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const over = (top, under) => {
    const a = top[3] ?? 1;
    return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a));
  };
  const light = ([r, g, b]) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    const layers = [];
    for (let up = element; up; up = up.parentElement) {
      const style = getComputedStyle(up);
      // Over a picture or a gradient nobody can say.
      if (style.backgroundImage !== 'none') return null;
      const color = parse(style.backgroundColor);
      if ((color[3] ?? 1) > 0) layers.push(color);
      if ((color[3] ?? 1) === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element || seen.has(element) || (walker.currentNode.textContent ?? '').trim() === '' || !shown(element) || element.closest(':disabled, option')) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const under = ground(element);
    if (!under) continue;
    let opacity = 1;
    for (let up = element; up; up = up.parentElement) opacity *= Number(getComputedStyle(up).opacity);
    const ink = parse(style.color);
    const top = over([...ink.slice(0, 3), (ink[3] ?? 1) * opacity], under);
    const [one, other] = [light(top), light(under)].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 600);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(1)}: ${what(element)}`);
  }
  return faults;
}
