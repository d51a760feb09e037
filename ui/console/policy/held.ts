// What is known now of a line of the catalogue, on a day. Timelines come with the oldest period first and hold
// what was known before, too: none of that may become the beginning of a change.
import type { PolicyCustomers, PolicyEntry } from '$generated';

/** The entry that holds for customers on a day (`YYYY-MM-DD`, both ends included), as known now. */
export function heldOn(entries: readonly PolicyEntry[], customers: PolicyCustomers, day: string): PolicyEntry | null {
  const holds = (entry: PolicyEntry): boolean =>
    entry.known_to === null && entry.customers === customers && entry.valid_from <= day && (entry.valid_to === null || day <= entry.valid_to);
  return entries.find(holds) ?? null;
}

/** What describes the line on a day: the entry of that day; in a gap the last one before, else the first after. */
export function describedOn(entries: readonly PolicyEntry[], day: string): PolicyEntry | null {
  const held = heldOn(entries, 'individual_vi2', day) ?? heldOn(entries, 'enterprise', day);
  if (held) return held;
  const known = entries.filter((entry) => entry.known_to === null).sort((a, b) => a.valid_from.localeCompare(b.valid_from));
  return known.filter((entry) => entry.valid_from <= day).at(-1) ?? known[0] ?? entries[0] ?? null;
}
