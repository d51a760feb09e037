// Shares of partners as they are typed (a weight each) and as they are sent. The empty name stands for own staff.

export interface TypedShare {
  partner: string;
  own: boolean;
  weight: string;
}

/** As the server checks them. */
export const MOST_PARTNERS = 64;
const MOST_WEIGHT = 1_000;
const LONGEST = 128;

export function typedShares(shares: Readonly<Record<string, number | undefined>>): TypedShare[] {
  const rows = Object.entries(shares).map(([partner, weight]) => ({ partner, own: partner === '', weight: String(weight) }));
  return rows.sort((a, b) => Number(b.own) - Number(a.own) || a.partner.localeCompare(b.partner, 'vi'));
}

const nameOf = (row: TypedShare): string => (row.own ? '' : row.partner.trim());

export function weightOf(row: TypedShare): number | null {
  const text = row.weight.trim();
  const weight = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return weight >= 1 && weight <= MOST_WEIGHT ? weight : null;
}

/** What is wrong with a row: codes as the server's. */
export function shareFaults(rows: readonly TypedShare[], n: number): { partner: string | null; weight: string | null } {
  const row = rows[n];
  if (!row) return { partner: null, weight: null };
  const name = nameOf(row);
  const partner =
    !row.own && name === '' ? 'missing'
    : [...name].length > LONGEST ? 'too_long'
    : rows.slice(0, n).some((other) => nameOf(other) === name) ? 'repeated'
    : null;
  return { partner, weight: weightOf(row) === null ? 'out_of_range' : null };
}

/** What is sent; null while a row is faulty. */
export function sharesOf(rows: readonly TypedShare[]): Record<string, number> | null {
  const shares: [string, number][] = [];
  for (const [n, row] of rows.entries()) {
    const [faults, weight] = [shareFaults(rows, n), weightOf(row)];
    if (faults.partner !== null || weight === null) return null;
    shares.push([nameOf(row), weight]);
  }
  return Object.fromEntries(shares.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The part of the calls that a row is owed, 0 to 1; null while it cannot be told. */
export function partOf(rows: readonly TypedShare[], n: number): number | null {
  const weights = rows.map(weightOf);
  const own = weights[n];
  if (own === null || own === undefined || weights.includes(null)) return null;
  return own / weights.reduce<number>((sum, weight) => sum + (weight ?? 0), 0);
}
