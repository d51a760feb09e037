// Starting a window of the workstation: theme, language, host, and the root component.
import '$design/design.css';
import { mount, type Component } from 'svelte';
import { language, theme } from '$design';
import { agent as t } from '$design/text/agent';
import type { Host } from './host/host';
import { Station } from './station.svelte';
import { listenForKeys } from './keys.svelte';
import { Clock } from './time/clock.svelte';

export function start(root: Component<{ station: Station }>, host: Host | null, clock = new Clock()): void {
  theme.apply();
  document.documentElement.lang = language.current;
  // A choice made in one window holds in the other as well.
  window.addEventListener('storage', () => {
    theme.read();
    language.read();
  });
  const target = document.getElementById('app');
  if (!target) return;
  if (!host) {
    target.textContent = t.noHost;
    return;
  }
  const station = new Station(host, clock);
  station.start();
  listenForKeys();
  mount(root, { target, props: { station } });
}
