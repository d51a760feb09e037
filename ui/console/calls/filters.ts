// The filters of the search: which stand in the address, and what is asked of the server.
import type { Query } from '../data/api';
import { shiftDay, startOfDay } from '../data/format';

/** In the address. A dealer's account is the dealer's business account, not a customer's. */
export const inAddress = ['from', 'to', 'state', 'end_reason', 'decision', 'evidence', 'home', 'serving', 'dealer', 'partner', 'agent', 'payment', 'sub_type', 'sort'] as const;

/** Never in the address. */
export interface Personal {
  msisdn: string;
  external_id: string;
}

/** What the server is asked: days become moments of Vietnam's time, the last day counts whole. */
export function asked(address: URLSearchParams): Query {
  const query: Record<string, string> = {};
  for (const name of inAddress) {
    const value = address.get(name);
    if (value) query[name] = value;
  }
  if (query.from) query.from = startOfDay(query.from);
  if (query.to) query.to = startOfDay(shiftDay(query.to, 1));
  return query;
}

export function hasPersonal(personal: Personal): boolean {
  return personal.msisdn.trim() !== '' || personal.external_id.trim() !== '';
}
