// What scenes are made of: an agent, a case, a call, verdicts, and the plain picture that scenes vary.
import type { AgentActivity, AgentCase, AgentView, HistoryEntry, OutboxPicture, Picture, VerdictPicture } from '$generated';
import * as drawings from './drawings';

/** Scenes stand at one moment, so that pictures are the same every time. */
export const NOW = Date.parse('2026-11-23T02:18:30Z');
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
export const CALL = '0193a1c2-7b1e-7c40-9a55-3f1d2e4b6a70';

export const agent = {
  agent_id: '0193a000-0000-7000-8000-000000000001',
  username: 'khoa.tm',
  name: 'Trần Minh Khoa',
  company: '1',
  partner: 'MobiFone Service',
};

export const view = (activity: AgentActivity): AgentView => ({
  agent,
  activity,
  queue: { depth: 3, oldest_since: at(-72) },
  today: { offered: 42, accepted: 40, confirmed: 35, rejected: 4, missed: 1 },
  reject_reasons: [
    { code: 'face_mismatch', text: 'Khuôn mặt không khớp giấy tờ' },
    { code: 'id_invalid', text: 'Giấy tờ không hợp lệ hoặc hết hạn' },
    { code: 'data_mismatch', text: 'Thông tin không khớp giấy tờ' },
    { code: 'image_unclear', text: 'Hình ảnh không rõ, không đối chiếu được' },
    { code: 'not_cooperating', text: 'Khách hàng không hợp tác' },
    { code: 'suspected_fraud', text: 'Nghi ngờ gian lận' },
    { code: 'other', text: 'Lý do khác' },
  ],
  pause_reasons: [
    { code: 'break', text: 'Nghỉ giải lao' },
    { code: 'lunch', text: 'Ăn trưa' },
    { code: 'meeting', text: 'Họp, đào tạo' },
    { code: 'technical', text: 'Sự cố kỹ thuật' },
  ],
  workstation: 'approved',
});

const agentCase: AgentCase = {
  call_id: CALL,
  company: '4',
  case: {
    external_id: 'EK-2211-000017',
    dealer: { account: 'dl.hcm.0123', name: 'ĐL Quận 3 – Cửa hàng Minh Tâm' },
    subscriber: { msisdn: '0901234567', payment: 'prepaid', sub_type: 'MC', customer_type: 'individual' },
    customer: {
      full_name: 'Nguyễn Thị Ánh',
      date_of_birth: '1990-05-17',
      id_kind: 'cccd',
      id_number: '079190001234',
      id_issued_on: '2021-08-02',
      address: '12 Lê Lợi, Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh',
    },
    consent: { given_at: at(-180), text_version: '2026-04' },
    biometric_match: { provider: 'eKYC', reference: 'BM-1', score: 0.97, matched_at: at(-200) },
  },
  policy: { video_call: 'mandatory', rule_id: '0193a000-0000-7000-8000-0000000000aa' },
  images: (
    [
      ['id_front', drawings.idFront],
      ['id_back', drawings.idBack],
      ['portrait', drawings.portrait],
    ] as const
  ).map(([kind, url]) => ({ kind, url, sha256: '00', content_type: 'image/jpeg' })),
  greeting:
    'Kính chào Quý khách, Quý khách đang tham gia dịch vụ video call nhằm xác minh chính chủ thuê bao theo quy định của Bộ Thông tin và Truyền thông, xin vui lòng hướng mặt về phía màn hình để hoàn tất thủ tục. Xin cảm ơn sự phối hợp của Quý khách.',
};

export const call = {
  call_id: CALL,
  assignment: 1,
  ice_servers: [],
  compare_again: false,
  changes: 0,
  accepted_at: at(-50),
  challenge: 'c'.repeat(32),
};

export const entry = (n: number, over: Partial<HistoryEntry>): HistoryEntry => ({
  call_id: `0193a1c2-7b1e-7c40-9a55-3f1d2e4b${(0x6a00 + n).toString(16)}`,
  assignment: 1,
  at: at(-200 * n - 90),
  decision: 'confirmed',
  reason: null,
  upload: { state: 'delivered', at: at(-200 * n - 85), standing: 'counts' },
  counter: 1_204 - n,
  manifest_sha256: `${(0x9e3779b1 + n * 0x2545f491).toString(16)}c0ffee17d1ce5a4be2f0917c3d5a68b4e91f20`,
  ...over,
});

export const history: HistoryEntry[] = [
  entry(1, {}),
  entry(2, { decision: 'rejected', reason: 'face_mismatch' }),
  entry(3, {}),
  entry(4, {}),
  entry(5, { upload: { state: 'delivered', at: at(-1000), standing: 'late' } }),
  entry(6, { decision: 'rejected', reason: 'image_unclear' }),
  entry(7, {}),
  entry(8, {}),
];

export const sealedEntry: HistoryEntry = {
  call_id: CALL,
  assignment: 1,
  at: at(12 - 20),
  decision: 'confirmed',
  reason: null,
  upload: { state: 'uploading' },
  counter: 1_204,
  manifest_sha256: '5d0c8e41b7a9f3602c14e8d97ab35f60c1',
};

export const outbox = (state: string, over: Partial<OutboxPicture> = {}): OutboxPicture => ({
  pending: 0,
  oldest_at: null,
  state,
  next_try_at: null,
  warning: null,
  can_begin_anew: false,
  set_aside: 0,
  ...over,
});

/** The line is being made anew. */
export const away = { state: 'connecting', round_trip_ms: null, clock_offset_ms: 0, clock_is_off: false } as const;

export const base: Picture = {
  seq: 1,
  profile: 'default',
  server_url: 'https://vc.congty1.example.vn',
  account: { state: 'signed_in', agent },
  link: { state: 'up', round_trip_ms: 18, clock_offset_ms: 0, clock_is_off: false },
  workstation: { state: 'approved', fingerprint: '1a2b-3c4d-5e6f-7081-92a3', error: null, closed: null },
  devices: {
    camera: { state: 'ok', name: 'Logitech C270' },
    microphone: { state: 'ok', name: 'Jabra Evolve 20' },
    speaker: { state: 'ok', name: 'Jabra Evolve 20' },
    ring: { state: 'ok', name: 'Loa máy tính' },
  },
  view: view({ state: 'available', since: at(-1500) }),
  case: null,
  media: { state: 'idle', video_seen: false, media_age_ms: null, quality: 'unknown', width: 0, height: 0, fps: 0, codec: null },
  verdict: { state: 'none' },
  outbox: outbox('empty'),
  history,
  video: { mode: 'native' },
};

export const flowing = { state: 'flowing', video_seen: true, media_age_ms: 0, quality: 'good', width: 640, height: 480, fps: 30, codec: 'H264' } as const;
export const inCall: Picture = {
  ...base,
  view: view({ state: 'in_call', call, since: at(-47) }),
  case: agentCase,
  media: flowing,
  verdict: { state: 'open' },
};
export const locked = (why: string, may_give_up = false): VerdictPicture => ({ state: 'locked', why, may_give_up });
export const sealed: Picture = {
  ...inCall,
  view: view({ state: 'wrap_up', call_id: CALL, until: at(24), ended: 'completed' }),
  case: null,
  media: base.media,
  verdict: { state: 'sealed', entry: sealedEntry, screenshot_url: drawings.evidence },
  outbox: outbox('uploading', { pending: 1, oldest_at: at(-8) }),
  history: [sealedEntry, ...history],
};
export const troubled = {
  camera: { state: 'missing' },
  microphone: { state: 'failed', code: 'busy' },
  speaker: { state: 'ok', name: 'Realtek Audio' },
  ring: { state: 'missing' },
} as const;
