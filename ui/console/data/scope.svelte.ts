// Which companies somebody sees: for filters. Read once; from the wallboard, which every role may see.
import type { CompanyCode, Wallboard } from '$generated';
import { console as t } from '$design/text/console';
import { api } from './api';
import { session } from './session.svelte';

class Scope {
  codes = $state.raw<readonly CompanyCode[]>([]);
  #asked = false;

  /** Options of a select, with «all» first. */
  get options(): readonly { value: string; text: string }[] {
    this.#ask();
    return [{ value: '', text: t.all }, ...this.codes.map((code) => ({ value: code, text: t.companyIs(code) }))];
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    const own = session.me?.companies;
    if (own) {
      queueMicrotask(() => (this.codes = own));
      return;
    }
    const take = (board: Wallboard): void => {
      const codes = new Set(board.pools.flatMap((pool) => [pool.company, ...pool.homes]));
      this.codes = [...codes].sort((a, b) => a.localeCompare(b, 'vi', { numeric: true }));
    };
    // Without the list one still filters by everything else.
    void api.get<Wallboard>('/wallboard').then(take, () => (this.#asked = false));
  }
}

export const scope = new Scope();
