import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROTOCOL_VERSION } from './protocol';

it('S11: the page speaks the version of the protocol that the server is built with', () => {
  const source = readFileSync(new URL('../../server/protocol/src/lib.rs', import.meta.url), 'utf8');
  const version = /^pub const VERSION: u32 = (\d+);$/m.exec(source)?.[1];
  expect(PROTOCOL_VERSION).toBe(Number(version));
});
