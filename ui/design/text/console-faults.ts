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
  same: ['Giống như cũ.', 'The same as before.'],
};

/** A fault in words; the code itself when there are none. */
export function faultWords(code: string): string {
  const known = Object.hasOwn(faults, code) ? faults[code] : undefined;
  return known ? say(known) : code;
}
