// The form of S1 and the case that eKYC makes of it (S10).

import type { BiometricMatch, Case, Consent } from '$generated';
import type { Sample } from './samples';

export type Form = Pick<
  Sample,
  | 'fullName'
  | 'dateOfBirth'
  | 'idKind'
  | 'idNumber'
  | 'idIssuedOn'
  | 'address'
  | 'msisdn'
  | 'payment'
  | 'subType'
  | 'customerType'
> & { company: string };

export type FormField = keyof Form;

export const emptyForm: Form = {
  company: '1',
  fullName: '',
  dateOfBirth: '',
  idKind: 'cccd',
  idNumber: '',
  idIssuedOn: '',
  address: '',
  msisdn: '',
  payment: 'prepaid',
  subType: 'MC',
  customerType: 'individual',
};

export function fill(sample: Sample, company: string): Form {
  const { id: _id, card: _card, portrait: _portrait, ...data } = sample;
  return { ...data, company };
}

/** Fields that mSale itself would not take; the server checks again and more. */
export function faults(form: Form): FormField[] {
  const found: FormField[] = [];
  if (form.fullName.trim() === '') found.push('fullName');
  if (!/^\+?\d{9,15}$/.test(form.msisdn)) found.push('msisdn');
  if (!/^[0-9A-Za-z]{6,20}$/.test(form.idNumber)) found.push('idNumber');
  for (const field of ['dateOfBirth', 'idIssuedOn'] as const) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(form[field])) found.push(field);
  }
  if (form.payment === 'prepaid' && form.subType === '') found.push('subType');
  return found;
}

export interface CaseParts {
  externalId: string;
  dealer: { account: string; name: string };
  match: BiometricMatch | null;
  consent: Consent | null;
}

export function caseOf(form: Form, { externalId, dealer, match, consent }: CaseParts): Case {
  return {
    external_id: externalId,
    dealer,
    subscriber: {
      msisdn: form.msisdn,
      payment: form.payment,
      ...(form.subType === '' ? {} : { sub_type: form.subType }),
      customer_type: form.customerType,
    },
    customer: {
      full_name: form.fullName.trim(),
      date_of_birth: form.dateOfBirth,
      id_kind: form.idKind,
      id_number: form.idNumber,
      id_issued_on: form.idIssuedOn,
      ...(form.address.trim() === '' ? {} : { address: form.address.trim() }),
    },
    ...(consent ? { consent } : {}),
    ...(match ? { biometric_match: match } : {}),
  };
}
