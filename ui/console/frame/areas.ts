// The screens of the console: name in the address, who may see it, its words and icon. Navigation shows only those that
// the person may open; each area is loaded when it is first opened.
import type { Component } from 'svelte';
import type { Right } from '$generated';
import { console as t } from '$design/text/console';
import * as icons from './icons';

export interface Area {
  name: string;
  /** Any of these opens it. */
  rights: readonly Right[];
  text: () => string;
  icon: string;
  load: () => Promise<{ default: Component }>;
}

export interface Group {
  text: () => string;
  areas: readonly Area[];
}

export const groups: readonly Group[] = [
  {
    text: () => t.groupLive,
    areas: [
      { name: 'wallboard', rights: ['wallboard'], text: () => t.wallboard, icon: icons.board, load: () => import('../wallboard/Wallboard.svelte') },
      { name: 'calls', rights: ['calls_read'], text: () => t.calls, icon: icons.phone, load: () => import('../calls/Calls.svelte') },
      { name: 'missing', rights: ['calls_read'], text: () => t.missing, icon: icons.warning, load: () => import('../missing/Missing.svelte') },
      { name: 'review', rights: ['review', 'policy_write'], text: () => t.review, icon: icons.second, load: () => import('../review/Review.svelte') },
    ],
  },
  {
    text: () => t.groupRules,
    areas: [
      { name: 'policy', rights: ['policy_read'], text: () => t.policy, icon: icons.list, load: () => import('../policy/Policy.svelte') },
      { name: 'companies', rights: ['companies_read'], text: () => t.companies, icon: icons.building, load: () => import('../companies/Companies.svelte') },
      { name: 'words', rights: ['companies_read'], text: () => t.words, icon: icons.speech, load: () => import('../words/Words.svelte') },
    ],
  },
  {
    text: () => t.groupPeople,
    areas: [
      { name: 'agents', rights: ['agents_read'], text: () => t.agents, icon: icons.headset, load: () => import('../agents/Agents.svelte') },
      { name: 'people', rights: ['people_read'], text: () => t.people, icon: icons.people, load: () => import('../people/People.svelte') },
      { name: 'workstations', rights: ['workstations_read'], text: () => t.workstations, icon: icons.screen, load: () => import('../workstations/Workstations.svelte') },
    ],
  },
  {
    text: () => t.groupFigures,
    areas: [
      { name: 'reports', rights: ['reports'], text: () => t.reports, icon: icons.chart, load: () => import('../reports/Reports.svelte') },
      { name: 'staffing', rights: ['staffing'], text: () => t.staffing, icon: icons.calculator, load: () => import('../staffing/Staffing.svelte') },
    ],
  },
  {
    text: () => t.groupLinks,
    areas: [
      { name: 'tokens', rights: ['tokens_read'], text: () => t.tokens, icon: icons.key, load: () => import('../tokens/Tokens.svelte') },
      { name: 'webhooks', rights: ['webhooks_read'], text: () => t.webhooks, icon: icons.hook, load: () => import('../webhooks/Webhooks.svelte') },
      { name: 'audit', rights: ['audit_read'], text: () => t.audit, icon: icons.book, load: () => import('../audit/Audit.svelte') },
      { name: 'cases', rights: ['case_erase'], text: () => t.cases, icon: icons.trash, load: () => import('../cases/Cases.svelte') },
    ],
  },
];

export const account: Area = {
  name: 'account',
  rights: [],
  text: () => t.account,
  icon: icons.person,
  load: () => import('../account/Account.svelte'),
};

const all = groups.flatMap((group) => group.areas);

export function allowed(area: Area, rights: readonly Right[]): boolean {
  return area.rights.length === 0 || area.rights.some((right) => rights.includes(right));
}

/** The area of an address, if there is one and the person may open it. */
export function areaOf(name: string, rights: readonly Right[]): Area | null {
  if (name === account.name) return account;
  const area = all.find((one) => one.name === name);
  return area && allowed(area, rights) ? area : null;
}

/** Where a person begins. */
export function firstArea(rights: readonly Right[]): Area {
  return all.find((area) => allowed(area, rights)) ?? account;
}
