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
