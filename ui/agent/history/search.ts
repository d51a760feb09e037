// Searching today's verdicts: every word must occur somewhere in the row, accents and case do not count.

export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase();
}

export function matches(row: readonly string[], query: string): boolean {
  const hay = plain(row.join(' '));
  return plain(query)
    .split(/\s+/)
    .filter((word) => word !== '')
    .every((word) => hay.includes(word));
}

/** The end of a call's id tells calls apart; its beginning is the time. */
export function shortId(id: string): string {
  return id.slice(-12);
}
