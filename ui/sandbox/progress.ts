// Which of the sixteen steps of the plan is the current one. Pure.

import type { CallState, EndReason } from '$generated';

export interface Facts {
  /** S1: data is complete and mSale has it. */
  saved: boolean;
  /** S2: eKYC is open. */
  ekycOpen: boolean;
  /** S3: the comparison of the subscriber's information has an outcome. */
  compared: boolean;
  /** S4: papers and portrait are scanned. */
  scanned: boolean;
  /** S5: [Call] was pressed. */
  called: boolean;
  /** S6–S7: the dealer's account is confirmed. */
  account: boolean;
  token: boolean;
  created: boolean;
  /** S11: the call screen is open somewhere. */
  screenOpen: boolean;
  state: CallState | null;
  endReason: EndReason | null;
  verdict: boolean;
}

export const STEPS = 16;

export function currentStep(facts: Facts): number {
  if (!facts.saved) return 1;
  if (!facts.ekycOpen) return 2;
  if (!facts.compared) return 3;
  if (!facts.scanned) return 4;
  if (!facts.called) return 5;
  if (!facts.account) return 7;
  if (!facts.token) return 8;
  if (!facts.created) return 10;
  return liveStep(facts);
}

function liveStep({ state, endReason, verdict, screenOpen }: Facts): number {
  switch (state) {
    case null:
    case 'preparing':
      return screenOpen ? 12 : 11;
    case 'waiting':
    case 'offering':
      return 12;
    case 'connecting':
      return 13;
    case 'in_call':
    case 'reconnecting':
      return 14;
    case 'awaiting_evidence':
      return 15;
    case 'ended':
      return verdict || endReason === 'completed' ? 16 : 15;
  }
}

export type StepState = 'done' | 'current' | 'later';

/** S6 and S7 are one form, S8 and S9 question and answer, S12 and S13 the queue and the one who takes it. */
export function stepState(step: number, current: number): StepState {
  if (step === 6 && current === 7) return 'current';
  if (step < current) return 'done';
  return step === current ? 'current' : 'later';
}
