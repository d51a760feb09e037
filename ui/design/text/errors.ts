// Sentences for the server's stable error codes: what happened, and what to do next. Here those that a customer's page
// can meet, which a cheap phone loads; the rest in work-errors.ts, whose type makes a missing code a compile error.
import type { ErrorCode } from '../../generated/ErrorCode';
import { say, type Text } from './catalogue';

export const pageErrors = {
  token_invalid: [
    'Mã truy cập không đúng. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'The access token is not known. Sign in, or open this again from the app.',
  ],
  token_expired: [
    'Phiên làm việc đã hết hạn. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'The session has expired. Sign in, or open this again from the app.',
  ],
  call_not_found: [
    'Không tìm thấy cuộc gọi. Hãy tạo lại cuộc gọi từ ứng dụng eKYC.',
    'The call was not found. Make it again from the eKYC app.',
  ],
  call_ended: [
    'Cuộc gọi đã kết thúc. Nếu vẫn cần xác minh, hãy gọi lại từ đầu.',
    'The call has ended. If verification is still needed, call again.',
  ],
  request_invalid: [
    'Thông tin gửi lên chưa đúng. Kiểm tra lại các mục được đánh dấu.',
    'The request has faults. Check the marked fields.',
  ],
  consent_missing: [
    'Chưa có sự đồng ý của khách hàng. Xin ý kiến khách hàng trước khi gọi.',
    'The customer has not consented yet. Ask for consent before the call.',
  ],
  rate_limited: [
    'Thao tác quá nhanh. Chờ một phút rồi thử lại.',
    'Too many requests. Wait a minute and try again.',
  ],
  queue_full: [
    'Hiện có quá nhiều cuộc gọi chờ. Vui lòng gọi lại sau ít phút.',
    'Too many calls are waiting. Call again in a few minutes.',
  ],
  internal: [
    'Máy chủ gặp lỗi. Thử lại sau ít phút; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The server has a fault. Try again in a few minutes; if it persists, tell technical support.',
  ],
  figures_behind: [
    'Số liệu đang được lập lại từ nhật ký, hiện chưa đầy đủ. Vui lòng xem lại sau ít phút.',
    'The figures are being made anew from the log and are not whole yet. Look again in a few minutes.',
  ],
  unavailable: [
    'Máy chủ tạm thời chưa phục vụ được. Vui lòng thử lại sau ít phút.',
    'The server cannot serve now. Try again in a few minutes.',
  ],
} as const satisfies Partial<Readonly<Record<ErrorCode, Text>>>;

const unknown: readonly [(code: string) => string, (code: string) => string] = [
  (code) => `Có lỗi chưa rõ (mã: ${code}). Thử lại; nếu vẫn lỗi, báo mã này cho bộ phận kỹ thuật.`,
  (code) => `Something went wrong (code: ${code}). Try again; if it persists, give this code to technical support.`,
];

/** The sentence of a code; `own` holds codes of the app itself (and `workErrors`, away from the customer), which win. */
export function errorSentence(code: string, own: Readonly<Record<string, Text>> = {}): string {
  const known = Object.hasOwn(own, code)
    ? own[code]
    : Object.hasOwn(pageErrors, code)
      ? pageErrors[code as keyof typeof pageErrors]
      : undefined;
  return known ? say(known) : say([unknown[0](code), unknown[1](code)]);
}
