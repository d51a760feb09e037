// The small window that lies on top of everything while it rings.
import { tauriHost } from './host/tauri';
import RingWindow from './ring/RingWindow.svelte';
import { start } from './start';

start(RingWindow, tauriHost());
