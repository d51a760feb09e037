// What was just done, said once at the foot of the page and by screen readers.
class Said {
  words = $state('');
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(words: string): void {
    this.words = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.words = ''), 6_000);
  }
}

export const said = new Said();
