// What the pages ask of mSale's and eKYC's server side (`/sandbox/api`, played by the server) and of the public
// API. Each function is one request of the plan.

import type { CallBody, CallCreated, Case, CompanyCode, Payment, CustomerType, PolicyDecision } from '$generated';
import type { Papers } from './draw';
import { request, type Exchange } from './requests';
import type { Result } from './result';

export type Seen = (exchange: Exchange) => void;

export interface CompanyListed {
  code: CompanyCode;
  name: string;
  served_by: CompanyCode;
}

/** Whose dealer may be played; no part of the plan, so it is not shown among the requests. */
export async function listCompanies(): Promise<CompanyListed[]> {
  const sent = { step: 1, method: 'GET', path: '/sandbox/api/companies' };
  const { companies } = await request<{ companies: CompanyListed[] }>(sent, () => undefined);
  return companies;
}

/** S8–S9: eKYC asks mSale Core for the token of the dealer's company. */
export async function askToken(company: CompanyCode, step: number, seen: Seen): Promise<string> {
  const sent = { step, method: 'POST', path: '/sandbox/api/msale/token', json: { company } };
  const { token } = await request<{ token: string }>(sent, seen);
  return token;
}

/** S1: mSale asks whether this subscriber needs a call. */
export function askPolicy(
  token: string,
  what: { payment: Payment; subType: string; customerType: CustomerType },
  seen: Seen,
): Promise<PolicyDecision> {
  const query = new URLSearchParams({ payment: what.payment, customer_type: what.customerType, channel: 'msale' });
  if (what.subType !== '') query.set('sub_type', what.subType);
  return request<PolicyDecision>({ step: 1, method: 'GET', path: `/v1/policy/decision?${query}`, token }, seen);
}

/** S10: eKYC makes the call. */
export function createCall(token: string, key: string, body: Case, papers: Papers, seen: Seen): Promise<CallCreated> {
  const data = new FormData();
  data.append('case', new Blob([JSON.stringify(body)], { type: 'application/json' }));
  data.append('id_front', papers.idFront, 'id_front.jpg');
  data.append('id_back', papers.idBack, 'id_back.jpg');
  data.append('portrait', papers.portrait, 'portrait.jpg');
  const shown = {
    case: body,
    id_front: picture(papers.idFront),
    id_back: picture(papers.idBack),
    portrait: picture(papers.portrait),
  };
  const headers = { 'idempotency-key': key };
  return request({ step: 10, method: 'POST', path: '/v1/calls', token, headers, form: { data, shown } }, seen);
}

function picture(blob: Blob): string {
  return `<${blob.type}, ${Math.round(blob.size / 1024)} KiB>`;
}

export function readCall(token: string, callId: string, step: number, seen: Seen): Promise<CallBody> {
  return request({ step, method: 'GET', path: `/v1/calls/${callId}`, token }, seen);
}

export function cancelCall(token: string, callId: string, seen: Seen): Promise<unknown> {
  return request({ step: 12, method: 'POST', path: `/v1/calls/${callId}/cancel`, token }, seen);
}

/** S16: what mSale took from the webhook. */
export function readResult(callId: string, seen: Seen): Promise<Result> {
  return request({ step: 16, method: 'GET', path: `/sandbox/api/msale/results/${callId}` }, seen);
}

export function resultImage(callId: string, kind: string): string {
  return `/sandbox/api/msale/results/${callId}/images/${kind}`;
}
