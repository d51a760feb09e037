// The apps of this folder: name (folder and output), base path where their assets are served, pages.
export const apps = [
  // Relative: Tauri serves it from tauri://localhost/ or http://tauri.localhost/.
  { name: 'agent', base: './', pages: ['index', 'ring'], devPort: 5170 },
  { name: 'caller', base: '/pages/caller/', pages: ['index'], devPort: 5171 },
  { name: 'console', base: '/pages/console/', pages: ['index'], devPort: 5173 },
  { name: 'sandbox', base: '/pages/sandbox/', pages: ['index'], devPort: 5172 },
];
