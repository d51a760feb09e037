import { describe, expect, it } from 'vitest';
import { agent } from './agent';
import { texts } from './catalogue';
import { language } from './language.svelte';

describe('the text catalogue', () => {
  it('speaks Vietnamese until English is chosen, and changes at once', () => {
    const t = texts({ hello: ['Xin chào', 'Hello'], left: [(n: number) => `Còn ${n} s`, (n: number) => `${n} s left`] });
    language.choose('vi');
    expect([t.hello, t.left(12)]).toEqual(['Xin chào', 'Còn 12 s']);
    language.choose('en');
    expect([t.hello, t.left(12)]).toEqual(['Hello', '12 s left']);
    language.choose('vi');
  });

  it('has no empty and no padded text', () => {
    for (const tongue of ['vi', 'en'] as const) {
      language.choose(tongue);
      for (const [key, text] of Object.entries(agent)) {
        if (typeof text === 'string') expect(text, key).toMatch(/^\S(.*\S)?$/s);
      }
    }
    language.choose('vi');
  });
});
