// What differs between two texts, word by word: for a look before new words go out.

export interface Piece {
  is: 'same' | 'out' | 'in';
  text: string;
}

/** Longest texts have 4,000 characters, so the table stays below a million cells or so. */
export function diff(before: string, after: string): Piece[] {
  const [one, other] = [words(before), words(after)];
  const table = common(one, other);
  const pieces: Piece[] = [];
  const put = (is: Piece['is'], text: string): void => {
    const last = pieces.at(-1);
    if (last?.is === is) last.text += text;
    else pieces.push({ is, text });
  };
  let [a, b] = [0, 0];
  while (a < one.length || b < other.length) {
    const [left, right] = [one[a], other[b]];
    if (left !== undefined && left === right) {
      put('same', left);
      [a, b] = [a + 1, b + 1];
    } else if (left !== undefined && (right === undefined || at(table, a + 1, b) >= at(table, a, b + 1))) {
      put('out', left);
      a += 1;
    } else {
      put('in', right ?? '');
      b += 1;
    }
  }
  return pieces;
}

/** Words, each with the space after it, so that words that follow each other are told together. */
function words(text: string): string[] {
  return text.match(/^\s+|\S+\s*/g) ?? [];
}

const at = (table: readonly Uint16Array[], a: number, b: number): number => table[a]?.[b] ?? 0;

/** `[a][b]`: how many words the rests from there have in common, in order. */
function common(one: readonly string[], other: readonly string[]): Uint16Array[] {
  const table = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let a = one.length - 1; a >= 0; a -= 1) {
    for (let b = other.length - 1; b >= 0; b -= 1) {
      const row = table[a];
      if (row) row[b] = one[a] === other[b] ? at(table, a + 1, b + 1) + 1 : Math.max(at(table, a + 1, b), at(table, a, b + 1));
    }
  }
  return table;
}
