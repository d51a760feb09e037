// Texts of the wallboard. Entries are [Vietnamese, English]; see catalogue.ts.
import type { AgentDoes } from '../../generated/AgentDoes';
import { texts, type Text } from './catalogue';

export const wallboard = texts({
  lead: ['Hàng chờ, nhân viên và mức phục vụ ngay lúc này.', 'Queues, agents and service level as they are now.'],
  full: ['Toàn màn hình', 'Full screen'],
  leaveFull: ['Thoát toàn màn hình', 'Leave full screen'],
  live: [(at: string) => `Đang cập nhật trực tiếp · thay đổi gần nhất ${at}`, (at: string) => `Live · last change at ${at}`],
  away: [
    (for_: string, at: string) => `Mất kết nối đã ${for_}. Số liệu dưới đây là của lúc ${at}; đang tự kết nối lại.`,
    (for_: string, at: string) => `The line has been away for ${for_}. The figures below are of ${at}; reconnecting.`,
  ],
  awayTitle: ['Số liệu không còn cập nhật', 'The figures stand still'],
  notYet: ['Đang kết nối để lấy số liệu…', 'Connecting…'],
  totals: ['Toàn bộ', 'In all'],
  waiting: ['Đang chờ', 'Waiting'],
  longest: ['Chờ lâu nhất', 'Longest wait'],
  inCall: ['Đang gọi', 'In calls'],
  available: ['Sẵn sàng', 'Available'],
  level: ['Mức phục vụ', 'Service level'],
  levelNow: ['30 phút qua', 'Last 30 min'],
  levelToday: ['Hôm nay', 'Today'],
  levelHint: [
    (s: number) => `Tỷ lệ cuộc gọi được tiếp nhận trong ${s} giây trên tổng số cuộc gọi đến; trong ngoặc: không tính cuộc gọi bỏ sớm.`,
    (s: number) => `Share of calls answered within ${s} s; in brackets: without those abandoned earlier.`,
  ],
  pools: ['Theo công ty phục vụ', 'By serving company'],
  pool: ['Công ty', 'Company'],
  serves: [(codes: string) => `phục vụ cả công ty ${codes}`, (codes: string) => `also serves ${codes}`],
  ringing: ['Đổ chuông', 'Ringing'],
  wrapUp: ['Hoàn tất', 'Wrap-up'],
  paused: ['Tạm nghỉ', 'On break'],
  suspect: ['Không đổ chuông', 'Did not ring'],
  answeredOffered: ['Tiếp nhận / đến hôm nay', 'Answered / offered today'],
  abandoned: ['Bỏ cuộc', 'Abandoned'],
  overLimit: ['quá mức', 'over the limit'],
  alarms: ['Cần xử lý', 'Needs attention'],
  noAlarms: ['Không có cảnh báo.', 'No alarms.'],
  nobodyOnDuty: [
    (company: string, calls: string, since: string) => `Công ty ${company}: ${calls} cuộc gọi đang chờ mà không có nhân viên nào làm việc, lâu nhất ${since}.`,
    (company: string, calls: string, since: string) => `Company ${company}: ${calls} calls wait and nobody is on duty, the oldest for ${since}.`,
  ],
  nobodyPaused: [(n: string) => `${n} nhân viên đang tạm nghỉ.`, (n: string) => `${n} agents are on a break.`],
  evidenceMissing: [
    (company: string, calls: string) => `Công ty ${company}: ${calls} kết quả chưa có bằng chứng kèm theo.`,
    (company: string, calls: string) => `Company ${company}: ${calls} verdicts lack their evidence.`,
  ],
  workstationSuspect: [
    (agent: string) => `Máy trạm của ${agent} không đổ chuông; không chuyển cuộc gọi đến máy này cho đến khi kết nối lại.`,
    (agent: string) => `The workstation of ${agent} did not ring; it gets no calls until it connects again.`,
  ],
  webhookBacklog: [
    (n: string, since: string) => `${n} kết quả chờ mSale hoặc eKYC xác nhận, lâu nhất ${since}.`,
    (n: string, since: string) => `${n} results wait for mSale or eKYC, the oldest for ${since}.`,
  ],
  reviewDisagreed: [
    (company: string) => `Công ty ${company}: người kiểm tra lại không đồng ý với một kết quả.`,
    (company: string) => `Company ${company}: a second person disagrees with a verdict.`,
  ],
  openCall: ['Xem cuộc gọi', 'Open the call'],
  openMissing: ['Xem danh sách', 'Open the list'],
  agents: ['Nhân viên theo trạng thái', 'Agents by state'],
  noAgents: ['Chưa có nhân viên nào đăng nhập.', 'No agent is signed in.'],
  nobody: ['Không có ai', 'Nobody'],
  andMore: [(n: string) => `và ${n} người nữa`, (n: string) => `and ${n} more`],
  notConnected: ['mất kết nối', 'not connected'],
  noPools: ['Không có công ty nào trong phạm vi của anh/chị có nhân viên phục vụ.', 'No company among yours has agents.'],
});

export const agentDoes: Readonly<Record<AgentDoes, Text>> = {
  available: ['Sẵn sàng', 'Available'],
  ringing: ['Đang đổ chuông', 'Ringing'],
  on_call: ['Đang gọi', 'In a call'],
  wrap_up: ['Hoàn tất sau gọi', 'Wrap-up'],
  paused: ['Tạm nghỉ', 'On a break'],
  suspect: ['Máy không đổ chuông', 'Did not ring'],
};
