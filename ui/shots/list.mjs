// What is pictured: a scene of scenes.ts, and what is pressed before the picture is taken.
const plain = [
  'sign-in', 'sign-in-error', 'sign-in-elsewhere', 'sign-in-forced', 'sign-in-in-use', 'signing-in', 'waiting', 'waiting-empty', 'waiting-offline', 'waiting-warning', 'paused', 'paused-missed', 'paused-never-rang', 'paused-lost',
  'ringing', 'connecting', 'connecting-no-case', 'call', 'call-upright', 'call-no-devices', 'call-compare-again',
  'call-refused-stale', 'call-refused-key', 'call-rest-wished', 'sealed-rendered', 'device-check-clock',
  'call-lost', 'call-server-lost', 'call-own-lost', 'call-agent-back', 'call-unseen', 'call-refused', 'call-sealing', 'sealed', 'sealed-offline', 'sealed-superseded', 'wrap-up-lost', 'wrap-up-rest', 'moved-on',
];
/** Pictured behind the device check. */
const behind = [
  'enrol-pending', 'enrol-pending-offline', 'enrol-code-refused', 'enrol-new-key', 'enrol-enrolling', 'enrol-failed', 'enrol-unreachable', 'enrol-revoked', 'enrol-quarantined',
  'outbox-filling', 'outbox-full', 'outbox-disk-filling', 'outbox-disk-full', 'outbox-damaged', 'outbox-set-aside', 'outbox-key-lost', 'outbox-no-keyring', 'outbox-in-use',
  'outbox-refused', 'outbox-record-damaged', 'outbox-receipt-wrong', 'outbox-not-approved', 'clock-off', 'history-void',
];
const past = { click: '[data-testid=device-check-done]' };
// The device check stands before the waiting screens until it was left once.
const checked = new Set(['waiting', 'waiting-empty', 'waiting-offline', 'waiting-warning', 'paused', 'paused-missed', 'paused-never-rang', 'paused-lost', 'moved-on']);

export const shots = [
  ...plain.map((name) => ({ name, steps: checked.has(name) ? [past] : [] })),
  ...behind.map((name) => ({ name, steps: [past] })),
  { name: 'enrol-approved', scene: 'enrol-pending', steps: [past, { show: 'enrol-approved' }] },
  { name: 'enrol-english', scene: 'enrol-pending', english: true, sizes: ['s', 'm'], themes: ['light'], steps: [past] },
  { name: 'enrol-renew', scene: 'enrol-revoked', steps: [past, { click: '[data-testid=renew-key]' }] },
  { name: 'outbox-begin', scene: 'outbox-damaged', steps: [past, { click: '[data-testid=outbox-state]' }, { click: '[data-testid=outbox-begin-anew]' }] },
  { name: 'outbox-window', scene: 'outbox-damaged', steps: [past, { click: '[data-testid=outbox-state]' }] },
  { name: 'outbox-window-refused', scene: 'outbox-refused', steps: [past, { click: '[data-testid=outbox-state]' }] },
  { name: 'call-give-up', scene: 'call-own-lost', steps: [{ click: '[data-testid=give-up]' }] },
  { name: 'history-receipts', scene: 'history-void', steps: [past, { key: 'F7' }] },
  { name: 'history-english', scene: 'history-void', english: true, sizes: ['s'], themes: ['light'], steps: [past, { key: 'F7' }] },
  { name: 'call-sealing-again', scene: 'call-refused-stale', steps: [{ show: 'call-sealing' }] },
  { name: 'rest-menu', scene: 'call', steps: [{ click: '[data-testid=rest-wish]' }] },
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
