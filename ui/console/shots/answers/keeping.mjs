// The catalogue, companies, people, agents, tokens, workstations, webhooks, audit.
import { call } from './live.mjs';

const page = (items) => ({ items, next: null });
const at = (day, time = '02:00:00') => `2026-11-${String(day).padStart(2, '0')}T${time}Z`;
const types = ['ASI ASIMQT N N', 'ET1 MOBI·E-TALK·DEVICE Y Y', 'MQ MOBIQ Y Y', 'B4G Ba·khía·4G Y Y', 'FDZ TBTT·Fast·connect·KHDN Y N', 'W2G way2go N N', 'ZDT Zone·Duyên·Hải·MT Y Y', 'HTD Happy·Tourist·Data N N', 'MC MOBICARD Y Y', 'FCE PFC·Doanh·nghiệp Y N', 'ZHN Zone·HN Y Y', '* Trả·sau N N'];
const entry = (payment, sub_type, customers, name, y, more = {}) => ({
  rule_id: `${payment}.${sub_type}.${customers}@2021-10-01`, payment, sub_type, customers, name, icc_profile: name, type: 'TT', video_call: y === 'Y' ? 'mandatory' : 'not_mandatory',
  valid_from: '2021-10-01', valid_to: null, known_from: '2026-11-01T00:00:00Z', known_to: null, change: 1, closed_by: null, ...more,
});
const lines = types.map((text) => {
  const [sub, name, one, other] = text.split(' ');
  const payment = sub === '*' ? 'postpaid' : 'prepaid';
  return { payment, sub_type: sub, individual_vi2: entry(payment, sub, 'individual_vi2', name.replaceAll('·', ' '), one), enterprise: entry(payment, sub, 'enterprise', name.replaceAll('·', ' '), other), next_change_on: sub === 'W2G' ? '2026-12-01' : null };
});
const change = (n, more = {}) => ({ change: n, known_at: at(20, '03:12:00'), by: 'person:Phạm Thị Lan', reason: 'Theo công văn 4471/MBF-KD: way2go bán lại tại cửa hàng.', source: 'single', valid_from: '2026-12-01', valid_to: null, backdated: false, complete: false, replace_planned: false, added: 0, changed: 1, ended: 0, ...more });
const changes = [change(2), change(1, { by: 'installation', reason: 'Bảng của phương án, kèm một dòng cho trả sau.', source: 'installation', valid_from: '2021-10-01', added: 28, changed: 0, known_at: at(1) })];
const timeline = { payment: 'prepaid', sub_type: 'W2G', changes, entries: [
  entry('prepaid', 'W2G', 'individual_vi2', 'way2go', 'N', { valid_to: '2026-11-30', change: 2, known_from: at(20) }),
  entry('prepaid', 'W2G', 'individual_vi2', 'way2go', 'Y', { valid_from: '2026-12-01', change: 2, known_from: at(20) }),
  entry('prepaid', 'W2G', 'enterprise', 'way2go', 'N'),
  entry('prepaid', 'W2G', 'individual_vi2', 'way2go', 'N', { known_to: at(20), closed_by: 2 }),
] };
const values = (one, other) => ({ name: 'way2go', icc_profile: 'W2G', type: 'TT', individual_vi2: one, enterprise: other });
const row = (effect, sub_type, before, after, more = {}) => ({ effect, line: null, payment: 'prepaid', sub_type, before, after, fields: ['individual_vi2'], until: null, planned: [], falls_away: [], ...more });
const preview = { digest: 'd', base: 2, valid_from: '2026-12-01', valid_to: null, backdated: false, added: 1, changed: 2, ended: 1, unchanged: 24, notes: [], rows: [
  row('added', 'NEW', null, values('mandatory', 'mandatory')), row('changed', 'W2G', values('not_mandatory', 'not_mandatory'), values('mandatory', 'not_mandatory')),
  row('changed', 'HTD', values('not_mandatory', 'not_mandatory'), values('mandatory', 'mandatory'), { planned: [{ from: '2027-03-01', values: null }] }), row('ended', 'SOF', values('not_mandatory', 'not_mandatory'), null),
] };
const counts = (calls, a, b) => ({ calls, became_mandatory: a, became_not_mandatory: b, without_rule: 0, unchanged: calls - a - b });
const whatIf = { from: '2026-11-16', to: '2026-11-22', counts: counts(21_480, 1_204, 0), by_sub_type: [{ name: 'W2G', counts: counts(1_204, 1_204, 0) }, { name: 'MC', counts: counts(15_002, 0, 0) }, { name: 'FCE', counts: counts(5_274, 0, 0) }],
  by_customer_type: [], by_company: [{ name: '1', counts: counts(9_001, 611, 0) }, { name: '3', counts: counts(6_120, 402, 0) }, { name: '5', counts: counts(6_359, 191, 0) }],
  items: [1, 2, 3].map((n) => ({ call_id: call(n), created_at: at(16 + n), company: '1', payment: 'prepaid', sub_type: 'W2G', customer_type: 'individual', was: 'not_mandatory', would_be: 'mandatory' })), next: null };
const settings = {
  require_consent: true, require_biometric_match: false, ring_timeout_ms: 15_000, ring_confirm_ms: 2_000, max_wait_ms: 300_000, max_queue_len: 200, decline_ends: true, wrap_up_ms: 20_000, pause_after_missed: 3, preparing_ms: 300_000,
  connecting_ms: 15_000, reconnect_ms: 15_000, unwitnessed_ms: 120_000, evidence_ms: 86_400_000, max_call_ms: 1_800_000, reoffer_after_ms: 10_000, selection: 'longest_idle', skills: 'off', partner_shares: {}, overflow: [{ after_ms: 60_000, to: '3' }],
  hours: { weekly: [0, 1, 2, 3, 4, 5].map(() => [{ from: 450, to: 1260 }]).concat([[]]), holidays: { '2027-01-01': [], '2027-02-06': [{ from: 480, to: 720 }] } }, serve_queue_after_close: true, retention_pictures_days: 730, retention_case_days: 1825,
};
const pending = { change_id: '0193f0f0-0000-7000-8000-000000000001', company: '1', changes: { ring_timeout_ms: 20_000, max_wait_ms: 240_000 }, effective_at: '2026-12-01T00:00:00+07:00', reason: 'Cao điểm cuối năm', made_at: at(20), made_by: 'person:Phạm Thị Lan', state: 'pending', done_at: null, done_by: null, refusal: null };
const company = (code, served_by, serves, agents) => ({ code, name: `Công ty ${code}`, served_by, serves, agents, settings, set: ['hours', 'require_consent'], open: code !== '5', opens_at: code === '5' ? '2026-11-24T00:30:00Z' : null, closes_at: code === '5' ? null : '2026-11-23T14:00:00Z', pending: code === '1' ? [pending] : [] });
const companies = [company('1', '1', ['1', '4', '6'], 42), company('2', '2', ['2'], 12), company('3', '3', ['3', '7'], 25), company('4', '1', [], 0), company('5', '5', ['5'], 6), company('6', '1', [], 0), company('7', '3', [], 0), company('8', '8', ['8'], 5), company('9', '9', ['9'], 3)];
const names = ['Trần Thị Hoa', 'Lê Văn Nam', 'Phạm Thuỳ Dương', 'Nguyễn Đức Anh', 'Hoàng Thị Mai', 'Bùi Quang Huy', 'Đặng Thị Ngọc Bích', 'Võ Minh Tuấn'];
const agents = names.map((name, n) => ({ agent_id: `0193f0a0-0000-7000-8000-${String(n).padStart(12, '0')}`, username: `nv.${n + 1}`, name, company: String((n % 3) + 1), partner: n % 2 ? 'MobiFone Service' : null, skills: { customer_types: n === 2 ? ['enterprise'] : [], languages: n === 3 ? ['vi', 'en'] : [] }, state: ['on_call', 'available', 'paused', 'signed_out', 'ringing', 'wrap_up', 'disabled', 'available'][n], created_at: at(n + 2) }));
const person = (n, name, role, more = {}) => ({ person_id: `0193f0b0-0000-7000-8000-${String(n).padStart(12, '0')}`, username: `nd.${n}`, name, role, companies: null, partner: null, active: true, second_factor: true, password: true, directory_id: null, created_at: at(n + 1), sessions: n % 3, ...more });
const people = [person(1, 'Phạm Thị Lan', 'administrator'), person(2, 'Nguyễn Hữu Thắng', 'supervisor', { companies: ['1', '4'] }), person(3, 'Vũ Thị Hạnh', 'team_lead', { companies: ['3'], partner: 'MobiFone Service', second_factor: false }), person(4, 'Đỗ Minh Khang', 'auditor', { password: false, directory_id: 'khang.do@…' }), person(5, 'Lê Quốc Việt', 'team_lead', { active: false, sessions: 0 })];
const station = (n, state, more = {}) => ({ workstation_id: `0193f0d0-0000-7000-8000-${String(n).padStart(12, '0')}`, name: `CTY1-QUAY-0${n}`, state, fingerprint: ['7F3A 91C0 22BD E4F1', '0C4E 77A1 9D20 5B3F', 'AA10 43C2 8E7D 1F60', '5521 0B9C E3D4 77AF'][n % 4], key_id: `k-${n}`, requested_at: at(22), requested_by: agents[n].agent_id, username: agents[n].username, company: '1', decided_at: state === 'pending' ? null : at(22, '04:10:00'), decided_by: state === 'pending' ? null : 'person:Phạm Thị Lan', reason: state === 'revoked' ? 'Máy hỏng, thay mới' : null, ...more });
const hook = (n, who, more = {}) => ({ webhook_id: `0193f0e0-0000-7000-8000-${String(n).padStart(12, '0')}`, url: `https://${who}.example.vn/hooks/video-call`, for: who, company: null, events: ['call.accepted', 'call.declined', 'call.ended', 'call.result'], created_at: at(3), waiting: 0, given_up: 0, last_delivered_at: at(23, '07:04:59'), ...more });
const delivery = (n, state, more = {}) => ({ delivery_id: `0193f0e5-0000-7000-8000-${String(n).padStart(12, '0')}`, webhook_id: hook(1, 'msale').webhook_id, for: 'msale', call_id: call(n), company: '1', event: ['call.result', 'call.accepted', 'call.ended'][n % 3], created_at: at(23, '06:59:00'), attempts: state === 'delivered' ? 1 : 4, next_at: state === 'waiting' ? at(23, '07:30:00') : null, last_status: { delivered: 200, waiting: 503, given_up: null, dropped: 410 }[state], delivered_at: null, resends: 0, state, ...more });
const deed = (seq, action, subject, detail = {}) => ({ seq, at: at(23, '06:12:44'), actor: 'person:0193f0c2-7a10-7000-8000-000000000001', actor_name: 'lan.pham', action, subject, detail, hash: 'ab'.repeat(32) });
const sessions = [{ session_id: 's1', way: 'password', program: 'Chrome, Windows', created_at: at(23, '01:02:00'), used_at: at(23, '07:05:00'), expires_at: at(23, '13:02:00'), current: true }, { session_id: 's2', way: 'password', program: 'Firefox, Linux', created_at: at(22, '01:02:00'), used_at: at(22, '07:05:00'), expires_at: at(23, '13:02:00'), current: false }];

const hold = (n) => ({ call_id: call(n), placed_at: at(20, '03:12:00'), placed_by: 'person:0193f0c2-7a10-7000-8000-000000000001', placed_by_name: 'lan.pham', reason: n === 6 ? 'Công văn 118/CQĐT' : 'HS-2026-0917' });
const kept = (n, standing, more = {}) => ({ call_id: call(n), home: '1', created_at: at(10 + n), ended_at: standing === 'running' ? null : at(10 + n, '02:04:11'), standing, hold: standing === 'held' ? hold(n) : null, pictures: 6, evidence: 1, destroyed_at: null, ...more });
const stone = (n) => ({ n: 40 + n, sha256: '9f2c41d07be3a856'.repeat(4), erased_at: at(23, '07:05:11') });
const owed = (n, name, station, why, more = {}) => ({ call_id: call(n), assignment: 1, serving: '1', agent: { agent_id: agents[n].agent_id, username: agents[n].username, name }, workstation_id: `0193f0d0-0000-7000-8000-${String(n).padStart(12, '0')}`, workstation: station, why, since: at(20 + n, '06:41:07'), awaited: false, ...more });

const greeting = 'Kính chào Quý khách, Quý khách đang tham gia dịch vụ video call nhằm xác minh chính chủ thuê bao theo quy định của Bộ Thông tin và Truyền thông, xin vui lòng hướng mặt về phía màn hình để hoàn tất thủ tục. Xin cảm ơn sự phối hợp của Quý khách.';
const text = (name, version, state, valid_from, body) => ({ name, version, body, valid_from, state });
const texts = [
  text('greeting', '2027-01', 'ahead', '2026-12-31T17:00:00Z', greeting.replace('Bộ Thông tin và Truyền thông', 'Bộ Khoa học và Công nghệ')), text('greeting', '2021-10', 'current', '1970-01-01T00:00:00Z', greeting), text('greeting', '2021-04', 'past', '1970-01-01T00:00:00Z', 'Kính chào Quý khách.'),
  text('consent', '2026-04', 'current', '1970-01-01T00:00:00Z', 'Tôi đồng ý thực hiện cuộc gọi video với nhân viên hỗ trợ để xác minh chính chủ thuê bao.'),
];
const reason = (code, position, body, more = {}) => ({ kind: 'reject', code, position, body, valid_from: '1970-01-01T00:00:00Z', valid_to: null, state: 'current', ...more });
const reasons = [
  reason('face_mismatch', 1, 'Khuôn mặt không khớp với giấy tờ hoặc ảnh chân dung'), reason('id_unreadable', 3, 'Ảnh giấy tờ mờ, mất góc hoặc không đọc được', { state: 'ahead', valid_from: '2026-12-01T00:00:00Z', body: 'Ảnh giấy tờ mờ, loá, mất góc hoặc không đọc được' }),
  reason('id_unreadable', 3, 'Ảnh giấy tờ mờ, mất góc hoặc không đọc được', { valid_to: '2026-12-01T00:00:00Z' }), reason('poor_picture', 7, 'Hình ảnh không đủ rõ để đối chiếu', { valid_to: '2026-12-31T17:00:00Z' }), reason('other', 8, 'Lý do khác'),
  reason('deepfake', 9, 'Nghi ngờ khuôn mặt do máy tạo', { state: 'ahead', valid_from: '2027-01-01T00:00:00Z' }), reason('no_light', 6, 'Thiếu sáng', { state: 'past', valid_to: '2026-06-01T00:00:00Z' }),
  reason('break', 1, 'Nghỉ giải lao', { kind: 'pause' }), reason('lunch', 2, 'Nghỉ trưa', { kind: 'pause' }),
];

export const keeping = {
  'POST /cases/search': page([kept(3, 'erasable'), kept(4, 'erasable', { pictures: 5 }), kept(5, 'held'), kept(6, 'running', { pictures: 3, evidence: 0 })]),
  'POST /cases/erase': { items: [{ call_id: call(3), outcome: 'erased', tombstone: stone(1) }, { call_id: call(4), outcome: 'erased', tombstone: stone(2) }] },
  'GET /holds': page([hold(5), hold(6)]),
  'POST /calls/:id/hold': hold(3),
  'GET /evidence/missing': page([owed(1, names[1], 'CTY1-QUAY-02', 'sealed'), owed(2, names[2], 'CTY1-QUAY-07', 'conversation_over', { assignment: 2 }), owed(3, names[3], null, 'conversation_over', { agent: null, workstation_id: null, serving: '3' })]),
  'GET /texts': page(texts),
  'GET /reasons': page(reasons),
  'GET /policy': page(lines),
  'GET /policy/changes': page(changes),
  'GET /policy/entries/:payment/:type': timeline,
  'POST /policy/preview': preview,
  'POST /policy/what-if': whatIf,
  'GET /companies': page(companies),
  'GET /companies/:code': ({ params }) => companies.find((one) => one.code === params.code),
  'GET /companies/:code/at': ({ params, query }) => ({ company: params.code, at: query.get('at'), served_by: '3', settings: { ...settings, ring_timeout_ms: 20_000, decline_ends: false, overflow: [], partner_shares: { '': 1, 'MobiFone Service': 3 } }, since: '2026-06-30T17:00:00Z', change_id: 'c9' }),
  'GET /companies/:code/history': page([pending, { ...pending, change_id: 'c2', state: 'applied', changes: { require_consent: true }, reason: 'Nghị định 163/2024' }, { ...pending, change_id: 'c3', state: 'withdrawn', changes: { hours: null, served_by: '3' }, reason: 'Thử' }]),
  'GET /partners': page([{ partner: 'MobiFone Service', companies: ['1', '3'], agents: 12 }]),
  'GET /agents': page(agents),
  'POST /agents/import': { taken: false, rows: [{ line: 2, username: 'nv.1', deed: 'change', changes: ['partner'] }, { line: 3, username: 'nv.90', deed: 'add', changes: [] }, { line: 4, username: 'nv.2', deed: 'same', changes: [] }], faults: [], passwords: [] },
  'GET /people': page(people),
  'GET /me/sessions': page(sessions),
  'GET /tokens': page([1, 2, 3].map((n) => ({ token_id: `0193f0c0-0000-7000-8000-00000000000${n}`, company: String(n), issued_by: 'service:msale', created_at: at(2), expires_at: '2027-02-01T00:00:00Z', revoked_at: n === 3 ? at(9) : null, valid: n !== 3 }))),
  'POST /tokens': { token: 'cct_9vX2mQk4Lw0aZ7pR1nYtB6sD3eFhJ8uG', token_id: 't', company: '1', expires_at: '2027-02-01T00:00:00Z' },
  'GET /service-credentials': page([{ credential_id: 'c1', name: 'msale', created_at: at(2), revoked_at: null }]),
  'GET /workstations': page([station(1, 'pending'), station(2, 'approved'), station(3, 'revoked'), station(0, 'quarantined')]),
  'GET /webhooks': page([hook(1, 'msale', { waiting: 12, given_up: 3 }), hook(2, 'ekyc', { company: '1' })]),
  'GET /webhooks/deliveries': page([delivery(1, 'waiting'), delivery(2, 'delivered'), delivery(3, 'given_up'), delivery(4, 'dropped')]),
  'GET /audit': page([deed(8812, 'token.issued', 'token:0193f0c0', { company: '1' }), deed(8811, 'policy.changed', 'policy', { change: 2 }), deed(8810, 'case.erased', `call:${call(3)}`), deed(8809, 'person.signed_in', 'person:0193f0c2')]),
  'GET /audit/verify': { state: 'done', started_at: at(23, '06:00:00'), finished_at: at(23, '06:00:04'), report: { sound: true, log_records: 48302, audit_records: 8812, roots: 22, newest_root_day: '2026-11-22', newest_root_sha256: '9f2c'.repeat(16), not_yet_rooted: 1204, tombstones: 3, broken: 0, breaks: [] } },
};
