import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figures, others, switches, typed, wanted, wire } from './fields';

const of = (name: string) => figures.find((field) => field.name === name) as (typeof figures)[number];

describe('figures of a company', () => {
  it('are typed in people’s units and sent in the wire’s', () => {
    expect(wire(of('ring_timeout_ms'), '15')).toBe(15_000);
    expect(wire(of('ring_timeout_ms'), '0,5')).toBe(500);
    expect(wire(of('evidence_ms'), '24')).toBe(86_400_000);
    expect(typed(of('preparing_ms'), 300_000)).toBe('5');
    expect(typed(of('ring_confirm_ms'), 2_500)).toBe('2,5');
  });

  it('are refused outside their bounds and when they are no numbers', () => {
    for (const wrong of ['0,4', '121', '', 'mười', '-1', '1e3', '1.2.3']) expect(wire(of('ring_timeout_ms'), wrong), wrong).toBeNull();
  });

  it('keep what they were when nobody types', () => {
    for (const field of figures) expect(wanted(field, typed(field, field.least + 7), field.least + 7), field.name).toBe(field.least + 7);
  });
});

describe('settings of a company', () => {
  it('are all on the screen, each by one kind of field', () => {
    const generated = readFileSync(new URL('../../generated/CompanySettings.ts', import.meta.url), 'utf8');
    const wireNames = [...generated.replace(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, '').matchAll(/(\w+):/g)].map((found) => found[1] as string).filter((name) => name !== 'key' && name !== 'in');
    const shown = [...figures.map((field) => field.name), ...switches, ...others];
    expect(wireNames.length).toBeGreaterThan(20);
    expect([...shown].sort()).toEqual([...wireNames].sort());
  });
});
