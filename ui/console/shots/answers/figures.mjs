// Reports, the evaluation of a trial, the reconciliation, staffing, reviews.
import { call } from './live.mjs';

const share = (count, of) => ({ count, of, share: of ? count / of : null });
const times = (n, p50) => ({ count: n, mean_ms: p50 + 900, p50_ms: p50, p90_ms: p50 * 2, p99_ms: p50 * 4, max_ms: p50 * 9 });
export const figures = (calls, answered, within) => ({
  calls, offered: calls - 20, answered, declined: 4, redirected: 210, abandoned: 96, left_before: 20, hung_up: 3, caller_lost: 31, agent_lost: 6, no_agent: 44, closed: 12, failed: 2, completed: answered - 40, open: 3, offers: answered + 260, passed: 140, missed: 91, never_rang: 12,
  verified: answered - 40, confirmed: share(Math.round((answered - 40) * 0.93), answered - 40), rejected: share(Math.round((answered - 40) * 0.07), answered - 40), late: 4, reasons: [{ code: 'face_mismatch', share: share(120, 210) }, { code: 'id_unreadable', share: share(70, 210) }, { code: 'other', share: share(20, 210) }],
  wait: times(answered, 7_000), handle: times(answered, 184_000), service_level: share(within, calls - 20), service_level_patient: share(within, calls - 60), evidence: share(answered - 41, answered - 40), duty_ms: 36_000_000, cost: { total: answered * 6_500, per_verification: 6_742.5 },
});
const report = ({ query }) => {
  const by = query.get('by');
  const keys = by === 'day' ? Array.from({ length: 30 }, (_, n) => [`2026-10-${String(n + 1).padStart(2, '0')}`, '']) : [['1', 'Công ty 1'], ['2', 'Công ty 2'], ['3', 'Công ty 3'], ['5', 'Công ty 5'], ['8', 'Công ty 8'], ['9', 'Công ty 9']];
  return { from: '2026-10-23T17:00:00Z', to: '2026-11-22T17:00:00Z', made_at: '2026-11-23T07:05:09Z', by, within_s: 20, partner: null, price_per_call: 6500, price_per_agent_hour: null, total: figures(61_240, 59_003, 53_900), next: null,
    items: keys.map(([key, label], n) => ({ key, label, figures: figures(2_600 + 700 * ((n * 7) % 5), 2_480 + 690 * ((n * 7) % 5), 2_200 + 640 * ((n * 7) % 5)) })) };
};
const measures = (k) => [
  { measure: 'answered', of: 20_000, value: 0.952 + k, low: 0.949 + k, high: 0.955 + k }, { measure: 'service_level', of: 20_000, value: 0.88 + k, low: 0.874 + k, high: 0.886 + k }, { measure: 'queue_level', of: 20_000, value: 0.81 + k, low: 0.804 + k, high: 0.816 + k }, { measure: 'handling', of: 19_000, value: 184_000 - k * 900_000, low: 181_000 - k * 900_000, high: 187_000 - k * 900_000 },
  { measure: 'rejected', of: 18_800, value: 0.071 + k / 3, low: 0.067 + k / 3, high: 0.075 + k / 3 }, { measure: 'evidence', of: 18_800, value: 0.9994, low: 0.9989, high: 0.9997 }, { measure: 'cost', of: 18_800, value: 6_742 - k * 9_000, low: 6_690 - k * 9_000, high: 6_800 - k * 9_000 },
];
const trial = { from: '2026-10-23T17:00:00Z', to: '2026-11-22T17:00:00Z', made_at: '2026-11-23T07:05:09Z', within_s: 20, price_per_call: 6500, price_per_agent_hour: null, confidence: 0.95,
  partners: [['MobiFone Service', 0.01], ['Viễn thông An Phát', -0.02], ['', 0]].map(([partner, k]) => ({ partner, figures: figures(20_000, 19_000, 17_600), measures: measures(k) })),
  comparisons: [{ measure: 'answered', a: 'MobiFone Service', b: 'Viễn thông An Phát', difference: 0.03, longer: null, p: 0.00001, p_corrected: 0.00012, significant: true }, { measure: 'evidence', a: 'MobiFone Service', b: '', difference: 0, longer: null, p: 0.9, p_corrected: 1, significant: false }, { measure: 'handling', a: 'MobiFone Service', b: '', difference: -9_000, longer: 0.46, p: 0.004, p_corrected: 0.03, significant: true }],
  words: ['MobiFone Service tiếp nhận nhiều hơn Viễn thông An Phát 3,0 điểm phần trăm; chênh lệch này rõ ràng.', 'Chưa đủ căn cứ để nói các đối tác khác nhau về tỷ lệ đủ bằng chứng.'], methods: ['Khoảng tin cậy 95 % của tỷ lệ theo Wilson; của trung vị theo thứ hạng.', 'Các p được hiệu chỉnh theo Holm.'] };
const held = (decision) => ({ call_id: call(3), decision, manifest_sha256: '9f2c'.repeat(16) });
const slots = Array.from({ length: 48 }, (_, n) => {
  const calls = n < 14 || n > 42 ? 0 : Math.round(60 + 50 * Math.sin((n - 14) / 4.5));
  const agents = Math.ceil(calls * 0.14);
  return { from_minute: n * 30, calls, agents, agents_scheduled: Math.ceil(agents / 0.7), service_level: 0.86, mean_wait_s: 6.2, occupancy: 0.74, abandonment: 0 };
});
const one = (agents, k) => ({ agents, agents_scheduled: Math.ceil(agents / 0.7), service_level: 0.888 + k * 0.05, service_level_excluding_abandoned: 0.888, probability_of_wait: 0.174 - k * 0.05, mean_wait_s: k < -2 ? null : 7.8 - k, occupancy: 0.714 - k * 0.04, abandonment: 0 });
const review = { call_id: call(3), assignment: 1, home: '4', serving: '1', agent: { agent_id: 'a', username: 'nv1', name: 'Trần Thị Hoa' }, partner: 'MobiFone Service', decision: 'confirmed', because: 'sample', drawn_at: '2026-11-23T06:40:00Z', claimed_by: null, claimed_until: null, review: null, note: null };
const agreement = (name, d) => ({ agent: name === null ? null : { agent_id: name, username: name, name }, partner: name === null ? 'MobiFone Service' : null, drawn: 120, reviewed: 100, agrees: 100 - d - 2, disagrees: d, unclear: 2, agreement_per_mille: Math.round(((98 - d) * 1000) / 98) });

export const counted = {
  'GET /reports': report,
  'GET /reports/trial': trial,
  'GET /reconciliation/:day': { day: '2026-11-22', results: 1_904, delivered: 1_899, waiting: 3, given_up: 2, undeliverable: 0, msale: { received_at: '2026-11-22T18:00:00Z', results: 1_901, same: 1_898, missing_there: 3, unknown_here: 1, differing: 2 }, items: [{ call_id: call(3), kinds: ['given_up', 'missing_there'], here: held('confirmed'), there: null }, { call_id: call(4), kinds: ['differing'], here: held('rejected'), there: held('confirmed') }], next: null },
  'POST /staffing': { needed: one(14, 0), around: [-3, -2, -1, 0, 1, 2].map((k) => one(14 + k, k)) },
  'POST /staffing/day': { fit: { calls: 58_120, days: 28, calls_a_day: 2_075, profile: [], handle_s: 184, patience_s: null }, slots, peak_scheduled: 22, agent_hours: 201.5, scheduled_hours: 288, reached: true },
  'POST /reviews/next': { review, waiting: 14 },
  'GET /reviews': { items: [review, { ...review, call_id: call(4), review: { outcome: 'disagrees', reason: 'face_mismatch', at: '2026-11-23T06:00:00Z', by: 'p', by_name: 'Đỗ Minh Khang' } }], next: null },
  'GET /reviews/settings': { items: [
    { company: null, share_per_mille: 50, all_of_reasons: ['other'], valid_from: '2026-12-31T17:00:00Z', changed_by: 'person:0193f0c2-7a10-7000-8000-000000000001', change_reason: 'Tăng mẫu đầu năm' },
    { company: '3', share_per_mille: 100, all_of_reasons: ['face_mismatch'], valid_from: '2026-09-30T17:00:00Z', changed_by: 'person:0193f0c2-7a10-7000-8000-000000000001', change_reason: 'Đối tác mới' },
    { company: null, share_per_mille: 25, all_of_reasons: [], valid_from: '2026-01-01T01:00:00Z', changed_by: 'cli:admin', change_reason: 'Bắt đầu' },
  ], next: null },
  'GET /reviews/figures': { from: '', to: '', agents: [agreement('Trần Thị Hoa', 6), agreement('Lê Văn Nam', 1)], partners: [agreement(null, 7)] },
};
