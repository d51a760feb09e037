// The drawing entry, for development and for pictures; nothing of it is shipped.
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { alias } from '../vite.config';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [svelte({ configFile: here('../svelte.config.js') })],
  resolve: { alias },
  server: { host: '127.0.0.1', port: 5170, strictPort: true, fs: { allow: [here('..')] } },
  build: { outDir: here('./out/site'), emptyOutDir: true, target: 'es2022' },
});
