import { describe, expect, it } from 'vitest';
import type { UploadState } from '../../generated';
import { matches, shortId } from './search';
import { outboxWords, reasonText, uploadWords } from './words';

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
    expect(outboxWords({ pending: 2, oldest_at: null, state: 'new_state', next_try_at: null }).tone).toBe('warn');
    expect(outboxWords({ pending: 0, oldest_at: null, state: 'empty', next_try_at: null }).tone).toBe('good');
  });

  it('shows the code of a reason that left the company’s list', () => {
    expect(reasonText('gone', [{ code: 'other', text: 'Lý do khác' }])).toBe('gone');
  });
});
