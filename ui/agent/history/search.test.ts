import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { UploadState } from '../../generated';
import { entry, outbox } from '../../shots/parts';
import { matches, shortId } from './search';
import { outboxBars, outboxShort, outboxWarnings, outboxWords } from './outbox';
import { isNotCounted, reasonText, receiptLine, uploadWords } from './words';

describe('searching today’s verdicts', () => {
  const row = ['09:15:42', 'Từ chối', 'Khuôn mặt không khớp giấy tờ', '0193a1c2-7b1e-7c40-9a55-3f1d2e4b6a70'];

  it('needs no accents and no case, also for đ', () => {
    expect(matches(row, 'tu choi')).toBe(true);
    expect(matches(['Đã gửi'], 'da gui')).toBe(true);
  });

  it('wants every word somewhere', () => {
    expect(matches(row, 'khuon 09:15')).toBe(true);
    expect(matches(row, 'khuon 10:15')).toBe(false);
    expect(matches(row, '  ')).toBe(true);
  });

  it('shows the end of an id, which is the part that differs', () => {
    expect(shortId('0193a1c2-7b1e-7c40-9a55-3f1d2e4b6a70')).toBe('3f1d2e4b6a70');
  });
});

describe('words for where verdicts are', () => {
  it('never shows a late or superseded verdict as one that counts', () => {
    const at = '2026-11-23T02:00:00Z';
    const tone = (standing: string): string => uploadWords({ state: 'delivered', at, standing }).tone;
    expect([tone('counts'), tone('late'), tone('superseded')]).toEqual(['good', 'warn', 'warn']);
  });

  it('says what to do when the server refuses', () => {
    const refused: UploadState = { state: 'refused', code: 'evidence_conflict' };
    expect(uploadWords(refused).lead).toMatch(/báo quản lý/);
  });

  it('does not call an outbox empty that holds something, whatever its state is named', () => {
    expect(outboxWords(outbox('new_state', { pending: 2 })).tone).toBe('warn');
    expect(outboxWords(outbox('empty')).tone).toBe('good');
  });

  it('has words of its own for every state that the station’s documentation names', () => {
    const source = readFileSync(new URL('../../generated/OutboxPicture.ts', import.meta.url), 'utf8');
    const before = source.slice(0, source.indexOf('\nstate:'));
    const states = [...before.slice(before.lastIndexOf('/**')).matchAll(/`([a-z_]+)`/g)].map((found) => found[1] as string);
    expect(states).toContain('in_use');
    const titles = states.map((state) => outboxWords(outbox(state)).title);
    expect(new Set(titles).size).toBe(states.length);
  });

  it('warns in time beside whatever is going on, and never hides a trouble behind a warning', () => {
    expect(outboxWarnings(outbox('empty'))).toEqual([]);
    expect(outboxWarnings(outbox('empty', { warning: 'disk_filling', set_aside: 2 }))).toHaveLength(2);
    expect(outboxShort(outbox('empty', { warning: 'outbox_filling' })).tone).toBe('warn');
    expect(outboxShort(outbox('damaged', { warning: 'disk_filling' })).tone).toBe('bad');
  });

  it('offers no calls where the file cannot be used, and does where it is only full', () => {
    expect(['damaged', 'unusable', 'in_use', 'full', 'disk_full', 'empty'].map((state) => outboxBars(outbox(state)))).toEqual([true, true, true, false, false, false]);
  });

  it('counts no verdict that is late or superseded, and every other', () => {
    const delivered = (standing: string): UploadState => ({ state: 'delivered', at: '2026-11-23T02:00:00Z', standing });
    const uploads: UploadState[] = [delivered('counts'), delivered('late'), delivered('superseded'), { state: 'on_disk' }, { state: 'uploading' }];
    expect(uploads.map(isNotCounted)).toEqual([false, true, true, false, false]);
  });

  it('claims the server’s signature only for what was delivered', () => {
    const signed = receiptLine(entry(1, {}));
    expect(signed.signed).toBe(true);
    expect(signed.parts).toHaveLength(4);
    const waiting = receiptLine(entry(1, { upload: { state: 'uploading' } }));
    expect(waiting.signed).toBe(false);
    expect(waiting.parts.join(' ')).not.toMatch(/máy chủ/);
  });

  it('shows the code of a reason that left the company’s list', () => {
    expect(reasonText('gone', [{ code: 'other', text: 'Lý do khác' }])).toBe('gone');
  });
});
