// The wallboard at 14:05:09 of 23 November 2026, as events.
import { STREAM } from '../kinds.mjs';

const NOW = Date.parse('2026-11-23T07:05:09Z');
const ago = (seconds) => new Date(NOW - seconds * 1000).toISOString();
export const call = (n) => `0193f0d1-${String(1000 + n)}-7000-8000-${String(n).padStart(12, '0')}`;
const figures = (offered, answered, within, abandoned, early) => ({
  offered, answered, answered_within: within, abandoned, abandoned_within: early, no_agent: Math.max(0, offered - answered - abandoned - 1),
  confirmed: Math.round(answered * 0.93), rejected: Math.round(answered * 0.07), within_s: 20,
  level_per_mille: offered === 0 ? null : Math.round((within * 1000) / offered), level_patient_per_mille: offered === 0 ? null : Math.round((within * 1000) / (offered - early)),
});
const pool = (company, homes, [preparing, waiting, offering, connecting, in_call, reconnecting], waits, agents, now, today) => ({
  company, name: `Công ty ${company}`, homes, calls: { preparing, waiting, offering, connecting, in_call, reconnecting, awaiting_evidence: 1 },
  oldest: waits.map((s, i) => ({ call_id: call(i), home: homes[i % homes.length], since: ago(s) })), line: null,
  agents: { available: agents[0], paused: agents[1], ringing: agents[2], on_call: agents[3], wrap_up: agents[4], suspect: agents[5] }, now, today,
});
const names = ['Trần Thị Hoa', 'Lê Văn Nam', 'Phạm Thuỳ Dương', 'Nguyễn Đức Anh', 'Hoàng Thị Mai', 'Bùi Quang Huy', 'Đặng Thị Ngọc Bích', 'Võ Minh Tuấn', 'Ngô Thị Thanh Huyền', 'Dương Văn Khải', 'Lý Thị Kim Oanh', 'Trịnh Công Sơn Tùng', 'Phan Anh Dũng', 'Đỗ Thị Hương Giang', 'Hồ Ngọc Hân', 'Mai Xuân Trường', 'Vũ Hải Yến', 'Tạ Quốc Bảo', 'Cao Thị Lệ Thu', 'Châu Minh Nhật'];
const does = ['on_call', 'on_call', 'available', 'on_call', 'wrap_up', 'available', 'on_call', 'ringing', 'paused', 'on_call', 'available', 'on_call', 'wrap_up', 'paused', 'on_call', 'available', 'on_call', 'suspect', 'available', 'on_call'];
const agents = names.map((name, n) => ({
  agent_id: `0193f0a0-0000-7000-8000-${String(n).padStart(12, '0')}`, username: `nv${n}`, name, company: ['1', '1', '2', '3', '3', '5', '8', '9'][n % 8], partner: n % 3 === 0 ? 'MobiFone Service' : null,
  activity: does[n], since: ago(17 + ((n * 73) % 640)), reason: does[n] === 'paused' ? 'an_trua' : null, call_id: null, connected: n !== 13,
}));

export const busy = {
  at: new Date(NOW - 32_000).toISOString(),
  pools: [
    pool('1', ['1', '4', '6'], [2, 3, 1, 1, 14, 1], [41, 22, 9], [3, 2, 1, 16, 4, 1], figures(212, 204, 181, 5, 3), figures(3120, 3004, 2790, 84, 40)),
    pool('2', ['2'], [0, 0, 0, 0, 6, 0], [], [4, 1, 0, 6, 1, 0], figures(61, 61, 60, 0, 0), figures(902, 890, 861, 9, 8)),
    pool('3', ['3', '7'], [1, 1, 0, 0, 9, 0], [12], [2, 0, 0, 9, 2, 0], figures(104, 101, 88, 2, 1), figures(1544, 1490, 1371, 41, 22)),
    pool('5', ['5'], [0, 2, 0, 0, 0, 0], [95, 31], [0, 2, 0, 0, 0, 0], figures(18, 12, 7, 3, 0), figures(288, 260, 214, 20, 6)),
    pool('8', ['8'], [0, 0, 0, 0, 2, 0], [], [2, 0, 0, 2, 0, 0], figures(14, 14, 14, 0, 0), figures(201, 200, 198, 1, 1)),
    pool('9', ['9'], [0, 0, 0, 0, 0, 0], [], [1, 0, 0, 0, 0, 0], figures(0, 0, 0, 0, 0), figures(37, 37, 37, 0, 0)),
  ],
  agents,
  alarms: [
    { kind: 'nobody_on_duty', company: '5', calls: 2, since: ago(95), paused: 2 },
    { kind: 'evidence_missing', company: '1', calls: 3, since: ago(7200) },
    { kind: 'workstation_suspect', agent_id: agents[17].agent_id, company: '1', since: ago(310) },
    { kind: 'webhook_backlog', company: null, deliveries: 12, since: ago(900) },
  ],
};
export const calm = { ...busy, alarms: [], pools: busy.pools.filter((one) => one.calls.waiting === 0) };

export function stream(board, { ends = false } = {}) {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: wallboard\nid: 1\ndata: ${JSON.stringify(board)}\n\n`);
    if (ends) response.end();
    return STREAM;
  };
}
/** Gives one picture, then refuses. */
export function once(board) {
  let given = false;
  return ({ response }) => {
    if (given) {
      response.writeHead(503).end();
      return STREAM;
    }
    given = true;
    return stream(board, { ends: true })({ response });
  };
}

export const live = { 'GET /wallboard/events': stream(busy) };
