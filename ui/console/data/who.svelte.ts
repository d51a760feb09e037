// Who did something, as the server writes it (`person:<id>`, `cli:root`, `service:msale`, `server`), in words. Names of
// people are read once, by who may read them; to others a person is the beginning of an id.
import type { PersonListed } from '$generated';
import { say, type Text } from '$design';
import { api } from './api';
import { session } from './session.svelte';

const kinds: Readonly<Record<string, (name: string) => Text>> = {
  cli: (name) => [`dòng lệnh (${name})`, `command line (${name})`],
  service: (name) => [`hệ thống ${name}`, `system ${name}`],
  agent: (name) => [`nhân viên ${name.slice(0, 8)}…`, `agent ${name.slice(0, 8)}…`],
  person: (name) => [`người dùng ${name.slice(0, 8)}…`, `person ${name.slice(0, 8)}…`],
};
const alone: Readonly<Record<string, Text>> = {
  server: ['máy chủ', 'the server'],
  installation: ['cài đặt ban đầu', 'the installation'],
  call_token: ['mã cuộc gọi', 'a call’s token'],
};

class Who {
  #names = $state.raw<ReadonlyMap<string, string>>(new Map());
  #asked = false;

  words(actor: string): string {
    const [kind = '', ...rest] = actor.split(':');
    const name = rest.join(':');
    if (kind === 'person') {
      if (name === session.me?.person_id) return session.me.username;
      this.#ask();
      const known = this.#names.get(name);
      if (known) return known;
    }
    if (Object.hasOwn(alone, actor)) return say(alone[actor] as Text);
    const told = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    return told ? say(told(name)) : actor;
  }

  #ask(): void {
    if (this.#asked || !session.may('people_read')) return;
    this.#asked = true;
    const take = (list: { items: readonly PersonListed[] }): void => {
      this.#names = new Map(list.items.map((one) => [one.person_id, one.username]));
    };
    // Without the names the ids stay.
    queueMicrotask(() => void api.get<{ items: readonly PersonListed[] }>('/people', { limit: 200 }).then(take, () => undefined));
  }
}

export const who = new Who();
