// Texts of the outbox: what waits on this computer, what is the matter with it, and what to do next.
import { texts } from './catalogue';

export const outbox = texts({
  title: ['Kết quả chờ gửi', 'Outbox'],
  oldest: [(time: string) => `Kết quả cũ nhất chờ từ ${time}.`, (time: string) => `The oldest waits since ${time}.`],
  next: [(time: string) => `Lần thử tiếp theo sau ${time}.`, (time: string) => `Next try in ${time}.`],

  // Going on
  empty: ['Đã gửi hết kết quả', 'Everything is sent'],
  emptyLead: ['Mọi kết quả đều đã đến máy chủ.', 'Every verdict has reached the server.'],
  uploading: [(n: number) => `Đang gửi ${n} kết quả`, (n: number) => `Sending ${n}`],
  uploadingLead: ['Kết quả tự gửi ở phía sau, không cần làm gì thêm.', 'They are sent by themselves; nothing to do.'],
  waiting: [(n: number) => `${n} kết quả chờ mạng`, (n: number) => `${n} waiting for the network`],
  waitingLead: [
    'Kết quả nằm an toàn trên máy này và tự gửi khi có mạng. Không tắt máy trước khi gửi xong.',
    'They are safe on this computer and go when the network is back. Keep the computer on until then.',
  ],

  // The server does not take them
  refused: [(n: number) => `${n} kết quả bị máy chủ từ chối`, (n: number) => `${n} refused by the server`],
  refusedLead: [
    'Kết quả vẫn được giữ trên máy. Báo quản lý để đối chiếu với máy chủ.',
    'They are kept here. Tell your supervisor so that they can be compared with the server.',
  ],
  notAllowed: [(n: number) => `${n} kết quả chưa được phép gửi`, (n: number) => `${n} not allowed to be sent`],
  notAllowedLead: [
    'Máy chủ không cho phiên này gửi. Đăng xuất rồi đăng nhập lại; nếu vẫn còn, báo quản lý kiểm tra quyền. Kết quả vẫn nằm an toàn trên máy.',
    'The server does not let this session send them. Sign out and in again; if that does not help, tell your supervisor. They are safe on this computer.',
  ],
  notApproved: [(n: number) => `${n} kết quả chờ máy được duyệt`, (n: number) => `${n} wait for the computer’s approval`],
  notApprovedLead: [
    'Máy chủ chỉ nhận kết quả từ máy đã được duyệt. Kết quả nằm an toàn trên máy và tự gửi khi máy được duyệt; gọi bộ phận kỹ thuật.',
    'The server takes verdicts of approved computers only. They are safe here and go once it is approved; call IT.',
  ],
  receiptWrong: [(n: number) => `${n} kết quả chưa được ký nhận đúng`, (n: number) => `${n} without a valid receipt`],
  receiptWrongLead: [
    'Máy chủ trả lời nhưng chữ ký nhận không đúng, nên kết quả vẫn được giữ trên máy và tự gửi lại. Nếu kéo dài quá 10 phút, báo bộ phận kỹ thuật.',
    'The server answered, but its signature is not right. They are kept here and sent again. If this lasts more than 10 minutes, tell IT.',
  ],

  // This computer cannot read or keep them
  keyLost: [(n: number) => `${n} kết quả không mở được`, (n: number) => `${n} cannot be opened`],
  keyLostLead: [
    'Khoá mở kho kết quả không còn trong kho mật khẩu của máy. Không xoá gì, không cài lại máy; báo bộ phận kỹ thuật ngay.',
    'The key that opens them is no longer in the system’s keyring. Delete nothing, do not reinstall; tell IT at once.',
  ],
  recordDamaged: [(n: number) => `${n} kết quả bị hỏng trên máy`, (n: number) => `${n} damaged on this computer`],
  recordDamagedLead: [
    'Các kết quả này không đọc được nữa nên chưa gửi được; kết quả khác vẫn gửi bình thường. Không xoá gì; báo bộ phận kỹ thuật ngay.',
    'They can no longer be read and are not sent; all others are. Delete nothing; tell IT at once.',
  ],
  full: ['Kho kết quả đã đầy', 'The outbox is full'],
  fullLead: [
    'Có quá nhiều kết quả chưa gửi được, nên máy tạm dừng nhận cuộc gọi để không mất kết quả nào. Kiểm tra mạng; gửi bớt xong, bấm «Sẵn sàng» để làm việc tiếp.',
    'Too many verdicts wait, so no calls come: none may be lost. Check the network; once some are sent, press «Available» to go on.',
  ],
  diskFull: ['Ổ đĩa đầy', 'The disk is full'],
  diskFullLead: [
    'Không lưu thêm được kết quả, nên máy tạm dừng nhận cuộc gọi. Xoá bớt tệp không cần trên ổ đĩa hoặc báo bộ phận kỹ thuật.',
    'No more verdicts can be saved, so no calls come. Free some space, or tell IT.',
  ],
  damaged: ['Kho kết quả bị hỏng', 'The outbox is damaged'],
  damagedLead: [
    'Kho trên máy này không đọc được, nên chưa thể gửi kết quả mới và không có cuộc gọi. Không xoá gì, không cài lại. Báo bộ phận kỹ thuật; họ có thể cho bắt đầu kho mới. Hoặc làm việc ở máy khác.',
    'The outbox of this computer cannot be read, so no verdict can be given and no calls come. Delete nothing, do not reinstall. Tell IT, who may have you begin a new one. Or work at another computer.',
  ],
  unusable: ['Không dùng được kho kết quả', 'The outbox cannot be used'],
  unusableLead: [
    'Không mở được kho kết quả, nên chưa thể gửi kết quả mới. Khởi động lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The outbox cannot be opened, so no verdict can be given. Restart the application; if it persists, tell IT.',
  ],
  noKeyring: ['Không mở được kho mật khẩu của máy', 'The system keyring cannot be opened'],
  noKeyringLead: [
    'Khoá của kho kết quả nằm trong kho mật khẩu, nên chưa lưu được kết quả và không có cuộc gọi. Kết quả đã lưu trước đây vẫn còn nguyên. Mở khoá kho mật khẩu rồi khởi động lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
    'The key of the outbox lies in the keyring, so no verdict can be kept and no calls come. What was kept before is untouched. Unlock the keyring and restart the application; if it persists, tell technical support.',
  ],
  inUse: ['Chính Chủ đang mở ở cửa sổ khác', 'Chính Chủ is open in another window'],
  inUseLead: [
    'Hồ sơ máy này đang được một cửa sổ Chính Chủ khác dùng, nên cửa sổ này không làm việc được. Đóng cửa sổ này và dùng cửa sổ kia; không thấy cửa sổ kia thì khởi động lại máy.',
    'Another Chính Chủ window uses this profile, so this one cannot work. Close this window and use the other one; if you cannot find it, restart the computer.',
  ],

  // Still works, but somebody should act
  filling: ['Kho kết quả sắp đầy', 'The outbox is nearly full'],
  fillingLead: [
    'Đã dùng hơn 80 % chỗ chứa kết quả chờ gửi. Kiểm tra mạng ngay; khi đầy, máy dừng nhận cuộc gọi.',
    'More than 80 % of the room for waiting verdicts is used. Check the network now; when it is full no more calls come.',
  ],
  diskFilling: ['Ổ đĩa sắp đầy', 'The disk is nearly full'],
  diskFillingLead: [
    'Xoá bớt tệp không cần hoặc báo bộ phận kỹ thuật; khi ổ đĩa đầy, máy dừng nhận cuộc gọi.',
    'Free some space or tell IT; when the disk is full no more calls come.',
  ],
  setAside: [(n: number) => `Có ${n} kho hỏng được để riêng`, (n: number) => `Damaged outboxes set aside: ${n}`],
  setAsideLead: [
    'Kho mới hoạt động bình thường. Kho hỏng còn nguyên trên máy và có thể chứa kết quả chưa gửi: không xoá, báo bộ phận kỹ thuật đến lấy.',
    'The new outbox works. The damaged one lies untouched on this computer and may hold verdicts that were not sent: delete nothing, have IT collect it.',
  ],

  // Beginning anew
  beginAnew: ['Để riêng kho hỏng, bắt đầu kho mới', 'Set it aside, begin a new one'],
  beginAnewTitle: ['Bắt đầu kho kết quả mới?', 'Begin a new outbox?'],
  beginAnewLead: [
    'Chỉ làm khi bộ phận kỹ thuật yêu cầu. Kho hỏng được giữ nguyên trên máy, không xoá gì. Máy tạo khoá mới và phải được duyệt lại trước khi nhận cuộc gọi.',
    'Only if IT asks for it. The damaged outbox stays on this computer, untouched. The computer makes a new key and must be approved anew before calls come.',
  ],
  beginAnewDo: ['Bắt đầu kho mới', 'Begin a new one'],
});
