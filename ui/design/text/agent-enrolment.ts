// Texts of the workstation's approval: read by an agent at the computer, who talks with IT on the phone.
import { texts, type Text } from './catalogue';
import { workErrors } from './work-errors';

export const enrolment = texts({
  pendingTitle: ['Máy này đang chờ bộ phận kỹ thuật duyệt', 'This computer waits for IT to approve it'],
  pendingLead: [
    'Mỗi máy phải được duyệt một lần trước khi nhận cuộc gọi, để mọi kết quả đều chứng minh được là gửi từ máy của công ty.',
    'Every computer is approved once before it takes calls, so that each verdict can be proven to come from a computer of the company.',
  ],
  stepCall: [
    'Gọi bộ phận kỹ thuật và báo máy này đang chờ duyệt.',
    'Call IT and say that this computer waits for approval.',
  ],
  stepRead: [
    'Đọc mã máy dưới đây, lần lượt từng nhóm, để kỹ thuật so với mã trên màn hình của họ.',
    'Read the code below, group by group; IT compares it with the one on their screen.',
  ],
  stepWait: [
    'Duyệt xong, màn hình này tự đổi. Không cần đăng nhập lại.',
    'Once approved this screen changes by itself. No need to sign in again.',
  ],
  fingerprint: ['Mã máy', 'Code of this computer'],
  fingerprintDiffers: [
    'Nếu mã bên kỹ thuật khác dù chỉ một ký tự: dừng lại, không duyệt.',
    'If IT sees a code that differs in even one character: stop, do not approve.',
  ],
  codeRefused: ['Mã một lần chưa được chấp nhận', 'The one-time code was not taken'],

  approvedTitle: ['Máy này đã được duyệt', 'This computer is approved'],
  approvedLead: [
    'Bấm «Sẵn sàng nhận cuộc gọi» khi bạn muốn bắt đầu.',
    'Press «Take calls» when you want to begin.',
  ],

  enrollingTitle: ['Đang đăng ký máy này với máy chủ…', 'Registering this computer with the server…'],
  enrollingLead: ['Thường mất vài giây.', 'This takes a few seconds.'],
  failedTitle: ['Chưa đăng ký được máy này với máy chủ', 'This computer could not be registered'],
  failedAgain: ['Ứng dụng tự thử lại.', 'The application tries again by itself.'],

  revokedTitle: ['Máy này đã bị thu hồi quyền xác minh', 'This computer may no longer verify'],
  revokedLead: [
    'Bộ phận kỹ thuật đã thu hồi khoá của máy này, nên máy không nhận cuộc gọi nữa. Kết quả chưa gửi vẫn nằm nguyên trên máy. Liên hệ bộ phận kỹ thuật, hoặc làm việc ở máy khác.',
    'IT has revoked this computer’s key, so no calls come. Verdicts that are not sent yet stay here, untouched. Call IT, or work at another computer.',
  ],
  quarantinedTitle: ['Máy này bị tạm giữ để kiểm tra', 'This computer is held back for an examination'],
  quarantinedLead: [
    'Máy chủ đã nhận từ máy này hai kết quả khác nhau mang cùng một số thứ tự; việc này xảy ra khi dữ liệu của máy bị sao chép hoặc khôi phục từ bản cũ. Không xoá gì, không cài lại. Báo bộ phận kỹ thuật ngay, hoặc làm việc ở máy khác.',
    'The server received two different verdicts with the same number from this computer, as happens when its data was copied or restored from an old copy. Delete nothing, do not reinstall. Tell IT at once, or work at another computer.',
  ],
  renew: ['Tạo khoá mới và xin duyệt lại', 'Make a new key and ask again'],
  renewTitle: ['Tạo khoá mới cho máy này?', 'Make a new key for this computer?'],
  renewLead: [
    'Chỉ làm khi bộ phận kỹ thuật yêu cầu. Khoá cũ không dùng lại được; máy phải được duyệt lại trước khi nhận cuộc gọi.',
    'Only if IT asks for it. The old key cannot be used again, and the computer must be approved anew before calls come.',
  ],
  renewDo: ['Tạo khoá mới', 'Make a new key'],

  closedTitle: ['Khoá trước của máy này đã dừng', 'The former key of this computer is closed'],
  closedLast: [
    (last: string, key: string) => `Kết quả cuối mang số ${last} (khoá ${key}). Đọc cho bộ phận kỹ thuật khi được hỏi.`,
    (last: string, key: string) => `Its last verdict has number ${last} (key ${key}). Read this to IT if they ask.`,
  ],
  closedUnknown: [
    (key: string) => `Không rõ số của kết quả cuối (khoá ${key}). Đọc cho bộ phận kỹ thuật khi được hỏi.`,
    (key: string) => `The number of its last verdict is not known (key ${key}). Read this to IT if they ask.`,
  ],
  notAllowed: ['Máy này chưa được phép nhận cuộc gọi', 'This computer may not take calls yet'],
});

/** Why the former key is used no more (`ClosedStream.why`). */
export const closedWhys: Readonly<Record<string, Text>> = {
  key_lost: ['Khoá không còn trong kho mật khẩu của máy.', 'The key is no longer in the system’s keyring.'],
  outbox_lost: ['Kho kết quả cũ đã được để riêng hoặc bị xoá.', 'The former outbox was set aside or deleted.'],
  renewed: ['Khoá mới được tạo theo yêu cầu.', 'A new key was made on request.'],
};

/** What went wrong with the registration (`WorkstationPicture.error`). */
export const enrolmentErrors: Readonly<Record<string, Text>> = {
  ...workErrors,
  enrolment_code_invalid: [
    'Mã một lần không đúng, đã dùng rồi hoặc đã hết hạn. Xin bộ phận kỹ thuật mã khác, hoặc chờ duyệt bằng mã máy.',
    'The one-time code is wrong, used or expired. Ask IT for another, or wait for the approval by the code of this computer.',
  ],
  server_key_changed: [
    'Máy chủ này mang khoá khác với khoá đã biết. Có thể máy chủ vừa được thay, hoặc địa chỉ bị giả mạo. Dừng lại và báo bộ phận kỹ thuật ngay.',
    'This server has another key than the one known here. It may have been replaced, or somebody pretends to be it. Stop and tell IT at once.',
  ],
  server_unreachable: [
    'Chưa kết nối được máy chủ. Kiểm tra dây mạng hoặc Wi-Fi.',
    'The server cannot be reached. Check the cable or the Wi-Fi.',
  ],
  keyring_unavailable: [
    'Kho mật khẩu của máy không mở được nên chưa tạo được khoá ký. Mở khoá kho mật khẩu rồi khởi động lại ứng dụng.',
    'The system keyring cannot be opened, so there is no signing key. Unlock it and restart the application.',
  ],
  outbox_in_use: [
    'Chính Chủ đang mở ở cửa sổ khác trên máy này. Đóng cửa sổ kia rồi mở lại.',
    'Chính Chủ is open in another window on this computer. Close that one and start again.',
  ],
};
