// The main window of the workstation.
import App from './App.svelte';
import { tauriHost } from './host/tauri';
import { start } from './start';

start(App, tauriHost());
