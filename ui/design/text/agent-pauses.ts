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
  workstation_closed: {
    name: ['Đã đóng ứng dụng', 'The application was closed'],
    lead: ['Bấm «Sẵn sàng» khi bạn muốn nhận cuộc gọi trở lại.', 'Press «Available» when you want to take calls again.'],
  },
};
