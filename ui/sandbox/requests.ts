// Every request the sandbox makes, with its answer, so that integrators see what goes over the wire. Secrets and
// long values are shortened for the eye; nothing is left out.

import type { Problem } from '$generated';

export interface Exchange {
  id: number;
  /** Step of the plan that it belongs to. */
  step: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** JSON, or a list of the parts of a multipart body. */
  body: unknown;
  status: number | null;
  answer: unknown;
  ms: number | null;
}

/** A refusal of the server, or no answer at all (`code` null). */
export class RequestError extends Error {
  constructor(
    readonly code: string | null,
    readonly problem: Problem | null,
  ) {
    super(code ?? 'unreachable');
  }
}

export interface Sent {
  step: number;
  method: string;
  path: string;
  token?: string;
  headers?: Record<string, string>;
  json?: unknown;
  form?: { data: FormData; shown: unknown };
  signal?: AbortSignal;
}

let count = 0;

/** Sends, and tells `seen` before and after. Rejects with a [`RequestError`]. */
export async function request<T>(sent: Sent, seen: (exchange: Exchange) => void): Promise<T> {
  const headers: Record<string, string> = { ...sent.headers };
  if (sent.token) headers.authorization = `Bearer ${sent.token}`;
  if (sent.json !== undefined) headers['content-type'] = 'application/json';
  const { step, method, path } = sent;
  const body = sent.form?.shown ?? sent.json ?? null;
  count += 1;
  const exchange: Exchange = { id: count, step, method, path, headers, body, status: null, answer: null, ms: null };
  seen(exchange);
  const started = performance.now();
  const init: RequestInit = { method, headers, signal: sent.signal ?? null };
  if (sent.form) init.body = sent.form.data;
  else if (sent.json !== undefined) init.body = JSON.stringify(sent.json);
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(path, init);
    status = response.status;
    answer = parse(await response.text());
  } catch {
    seen({ ...exchange, status: 0, ms: performance.now() - started });
    throw new RequestError(null, null);
  }
  seen({ ...exchange, status, answer, ms: performance.now() - started });
  if (status >= 400) {
    const problem = typeof answer === 'object' && answer !== null && 'code' in answer ? (answer as Problem) : null;
    throw new RequestError(problem?.code ?? 'internal', problem);
  }
  return answer as T;
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const SECRETS = /token|secret|credential|authorization|call_screen_url/i;

/** A copy for the eye: secrets cut after their beginning, long texts in the middle, long lists at their end. */
export function shorten(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return shortenText(value, key);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 6).map((one) => shorten(one, key));
    return value.length > 6 ? [...shown, `… (${value.length})`] : shown;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shorten(one, name)]));
  }
  return value;
}

function shortenText(text: string, key: string): string {
  if (SECRETS.test(key)) {
    const hash = text.indexOf('#');
    if (hash >= 0) return `${text.slice(0, hash + 7)}…`;
    const scheme = /^Bearer /.exec(text)?.[0] ?? '';
    return `${scheme}${text.slice(scheme.length, scheme.length + 8)}…`;
  }
  return text.length > 60 ? `${text.slice(0, 40)}…${text.slice(-8)}` : text;
}
