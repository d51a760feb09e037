// The customer's data as a short list to tick off (N4). Pure; words from the catalogue.
import { say, words } from '$design';
import { agent as t } from '$design/text/agent';
import type { Case } from '$generated';
import { asDay } from '../time/reckon';

export interface FieldRow {
  key: 'full_name' | 'birth' | 'id_number' | 'issued' | 'address' | 'face';
  label: string;
  value: string;
}

export function fieldRows(of: Case): FieldRow[] {
  const { customer } = of;
  const rows: FieldRow[] = [
    { key: 'face', label: t.faceLive, value: '' },
    { key: 'full_name', label: t.fullName, value: customer.full_name },
    { key: 'birth', label: t.birth, value: asDay(customer.date_of_birth) },
    { key: 'id_number', label: t.idNumber(say(words.idKind[customer.id_kind])), value: grouped(customer.id_number) },
    { key: 'issued', label: t.issued, value: asDay(customer.id_issued_on) },
  ];
  if (customer.address) rows.push({ key: 'address', label: t.address, value: customer.address });
  return rows;
}

/** Twelve digits of a CCCD in threes, as people read them out; anything else as it is. */
export function grouped(number: string): string {
  return /^\d{12}$/.test(number) ? number.replace(/(\d{3})(?=\d)/g, '$1 ') : number;
}

/** `0901234567` → `0901 234 567`. */
export function phoneNumber(msisdn: string): string {
  return /^0\d{9}$/.test(msisdn) ? `${msisdn.slice(0, 4)} ${msisdn.slice(4, 7)} ${msisdn.slice(7)}` : msisdn;
}
