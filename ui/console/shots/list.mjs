// What is pictured: an address of the console, who looks at it, what is pressed before the picture is taken.
import { Problem } from './kinds.mjs';

const click = (selector) => (page) => page.click(selector);
const id = (name) => `[data-testid="${name}"]`;
const type = (name, text) => (page) => page.fill(id(name), text);

export const shots = [
  { name: 'sign-in', path: '', as: 'nobody', expectFaults: true },
  { name: 'sign-in-directory', path: '', as: 'nobody', expectFaults: true, over: { 'GET /session/ways': { oidc: true } }, sizes: ['m'] },
  { name: 'sign-in-failed', path: '', as: 'nobody', expectFaults: true, sizes: ['m'], over: { 'POST /session': new Problem(401, 'sign_in_failed') }, steps: [type('username', 'lan.pham'), type('password', 'sai'), click(id('sign-in-do'))] },
  { name: 'second-factor', path: '', as: 'half', sizes: ['m'] },
  { name: 'set-up', path: '', as: 'new', sizes: ['m'], over: { 'POST /me/second-factor': { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Ch%C3%ADnh%20Ch%E1%BB%A7:lan.pham?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Ch%C3%ADnh%20Ch%E1%BB%A7', recovery_codes: ['8f2k-91mq', 'c7xa-40pd', 'h3nz-66tw', 'k1vr-28be', 'm5ty-73ju', 'p9ws-15gc', 'r4dl-87xf', 't6hb-32zn', 'v2pk-59qa', 'x8cm-04ye'] } } },
];
