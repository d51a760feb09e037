// One place where keys become actions. A screen says which keys it has while it stands; the last one wins.
// While a person types, only function keys and Escape count.

export type Keys = Readonly<Record<string, ((event: KeyboardEvent) => void) | undefined>>;

const stack: (() => Keys)[] = [];

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=radio]):not([type=checkbox]), textarea, select');
}

/** Takes a key if a screen wants it; exported for tests. */
export function press(event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const special = /^F\d+$/.test(event.key) || event.key === 'Escape';
  if (!special && typing(event.target)) return;
  // A modal dialog has the keyboard to itself; Escape closes it by the browser's own doing.
  if (document.querySelector('dialog[open]')) return;
  for (const keys of [...stack].reverse()) {
    const action = keys()[event.key];
    if (action) {
      event.preventDefault();
      // A held key does not act again and again: F2 held must not accept the next call.
      if (!event.repeat) action(event);
      return;
    }
  }
}

/** Call in a component's script: its keys hold until it leaves the screen. */
export function useKeys(keys: () => Keys): void {
  $effect(() => {
    stack.push(keys);
    return () => {
      stack.splice(stack.indexOf(keys), 1);
    };
  });
}

export function listenForKeys(): () => void {
  window.addEventListener('keydown', press);
  return () => window.removeEventListener('keydown', press);
}
