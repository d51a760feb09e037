// A server played for pictures: each area has a file with its answers, `'METHOD /path/:id': (given) => body`.
import { areas } from './answers/index.mjs';
import { meAs } from './answers/people.mjs';
import { HANG, Problem, STREAM } from './kinds.mjs';

export class Played {
  constructor({ as = 'administrator', over = {} }) {
    this.me = meAs(as);
    this.over = over;
  }

  answer(request, url, response) {
    const path = url.pathname.slice('/v1/console'.length);
    const found = this.#find(`${request.method} ${path}`);
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      if (!found) return problem(response, new Problem(404, 'not_found'), path);
      const text = Buffer.concat(chunks).toString('utf8');
      const given = { params: found.params, query: url.searchParams, text, json: () => JSON.parse(text), me: this.me, response };
      const body = found.how(given);
      if (body === STREAM) return undefined;
      if (body === HANG) return undefined;
      if (body instanceof Problem) return problem(response, body, path);
      if (body?.svg) return response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(body.svg);
      return response.writeHead(200, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
    });
  }

  #find(wanted) {
    for (const table of [this.over, ...areas]) {
      for (const [key, how] of Object.entries(table)) {
        const params = matched(key, wanted);
        if (params) return { how: typeof how === 'function' ? how : () => how, params };
      }
    }
    return null;
  }
}

function matched(key, wanted) {
  const [one, other] = [key.split(/[ /]+/), wanted.split(/[ /]+/)];
  if (one.length !== other.length) return null;
  const params = {};
  for (let at = 0; at < one.length; at += 1) {
    if (one[at].startsWith(':')) params[one[at].slice(1)] = decodeURIComponent(other[at]);
    else if (one[at] !== other[at]) return null;
  }
  return params;
}

function problem(response, what, path) {
  if (what.code === 'not_found') console.error(`nothing is played for ${path}`);
  const body = { type: `/docs/errors#${what.code}`, title: what.code, status: what.status, code: what.code, detail: '', errors: what.errors };
  response.writeHead(what.status, { 'content-type': 'application/problem+json', ...(what.status === 429 ? { 'retry-after': '30' } : {}) }).end(JSON.stringify(body));
}
