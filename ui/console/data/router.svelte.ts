// Which screen is open stands in the address (`/console/calls?state=waiting`), so that it can be kept, sent and gone back
// to. Nothing that identifies a customer is ever put there.
import { tick } from 'svelte';
import { queryString, type Query } from './api';

export const ROOT = '/console/';

class Router {
  #path = $state('');
  #search = $state('');
  /** Counts moves to another screen (not changes of filters); the focus then goes to the new screen's title. */
  moves = $state(0);

  constructor() {
    if (typeof location === 'undefined') return;
    this.#read();
    addEventListener('popstate', () => {
      const before = this.#path;
      this.#read();
      if (before !== this.#path) this.#moved();
    });
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** Parts of the path below `/console/`: `['calls', ID]`. */
  get parts(): readonly string[] {
    return this.#path.split('/').filter((part) => part !== '').map(decodeURIComponent);
  }

  get area(): string {
    return this.parts[0] ?? '';
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#search);
  }

  /** A filter of the address, '' when it is not set. */
  get(name: string): string {
    return this.query.get(name) ?? '';
  }

  /** Another screen. */
  go(path: string, query: Query = {}): void {
    history.pushState(null, '', link(path, query));
    this.#read();
    this.#moved();
  }

  /** Filters of this screen; the others stay. Nothing is added to the browser's history. */
  set(changes: Query): void {
    const query = this.query;
    for (const [name, value] of Object.entries(changes)) {
      query.delete(name);
      if (value === null || value === undefined || value === '') continue;
      if (typeof value === 'object') value.forEach((one) => query.append(name, one));
      else query.set(name, String(value));
    }
    const search = query.toString();
    history.replaceState(null, '', `${ROOT}${this.#path}${search ? `?${search}` : ''}`);
    this.#search = search;
  }

  #read(): void {
    this.#path = location.pathname.startsWith(ROOT) ? location.pathname.slice(ROOT.length) : '';
    this.#search = location.search.slice(1);
  }

  #moved(): void {
    this.moves += 1;
    scrollTo(0, 0);
    void tick();
  }

  /** Links inside the console change the screen without loading the page anew. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const anchor = (event.target as Element | null)?.closest('a');
    if (!anchor || anchor.target !== '' || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
    if (!anchor.pathname.startsWith(ROOT) || anchor.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    history.pushState(null, '', anchor.href);
    this.#read();
    this.#moved();
  }
}

/** The address of a screen. */
export function link(path: string, query: Query = {}): string {
  const search = queryString(query);
  return `${ROOT}${path}${search ? `?${search}` : ''}`;
}

export const router = new Router();
