// Breaks that the system began by itself: why, and what to do. Codes of the server (routing, `pause`) and the station.
import type { Text } from './catalogue';

export interface SystemPause {
  readonly name: Text;
  readonly lead: Text;
}

export const systemPauses: Readonly<Record<string, SystemPause>> = {
  missed_rings: {
    name: ['Không trả lời cuộc gọi đến', 'Calls were not answered'],
    lead: [
      'Hệ thống đã tự chuyển sang tạm nghỉ vì có cuộc gọi đến không được trả lời. Bấm «Sẵn sàng» khi bạn đã quay lại.',
      'The system put you on a break because a call was not answered. Press «Available» when you are back.',
    ],
  },
  connection_lost: {
    name: ['Mất kết nối máy chủ', 'The connection was lost'],
    lead: [
      'Hệ thống đã tự chuyển sang tạm nghỉ vì máy này mất kết nối. Bấm «Sẵn sàng» để nhận cuộc gọi trở lại.',
      'The system put you on a break because this computer was away. Press «Available» to take calls again.',
    ],
  },
  never_rang: {
    name: ['Máy này không báo chuông được', 'This computer did not ring'],
    lead: [
      'Một cuộc gọi đến đã không hiện được trên máy này nên được chuyển cho người khác. Bấm «Sẵn sàng»; nếu lặp lại, khởi động lại ứng dụng.',
      'A call could not ring here and went to another agent. Press «Available»; if it happens again, restart the application.',
    ],
  },
  signed_in: {
    name: ['Vừa đăng nhập', 'Just signed in'],
    lead: ['Bấm «Sẵn sàng» khi bạn muốn bắt đầu nhận cuộc gọi.', 'Press «Available» when you want to take calls.'],
  },
  outbox_full: {
    name: ['Quá nhiều kết quả chờ gửi', 'Too many verdicts wait'],
    lead: [
      'Hệ thống tạm dừng nhận cuộc gọi cho đến khi các kết quả đang chờ được gửi đi. Kiểm tra mạng.',
      'No calls come until waiting verdicts are sent. Check the network.',
    ],
  },
  outbox_damaged: {
    name: ['Kho kết quả bị hỏng', 'The outbox is damaged'],
    lead: [
      'Máy này chưa lưu được kết quả nên không nhận cuộc gọi. Không xoá gì; báo bộ phận kỹ thuật, hoặc làm việc ở máy khác.',
      'This computer cannot keep verdicts, so no calls come. Delete nothing; tell technical support, or work at another computer.',
    ],
  },
  outbox_failed: {
    name: ['Không dùng được kho kết quả', 'The outbox cannot be used'],
    lead: [
      'Máy này chưa lưu được kết quả nên không nhận cuộc gọi. Khởi động lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
      'This computer cannot keep verdicts, so no calls come. Restart the application; if it persists, tell technical support.',
    ],
  },
  outbox_in_use: {
    name: ['Chính Chủ đang mở ở cửa sổ khác', 'Open in another window'],
    lead: [
      'Cửa sổ này không lưu được kết quả nên không nhận cuộc gọi. Đóng cửa sổ này và dùng cửa sổ kia.',
      'This window cannot keep verdicts, so no calls come. Close it and use the other one.',
    ],
  },
  keyring_unavailable: {
    name: ['Không mở được kho mật khẩu của máy', 'The system keyring cannot be opened'],
    lead: [
      'Kết quả không lưu an toàn được nên không có cuộc gọi. Mở khoá kho mật khẩu rồi khởi động lại ứng dụng; nếu vẫn lỗi, báo bộ phận kỹ thuật.',
      'Verdicts could not be kept safely, so no calls come. Unlock the keyring and restart the application; if it persists, tell technical support.',
    ],
  },
  disk_full: {
    name: ['Ổ đĩa đầy', 'The disk is full'],
    lead: [
      'Máy này chưa lưu được kết quả nên không nhận cuộc gọi. Xoá bớt tệp không cần; khi đủ chỗ, bấm «Sẵn sàng».',
      'This computer cannot keep verdicts, so no calls come. Free some space, then press «Available».',
    ],
  },
  workstation_closed: {
    name: ['Đã đóng ứng dụng', 'The application was closed'],
    lead: ['Bấm «Sẵn sàng» khi bạn muốn nhận cuộc gọi trở lại.', 'Press «Available» when you want to take calls again.'],
  },
};
