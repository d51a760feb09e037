// What is pictured: a scene of scenes.ts, and what is pressed before the picture is taken.
const plain = [
  'sign-in', 'sign-in-error', 'sign-in-elsewhere', 'sign-in-forced', 'signing-in', 'waiting', 'waiting-empty', 'waiting-offline', 'waiting-warning', 'paused', 'paused-missed', 'paused-never-rang', 'paused-lost',
  'ringing', 'connecting', 'connecting-no-case', 'call', 'call-upright', 'call-no-devices', 'call-compare-again',
  'call-lost', 'call-server-lost', 'call-own-lost', 'call-agent-back', 'call-unseen', 'call-refused', 'call-sealing', 'sealed', 'sealed-offline', 'sealed-superseded', 'wrap-up-lost', 'wrap-up-rest', 'moved-on',
];
const past = { click: '[data-testid=device-check-done]' };
// The device check stands before the waiting screens until it was left once.
const checked = new Set(['waiting', 'waiting-empty', 'waiting-offline', 'waiting-warning', 'paused', 'paused-missed', 'paused-never-rang', 'paused-lost', 'moved-on']);

export const shots = [
  ...plain.map((name) => ({ name, steps: checked.has(name) ? [past] : [] })),
  { name: 'device-check', steps: [] },
  { name: 'device-check-trouble', steps: [] },
  { name: 'pause-menu', scene: 'waiting', steps: [past, { click: '[data-testid=status-paused]' }] },
  { name: 'history', scene: 'waiting', steps: [past, { key: 'F7' }] },
  { name: 'history-search', scene: 'waiting', steps: [past, { key: 'F7' }, { click: '[data-testid=history-search]' }, { type: 'tu choi' }] },
  { name: 'outbox', scene: 'waiting-offline', steps: [past, { click: '[data-testid=outbox-state]' }] },
  { name: 'settings', scene: 'waiting', steps: [past, { click: '[data-testid=open-settings]' }] },
  { name: 'keys', scene: 'waiting', steps: [past, { key: '?' }] },
  { name: 'devices', scene: 'call-no-devices', steps: [{ click: '[data-testid=health]' }] },
  { name: 'compare', scene: 'call', steps: [{ key: 'F6' }] },
  { name: 'compare-id', scene: 'call', steps: [{ key: '2' }, { click: '[data-testid=compare] button[aria-label]' }] },
  { name: 'confirm', scene: 'call', steps: [{ click: '[data-testid=tick-full_name]' }, { key: 'F8' }] },
  { name: 'reject', scene: 'call', steps: [{ key: 'F9' }, { key: '3' }] },
  { name: 'reject-no-reason', scene: 'call', steps: [{ key: 'F9' }, { key: 'Enter' }] },
  { name: 'compare-reject', scene: 'call', steps: [{ key: 'F6' }, { key: 'F9' }, { key: '1' }] },
  { name: 'ring-window', scene: 'ringing', window: 'ring', sizes: ['m'], steps: [] },
  { name: 'ring-window-silenced', scene: 'ringing', window: 'ring', sizes: ['m'], steps: [{ key: 'Escape' }] },
  { name: 'ring-window-idle', scene: 'waiting', window: 'ring', sizes: ['m'], steps: [] },
  { name: 'call-english', scene: 'call', english: true, sizes: ['s', 'm'], themes: ['light'], steps: [] },
];
