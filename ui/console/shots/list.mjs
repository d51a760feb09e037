// What is pictured: an address of the console, who looks at it, what is pressed before the picture is taken.
import { faultyEvidence } from './answers/calls.mjs';
import { call, calm, once, stream } from './answers/live.mjs';
import { meAs } from './answers/people.mjs';
import { HANG, Problem } from './kinds.mjs';

const click = (selector) => (page) => page.click(selector);
const id = (name) => `[data-testid="${name}"]`;
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
  { name: 'calls-loading', path: 'calls', sizes: ['m'], themes: ['light'], over: { 'GET /calls': () => HANG } },
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
  { name: 'not-here', path: 'tokens', as: 'team_lead', sizes: ['m'], themes: ['light'] },
  { name: 'session-over', path: 'calls', sizes: ['m'], expectFaults: true, over: { 'GET /calls': new Problem(401, 'session_over') } },
];
