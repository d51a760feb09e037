// The states of the call page, as the server would tell them. Nobody here is a real person.
const now = Date.now();
const at = (seconds) => new Date(now + seconds * 1000).toISOString();
const notice = (seconds, code, text) => ({ at: at(seconds), code, text });
const queued = notice(-64, 'queued', 'Cuộc gọi đang chờ NVHT tiếp nhận');
const accepted = notice(-31, 'agent_accepted', 'NVHT tiếp nhận cuộc gọi');
const connected = notice(-29, 'video_connected', 'Video đã kết nối');
const given = notice(-2, 'verdict_given', 'NVHT đã có kết quả xác minh');
const url = (kind) => `/v1/calls/0193f000-0000-7000-8000-000000000001/images/${kind}`;

export const IMAGE = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="400"><rect width="640" height="400" fill="#bcd7c9"/><rect x="40" y="90" width="170" height="220" fill="#7795a6"/><circle cx="125" cy="170" r="46" fill="#e9c9a8"/><path d="M50 310c10-80 140-80 150 0z" fill="#344b6b"/><g fill="#3d5361"><rect x="250" y="100" width="300" height="22"/><rect x="250" y="150" width="220" height="18"/><rect x="250" y="190" width="260" height="18"/></g><text x="250" y="60" font-size="34" fill="#a32525">MẪU / SAMPLE</text></svg>`;

const base = {
  call_id: '0193f000-0000-7000-8000-000000000001',
  state: 'preparing',
  queue: null,
  notices: [],
  dealer: { account: 'dl.hcm.0123', name: 'ĐL Quận 3' },
  subscriber: { msisdn: '0900000001', payment: 'prepaid', sub_type: 'MC', customer_type: 'individual' },
  images: ['id_front', 'id_back', 'portrait'].map((kind) => ({ kind, sha256: kind, content_type: 'image/png', url: url(kind) })),
  consent: {
    version: '2026-04',
    text: 'Tôi đồng ý tham gia cuộc gọi video để xác minh chính chủ thuê bao. Hình ảnh, giọng nói, ảnh giấy tờ và ảnh chụp màn hình của cuộc gọi được lưu làm bằng chứng theo quy định của pháp luật và chỉ dùng cho mục đích này.',
  },
  agent_name: null,
  assignment: null,
  deadline: null,
  end_reason: null,
};
const frame = (view) => ({ type: 'view', incarnation: 1, seq: 1, now: at(0), view: { ...base, ...view } });
const asked = { ...base, consent: null };
const inCall = { consent: null, agent_name: 'Trần Minh Hoà', assignment: { n: 1, ice_servers: [] }, notices: [queued, accepted, connected] };
const click = (id) => (page) => page.getByTestId(id).click();
const camera = click('camera-start');
const deny = (name) => `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '${name}'));`;
const problem = (code, status) => ({ type: 'problem', problem: { type: '', title: '', status, code, detail: '' } });
const ended = (end_reason, notices) => ({ state: 'ended', frames: [frame({ consent: null, state: 'ended', end_reason, notices })] });

export const views = {
  opening: { state: 'opening', silent: true, frames: [] },
  insecure: { state: 'insecure', before: `Object.defineProperty(window, 'isSecureContext', { value: false });`, frames: [] },
  broken_link: { state: 'broken_link', address: 'http://localhost/call/0193f000-0000-7000-8000-000000000001', frames: [] },
  refused: { state: 'refused', frames: [problem('token_expired', 401)] },
  replaced: { state: 'replaced', frames: [frame({}), { type: 'replaced' }] },
  consent: { state: 'consent', frames: [frame({})] },
  camera_before: { state: 'camera', frames: [frame(asked)] },
  camera_on: { state: 'camera', frames: [frame(asked)], steps: [camera], settleMs: 1500 },
  camera_denied: { state: 'camera', frames: [frame(asked)], steps: [camera], before: deny('NotAllowedError') },
  camera_busy: { state: 'camera', frames: [frame(asked)], steps: [camera], before: deny('NotReadableError') },
  waiting: {
    state: 'waiting',
    frames: [frame({ consent: null, state: 'waiting', queue: { position: 3, expected_wait_s: 140 }, notices: [queued] })],
    settleMs: 1500,
  },
  waiting_next: {
    state: 'waiting',
    frames: [
      frame({
        consent: null,
        state: 'waiting',
        queue: { position: 1, expected_wait_s: null },
        notices: [queued, notice(-20, 'redirected', 'Cuộc gọi được chuyển đến NVHT khác')],
      }),
    ],
    settleMs: 1500,
  },
  waiting_lost: {
    state: 'waiting',
    frames: [frame({ consent: null, state: 'waiting', queue: { position: 2, expected_wait_s: 50 }, notices: [queued] })],
    closes: 800,
    settleMs: 1100,
  },
  nobody: {
    state: 'waiting',
    frames: [
      frame({
        consent: null,
        state: 'waiting',
        queue: { position: 1, expected_wait_s: null },
        deadline: at(598),
        notices: [queued, notice(-2, 'nobody_on_duty', 'Hiện chưa có NVHT trực, cuộc gọi vẫn được giữ trong hàng chờ')],
      }),
    ],
    settleMs: 1500,
  },
  waiting_long: {
    state: 'waiting',
    frames: [frame({ consent: null, state: 'waiting', queue: { position: 2, expected_wait_s: 0 }, deadline: at(95), notices: [queued] })],
    settleMs: 1500,
  },
  reopened_camera: {
    state: 'in_call',
    frames: [frame({ ...inCall, state: 'in_call' })],
    before: `navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);`,
  },
  reopened_denied: { state: 'camera', frames: [frame({ ...inCall, state: 'in_call' })], before: deny('NotAllowedError') },
  server_silent: { state: 'reconnecting', frames: [frame({ ...inCall, state: 'in_call' })], mute: true, settleMs: 4500 },
  server_silent_long: { state: 'reconnecting', frames: [frame({ ...inCall, state: 'in_call' })], mute: true, settleMs: 16500 },
  offering: { state: 'offering', frames: [frame({ consent: null, state: 'offering', notices: [queued] })], settleMs: 1500 },
  connecting: { state: 'connecting', frames: [frame({ ...inCall, state: 'connecting', notices: [queued, accepted] })], settleMs: 1500 },
  in_call: { state: 'in_call', frames: [frame({ ...inCall, state: 'in_call' })], settleMs: 1500 },
  hang_up: { state: 'in_call', frames: [frame({ ...inCall, state: 'in_call' })], steps: [click('hang-up')], settleMs: 1500 },
  reconnecting_us: {
    state: 'reconnecting',
    frames: [frame({ ...inCall, state: 'reconnecting', deadline: at(14), notices: [accepted, connected, notice(-3, 'caller_reconnecting', 'Mất kết nối từ điểm bán, đang chờ kết nối lại')] })],
    settleMs: 1500,
  },
  reconnecting_agent: {
    state: 'reconnecting',
    frames: [frame({ ...inCall, state: 'reconnecting', deadline: at(3600), notices: [accepted, connected, notice(-3, 'agent_reconnecting', 'NVHT mất kết nối, vui lòng giữ máy')] })],
    settleMs: 1500,
  },
  over_awaiting: { state: 'awaiting_evidence', frames: [frame({ ...inCall, state: 'awaiting_evidence', notices: [queued, accepted, connected, given] })] },
  over_completed: ended('completed', [queued, accepted, connected, given, notice(0, 'ended', 'Cuộc gọi đã kết thúc')]),
  over_declined: ended('declined', [queued, notice(0, 'agent_declined', 'NVHT từ chối cuộc gọi')]),
  over_caller_lost: ended('caller_lost', [queued, accepted, connected]),
  over_no_agent: ended('no_agent', [queued]),
  over_agent_lost: ended('agent_lost', [queued, accepted, connected]),
  over_cancelled: ended('cancelled', [queued]),
  over_failed: ended('failed', [queued, accepted]),
};
