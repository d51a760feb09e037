// The scenes that are drawn: every state of the workstation, as pictures of `Picture`.
import type { AgentActivity, AgentCase, AgentView, HistoryEntry, Picture, VerdictPicture } from '$generated';
import * as drawings from './drawings';

/** Scenes stand at one moment, so that pictures are the same every time. */
export const NOW = Date.parse('2026-11-23T02:18:30Z');
const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();
const CALL = '0193a1c2-7b1e-7c40-9a55-3f1d2e4b6a70';

const agent = {
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

const call = { call_id: CALL, assignment: 1, ice_servers: [], compare_again: false, changes: 0, accepted_at: at(-50), challenge: 'c'.repeat(32) };

const entry = (n: number, over: Partial<HistoryEntry>): HistoryEntry => ({
  call_id: `0193a1c2-7b1e-7c40-9a55-3f1d2e4b${(0x6a00 + n).toString(16)}`,
  assignment: 1,
  at: at(-200 * n - 90),
  decision: 'confirmed',
  reason: null,
  upload: { state: 'delivered', at: at(-200 * n - 85), standing: 'counts' },
  ...over,
});

const history: HistoryEntry[] = [
  entry(1, {}),
  entry(2, { decision: 'rejected', reason: 'face_mismatch' }),
  entry(3, {}),
  entry(4, {}),
  entry(5, { upload: { state: 'delivered', at: at(-1000), standing: 'late' } }),
  entry(6, { decision: 'rejected', reason: 'image_unclear' }),
  entry(7, {}),
  entry(8, {}),
];

const sealedEntry: HistoryEntry = {
  call_id: CALL,
  assignment: 1,
  at: at(12 - 20),
  decision: 'confirmed',
  reason: null,
  upload: { state: 'uploading' },
};

const base: Picture = {
  seq: 1,
  profile: 'default',
  server_url: 'https://vc.congty1.example.vn',
  account: { state: 'signed_in', agent },
  link: { state: 'up', round_trip_ms: 18, clock_offset_ms: 0 },
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
  outbox: { pending: 0, oldest_at: null, state: 'empty', next_try_at: null },
  history,
  video: { mode: 'native' },
};

const flowing = { state: 'flowing', video_seen: true, media_age_ms: 0, quality: 'good', width: 640, height: 480, fps: 30, codec: 'H264' } as const;
const inCall: Picture = {
  ...base,
  view: view({ state: 'in_call', call, since: at(-47) }),
  case: agentCase,
  media: flowing,
  verdict: { state: 'open' },
};
const locked = (why: string): VerdictPicture => ({ state: 'locked', why });
const sealed: Picture = {
  ...inCall,
  view: view({ state: 'wrap_up', call_id: CALL, until: at(24), ended: 'completed' }),
  case: null,
  media: base.media,
  verdict: { state: 'sealed', entry: sealedEntry, screenshot_url: drawings.evidence },
  outbox: { pending: 1, oldest_at: at(-8), state: 'uploading', next_try_at: null },
  history: [sealedEntry, ...history],
};
const troubled = {
  camera: { state: 'missing' },
  microphone: { state: 'failed', code: 'busy' },
  speaker: { state: 'ok', name: 'Realtek Audio' },
  ring: { state: 'missing' },
} as const;

export const scenes = {
  'sign-in': { ...base, account: { state: 'signed_out', error: null }, view: null },
  'sign-in-error': { ...base, account: { state: 'signed_out', error: 'sign_in_failed' }, view: null },
  'sign-in-elsewhere': { ...base, account: { state: 'signed_out', error: 'signed_in_elsewhere' }, view: null },
  'sign-in-forced': { ...base, account: { state: 'signed_out', error: 'signed_out_by_force' }, view: null },
  'signing-in': { ...base, account: { state: 'signing_in' }, view: null, profile: 'ca-sang' },
  'device-check': { ...base, view: view({ state: 'paused', since: at(-5), reason: 'break' }) },
  'device-check-trouble': {
    ...base,
    view: view({ state: 'paused', since: at(-5), reason: 'break' }),
    devices: troubled,
    link: { state: 'up', round_trip_ms: 240, clock_offset_ms: 0 },
  },
  waiting: base,
  'waiting-empty': {
    ...base,
    view: { ...view({ state: 'available', since: at(-20) }), queue: { depth: 0, oldest_since: null }, today: { offered: 0, accepted: 0, confirmed: 0, rejected: 0, missed: 0 } },
    history: [],
  },
  'waiting-offline': {
    ...base,
    link: { state: 'connecting', round_trip_ms: null, clock_offset_ms: 0 },
    outbox: { pending: 2, oldest_at: at(-300), state: 'waiting_for_network', next_try_at: at(9) },
    history: [entry(1, { upload: { state: 'on_disk' } }), entry(2, { upload: { state: 'on_disk' } }), ...history.slice(2)],
  },
  'waiting-warning': { ...base, account: { state: 'signed_in', agent, warning: 'keyring_unavailable' } },
  paused: { ...base, view: view({ state: 'paused', since: at(-760), reason: 'lunch' }) },
  'paused-missed': { ...base, view: view({ state: 'paused', since: at(-60), reason: 'missed_rings' }) },
  'paused-never-rang': { ...base, view: view({ state: 'paused', since: at(-12), reason: 'never_rang' }) },
  'paused-lost': { ...base, view: view({ state: 'paused', since: at(-95), reason: 'connection_lost' }) },
  ringing: {
    ...base,
    view: view({
      state: 'ringing',
      offer: {
        call_id: CALL,
        offer: 1,
        company: '4',
        dealer_name: 'ĐL Quận 3 – Cửa hàng Minh Tâm',
        payment: 'prepaid',
        sub_type: 'MC',
        customer_type: 'individual',
        waiting_since: at(-34),
        expires_at: at(13),
      },
    }),
  },
  connecting: { ...inCall, view: view({ state: 'connecting', call }), media: { ...base.media, state: 'negotiating' }, verdict: locked('video_not_seen') },
  'connecting-no-case': {
    ...inCall,
    view: view({ state: 'connecting', call }),
    case: null,
    media: { ...base.media, state: 'negotiating' },
    verdict: locked('case_missing'),
  },
  call: inCall,
  'call-upright': { ...inCall, media: { ...flowing, width: 480, height: 640, quality: 'fair', codec: 'VP8' } },
  'call-no-devices': { ...inCall, devices: troubled },
  'call-compare-again': { ...inCall, view: view({ state: 'in_call', call: { ...call, compare_again: true, changes: 1 }, since: at(-47) }), verdict: locked('compare_again') },
  'call-lost': {
    ...inCall,
    view: view({ state: 'reconnecting', call, lost: 'caller', deadline: at(12) }),
    media: { ...flowing, state: 'stalled', quality: 'poor' },
    verdict: locked('media_stalled'),
  },
  'call-server-lost': { ...inCall, link: { state: 'connecting', round_trip_ms: null, clock_offset_ms: 0 } },
  'call-own-lost': {
    ...inCall,
    link: { state: 'connecting', round_trip_ms: null, clock_offset_ms: 0 },
    media: { ...flowing, state: 'stalled', media_age_ms: 4_500, quality: 'poor' },
    verdict: locked('media_stalled'),
  },
  'call-unseen': { ...inCall, media: { ...flowing, sent_age_ms: 4_000 }, wish: { status: 'paused', reason: 'break' } },
  'call-agent-back': { ...inCall, view: view({ state: 'reconnecting', call, lost: 'agent', deadline: at(9) }) },
  'call-refused': { ...inCall, verdict: { state: 'refused', code: 'capture_uniform' } },
  'call-sealing': { ...inCall, verdict: { state: 'sealing' } },
  sealed,
  'sealed-offline': {
    ...sealed,
    view: view({ state: 'in_call', call, since: at(-60) }),
    link: { state: 'connecting', round_trip_ms: null, clock_offset_ms: 0 },
    verdict: { state: 'sealed', entry: { ...sealedEntry, decision: 'rejected', reason: 'face_mismatch', upload: { state: 'on_disk' } }, screenshot_url: drawings.evidence },
    history,
    outbox: { pending: 1, oldest_at: at(-8), state: 'waiting_for_network', next_try_at: at(14) },
  },
  'sealed-superseded': {
    ...sealed,
    verdict: {
      state: 'sealed',
      entry: { ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } },
      screenshot_url: drawings.evidence,
    },
    outbox: base.outbox,
    history: [{ ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } }, ...history],
  },
  'moved-on': { ...base, notice: 'call_moved_on_sealed', history: [{ ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } }, ...history.slice(0, 4)] },
  'wrap-up-rest': { ...sealed, wish: { status: 'paused', reason: 'lunch' }, countdown_s: 17 },
  'wrap-up-lost': { ...base, view: view({ state: 'wrap_up', call_id: CALL, until: at(24), ended: 'caller_lost' }) },
} satisfies Record<string, Picture>;

export type SceneName = keyof typeof scenes;
