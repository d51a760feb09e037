// Texts of the call page. Readers: a dealer in a shop and the customer beside him, on one phone.
// Entries are [Vietnamese, English]; see catalogue.ts. Notices come from the server, word for word.
import type { CameraFault } from '../../caller/machine';
import type { EndReason } from '../../generated/EndReason';
import { texts, type Text } from './catalogue';

export const caller = texts({
  title: ['Xác minh thuê bao qua video', 'Subscriber verification by video'],
  brand: ['Chính Chủ', 'Chính Chủ'],
  otherLanguage: ['English', 'Tiếng Việt'],

  opening: ['Đang mở cuộc gọi…', 'Opening the call…'],
  openingLost: ['Chưa kết nối được máy chủ', 'The server cannot be reached yet'],
  openingLostHelp: [
    'Kiểm tra Wi-Fi hoặc 4G. Trang sẽ tự kết nối lại, không cần tải lại.',
    'Check Wi-Fi or mobile data. The page connects again by itself; no need to reload.',
  ],
  linkLost: ['Mất kết nối máy chủ — đang kết nối lại', 'Server connection lost — reconnecting'],
  linkLostQueueHelp: [
    'Vị trí trong hàng chờ được giữ khoảng 15 giây. Kiểm tra Wi-Fi hoặc 4G; trang tự kết nối lại.',
    'Your place is kept for about 15 seconds. Check Wi-Fi or mobile data; the page connects again by itself.',
  ],
  linkLostInCall: [
    'Đang kết nối lại máy chủ, cuộc gọi vẫn tiếp tục',
    'Reconnecting to the server; the call goes on',
  ],

  insecure: ['Trang chưa được mở qua kết nối an toàn', 'This page was not opened over a secure connection'],
  insecureHelp: [
    'Trình duyệt chỉ cho dùng camera khi địa chỉ bắt đầu bằng https://. Vui lòng mở lại cuộc gọi từ ứng dụng eKYC; nếu vẫn gặp lỗi, báo bộ phận kỹ thuật.',
    'Browsers allow the camera only when the address begins with https://. Open the call again from the eKYC app; if this persists, tell technical support.',
  ],
  brokenLink: ['Liên kết cuộc gọi không đầy đủ', 'The call link is not complete'],
  brokenLinkHelp: [
    'Vui lòng quay lại ứng dụng eKYC và bấm [Call] để mở lại.',
    'Go back to the eKYC app and press [Call] to open it again.',
  ],
  refused: ['Không mở được cuộc gọi này', 'This call cannot be opened'],
  refusedHelp: [
    'Vui lòng quay lại ứng dụng eKYC và tạo cuộc gọi mới.',
    'Go back to the eKYC app and make a new call.',
  ],
  replaced: ['Cuộc gọi đã được mở ở nơi khác', 'The call was opened elsewhere'],
  replacedHelp: [
    'Cuộc gọi đang tiếp tục ở cửa sổ hoặc thiết bị mở sau cùng. Trang này đã dừng và có thể đóng lại. Muốn tiếp tục trên máy này, bấm nút bên dưới; cửa sổ hoặc thiết bị kia sẽ dừng.',
    'The call goes on in the newest window or device. This page has stopped and can be closed. To go on here, press the button below; the other window or device stops.',
  ],
  replacedTakeBack: ['Dùng tại đây', 'Use here'],

  consentTitle: ['Trước khi bắt đầu', 'Before we begin'],
  consentLead: [
    'Nhân viên hỗ trợ sẽ gọi video để xác minh khách hàng chính chủ thuê bao.',
    'An agent verifies by video call that the customer is the owner of the subscription.',
  ],
  consentStepCamera: [
    'Trình duyệt sẽ hỏi quyền dùng camera và micrô: chọn «Cho phép».',
    'The browser will ask for camera and microphone: choose “Allow”.',
  ],
  consentStepFace: [
    'Khách hàng ngồi nơi đủ sáng, hướng mặt về màn hình.',
    'The customer sits where there is light, facing the screen.',
  ],
  consentStepPicture: [
    'Một ảnh của khách hàng được chụp từ camera này làm bằng chứng khi có kết quả.',
    'One picture of the customer is taken by this camera as evidence when the result is given.',
  ],
  consentStepTime: ['Cuộc gọi thường kéo dài vài phút.', 'The call usually takes a few minutes.'],
  consentText: ['Nội dung khách hàng đồng ý', 'What the customer agrees to'],
  consentAgree: ['Khách hàng đồng ý', 'The customer agrees'],
  consentRefuse: ['Không đồng ý', 'Does not agree'],

  cameraTitle: ['Kiểm tra camera', 'Camera check'],
  cameraLead: [
    'Bật camera để kiểm tra hình trước khi vào hàng chờ.',
    'Switch the camera on to check the picture before queueing.',
  ],
  cameraAgainTitle: ['Bật lại camera', 'Switch the camera on again'],
  cameraAgainLead: [
    'Cuộc gọi đang được giữ. Bật camera để nhân viên thấy khách hàng.',
    'The call is kept. Switch the camera on so that the agent sees the customer.',
  ],
  cameraStart: ['Bật camera và micrô', 'Switch on camera and microphone'],
  cameraAsking: [
    'Đang mở camera… Nếu được hỏi, hãy chọn «Cho phép».',
    'Opening the camera… If asked, choose “Allow”.',
  ],
  cameraAskingShort: ['Đang mở camera… chọn «Cho phép» nếu được hỏi', 'Opening the camera… choose “Allow” if asked'],
  cameraOwn: ['Hình của bạn', 'Your picture'],
  cameraGood: ['Thấy rõ mặt khách hàng chưa?', 'Is the customer’s face clearly visible?'],
  cameraGoodHelp: [
    'Đủ sáng, mặt nằm giữa khung hình, không đeo khẩu trang.',
    'Enough light, face in the middle, no mask.',
  ],
  cameraOk: ['Hình rõ, vào hàng chờ', 'Picture is clear, join the queue'],
  cameraSwitch: ['Đổi camera', 'Switch camera'],
  cameraRetry: ['Thử lại', 'Try again'],
  microphoneLevel: ['Micrô — nói thử một câu', 'Microphone — say something'],
  microphoneHeard: ['Micrô nghe rõ', 'The microphone hears you'],
  microphoneNone: [
    'Không tìm thấy micrô: nhân viên sẽ không nghe được khách hàng. Nếu có tai nghe, hãy cắm vào rồi thử lại.',
    'No microphone found: the agent will not hear the customer. If there is a headset, plug it in and try again.',
  ],

  notQueued: ['Chưa vào được hàng chờ', 'The queue could not be joined'],
  preparing: ['Đang vào hàng chờ…', 'Joining the queue…'],
  queueTitle: ['Đang chờ nhân viên hỗ trợ', 'Waiting for an agent'],
  queuePosition: ['Vị trí', 'Place'],
  queueNext: ['Bạn là người tiếp theo', 'You are next'],
  queueWait: ['Dự kiến chờ', 'Expected wait'],
  queueWaitUnknown: ['chưa ước tính được', 'not known yet'],
  queueWaitNobody: ['đến khi có nhân viên trực', 'until an agent is on duty'],
  queueAnyMoment: ['sắp đến lượt', 'any moment now'],
  queueWaited: [(time: string) => `Đã chờ ${time}`, (time: string) => `Waited ${time}`],
  queueEnds: [
    (time: string) => `Nếu chưa có người tiếp nhận, cuộc gọi tự kết thúc sau ${time}; khi đó vui lòng gọi lại từ eKYC.`,
    (time: string) => `If nobody takes the call, it ends in ${time}; please call again from eKYC then.`,
  ],
  queueFirstAgain: ['Đang chuyển sang nhân viên khác', 'Passing to another agent'],
  queueNextAgent: ['Đang tìm nhân viên khác', 'Looking for another agent'],
  nobody: [
    (time: string) => `Lúc ${time} chưa có nhân viên trực`,
    (time: string) => `Nobody was on duty at ${time}`,
  ],
  nobodyHelp: [
    'Cuộc gọi vẫn được giữ và tự chuyển khi có nhân viên vào trực. Có thể chờ tại đây, hoặc rời hàng chờ và gọi lại sau từ eKYC.',
    'The call is kept and goes to the first agent who comes on duty. Wait here, or leave the queue and call again later from eKYC.',
  ],
  firstAgain: ['Nhân viên tiếp nhận bị mất kết nối', 'The agent’s connection was lost'],
  firstAgainHelp: [
    'Cuộc gọi được ưu tiên đầu hàng, nhân viên khác sẽ tiếp nhận ngay khi rảnh. Vui lòng giữ máy.',
    'The call is first in line; the next free agent takes it. Please hold.',
  ],
  queueSeconds: [(s: number) => `khoảng ${s} giây`, (s: number) => `about ${s} seconds`],
  queueMinutes: [(m: number) => `khoảng ${m} phút`, (m: number) => `about ${m} min`],
  offering: ['Đang gọi nhân viên hỗ trợ…', 'Ringing an agent…'],
  keepOpen: ['Vui lòng giữ màn hình mở', 'Please keep the screen on'],
  keepOpenHelp: [
    'Không khoá máy, không chuyển sang ứng dụng khác.',
    'Do not lock the phone or change to another app.',
  ],

  agent: ['Nhân viên hỗ trợ', 'Agent'],
  connecting: ['Đang kết nối video…', 'Connecting video…'],
  remoteVideo: ['Hình nhân viên hỗ trợ', 'The agent’s picture'],
  idFront: ['Mặt trước', 'Front'],
  idBack: ['Mặt sau', 'Back'],
  portrait: ['Chân dung', 'Portrait'],
  papers: ['Giấy tờ và ảnh chân dung', 'ID card and portrait'],
  paperFailed: ['Chưa tải được ảnh. Chạm để thử lại.', 'The picture did not load. Tap to try again.'],
  paperClose: ['Đóng', 'Close'],
  notices: ['Diễn biến cuộc gọi', 'What happened'],
  soundOn: ['Chạm để bật tiếng', 'Tap for sound'],
  mute: ['Tắt tiếng', 'Mute'],
  unmute: ['Bật tiếng', 'Unmute'],
  mutedNow: ['Micrô đang tắt', 'The microphone is off'],
  hangUp: ['Kết thúc', 'Hang up'],
  leaveQueue: ['Rời hàng chờ', 'Leave the queue'],
  hangUpTitle: ['Kết thúc cuộc gọi?', 'End the call?'],
  hangUpHelp: [
    'Thuê bao chưa được xác minh. Muốn xác minh lại phải gọi lại từ đầu trên eKYC.',
    'The subscriber is not verified yet. To verify, the call must be made again from eKYC.',
  ],
  hangUpYes: ['Kết thúc cuộc gọi', 'End the call'],
  hangUpNo: ['Tiếp tục cuộc gọi', 'Stay in the call'],
  leaving: ['Đang kết thúc cuộc gọi…', 'Ending the call…'],

  awayUs: [
    (s: number) => `Mất kết nối mạng — cuộc gọi được giữ thêm ${s} giây`,
    (s: number) => `Network lost — the call is kept for ${s} more seconds`,
  ],
  awayUsNoCount: ['Mất kết nối mạng', 'Network lost'],
  awayUsHelp: [
    'Đang tự nối lại, không cần bấm gì. Giữ nguyên trang này và kiểm tra Wi-Fi hoặc 4G.',
    'Reconnecting by itself; nothing to press. Stay on this page and check Wi-Fi or mobile data.',
  ],
  awayUsLong: ['Mất kết nối đã quá 15 giây', 'The network has been away for over 15 seconds'],
  awayUsLongHelp: [
    'Trang vẫn đang thử nối lại. Khi có mạng, trang sẽ cho biết cuộc gọi còn tiếp tục hay đã kết thúc.',
    'The page keeps trying. When the network is back it will say whether the call goes on or has ended.',
  ],
  awayAgent: [
    (s: number) => `Nhân viên đang kết nối lại… còn ${s} giây`,
    (s: number) => `The agent is reconnecting… ${s} seconds left`,
  ],
  awayAgentNoCount: ['Nhân viên đang kết nối lại…', 'The agent is reconnecting…'],
  awayAgentHelp: [
    'Vui lòng giữ máy. Nếu nhân viên không trở lại, cuộc gọi được ưu tiên chuyển ngay cho người khác.',
    'Please hold. If the agent does not come back, the call goes first in line to another one.',
  ],
  awayAgentPicture: ['Hình của nhân viên đang bị gián đoạn', 'The agent’s picture is interrupted'],
  awayOurPicture: ['Nhân viên chưa nhận được hình từ máy này', 'The agent gets no picture from this phone'],
  awayPictureHelp: ['Đang tự nối lại hình và tiếng. Vui lòng giữ máy.', 'Reconnecting picture and sound. Please hold.'],
  back: ['Đã kết nối lại', 'Connected again'],

  overTime: ['Kết thúc lúc', 'Ended at'],
  opensAt: ['Mở lại lúc', 'Opens again at'],
  overClose: ['Có thể đóng trang này.', 'This page can be closed.'],
});

export interface Sentence {
  readonly title: Text;
  readonly help: Text;
}

/** What is wrong with the camera, and what to do. */
export const cameraFaults: Readonly<Record<CameraFault, Sentence>> = {
  denied: {
    title: ['Camera hoặc micrô đang bị chặn', 'Camera or microphone is blocked'],
    help: [
      'Mở Cài đặt › Ứng dụng › Quyền (hoặc biểu tượng ổ khoá cạnh địa chỉ), cho phép Camera và Micrô, rồi bấm Thử lại.',
      'Open Settings › Apps › Permissions (or the lock beside the address), allow camera and microphone, then try again.',
    ],
  },
  blocked_by_app: {
    title: ['Ứng dụng chưa cho trang này dùng camera', 'The app does not let this page use the camera'],
    help: [
      'Cấp quyền Camera và Micrô cho ứng dụng eKYC trong Cài đặt, mở lại ứng dụng rồi thử lại.',
      'Give the eKYC app camera and microphone permission in Settings, open the app again and try again.',
    ],
  },
  none: {
    title: ['Không tìm thấy camera', 'No camera was found'],
    help: [
      'Dùng điện thoại có camera, hoặc cắm camera vào máy tính rồi bấm Thử lại.',
      'Use a phone with a camera, or plug one into the computer, then try again.',
    ],
  },
  busy: {
    title: ['Camera đang được ứng dụng khác sử dụng', 'Another app is using the camera'],
    help: [
      'Đóng các ứng dụng đang dùng camera (Zalo, Camera, quét giấy tờ…), rồi bấm Thử lại.',
      'Close the apps that use the camera (Zalo, Camera, scanner…), then try again.',
    ],
  },
  insecure: {
    title: ['Trình duyệt không cho trang này dùng camera', 'The browser does not let this page use the camera'],
    help: [
      'Cập nhật ứng dụng hoặc trình duyệt, rồi mở lại cuộc gọi từ eKYC qua địa chỉ https://.',
      'Update the app or browser, then open the call again from eKYC over https://.',
    ],
  },
  stopped: {
    title: ['Camera vừa bị ngắt', 'The camera was just switched off'],
    help: [
      'Có thể ứng dụng khác đã lấy camera hoặc màn hình bị khoá. Bấm Thử lại để tiếp tục.',
      'Another app may have taken it, or the screen was locked. Try again to go on.',
    ],
  },
  unknown: {
    title: ['Không mở được camera', 'The camera cannot be opened'],
    help: [
      'Bấm Thử lại. Nếu vẫn lỗi, khởi động lại điện thoại rồi mở lại cuộc gọi từ eKYC.',
      'Try again. If it still fails, restart the phone and open the call again from eKYC.',
    ],
  },
};

/** It came outside the opening hours. */
export const closed: Sentence = {
  title: ['Ngoài giờ làm việc', 'Closed now'],
  help: [
    'Thuê bao chưa được xác minh. Vui lòng quay lại eKYC và gọi lại trong giờ làm việc.',
    'The subscriber is not verified. Please go back to eKYC and call again during opening hours.',
  ],
};

/** How the call ended, and what happens next; `null` is the time between verdict and evidence. */
export const endings: Readonly<Record<EndReason | 'awaiting_evidence', Sentence>> = {
  awaiting_evidence: {
    title: ['Cuộc gọi đã xong', 'The call is done'],
    help: [
      'Nhân viên đã có kết quả, hệ thống đang lưu hồ sơ. Kết quả sẽ hiện trên eKYC và mSale sau ít phút.',
      'The agent has a result and the record is being stored. It appears in eKYC and mSale in a moment.',
    ],
  },
  completed: {
    title: ['Đã có kết quả xác minh', 'The verification has a result'],
    help: [
      'Kết quả đã gửi về eKYC và mSale. Quay lại ứng dụng để hoàn tất đấu nối.',
      'The result was sent to eKYC and mSale. Go back to the app to complete the activation.',
    ],
  },
  declined: {
    title: ['NVHT từ chối cuộc gọi', 'The agent declined the call'],
    help: [
      'Thuê bao chưa được xác minh. Quay lại eKYC và bấm [Call] để gọi lại.',
      'The subscriber is not verified. Go back to eKYC and press [Call] to call again.',
    ],
  },
  cancelled: {
    title: ['Cuộc gọi đã huỷ', 'The call was cancelled'],
    help: [
      'Thuê bao chưa được xác minh. Khi sẵn sàng, quay lại eKYC và bấm [Call] để gọi lại.',
      'The subscriber is not verified. When ready, go back to eKYC and press [Call] again.',
    ],
  },
  no_agent: {
    title: ['Chưa có nhân viên tiếp nhận', 'No agent could take the call'],
    help: [
      'Các nhân viên đều đang bận. Vui lòng quay lại eKYC và gọi lại sau ít phút.',
      'All agents are busy. Go back to eKYC and call again in a few minutes.',
    ],
  },
  caller_lost: {
    title: ['Mất kết nối quá 15 giây', 'Connection lost for more than 15 seconds'],
    help: [
      'Cuộc gọi đã kết thúc, thuê bao chưa được xác minh. Kiểm tra mạng rồi gọi lại từ eKYC.',
      'The call has ended and the subscriber is not verified. Check the network and call again from eKYC.',
    ],
  },
  agent_lost: {
    title: ['Nhân viên bị mất kết nối', 'The agent’s connection was lost'],
    help: [
      'Thuê bao chưa được xác minh. Xin lỗi vì sự bất tiện; vui lòng gọi lại từ eKYC.',
      'The subscriber is not verified. We are sorry; please call again from eKYC.',
    ],
  },
  failed: {
    title: ['Cuộc gọi kết thúc do lỗi hệ thống', 'The call ended by a fault of the system'],
    help: [
      'Chưa có kết quả xác minh. Vui lòng gọi lại từ eKYC; nếu lặp lại, báo bộ phận kỹ thuật.',
      'There is no result. Call again from eKYC; if it repeats, tell technical support.',
    ],
  },
};
