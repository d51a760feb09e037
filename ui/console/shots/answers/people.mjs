// Who is signed in, people and agents.
import { Problem } from '../kinds.mjs';

const all = [
  'wallboard', 'calls_read', 'evidence_read', 'reports', 'staffing', 'policy_read', 'policy_write', 'companies_read', 'companies_write',
  'tokens_read', 'tokens', 'agents_read', 'agents_write', 'people_read', 'people', 'workstations_read', 'workstations', 'webhooks_read', 'webhooks', 'audit_read', 'case_erase',
];
const person = { person_id: '0193f0c2-7a10-7000-8000-000000000001', username: 'lan.pham', name: 'Phạm Thị Lan', role: 'administrator', rights: all, companies: null, partner: null, second_factor: 'on', password_temporary: false };
const roles = {
  administrator: person,
  auditor: { ...person, name: 'Đỗ Minh Khang', username: 'khang.do', role: 'auditor', rights: ['wallboard', 'calls_read', 'evidence_read', 'review', 'reports', 'staffing', 'policy_read', 'companies_read', 'tokens_read', 'agents_read', 'people_read', 'workstations_read', 'webhooks_read', 'audit_read'] },
  supervisor: { ...person, name: 'Nguyễn Hữu Thắng', username: 'thang.nguyen', role: 'supervisor', companies: ['1', '4'], rights: ['wallboard', 'calls_read', 'evidence_read', 'review', 'reports', 'staffing', 'policy_read', 'companies_read', 'agents_read', 'agents_write', 'webhooks_read'] },
  team_lead: { ...person, name: 'Vũ Thị Hạnh', username: 'hanh.vu', role: 'team_lead', companies: ['3'], partner: 'MobiFone Service', rights: ['wallboard', 'calls_read', 'reports', 'staffing', 'agents_read'] },
  half: { ...person, second_factor: 'wanted', rights: [] },
  temporary: { ...person, password_temporary: true, rights: [] },
  new: { ...person, second_factor: 'to_set_up', rights: [] },
};
export const meAs = (as) => roles[as] ?? null;

export const people = {
  'GET /sign-in-ways': { directory: null },
  'GET /me': ({ me }) => me ?? new Problem(401, 'session_missing'),
};
