// Sentences for error codes of the server that only people at work meet: agents, IT, integrators. See errors.ts.
import type { ErrorCode } from '../../generated/ErrorCode';
import type { Text } from './catalogue';
import type { pageErrors } from './errors';

export const workErrors: Readonly<Record<Exclude<ErrorCode, keyof typeof pageErrors>, Text>> = {
  forbidden: [
    'Tài khoản này không được phép làm việc đó. Liên hệ quản lý nếu cần cấp quyền.',
    'This account may not do that. Ask your supervisor for the right.',
  ],
  token_revoked: [
    'Quyền truy cập đã bị thu hồi. Liên hệ quản lý nếu anh/chị vẫn cần sử dụng.',
    'Access was revoked. Ask your supervisor if you still need it.',
  ],
  not_found: [
    'Không tìm thấy nội dung yêu cầu. Hãy tải lại rồi thử lần nữa.',
    'Nothing was found here. Reload and try again.',
  ],
  body_malformed: [
    'Máy chủ không đọc được dữ liệu đã gửi. Hãy thử lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The server could not read what was sent. Try again; if it still fails, tell technical support.',
  ],
  body_too_large: [
    'Tổng dung lượng gửi lên quá lớn. Hãy giảm kích thước ảnh rồi gửi lại.',
    'Too much was sent at once. Make the pictures smaller and send again.',
  ],
  headers_too_large: [
    'Yêu cầu không hợp lệ. Hãy mở lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The request is not valid. Reopen the app; if it still fails, tell technical support.',
  ],
  method_not_allowed: [
    'Thao tác này không được hỗ trợ. Hãy cập nhật phần mềm rồi thử lại.',
    'This action is not supported. Update the software and try again.',
  ],
  request_timeout: [
    'Mạng quá chậm nên chưa gửi xong. Kiểm tra mạng rồi thử lại.',
    'The network was too slow to finish. Check the network and try again.',
  ],
  token_missing: [
    'Phiên làm việc không có mã truy cập. Vui lòng đăng nhập hoặc mở lại từ ứng dụng.',
    'There is no access token. Sign in, or open this again from the app.',
  ],
  idempotency_key_missing: [
    'Yêu cầu thiếu mã chống gửi trùng. Hãy thử lại; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The request has no idempotency key. Try again; if it still fails, tell technical support.',
  ],
  sign_in_failed: [
    'Tên đăng nhập hoặc mật khẩu không đúng. Kiểm tra lại rồi thử lần nữa.',
    'User name or password is wrong. Check them and try again.',
  ],
  sub_type_unknown: [
    'Loại thuê bao không có trong danh mục. Kiểm tra lại loại thuê bao.',
    'The subscriber type is not in the catalogue. Check the subscriber type.',
  ],
  policy_not_in_force: [
    'Chưa có quy định áp dụng cho thời điểm này. Kiểm tra lại ngày giờ.',
    'No policy was in force at that time. Check the date and time.',
  ],
  policy_changed: [
    'Danh mục đã thay đổi sau khi xem trước. Hãy xem trước lại rồi mới lưu.',
    'The catalogue has changed since the preview. Look at a new preview before saving.',
  ],
  policy_invalid: [
    'Tệp hoặc thay đổi của danh mục có lỗi. Sửa các ô được nêu rồi thử lại.',
    'The file or the changes of the catalogue have faults. Correct the named cells and try again.',
  ],
  idempotency_conflict: [
    'Yêu cầu này đã gửi trước đó với nội dung khác. Hãy tạo yêu cầu mới.',
    'This request was sent before with other contents. Make a new request.',
  ],
  evidence_conflict: [
    'Máy chủ đã có một kết quả khác cho cuộc gọi này. Kết quả vẫn được giữ trên máy; báo quản lý để đối chiếu.',
    'The server holds another result for this call. This one is kept here; tell your supervisor to compare them.',
  ],
  picture_too_large: [
    'Ảnh quá lớn. Hãy chụp lại với dung lượng không quá 5 MB.',
    'A picture is too large. Take it again with at most 5 MB.',
  ],
  picture_unsupported: [
    'Định dạng ảnh không được hỗ trợ. Hãy dùng ảnh JPEG, PNG hoặc WebP.',
    'The picture format is not supported. Use JPEG, PNG or WebP.',
  ],
  case_invalid: [
    'Hồ sơ có thông tin chưa đúng. Sửa các mục được đánh dấu rồi gửi lại.',
    'The case has faults. Correct the marked fields and send again.',
  ],
  picture_missing: [
    'Thiếu ảnh bắt buộc. Hãy chụp đủ ảnh giấy tờ và ảnh chân dung.',
    'A picture is missing. Take both the ID card and the portrait.',
  ],
  picture_unreadable: [
    'Không đọc được ảnh. Hãy chụp lại ảnh rõ nét.',
    'A picture cannot be read. Take a clear one again.',
  ],
  evidence_invalid: [
    'Máy chủ không nhận bằng chứng vì không khớp. Bằng chứng vẫn được giữ trên máy; báo bộ phận kỹ thuật.',
    'The server refused the evidence because it does not fit. It is kept here; tell technical support.',
  ],
  workstation_not_approved: [
    'Máy này chưa được bộ phận kỹ thuật duyệt. Gọi bộ phận kỹ thuật; màn hình chờ hiện mã máy để đọc.',
    'IT has not approved this computer yet. Call IT; the waiting screen shows the code to read to them.',
  ],
  workstation_revoked: [
    'Máy này đã bị thu hồi quyền xác minh. Liên hệ bộ phận kỹ thuật, hoặc làm việc ở máy khác.',
    'This computer may no longer verify. Call IT, or work at another computer.',
  ],
  workstation_quarantined: [
    'Máy này bị tạm giữ để kiểm tra. Không xoá gì; báo bộ phận kỹ thuật ngay, hoặc làm việc ở máy khác.',
    'This computer is held back for an examination. Delete nothing; tell IT at once, or work at another computer.',
  ],
  enrolment_code_invalid: [
    'Mã một lần không đúng, đã dùng rồi hoặc đã hết hạn. Xin bộ phận kỹ thuật mã khác.',
    'The one-time code is wrong, used or expired. Ask IT for another.',
  ],
  session_missing: ['Bạn chưa đăng nhập. Hãy đăng nhập để tiếp tục.', 'You are not signed in. Sign in to go on.'],
  session_over: [
    'Phiên đăng nhập đã kết thúc. Hãy đăng nhập lại.',
    'The session is over. Sign in again.',
  ],
  password_temporary: [
    'Mật khẩu này do người khác đặt. Hãy đặt mật khẩu của riêng anh/chị trước.',
    'Somebody else made this password. Set one of your own first.',
  ],
  second_factor_missing: [
    'Chưa xác thực bước hai. Hãy nhập mã từ ứng dụng xác thực, hoặc thiết lập bước hai trước.',
    'The second step is missing. Enter the code of your authenticator app, or set it up first.',
  ],
  second_factor_wrong: [
    'Mã không đúng hoặc đã dùng rồi. Chờ mã mới trong ứng dụng xác thực rồi nhập lại.',
    'The code is wrong or was used already. Wait for the next one in your authenticator app and enter it.',
  ],
  directory_refused: [
    'Không đăng nhập được bằng tài khoản nội bộ. Thử lại; nếu vẫn lỗi, nhờ quản trị viên kiểm tra tài khoản của bạn.',
    'The directory’s sign-in was not taken. Try again; if it persists, ask an administrator to check your account.',
  ],
  name_taken: [
    'Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.',
    'This user name is taken. Choose another.',
  ],
  change_conflict: [
    'Thay đổi này làm một thay đổi đã hẹn trước không còn thực hiện được. Hãy rút thay đổi đó hoặc sửa lại trước.',
    'A change that waits would become impossible by this one. Withdraw or change that one first.',
  ],
  change_not_pending: [
    'Thay đổi này đã được áp dụng, đã rút hoặc đã bị từ chối nên không rút được nữa. Hãy tải lại danh sách.',
    'This change was applied, withdrawn or refused before and cannot be withdrawn. Reload the list.',
  ],
  check_running: [
    'Một lượt kiểm tra nhật ký đang chạy. Vui lòng đợi lượt đó xong.',
    'A check of the audit is running. Wait until it has ended.',
  ],
  last_administrator: [
    'Đây là quản trị viên cuối cùng nên không thể khoá hoặc đổi vai trò. Hãy thêm quản trị viên khác trước.',
    'This is the last administrator and must stay. Add another administrator first.',
  ],
  case_erased: [
    'Dữ liệu khách hàng của cuộc gọi này đã được xoá theo yêu cầu hoặc hết thời hạn lưu giữ nên không xem lại được.',
    'The customer’s data of this call was erased, on demand or at the end of its time. It cannot be shown again.',
  ],
  counter_conflict: [
    'Máy chủ đã có một kết quả khác mang cùng số thứ tự từ máy này. Kết quả vẫn được giữ trên máy; báo bộ phận kỹ thuật ngay.',
    'The server holds another verdict with the same number from this computer. This one is kept here; tell IT at once.',
  ],
  review_given: [
    'Kết luận này đã được người khác xem xét lại.',
    'Somebody has reviewed this verdict already.',
  ],
  review_not_claimed: [
    'Cuộc gọi này hiện không được giao cho bạn xem xét. Hãy nhận cuộc gọi tiếp theo.',
    'This call is not yours to review now. Take the next one.',
  ],
  chunk_offset: [
    'Phần ảnh gửi lên không nối tiếp phần máy chủ đã có. Ứng dụng tự gửi lại.',
    'A part of a picture did not follow the one before. It is sent again by itself.',
  ],
};
