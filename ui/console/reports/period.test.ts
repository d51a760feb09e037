import { describe, expect, it } from 'vitest';
import { price } from './period';

describe('a typed price', () => {
  it('is read as people write it', () => {
    expect(['6000', '6.000', '6,000', ' 6 000 đ', '1.200.000 đồng', '0'].map(price)).toEqual(['6000', '6000', '6000', '6000', '1200000', '0']);
    expect(['', '  '].map(price)).toEqual(['', '']);
  });

  it('is refused, not dropped, when it is none', () => {
    expect(['6k', '6.5', '6,00', '1.200,5', '-1', 'đ', '1.2000'].map(price)).toEqual([null, null, null, null, null, null, null]);
  });
});
