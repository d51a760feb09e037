// Requests to the console's API. Every answer that is not a success becomes a `Failure`, which screens put into words
// with `sentence`. The session cookie goes along by itself; what changes something carries a header no form can send.
import { errorSentence, say, type Text } from '$design';
import { workErrors } from '$design/text/work-errors';
import type { FieldError, Problem } from '$generated';

const BASE = '/v1/console';

/** What a query may hold; empty values are left out, lists are repeated. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export interface Options {
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is, such as a CSV file. */
  body?: Blob | string;
  contentType?: string;
  signal?: AbortSignal;
}

/** A request that did not succeed; `status` 0: no answer at all. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly fields: readonly FieldError[] = [],
    readonly retryAfterS: number | null = null,
  ) {
    super(code);
  }
}

type Listener = (failure: Failure) => void;
let onSignedOut: Listener = () => undefined;

/** Who is told when the server no longer knows the session. */
export function whenSignedOut(listener: Listener): void {
  onSignedOut = listener;
}

/** The address of something to download or to show; the cookie goes along. */
export function address(path: string, query: Query = {}): string {
  const search = queryString(query);
  return `${BASE}${path}${search ? `?${search}` : ''}`;
}

export function queryString(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'object') value.forEach((one) => search.append(name, one));
    else search.set(name, String(value));
  }
  return search.toString();
}

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> => request<T>('GET', path, { query, signal }),
  post: <T>(path: string, json?: unknown, query?: Query): Promise<T> => request<T>('POST', path, { json: json ?? {}, query }),
  put: <T>(path: string, json: unknown, query?: Query): Promise<T> => request<T>('PUT', path, { json, query }),
  patch: <T>(path: string, json: unknown): Promise<T> => request<T>('PATCH', path, { json }),
  delete: <T>(path: string, json?: unknown): Promise<T> => request<T>('DELETE', path, { json }),
  /** A CSV file in the body. */
  csv: <T>(path: string, file: Blob | string, query?: Query): Promise<T> =>
    request<T>('POST', path, { body: file, contentType: 'text/csv; charset=utf-8', query }),
};

export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-chinhchu-console'] = '1';
  let body: BodyInit | undefined;
  if (options.json !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(options.json);
  } else if (options.body !== undefined) {
    headers['content-type'] = options.contentType ?? 'application/octet-stream';
    body = options.body;
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), { method, headers, body, signal: options.signal, credentials: 'same-origin' });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new Failure(0, 'unreachable');
  }
  if (response.ok) {
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  throw await failed(response, path);
}

async function failed(response: Response, path: string): Promise<Failure> {
  const seconds = Number(response.headers.get('retry-after'));
  let failure = new Failure(response.status, response.status >= 500 ? 'unavailable' : 'internal');
  try {
    const problem = (await response.json()) as Problem;
    if (typeof problem.code === 'string') {
      const wait = Number.isFinite(seconds) && seconds > 0 ? seconds : null;
      failure = new Failure(response.status, problem.code, problem.errors ?? [], wait);
    }
  } catch {
    // A proxy's page instead of ours: the status says enough.
  }
  const lost = response.status === 401 && !path.startsWith('/session');
  if (lost) onSignedOut(failure);
  return failure;
}

const own: Readonly<Record<string, Text>> = {
  ...workErrors,
  unreachable: [
    'Không kết nối được máy chủ. Kiểm tra mạng rồi thử lại.',
    'The server cannot be reached. Check the network and try again.',
  ],
  token_missing: ['Phiên đăng nhập đã hết. Vui lòng đăng nhập lại.', 'The session is over. Sign in again.'],
  token_expired: ['Phiên đăng nhập đã hết. Vui lòng đăng nhập lại.', 'The session is over. Sign in again.'],
  call_not_found: [
    'Không tìm thấy cuộc gọi, hoặc cuộc gọi không thuộc phạm vi của anh/chị.',
    'No such call, or it is not among those you may see.',
  ],
  sign_in_failed: ['Tên đăng nhập hoặc mật khẩu không đúng.', 'User name or password is wrong.'],
};

/** What happened and what to do, in the language chosen. */
export function sentence(failure: unknown): string {
  const code = failure instanceof Failure ? failure.code : 'internal';
  const words = errorSentence(code, own);
  const wait = failure instanceof Failure ? failure.retryAfterS : null;
  if (wait === null) return words;
  return `${words} ${say([`Thử lại sau ${wait} giây.`, `Try again in ${wait} s.`])}`;
}

/** The fault of one field, as a code, if the failure names it (`field` or the end of a path). */
export function faultOf(failure: unknown, field: string): string | null {
  if (!(failure instanceof Failure)) return null;
  const found = failure.fields.find((fault) => fault.field === field || fault.field.endsWith(`.${field}`));
  return found?.code ?? null;
}

/** Asks for a file and hands it to the browser to keep. */
export async function download(path: string, json: unknown, name: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-chinhchu-console': '1' };
  let response: Response;
  try {
    response = await fetch(address(path), { method: 'POST', headers, body: JSON.stringify(json), credentials: 'same-origin' });
  } catch {
    throw new Failure(0, 'unreachable');
  }
  if (!response.ok) throw await failed(response, path);
  keep(await response.blob(), name);
}

/** Hands something made here to the browser to keep. */
export function keep(what: Blob, name: string): void {
  const url = URL.createObjectURL(what);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
