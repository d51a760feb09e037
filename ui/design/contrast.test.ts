import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function block(after: string): Map<string, string> {
  const from = css.indexOf('{', css.indexOf(after)) + 1;
  const body = css.slice(from, css.indexOf('}', from));
  return new Map([...body.matchAll(/--([a-z0-9-]+):\s*([^;]+);/g)].map((m) => [m[1] as string, m[2] as string]));
}

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const light = block(':root {');
const system = block(":root:not([data-theme='light']) {");
const dark = new Map([...light, ...block(":root[data-theme='dark'] {")]);

const grounds = ['page', 'surface', 'surface-2', 'surface-3'];
const pairs: [string, string][] = [
  ...grounds.flatMap((ground): [string, string][] => [['ink', ground], ['ink-2', ground]]),
  ...['page', 'surface', 'surface-2'].flatMap((ground): [string, string][] =>
    ['accent', 'good', 'warn', 'bad'].map((ink): [string, string] => [ink, ground]),
  ),
  ...['accent', 'good', 'warn', 'bad'].flatMap((tone): [string, string][] => [
    [tone, `${tone}-soft`],
    ['ink', `${tone}-soft`],
  ]),
  ...['accent', 'good', 'bad'].flatMap((tone): [string, string][] => [
    [`on-${tone}`, tone],
    [`on-${tone}`, `${tone}-strong`],
  ]),
  ['on-film', 'film'],
];

describe('colours', () => {
  it.each([['light', light], ['dark', dark]] as const)('%s: every text reaches 4.5:1', (_, theme) => {
    for (const [ink, ground] of pairs) {
      const value = contrast(theme.get(ink) as string, theme.get(ground) as string);
      expect(value, `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each([['light', light], ['dark', dark]] as const)('%s: borders of controls reach 3:1', (_, theme) => {
    for (const ground of ['surface', 'surface-2']) {
      expect(contrast(theme.get('line-strong') as string, theme.get(ground) as string)).toBeGreaterThanOrEqual(3);
    }
  });

  it('the switch and the system give the same dark', () => {
    expect([...system]).toEqual([...block(":root[data-theme='dark'] {")]);
  });
});
