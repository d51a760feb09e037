// Texts of the second review. Entries are [Vietnamese, English].
import type { ReviewBecause } from '../../generated/ReviewBecause';
import type { ReviewOutcome } from '../../generated/ReviewOutcome';
import { texts, type Text } from './catalogue';

export const review = texts({
  lead: ['Người thứ hai xem lại một phần kết quả. Ý kiến không thay đổi kết quả.', 'A second person looks at a sample of verdicts. A review changes no verdict.'],
  next: ['Xem tiếp', 'Review'],
  list: ['Danh sách', 'List'],
  agreement: ['Mức đồng thuận', 'Agreement'],
  waiting: [(n: string) => `${n} kết quả đang chờ anh/chị xem lại`, (n: string) => `${n} verdicts wait for you`],
  none: ['Không còn kết quả nào chờ xem lại', 'Nothing waits for review'],
  noneHint: ['Kết quả mới sẽ xuất hiện khi được chọn mẫu.', 'New ones appear as they are drawn.'],
  verdict: ['Kết quả của nhân viên', 'The agent’s verdict'],
  because: ['Vì sao được chọn', 'Why drawn'],
  drawnAt: ['Chọn lúc', 'Drawn'],
  yourView: ['Ý kiến của anh/chị', 'What you think'],
  keys: ['Phím 1, 2, 3 để chọn; Ctrl+Enter để gửi.', 'Keys 1, 2, 3 choose; Ctrl+Enter sends.'],
  reason: ['Lý do', 'Reason'],
  reasonNone: ['Chọn lý do', 'Choose a reason'],
  other: ['Lý do khác', 'Another reason'],
  note: ['Ghi chú', 'Note'],
  send: ['Gửi và xem tiếp', 'Send, next one'],
  sent: ['Đã ghi ý kiến.', 'Kept.'],
  openCall: ['Mở cuộc gọi', 'Open the call'],
  noList: ['Chưa có kết quả nào được chọn', 'Nothing was drawn yet'],
  outcome: ['Ý kiến', 'Review'],
  by: ['Người xem lại', 'By'],
  pending: ['Chưa xem', 'Waiting'],
  drawn: ['Được chọn', 'Drawn'],
  reviewed: ['Đã xem', 'Reviewed'],
  agrees: ['Đồng ý', 'Agreed'],
  disagrees: ['Không đồng ý', 'Disagreed'],
  unclear: ['Không rõ', 'Unclear'],
  share: ['Đồng thuận', 'Agreement'],
  byAgent: ['Theo nhân viên', 'By agent'],
  settings: ['Thiết lập', 'Settings'],
  settingsLead: [
    'Kết quả được chọn ngẫu nhiên ngay khi có bằng chứng; không ai đoán hay chọn trước được. Thay đổi chỉ tính cho kết quả về sau.',
    'Verdicts are drawn by lot with their evidence; nobody can foresee or choose one. A change counts for later verdicts only.',
  ],
  servedBy: ['Công ty phục vụ', 'Serving company'],
  everyOther: ['Mọi công ty không có thiết lập riêng', 'Every company without a setting of its own'],
  asOthers: ['như các công ty khác', 'as the others'],
  ofCompany: ['Thiết lập riêng cho công ty', 'Set one company'],
  sampleShare: ['Tỷ lệ chọn', 'Share'],
  sharePercent: ['Tỷ lệ chọn ngẫu nhiên (%)', 'Share drawn by lot (%)'],
  shareHint: ['0–100, lẻ đến 0,1.', '0–100, in steps of 0.1.'],
  allOf: ['Xem lại tất cả kết quả có lý do', 'All verdicts with one of these reasons'],
  shareAnd: [(share: string, reasons: string) => `${share}, và tất cả kết quả có lý do: ${reasons}`, (share: string, reasons: string) => `${share}, and all with the reason: ${reasons}`],
  since: ['Từ lúc', 'Since'],
  setTitle: ['Tỷ lệ kết quả được xem lại', 'How much is reviewed'],
  willDraw: [(share: string, was: string) => `Chọn ngẫu nhiên ${share} kết quả (đang là ${was}).`, (share: string, was: string) => `${share} of the verdicts are drawn by lot (now ${was}).`],
  andAllOf: [(n: string) => `Cùng tất cả kết quả thuộc ${n} lý do đã chọn.`, (n: string) => `With them all verdicts of ${n} chosen reasons.`],
  byPartner: ['Theo đối tác', 'By partner'],
});

export const outcome: Readonly<Record<ReviewOutcome, Text>> = {
  agrees: ['Đồng ý', 'Agrees'],
  disagrees: ['Không đồng ý', 'Disagrees'],
  unclear: ['Không rõ', 'Unclear'],
};

export const because: Readonly<Record<ReviewBecause, Text>> = {
  sample: ['Chọn ngẫu nhiên', 'Random sample'],
  reason: ['Lý do thuộc diện xem hết', 'All of this reason'],
};
