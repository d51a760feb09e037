// One configuration for all apps; the mode names the app (`vite build --mode caller`). See build.mjs.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type UserConfig } from 'vite';
import { apps } from './apps.mjs';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const alias = [
  { find: /^\$design$/, replacement: here('./design/index.ts') },
  { find: /^\$design\//, replacement: here('./design/') },
  { find: /^\$generated$/, replacement: here('./generated/index.ts') },
];

export default defineConfig(({ mode }) => {
  const app = apps.find((candidate) => candidate.name === mode);
  const shared: UserConfig = {
    plugins: [svelte({ configFile: here('./svelte.config.js') })],
    resolve: { alias },
  };
  if (!app) {
    return { ...shared, test: { include: ['**/*.test.ts'], environment: 'node' } } as UserConfig;
  }
  const root = here(`./${app.name}`);
  return {
    ...shared,
    root,
    base: app.base,
    server: { host: '127.0.0.1', strictPort: true, port: app.devPort, fs: { allow: [here('.')] } },
    build: {
      outDir: here(`./dist/${app.name}`),
      emptyOutDir: true,
      // Cheap phones keep old web views; the workstation's WebKit is newer than this.
      target: ['chrome87', 'safari14', 'firefox90'],
      // The content security policy allows no data: fonts and no inline scripts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: Object.fromEntries(
          app.pages
            .filter((page) => existsSync(`${root}/${page}.html`))
            .map((page) => [page, `${root}/${page}.html`]),
        ),
      },
    },
  };
});
