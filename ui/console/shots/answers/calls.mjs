// Calls: a list, one that ended well, one that runs, with time line, reasons and evidence.
import { call } from './live.mjs';
import { STREAM } from '../kinds.mjs';

const at = (time) => `2026-11-23T${time}Z`;
const agent = (n, name) => ({ agent_id: `0193f0a0-0000-7000-8000-${String(n).padStart(12, '0')}`, username: `nv${n}`, name });
const hoa = agent(1, 'Trần Thị Hoa');
const nam = agent(2, 'Lê Văn Nam');
const base = {
  home: '4', serving: '1', dealer: 'dl.hcm.0123', payment: 'prepaid', sub_type: 'MC', customer_type: 'individual', created_at: at('07:01:12'), queued_at: at('07:01:20'),
  answered_at: at('07:01:38'), ended_at: at('07:05:01'), state: 'ended', end_reason: 'completed', decision: 'confirmed', reason: null, late: false, agent: hoa, partner: 'MobiFone Service',
  offers: 2, wait_ms: 18_000, talk_ms: 187_000, handle_ms: 203_000, evidence: 'complete', disagreed: false,
};
const one = (n, change = {}) => ({ call_id: call(n), ...base, ...change });
const listed = [
  one(1, { state: 'in_call', end_reason: null, decision: null, ended_at: null, talk_ms: null, evidence: 'none', offers: 1, created_at: at('07:03:40') }),
  one(2, { state: 'waiting', end_reason: null, decision: null, answered_at: null, ended_at: null, talk_ms: null, agent: null, partner: null, offers: 0, evidence: 'none', created_at: at('07:04:02'), home: '7', serving: '3' }),
  one(3),
  one(4, { decision: 'rejected', reason: 'face_mismatch', home: '1', sub_type: 'FCE', customer_type: 'enterprise', dealer: 'dl.hn.0044', disagreed: true }),
  one(5, { end_reason: 'no_agent', decision: null, agent: null, partner: null, talk_ms: null, answered_at: null, wait_ms: 300_000, evidence: 'none', home: '5', serving: '5', dealer: 'dl.dn.0201' }),
  one(6, { end_reason: 'caller_lost', decision: null, evidence: 'none', talk_ms: 44_000 }),
  one(7, { state: 'awaiting_evidence', end_reason: null, ended_at: null, evidence: 'due' }),
  one(8, { late: true, end_reason: 'failed', evidence: 'missing', partner: null, agent: nam }),
  one(9, { end_reason: 'cancelled', decision: null, agent: null, partner: null, talk_ms: null, evidence: 'none', payment: 'postpaid', sub_type: null }),
  ...Array.from({ length: 12 }, (_, n) => one(10 + n, { home: String((n % 9) + 1), serving: ['1', '2', '3', '1', '5', '1', '3', '8', '9'][n % 9], wait_ms: 4_000 + n * 3_100, talk_ms: 120_000 + n * 7_000 })),
];
const shown = (call, change = {}) => ({
  ...call, policy: { video_call: 'mandatory', rule_id: 'prepaid.MC.individual_vi2@2021-10-01' }, queue: null, deadline: null, caller_connected: null, notices: [],
  attempts: [], assignments: [], contact: null, erased_at: null, held: false, review: null, ...change,
});
const entry = (seq, time, code, more = {}) => ({
  seq, at: at(time), rules_version: 4, code, deadline: null, offer: null, assignment: null, agent: null, company: null, side: null, outcome: null, decision: null, standing: null, end_reason: null, changed: false, ...more,
});
const timeline = [
  entry(48211, '07:01:12', 'call_taken_in', { deadline: at('07:06:12') }),
  entry(48214, '07:01:16', 'caller_connected'),
  entry(48215, '07:01:20', 'call_queued', { company: '1', deadline: at('07:06:20') }),
  entry(48215, '07:01:20', 'offered', { offer: 1, agent: nam, deadline: at('07:01:35') }),
  entry(48217, '07:01:21', 'rang', { offer: 1, agent: nam }),
  entry(48225, '07:01:30', 'offer_closed', { offer: 1, agent: nam, outcome: 'passed' }),
  entry(48225, '07:01:30', 'offered', { offer: 2, agent: hoa, deadline: at('07:01:45') }),
  entry(48226, '07:01:31', 'rang', { offer: 2, agent: hoa }),
  entry(48229, '07:01:38', 'call_accepted', { assignment: 1, agent: hoa }),
  entry(48231, '07:01:41', 'video_connected', { assignment: 1 }),
  entry(48260, '07:03:02', 'side_lost', { assignment: 1, side: 'caller', deadline: at('07:03:17') }),
  entry(48263, '07:03:09', 'side_back', { assignment: 1, side: 'caller' }),
  entry(48301, '07:04:48', 'verdict_sealed', { assignment: 1, agent: hoa, decision: 'confirmed' }),
  entry(48302, '07:05:01', 'evidence_taken', { assignment: 1, standing: 'counts' }),
  entry(48302, '07:05:01', 'call_ended', { end_reason: 'completed' }),
];
const why = [
  { offer: 1, at: at('07:01:20'), rules_version: 4, agent: nam, rang_at: at('07:01:21'), outcome: 'passed', done_at: at('07:01:30'), more: false,
    considered: [{ agent: hoa, why_not: 'idle_for_less' }, { agent: agent(3, 'Phạm Thuỳ Dương'), why_not: 'in_call' }, { agent: agent(4, 'Nguyễn Đức Anh'), why_not: 'paused' }, { agent: null, why_not: 'other_company' }] },
  { offer: 2, at: at('07:01:30'), rules_version: 4, agent: hoa, rang_at: at('07:01:31'), outcome: 'accepted', done_at: at('07:01:38'), more: true,
    considered: [{ agent: nam, why_not: 'passed_before' }, { agent: agent(3, 'Phạm Thuỳ Dương'), why_not: 'in_call' }] },
];
const figure = (hue, words) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 360"><rect width="480" height="360" fill="hsl(${hue} 30% 78%)"/><circle cx="240" cy="150" r="70" fill="hsl(${hue} 35% 45%)"/><path d="M110 340c10-90 70-120 130-120s120 30 130 120Z" fill="hsl(${hue} 35% 38%)"/><text x="16" y="346" font-family="sans-serif" font-size="18">${words}</text></svg>`;
const images = ['live_frame', 'portrait', 'id_front', 'id_back', 'screenshot', 'witness_frame'].map((kind) => ({ kind, sha256: 'ab'.repeat(32), content_type: 'image/png', url: `/v1/console/calls/${call(3)}/images/${kind}` }));
const part = (name, vi, en, ok = true) => ({ part: name, ok, code: ok ? 'ok' : 'hash_differs', words_vi: vi, words_en: en });
const parts = (faulty) => [
  part('manifest', 'Bản kê mang chữ ký của khoá máy trạm đã được duyệt lúc ký.', 'The statement is signed by the workstation’s approved key.'),
  part('leaves', 'Mọi dữ liệu trong bản kê khớp với giá trị băm đã ký.', 'Every field fits the signed hashes.'),
  part('picture:screenshot', faulty ? 'Ảnh chụp màn hình khác với ảnh đã được niêm phong.' : 'Ảnh chụp màn hình đúng là ảnh đã được niêm phong.', 'The screenshot is the one that was sealed.', !faulty),
  part('picture:live_frame', 'Khung hình video đúng là ảnh đã được niêm phong.', 'The video frame is the one that was sealed.'),
  part('receipt', 'Máy chủ đã ký biên nhận cho đúng bản kê này.', 'The server signed a receipt for exactly this statement.'),
  part('chain', 'Số thứ tự và mã băm nối tiếp đúng với bản kê trước của cùng khoá.', 'Number and hash follow the statement before.'),
  part('day-root:2026-11-23', 'Chưa có gốc ngày bao trùm bản ghi này; sẽ có sau nửa đêm.', 'No day root covers this yet.'),
];
const evidence = (faulty) => ({
  call_id: call(3), missing: [], pictures_destroyed: false,
  held: [{
    assignment: 1, agent: hoa, standing: 'counts', received_at: at('07:05:01'), manifest_sha256: '9f2c'.repeat(16),
    manifest: {
      format: 'chinhchu-manifest-2', call_id: call(3), assignment: 1, challenge: 'x', accepted_at: at('07:01:38'), elapsed_ms: 190_000, company: '1', agent_id: hoa.agent_id, session_id: hoa.agent_id, workstation_id: hoa.agent_id, program: 'chinhchu 0.1.0 (linux)',
      decision: 'confirmed', reason: null, note: 'Khách hàng đã quay mặt về màn hình, trùng ảnh chân dung.', rule_id: 'prepaid.MC.individual_vi2@2021-10-01', captured_at: at('07:04:47'), captured_at_text: '', clock: { offset_ms: -12, rtt_ms: 20, measured_ago_ms: 900, source: 'server' },
      case: {}, capture_method: 'window', live_frame_age_ms: 33, video_codec: 'VP8', dtls_local: '', dtls_remote: '', continuity_dropped: 0, witness_nonce: null, counter: 1212, previous_sha256: null, pictures: [],
      quality: Array.from({ length: 60 }, (_, n) => ({ at_ms: n * 3_000, width: 640, height: 480, fps: n > 26 && n < 30 ? 2 : 24 + Math.round(4 * Math.sin(n / 3)), freezes: 0, longest_gap_ms: n > 26 && n < 30 ? 2400 : 60, lost: n % 7 })),
      continuity: [{ at_ms: 0, kind: 'connected', connection: 1 }, { at_ms: 81_000, kind: 'stalled', connection: 1 }, { at_ms: 88_000, kind: 'flowing', connection: 1 }],
    },
    workstation: { workstation_id: hoa.agent_id, name: 'CTY1-QUAY-07', key_id: 'k-7f31', key_state: 'approved', counter: 1212, log_seq: 48302 },
    witness: { state: 'attached', asked_at: at('07:04:47'), sha256: 'cd'.repeat(32) }, images,
    check: { at: at('07:05:09'), sound: !faulty, parts: parts(faulty), not_proven: [{ code: 'identity', vi: 'Không chứng minh giấy tờ là thật, chỉ chứng minh những gì nhân viên đã thấy.', en: 'Not that the papers are genuine: only what the agent saw.' }] },
  }],
});
export const faultyEvidence = { 'GET /calls/:id/evidence': evidence(true) };
const theCase = { call_id: call(3), note: 'Khách hàng đã quay mặt về màn hình.', images: images.slice(1, 4), case: {
  external_id: 'EK-2211-000017', dealer: { account: 'dl.hcm.0123', name: 'ĐL Quận 3' }, subscriber: { msisdn: '0901234567', payment: 'prepaid', sub_type: 'MC', customer_type: 'individual' },
  customer: { full_name: 'Nguyễn Thị Ánh', date_of_birth: '1990-05-17', id_kind: 'cccd', id_number: '079190001234', id_issued_on: '2021-08-02', address: '12 Lê Lợi, Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh' },
  consent: { given_at: '2026-11-23T14:01:00+07:00', text_version: '2026-04' }, biometric_match: { provider: 'eKYC', reference: 'BM-77120', score: 0.97, matched_at: '2026-11-23T14:00:40+07:00' } } };
const running = shown(listed[0], { caller_connected: true, contact: { assignment: 1, media_since: at('07:03:58'), lost: 'caller', unwitnessed: false, compare_again: true }, deadline: at('07:05:20') });

export const calls = {
  'GET /calls': ({ query }) => (query.get('state') === 'connecting' ? { items: [], next: null } : { items: listed, next: 'mehr' }),
  'POST /calls/search': { items: [listed[2]], next: null },
  'GET /calls/:id': ({ params }) => (params.id === call(1) ? running : shown(listed.find((one) => one.call_id === params.id) ?? listed[2])),
  'GET /calls/:id/events': ({ params, response }) => {
    if (params.id !== call(1)) return STREAM;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: call\nid: 1\ndata: ${JSON.stringify(running)}\n\n`);
    return STREAM;
  },
  'GET /calls/:id/timeline': ({ params }) => ({ call_id: params.id, entries: params.id === call(1) ? timeline.slice(0, 11) : timeline, more: false }),
  'GET /calls/:id/explain': ({ params }) => ({ call_id: params.id, offers: why }),
  'GET /calls/:id/evidence': evidence(false),
  'GET /calls/:id/case': theCase,
  'GET /calls/:id/images/:kind': ({ params }) => ({ svg: figure(params.kind.length * 31, params.kind) }),
  'GET /wallboard': () => ({ at: at('07:05:09'), pools: ['1', '2', '3', '5', '8', '9'].map((company) => ({ company, homes: company === '1' ? ['1', '4', '6'] : company === '3' ? ['3', '7'] : [company] })), agents: [], alarms: [] }),
};
