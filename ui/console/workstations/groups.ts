/** A fingerprint in the groups in which it is read aloud; already grouped ones stay as they are. */
export function groups(fingerprint: string): readonly string[] {
  const parts = fingerprint.split(/[\s:-]+/).filter((part) => part !== '');
  return parts.length > 1 ? parts : (fingerprint.match(/.{1,4}/g) ?? []);
}

/** Whether the group that was typed is the last one, however it is written. */
export function isLast(fingerprint: string, typed: string): boolean {
  const last = groups(fingerprint).at(-1) ?? '';
  return last !== '' && last.toLowerCase() === typed.trim().toLowerCase();
}
