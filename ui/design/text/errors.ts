// A sentence for every stable error code of the server: what happened, and what to do next.
// The type makes a missing code a compile error; errors.test.ts checks the generated list as well.
import type { ErrorCode } from '../../generated/ErrorCode';
import { say, type Text } from './catalogue';

export const serverErrors: Readonly<Record<ErrorCode, Text>> = {
  idempotency_key_missing: [
    'Yêu cầu thiếu mã chống gửi trùng. Hãy thử lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The request has no idempotency key. Try again; if it still fails, tell technical support.',
  ],
  body_malformed: [
    'Máy chủ không đọc được dữ liệu đã gửi. Hãy thử lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The server could not read what was sent. Try again; if it still fails, tell technical support.',
  ],
  token_missing: [
    'Phiên làm việc không có mã truy cập. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'There is no access token. Sign in, or open this again from the app.',
  ],
  token_invalid: [
    'Mã truy cập không đúng. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'The access token is not known. Sign in, or open this again from the app.',
  ],
  token_expired: [
    'Phiên làm việc đã hết hạn. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'The session has expired. Sign in, or open this again from the app.',
  ],
  token_revoked: [
    'Quyền truy cập đã bị thu hồi. Liên hệ quản lý nếu anh/chị vẫn cần sử dụng.',
    'Access was revoked. Ask your supervisor if you still need it.',
  ],
  sign_in_failed: [
    'Tên đăng nhập hoặc mật khẩu không đúng. Kiểm tra lại rồi thử lần nữa.',
    'User name or password is wrong. Check them and try again.',
  ],
  forbidden: [
    'Tài khoản này không được phép làm việc đó. Liên hệ quản lý nếu cần cấp quyền.',
    'This account may not do that. Ask your supervisor for the right.',
  ],
  workstation_not_approved: [
    'Máy trạm này chưa được phê duyệt nên chưa nhận cuộc gọi được. Vui lòng báo bộ phận kỹ thuật phê duyệt.',
    'This workstation is not approved yet and takes no calls. Ask technical support to approve it.',
  ],
  workstation_revoked: [
    'Khóa của máy trạm này đã bị thu hồi. Vui lòng báo bộ phận kỹ thuật đăng ký lại máy.',
    'The key of this workstation was revoked. Ask technical support to enrol it again.',
  ],
  workstation_quarantined: [
    'Khóa của máy trạm này đang bị tạm khóa để kiểm tra. Vui lòng báo bộ phận kỹ thuật.',
    'The key of this workstation is locked for a check. Tell technical support.',
  ],
  enrolment_code_invalid: [
    'Mã đăng ký máy không đúng, đã dùng hoặc đã hết hạn. Vui lòng xin bộ phận kỹ thuật mã mới.',
    'The enrolment code is wrong, used or expired. Ask technical support for a new one.',
  ],
  call_not_found: [
    'Không tìm thấy cuộc gọi. Hãy tạo lại cuộc gọi từ ứng dụng eKYC.',
    'The call was not found. Make it again from the eKYC app.',
  ],
  not_found: [
    'Không tìm thấy nội dung yêu cầu. Hãy tải lại rồi thử lần nữa.',
    'Nothing was found here. Reload and try again.',
  ],
  sub_type_unknown: [
    'Loại thuê bao không có trong danh mục. Kiểm tra lại loại thuê bao.',
    'The subscriber type is not in the catalogue. Check the subscriber type.',
  ],
  policy_not_in_force: [
    'Chưa có quy định áp dụng cho thời điểm này. Kiểm tra lại ngày giờ.',
    'No policy was in force at that time. Check the date and time.',
  ],
  method_not_allowed: [
    'Thao tác này không được hỗ trợ. Hãy cập nhật phần mềm rồi thử lại.',
    'This action is not supported. Update the software and try again.',
  ],
  idempotency_conflict: [
    'Yêu cầu này đã gửi trước đó với nội dung khác. Hãy tạo yêu cầu mới.',
    'This request was sent before with other contents. Make a new request.',
  ],
  call_ended: [
    'Cuộc gọi đã kết thúc. Nếu vẫn cần xác minh, hãy gọi lại từ đầu.',
    'The call has ended. If verification is still needed, call again.',
  ],
  evidence_conflict: [
    'Máy chủ đã có một kết quả khác cho cuộc gọi này. Kết quả vẫn được giữ trên máy; báo quản lý để đối chiếu.',
    'The server holds another result for this call. This one is kept here; tell your supervisor to compare them.',
  ],
  counter_conflict: [
    'Máy chủ đã nhận một bằng chứng khác mang cùng số của máy trạm này. Bằng chứng được giữ lại; vui lòng báo bộ phận kỹ thuật.',
    'The server holds other evidence with the same number of this workstation. This one is kept; tell technical support.',
  ],
  chunk_offset: [
    'Phần dữ liệu gửi lên không nối tiếp phần trước. Máy sẽ tự gửi lại từ chỗ máy chủ đã nhận.',
    'The part that was sent does not follow the one before. It is sent again from where the server stands.',
  ],
  case_erased: [
    'Dữ liệu của khách hàng trong cuộc gọi này đã được xóa theo yêu cầu hoặc đã hết thời hạn lưu giữ, không thể xem lại.',
    'The customer\'s data of this call was erased, on demand or at the end of its time; it cannot be shown again.',
  ],
  picture_too_large: [
    'Ảnh quá lớn. Hãy chụp lại với dung lượng không quá 5 MB.',
    'A picture is too large. Take it again with at most 5 MB.',
  ],
  body_too_large: [
    'Tổng dung lượng gửi lên quá lớn. Hãy giảm kích thước ảnh rồi gửi lại.',
    'Too much was sent at once. Make the pictures smaller and send again.',
  ],
  picture_unsupported: [
    'Định dạng ảnh không được hỗ trợ. Hãy dùng ảnh JPEG, PNG hoặc WebP.',
    'The picture format is not supported. Use JPEG, PNG or WebP.',
  ],
  case_invalid: [
    'Hồ sơ có thông tin chưa đúng. Sửa các mục được đánh dấu rồi gửi lại.',
    'The case has faults. Correct the marked fields and send again.',
  ],
  request_invalid: [
    'Thông tin gửi lên chưa đúng. Kiểm tra lại các mục được đánh dấu.',
    'The request has faults. Check the marked fields.',
  ],
  picture_missing: [
    'Thiếu ảnh bắt buộc. Hãy chụp đủ ảnh giấy tờ và ảnh chân dung.',
    'A picture is missing. Take both the ID card and the portrait.',
  ],
  picture_unreadable: [
    'Không đọc được ảnh. Hãy chụp lại ảnh rõ nét.',
    'A picture cannot be read. Take a clear one again.',
  ],
  consent_missing: [
    'Chưa có sự đồng ý của khách hàng. Xin ý kiến khách hàng trước khi gọi.',
    'The customer has not consented yet. Ask for consent before the call.',
  ],
  evidence_invalid: [
    'Máy chủ không nhận bằng chứng vì không khớp. Bằng chứng vẫn được giữ trên máy; báo bộ phận kỹ thuật.',
    'The server refused the evidence because it does not fit. It is kept here; tell technical support.',
  ],
  rate_limited: [
    'Thao tác quá nhanh. Chờ một phút rồi thử lại.',
    'Too many requests. Wait a minute and try again.',
  ],
  queue_full: [
    'Hiện có quá nhiều cuộc gọi chờ. Vui lòng gọi lại sau ít phút.',
    'Too many calls are waiting. Call again in a few minutes.',
  ],
  headers_too_large: [
    'Yêu cầu không hợp lệ. Hãy mở lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The request is not valid. Reopen the app; if it still fails, tell technical support.',
  ],
  request_timeout: [
    'Mạng quá chậm nên chưa gửi xong. Kiểm tra mạng rồi thử lại.',
    'The network was too slow to finish. Check the network and try again.',
  ],
  internal: [
    'Máy chủ gặp lỗi. Thử lại sau ít phút; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The server has a fault. Try again in a few minutes; if it persists, tell technical support.',
  ],
  unavailable: [
    'Máy chủ tạm thời chưa phục vụ được. Vui lòng thử lại sau ít phút.',
    'The server cannot serve now. Try again in a few minutes.',
  ],
};

const unknown: readonly [(code: string) => string, (code: string) => string] = [
  (code) => `Có lỗi chưa rõ (mã: ${code}). Thử lại; nếu vẫn lỗi, báo mã này cho bộ phận kỹ thuật.`,
  (code) => `Something went wrong (code: ${code}). Try again; if it persists, give this code to technical support.`,
];

/** The sentence of a code; `own` holds codes of the app itself, which win. */
export function errorSentence(code: string, own: Readonly<Record<string, Text>> = {}): string {
  const known = Object.hasOwn(own, code)
    ? own[code]
    : Object.hasOwn(serverErrors, code)
      ? serverErrors[code as ErrorCode]
      : undefined;
  return known ? say(known) : say([unknown[0](code), unknown[1](code)]);
}
