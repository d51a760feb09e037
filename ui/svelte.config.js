import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

// Runes everywhere: no component falls back to the old reactivity by accident.
export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
};
