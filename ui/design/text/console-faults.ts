// What is wrong with a field, by the server's codes. Unknown codes are shown as they are.
import { say, type Text } from './catalogue';

const faults: Readonly<Record<string, Text>> = {
  missing: ['Cần nhập.', 'Needed.'],
  empty: ['Cần nhập.', 'Needed.'],
  too_long: ['Quá dài.', 'Too long.'],
  too_short: ['Quá ngắn.', 'Too short.'],
  too_large: ['Quá lớn.', 'Too large.'],
  unknown_value: ['Giá trị không có trong danh sách.', 'Not a known value.'],
  unknown_field: ['Không có mục này.', 'No such field.'],
  out_of_range: ['Ngoài khoảng cho phép.', 'Out of range.'],
  not_a_date: ['Ngày không đúng.', 'Not a date.'],
  not_a_time: ['Giờ không đúng.', 'Not a time.'],
  not_a_number: ['Không phải là số.', 'Not a number.'],
  malformed: ['Sai định dạng.', 'Badly formed.'],
  bad_characters: ['Có ký tự không được dùng.', 'Has characters that are not allowed.'],
  name_taken: ['Tên này đã có người dùng.', 'This name is taken.'],
  taken: ['Đã có rồi.', 'There is one already.'],
  repeated: ['Bị lặp lại.', 'Repeated.'],
  in_the_past: ['Thời điểm đã qua.', 'Lies in the past.'],
  past: ['Thời điểm đã qua.', 'Lies in the past.'],
  wrong: ['Không đúng.', 'Not right.'],
  mismatch: ['Không khớp.', 'Does not match.'],
  weak: ['Quá dễ đoán.', 'Too easy to guess.'],
  duplicate: ['Bị lặp lại.', 'Repeated.'],
  not_a_day: ['Ngày không đúng.', 'Not a day.'],
  not_in_force: ['Không có hiệu lực vào ngày đó.', 'Not in force on that day.'],
  only_with_file: ['Chỉ dùng khi nhập tệp.', 'Only with a file.'],
  no_rows: ['Tệp không có dòng nào.', 'The file has no rows.'],
  column_unknown: ['Cột không có trong mẫu.', 'Unknown column.'],
  column_repeated: ['Cột bị lặp.', 'The column is repeated.'],
  column_missing: ['Thiếu cột.', 'The column is missing.'],
  cell_count: ['Số ô không khớp với dòng đầu.', 'Not as many cells as the heading.'],
  quote_unclosed: ['Thiếu dấu ngoặc kép đóng.', 'A quotation mark is missing.'],
  more_faults: ['Còn nhiều lỗi nữa.', 'There are more faults.'],
  nothing_changes: ['Không có gì thay đổi.', 'Nothing changes.'],
  too_many: ['Quá nhiều.', 'Too many.'],
  not_a_list: ['Sai định dạng.', 'Badly formed.'],
  serves_nobody: ['Công ty này không có nhân viên.', 'That company has no agents.'],
  same: ['Giống như cũ.', 'The same as before.'],
};

/** A fault in words; the code itself when there are none. */
export function faultWords(code: string): string {
  const known = Object.hasOwn(faults, code) ? faults[code] : undefined;
  return known ? say(known) : code;
}
