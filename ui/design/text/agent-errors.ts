// Sentences for the workstation's own stable codes (sign-in, locked verdict, capture, commands); server codes: errors.ts.
import type { Text } from './catalogue';
import { workErrors } from './work-errors';

/** Why nobody is signed in (`Account.error`). */
export const signInErrors: Readonly<Record<string, Text>> = {
  profile_in_use: [
    'Chính Chủ đang mở ở cửa sổ khác với cùng hồ sơ máy. Đóng cửa sổ này và dùng cửa sổ kia.',
    'Chính Chủ is open in another window with the same profile. Close this window and use the other one.',
  ],
  sign_in_failed: [
    'Tên đăng nhập hoặc mật khẩu không đúng. Kiểm tra lại rồi thử lần nữa.',
    'User name or password is wrong. Check them and try again.',
  ],
  signed_in_elsewhere: [
    'Tài khoản này vừa đăng nhập ở máy khác. Nếu không phải bạn, báo quản lý ngay.',
    'This account signed in on another computer. If that was not you, tell your supervisor at once.',
  ],
  server_unreachable: [
    'Không kết nối được máy chủ. Kiểm tra dây mạng hoặc Wi-Fi rồi thử lại.',
    'The server cannot be reached. Check the network and try again.',
  ],
  signed_out_by_force: [
    'Quản lý đã kết thúc phiên làm việc này. Liên hệ quản lý trước khi đăng nhập lại.',
    'A supervisor ended this session. Ask before you sign in again.',
  ],
  session_expired: ['Phiên làm việc đã hết hạn. Đăng nhập lại để tiếp tục.', 'The session has expired. Sign in again.'],
  server_malformed: [
    'Máy chủ trả lời không đúng. Kiểm tra địa chỉ máy chủ hoặc báo bộ phận kỹ thuật.',
    'The server’s answer cannot be understood. Check its address, or tell technical support.',
  ],
  credentials_malformed: [
    'Tên đăng nhập hoặc mật khẩu để trống hoặc quá dài. Nhập lại rồi thử lần nữa.',
    'User name or password is empty or too long. Enter them again.',
  ],
  token_invalid: ['Phiên làm việc không còn hiệu lực. Đăng nhập lại để tiếp tục.', 'The session is no longer valid. Sign in again.'],
  token_expired: ['Phiên làm việc đã hết hạn. Đăng nhập lại để tiếp tục.', 'The session has expired. Sign in again.'],
  token_revoked: [
    'Tài khoản đã bị thu hồi quyền truy cập. Liên hệ quản lý.',
    'Access of this account was revoked. Ask your supervisor.',
  ],
  version_unsupported: [
    'Phiên bản phần mềm đã cũ. Cập nhật ứng dụng rồi đăng nhập lại.',
    'This version is too old. Update the application and sign in again.',
  ],
};

/** Signed in, with a drawback (`Account.warning`). */
export const signInWarnings: Readonly<Record<string, Text>> = {
  keyring_unavailable: [
    'Kho mật khẩu của máy không mở được: phải đăng nhập lại sau mỗi lần khởi động, và máy này không nhận cuộc gọi. Mở khoá kho mật khẩu rồi khởi động lại, hoặc báo bộ phận kỹ thuật.',
    'The system keyring cannot be opened: you sign in anew at every start, and no calls come to this computer. Unlock it and restart, or tell technical support.',
  ],
  keyring_in_memory: [
    'Chạy thử: khoá chỉ nằm trong bộ nhớ. Đóng ứng dụng là mất khoá, kết quả chưa gửi sẽ không gửi được nữa.',
    'Trial: keys are in memory only. When the application ends they are gone, and what was not sent cannot be sent any more.',
  ],
};

/** Why nothing can be sealed on this computer; before and after the capture. */
const outboxFaults: Readonly<Record<string, Text>> = {
  outbox_damaged: [
    'Kho kết quả trên máy này bị hỏng nên không gửi được kết quả. Không xoá gì, không cài lại; báo bộ phận kỹ thuật ngay, hoặc làm việc ở máy khác.',
    'The outbox of this computer is damaged: no verdict can be given. Delete nothing; tell technical support at once, or work elsewhere.',
  ],
  disk_full: [
    'Ổ đĩa đầy nên chưa lưu được kết quả. Xoá bớt tệp không cần rồi gửi lại.',
    'The disk is full, so nothing was saved. Free some space and submit again.',
  ],
  outbox_in_use: [
    'Chính Chủ đang mở ở cửa sổ khác nên cửa sổ này không lưu được kết quả. Đóng cửa sổ này và dùng cửa sổ kia.',
    'Chính Chủ is open in another window, so this one cannot keep verdicts. Close this window and use the other one.',
  ],
  keyring_unavailable: [
    'Kho mật khẩu của máy không mở được nên không lưu được kết quả. Mở khoá kho mật khẩu rồi khởi động lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The system keyring cannot be opened, so no verdict can be kept. Unlock it and restart the application; if it persists, tell technical support.',
  ],
  outbox_failed: [
    'Chưa lưu được kết quả xuống máy. Gửi lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The verdict could not be saved. Submit again; if it persists, tell technical support.',
  ],
};

/** Why a verdict cannot be given now (`VerdictPicture.locked.why`). */
export const verdictLocks: Readonly<Record<string, Text>> = {
  ...outboxFaults,
  video_not_seen: [
    'Chưa có hình của khách hàng. Chờ thấy hình rồi mới gửi được kết quả.',
    'The customer was not seen yet. Wait for the picture.',
  ],
  media_stalled: [
    'Hình của khách hàng đang dừng. Chờ hình chạy lại rồi mới gửi được kết quả.',
    'The customer’s picture stands still. Wait until it moves again.',
  ],
  compare_again: [
    'Cuộc gọi phía khách hàng vừa được mở lại trên trang hoặc thiết bị khác. Đối chiếu lại rồi bấm «Đã đối chiếu lại».',
    'The customer’s call was opened again on another page or device. Compare again, then press «Compared again».',
  ],
  outbox_full: [
    'Có quá nhiều kết quả chưa gửi được. Kiểm tra mạng; kết quả mới chỉ gửi được khi kho đã vơi.',
    'Too many verdicts wait to be sent. Check the network; new ones can be given once some are sent.',
  ],
  case_missing: [
    'Chưa tải được hồ sơ khách hàng. Kiểm tra mạng; hồ sơ tự tải lại.',
    'The customer’s case is not loaded yet. Check the network; it loads by itself.',
  ],
};

/** Why capture or sealing failed (`VerdictPicture.refused.code`); nothing was decided. */
export const captureErrors: Readonly<Record<string, Text>> = {
  ...workErrors,
  ...outboxFaults,
  capture_uniform: [
    'Ảnh chụp màn hình bị trống. Đưa cửa sổ này ra trước, không thu nhỏ, rồi gửi lại.',
    'The captured picture was blank. Bring this window to the front and submit again.',
  ],
  capture_foreign: [
    'Ảnh chụp bị cửa sổ khác che. Đưa cửa sổ này ra trước rồi gửi lại.',
    'Another window covered the capture. Bring this window to the front and submit again.',
  ],
  key_lost: [
    'Không mở được kho kết quả vì mất khoá. Báo bộ phận kỹ thuật ngay.',
    'The outbox cannot be opened: its key is lost. Tell technical support at once.',
  ],
  key_unavailable: [
    'Chưa ký được kết quả vì kho mật khẩu của máy không mở. Mở khoá kho mật khẩu rồi gửi lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The verdict cannot be signed: the system keyring does not open. Unlock it and submit again; if it persists, tell technical support.',
  ],
  capture_stale: [
    'Ảnh chụp không đúng hình đang hiện. Đưa cửa sổ này ra trước rồi gửi lại.',
    'The capture did not show the present picture. Bring this window to the front and submit again.',
  ],
  capture_failed: [
    'Không chụp được màn hình. Gửi lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The screen could not be captured. Submit again; if it persists, tell technical support.',
  ],
};

/** Why a command of the screen was not taken. */
export const commandErrors: Readonly<Record<string, Text>> = {
  ...verdictLocks,
  ...captureErrors,
  profile_in_use: signInErrors.profile_in_use as Text,
  no_renewal: [
    'Khoá của máy này vẫn dùng được, không cần tạo khoá mới.',
    'The key of this computer is good; no new one is needed.',
  ],
  outbox_sound: [
    'Kho kết quả không bị hỏng, không cần bắt đầu kho mới.',
    'The outbox is not damaged; no new one is needed.',
  ],
  not_signed_in: ['Chưa đăng nhập. Đăng nhập rồi thử lại.', 'Not signed in. Sign in and try again.'],
  in_call: ['Đang trong cuộc gọi. Hoàn tất cuộc gọi rồi thử lại.', 'In a call. Finish it and try again.'],
  signed_in_already: ['Đã đăng nhập rồi. Đăng xuất trước khi đổi tài khoản.', 'Already signed in. Sign out first.'],
  no_offer: ['Cuộc gọi này không còn chờ trả lời.', 'This call no longer waits for an answer.'],
  no_call: ['Cuộc gọi này đã kết thúc rồi.', 'This call has already ended.'],
  too_early: [
    'Chưa kết thúc được cuộc gọi này: có thể gửi kết quả, hoặc hình sắp có lại. Chờ thêm một chút.',
    'This call cannot be ended yet: it can be decided, or may be soon. Wait a little.',
  ],
  no_wrap_up: ['Cuộc gọi đã hoàn tất trước đó.', 'This call was wrapped up before.'],
  verdict_given: ['Cuộc gọi này đã có kết quả.', 'This call already has its verdict.'],
  credentials_malformed: signInErrors.credentials_malformed as Text,
  stopping: ['Ứng dụng đang đóng. Mở lại ứng dụng rồi thử lại.', 'The application is closing. Open it again.'],
  link_down: [
    'Chưa kết nối được máy chủ. Thử lại khi có mạng.',
    'The server cannot be reached. Try again when the network is back.',
  ],
  reason_missing: ['Chọn một lý do từ chối rồi gửi lại.', 'Choose a reason and submit again.'],
  note_too_long: ['Ghi chú quá dài. Rút gọn còn 1.000 ký tự.', 'The note is too long. Keep it to 1,000 characters.'],
  host_failed: [
    'Ứng dụng không phản hồi. Thử lại; nếu vẫn lỗi, khởi động lại ứng dụng.',
    'The application did not answer. Try again; if it persists, restart it.',
  ],
};
