// People who do not exist: their data and how they are drawn. Numbers are chosen so that nobody has them.

import type { CustomerType, IdKind, Payment } from '$generated';

export interface Face {
  skin: string;
  hair: string;
  style: 'long' | 'short' | 'bun';
  glasses: boolean;
  shirt: string;
  brows: number;
}

export interface Sample {
  id: string;
  fullName: string;
  dateOfBirth: string;
  idKind: IdKind;
  idNumber: string;
  idIssuedOn: string;
  address: string;
  msisdn: string;
  payment: Payment;
  subType: string;
  customerType: CustomerType;
  /** The face on the ID card. */
  card: Face;
  /** The face on the portrait; another one where the sample shows a mismatch. */
  portrait: Face;
}

const lan: Face = { skin: '#f0cda8', hair: '#2b211c', style: 'long', glasses: false, shirt: '#b5485d', brows: 0 };
const thu: Face = { skin: '#d9ab7f', hair: '#1d1a18', style: 'short', glasses: true, shirt: '#3f6a94', brows: 2 };
const vi: Face = { skin: '#e6bd93', hair: '#6b6661', style: 'bun', glasses: false, shirt: '#5d7d4b', brows: 1 };
const other: Face = { skin: '#c99a6f', hair: '#3a2c22', style: 'short', glasses: false, shirt: '#7a5aa0', brows: 3 };

export const samples: readonly Sample[] = [
  {
    id: 'mau',
    fullName: 'Nguyễn Thị Mẫu',
    dateOfBirth: '1990-05-17',
    idKind: 'cccd',
    idNumber: '000190000001',
    idIssuedOn: '2021-08-02',
    address: 'Số 1, đường Mẫu, phường Ví Dụ',
    msisdn: '0900000001',
    payment: 'prepaid',
    subType: 'MC',
    customerType: 'individual',
    card: lan,
    portrait: lan,
  },
  {
    id: 'thu',
    fullName: 'Trần Văn Thử',
    dateOfBirth: '1984-11-30',
    idKind: 'can_cuoc',
    idNumber: '000084000002',
    idIssuedOn: '2024-07-15',
    address: 'Số 2, đường Thử, xã Ví Dụ',
    msisdn: '0900000002',
    payment: 'prepaid',
    subType: 'FDZ',
    customerType: 'enterprise',
    card: thu,
    portrait: thu,
  },
  {
    id: 'vidu',
    fullName: 'Lê Thị Ví Dụ',
    dateOfBirth: '1961-02-09',
    idKind: 'cccd',
    idNumber: '000161000003',
    idIssuedOn: '2022-03-21',
    address: 'Số 3, đường Ví Dụ, phường Mẫu',
    msisdn: '0900000003',
    payment: 'postpaid',
    subType: '',
    customerType: 'individual',
    card: vi,
    portrait: vi,
  },
  {
    id: 'khac',
    fullName: 'Phạm Văn Khác',
    dateOfBirth: '1995-09-12',
    idKind: 'cccd',
    idNumber: '000095000004',
    idIssuedOn: '2021-12-01',
    address: 'Số 4, đường Khác, xã Mẫu',
    msisdn: '0900000004',
    payment: 'prepaid',
    subType: 'MQ',
    customerType: 'individual',
    card: thu,
    portrait: other,
  },
];

/** Subscriber types offered in the form; the server's catalogue decides. */
export const subTypes = ['MC', 'MQ', 'ZP', 'FDZ', 'FCE', 'HTD', 'SOF', ''] as const;
