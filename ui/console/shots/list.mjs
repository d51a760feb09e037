// What is pictured: an address of the console, who looks at it, what is pressed before the picture is taken.
import { faultyEvidence } from './answers/calls.mjs';
import { call, calm, once, stream } from './answers/live.mjs';
import { meAs } from './answers/people.mjs';
import { HANG, Problem } from './kinds.mjs';

const click = (selector) => (page) => page.click(selector);
const id = (name) => `[data-testid="${name}"]`;
const key = (name) => (page) => page.keyboard.press(name);
const file = (name) => (page) => page.setInputFiles(id(name), { name: 'tep.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b') });
const type = (name, text) => (page) => page.fill(id(name), text);

const offer = { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x', qr_svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M1 1h2v2H1zM5 1h2v2H5zM1 5h2v2H1zM5 5h1v1H5zM4 3h1v1H4z"/></svg>' };
const codes = ['8f2k-91mq', 'c7xa-40pd', 'h3nz-66tw', 'k1vr-28be', 'm5ty-73ju', 'p9ws-15gc', 'r4dl-87xf', 't6hb-32zn', 'v2pk-59qa', 'x8cm-04ye'];

export const shots = [
  { name: 'sign-in', path: '', as: 'nobody', expectFaults: true },
  { name: 'sign-in-directory', path: '', as: 'nobody', expectFaults: true, over: { 'GET /sign-in-ways': { directory: 'MobiFone' } }, sizes: ['m'] },
  { name: 'sign-in-failed', path: '', as: 'nobody', expectFaults: true, sizes: ['m'], over: { 'POST /session': new Problem(401, 'sign_in_failed') }, steps: [type('username', 'lan.pham'), type('password', 'sai'), click(id('sign-in-do'))] },
  { name: 'second-factor', path: '', as: 'half', sizes: ['m'] },
  { name: 'set-up', path: '', as: 'new', sizes: ['m'], over: { 'POST /me/second-factor': offer } },
  { name: 'set-up-codes', path: '', as: 'new', sizes: ['m'], over: { 'POST /me/second-factor': offer, 'PUT /me/second-factor': { me: meAs('administrator'), recovery_codes: codes } }, steps: [type('code', '123456'), click(id('set-up-do'))] },
  { name: 'wallboard', path: 'wallboard' },
  { name: 'wallboard-wall', path: 'wallboard?full=1' },
  { name: 'wallboard-calm', path: 'wallboard', as: 'team_lead', sizes: ['m'], over: { 'GET /wallboard/events': stream(calm) } },
  { name: 'wallboard-away', path: 'wallboard', over: { 'GET /wallboard/events': once(calm) }, settleMs: 5_000, expectFaults: true, sizes: ['m'], themes: ['light'] },
  { name: 'wallboard-english', path: 'wallboard', english: true, sizes: ['m'], themes: ['light'] },
  { name: 'calls', path: 'calls' },
  { name: 'calls-filters', path: 'calls?evidence=complete&from=2026-11-01', sizes: ['m'], steps: [type('filter-msisdn', '0901234567'), click(id('filter-do'))] },
  { name: 'calls-empty', path: 'calls?state=connecting', sizes: ['m'], themes: ['light'] },
  { name: 'calls-failed', path: 'calls', sizes: ['m'], expectFaults: true, over: { 'GET /calls': new Problem(503, 'unavailable') } },
  { name: 'calls-loading', path: 'calls', settleMs: 600, sizes: ['m'], themes: ['light'], over: { 'GET /calls': () => HANG } },
  { name: 'call', path: `calls/${call(3)}` },
  { name: 'call-live', path: `calls/${call(1)}` , sizes: ['m'] },
  { name: 'call-why', path: `calls/${call(3)}/why` },
  { name: 'call-evidence', path: `calls/${call(3)}/evidence`, whole: true },
  { name: 'call-evidence-faulty', path: `calls/${call(3)}/evidence`, over: faultyEvidence, sizes: ['m'] },
  { name: 'call-export', path: `calls/${call(3)}/evidence`, sizes: ['m'], steps: [click(id('export'))] },
  { name: 'call-case', path: `calls/${call(3)}/case`, sizes: ['m'], steps: [click(id('case-show'))], whole: true },
  { name: 'staffing', path: 'staffing', steps: [click(id('staffing-do'))], whole: true },
  { name: 'staffing-faults', path: 'staffing', sizes: ['m'], themes: ['light'], expectFaults: true, over: { 'POST /staffing': new Problem(422, 'request_invalid', [{ field: 'aht', code: 'out_of_range' }]) }, steps: [type('staffing-handle', '0'), type('staffing-within', 'x'), type('staffing-within', '20'), click(id('staffing-do'))] },
  { name: 'staffing-day', path: 'staffing?part=day', steps: [click(id('staffing-day-do'))], whole: true },
  { name: 'not-here', path: 'tokens', area: 'nothing', as: 'team_lead', sizes: ['m'], themes: ['light'] },
  { name: 'session-over', path: 'calls', sizes: ['m'], expectFaults: true, over: { 'GET /calls': new Problem(401, 'session_over') } },
  { name: 'review', path: 'review', as: 'auditor', whole: true, steps: [key('2')] },
  { name: 'review-list', path: 'review/list', as: 'auditor', sizes: ['m'] },
  { name: 'review-agreement', path: 'review/agreement', as: 'auditor', sizes: ['m'] },
  { name: 'policy', path: 'policy' },
  { name: 'policy-changes', path: 'policy/changes', sizes: ['m'] },
  { name: 'policy-line', path: 'policy/line/prepaid/W2G', sizes: ['m'] },
  { name: 'policy-single', path: 'policy/line/prepaid/W2G', sizes: ['m'], steps: [click(id('line-change')), click(id('policy-preview'))] },
  { name: 'policy-import', path: 'policy/import', steps: [file('policy-file'), click(id('policy-preview'))], sizes: ['m'] },
  { name: 'policy-faults', path: 'policy/import', sizes: ['m'], expectFaults: true, over: { 'POST /policy/preview': new Problem(422, 'policy_invalid', [{ field: 'csv.5.khdn', code: 'unknown_value' }, { field: 'csv.9', code: 'cell_count' }]) }, steps: [file('policy-file'), click(id('policy-preview'))] },
  { name: 'policy-what-if', path: 'policy/what-if', sizes: ['m'], whole: true, steps: [type('what-if-type', 'W2G'), click(id('what-if-do'))] },
  { name: 'companies', path: 'companies' },
  { name: 'company', path: 'companies/1', whole: true, steps: [type('setting-ring_timeout_ms', '20')] },
  { name: 'company-faulty', path: 'companies/1', sizes: ['m'], themes: ['light'], steps: [type('setting-ring_timeout_ms', '900')] },
  { name: 'company-hours', path: 'companies/1/hours', whole: true },
  { name: 'company-history', path: 'companies/1/history', sizes: ['m'] },
  { name: 'agents', path: 'agents' },
  { name: 'agents-menu', path: 'agents', sizes: ['m'], steps: [click(`${id('agent-deeds')} >> nth=0`)] },
  { name: 'agent-add', path: 'agents', sizes: ['m'], steps: [click(id('agent-add'))] },
  { name: 'agents-import', path: 'agents', sizes: ['m'], steps: [click(id('agents-import')), file('import-file')] },
  { name: 'people', path: 'people' },
  { name: 'person-add', path: 'people', sizes: ['m'], steps: [click(id('person-add'))] },
  { name: 'workstations', path: 'workstations' },
  { name: 'workstation-approve', path: 'workstations', sizes: ['m'], steps: [click(id('workstation-approve')), type('approve-typed', '5B3E')] },
  { name: 'tokens', path: 'tokens' },
  { name: 'token-secret', path: 'tokens', sizes: ['m'], steps: [click(id('token-issue')), (page) => page.selectOption(id('token-company'), '1'), click(id('token-ask-do'))] },
  { name: 'tokens-credentials', path: 'tokens/credentials', sizes: ['m'] },
  { name: 'webhooks', path: 'webhooks', sizes: ['m'] },
  { name: 'webhooks-deliveries', path: 'webhooks/deliveries' },
  { name: 'audit', path: 'audit' },
  { name: 'missing', path: 'missing' },
  { name: 'missing-none', path: 'missing/due', sizes: ['m'], themes: ['light'], over: { 'GET /evidence/missing': { items: [], next: null } } },
  { name: 'cases', path: 'cases', sizes: ['m'] },
  { name: 'cases-found', path: 'cases', steps: [type('cases-msisdn', '0901234567'), click(id('cases-find'))] },
  { name: 'cases-confirm', path: 'cases', steps: [type('cases-msisdn', '0901234567'), click(id('cases-find')), click(id('cases-erase')), type('erase-reason', 'HS-2026-0917'), type('erase-typed', 'XOA 3')] },
  { name: 'cases-erased', path: 'cases', sizes: ['m'], steps: [type('cases-msisdn', '0901234567'), click(id('cases-find')), click(id('cases-erase')), type('erase-reason', 'HS-2026-0917'), type('erase-typed', 'xoa 2'), click(id('erase-do'))] },
  { name: 'cases-hold', path: `cases?call=${call(3)}`, sizes: ['m'], steps: [click(`${id('case-hold')} >> nth=0`)] },
  { name: 'cases-holds', path: 'cases/holds' },
  { name: 'account', path: 'account' },
  { name: 'reports', path: 'reports?by=serving', whole: true },
  { name: 'reports-days', path: 'reports?by=day', sizes: ['m'], whole: true },
  { name: 'reports-trial', path: 'reports/trial', whole: true },
  { name: 'reports-trial-print', path: 'reports/trial', sizes: ['m'], themes: ['light'], whole: true, steps: [(page) => page.emulateMedia({ media: 'print' })] },
  { name: 'reports-reconciliation', path: 'reports/reconciliation', sizes: ['m'] },
  { name: 'reports-english', path: 'reports?by=serving', english: true, sizes: ['m'], themes: ['light'] },
];
