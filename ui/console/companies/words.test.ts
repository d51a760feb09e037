import { describe, expect, it } from 'vitest';
import { changeWords, settingName, settingValue } from './words';

const open = (from: number, to: number) => [{ from, to }];

describe('a change of opening hours in words', () => {
  it('names the day and its hours, not the names of the wire', () => {
    expect(changeWords({ 'hours.weekly.sun': [] })).toBe('Giờ phục vụ: Chủ Nhật → Nghỉ');
    expect(changeWords({ 'hours.weekly.mon': [...open(450, 690), ...open(780, 1050)] })).toBe('Giờ phục vụ: Thứ Hai → 07:30–11:30, 13:00–17:30');
    expect(settingValue('hours.holidays.2027-01-01', [])).toBe('Nghỉ');
    expect(settingValue('hours.holidays.2027-01-01', null)).toBe('như ngày thường trong tuần');
    expect(settingName('hours.holidays.2027-01-01')).toMatch(/^Giờ phục vụ: .*2027/);
    expect(settingName('hours.weekly.mon[0]')).toBe('Giờ phục vụ: Thứ Hai');
  });

  it('tells a whole week, days that are alike together', () => {
    const weekly = [open(480, 1020), open(480, 1020), open(480, 1020), open(480, 1020), open(480, 1020), [], []];
    const told = 'Thứ Hai–Thứ Sáu 08:00–17:00; Thứ Bảy–Chủ Nhật Nghỉ';
    expect(settingValue('hours.weekly', weekly)).toBe(told);
    expect(settingValue('hours', { weekly, holidays: { '2027-01-01': [] } })).toContain(`${told}; `);
    expect(settingValue('hours', null)).toBe('Phục vụ suốt ngày đêm');
  });
});
