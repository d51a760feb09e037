// Words that several apps share: what the plan's lists are called on screens.
import type { CustomerType } from '../../generated/CustomerType';
import type { Decision } from '../../generated/Decision';
import type { EndReason } from '../../generated/EndReason';
import type { IdKind } from '../../generated/IdKind';
import type { ImageKind } from '../../generated/ImageKind';
import type { Payment } from '../../generated/Payment';
import type { Text } from './catalogue';

export const payment: Readonly<Record<Payment, Text>> = {
  prepaid: ['Trả trước', 'Prepaid'],
  postpaid: ['Trả sau', 'Postpaid'],
};

export const customerType: Readonly<Record<CustomerType, Text>> = {
  individual: ['Cá nhân', 'Individual'],
  vi2: ['VI2 (KHDN)', 'VI2 (enterprise)'],
  enterprise: ['Doanh nghiệp', 'Enterprise'],
};

export const idKind: Readonly<Record<IdKind, Text>> = {
  cmnd: ['CMND', 'ID card (CMND)'],
  cccd: ['CCCD', 'Citizen card (CCCD)'],
  can_cuoc: ['Căn cước', 'Identity card'],
  passport: ['Hộ chiếu', 'Passport'],
};

export const imageKind: Readonly<Record<ImageKind, Text>> = {
  id_front: ['Giấy tờ mặt trước', 'ID card, front'],
  id_back: ['Giấy tờ mặt sau', 'ID card, back'],
  portrait: ['Ảnh chân dung', 'Portrait'],
  screenshot: ['Ảnh chụp màn hình', 'Screenshot'],
  live_frame: ['Khung hình video', 'Video frame'],
  witness_frame: ['Khung hình phía khách hàng', 'Frame of the customer’s page'],
};

export const decision: Readonly<Record<Decision, Text>> = {
  confirmed: ['Xác nhận', 'Confirmed'],
  rejected: ['Từ chối', 'Rejected'],
};

export const endReason: Readonly<Record<EndReason, Text>> = {
  completed: ['Đã hoàn tất xác minh', 'Verification completed'],
  declined: ['Nhân viên hỗ trợ từ chối cuộc gọi', 'The agent declined the call'],
  cancelled: ['Cuộc gọi đã được huỷ', 'The call was cancelled'],
  no_agent: ['Chưa có nhân viên nào tiếp nhận được cuộc gọi', 'No agent could take the call'],
  caller_lost: ['Mất kết nối với phía khách hàng quá 15 giây', 'The customer’s side was away for more than 15 seconds'],
  agent_lost: ['Mất kết nối với phía nhân viên hỗ trợ', 'The agent’s side was lost'],
  failed: ['Cuộc gọi kết thúc do lỗi hệ thống', 'The call ended by a fault of the system'],
};
