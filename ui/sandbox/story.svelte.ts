// The walk through S1–S16: what the newcomer has done, what the server answered, and what can be done next.

import type { CallBody, CallCreated, PolicyDecision } from '$generated';
import * as backend from './backend';
import { drawPapers, type Papers } from './draw';
import { EventParser, readEvents } from './events';
import { caseOf, emptyForm, faults, fill, type Form } from './form';
import { currentStep, type Facts } from './progress';
import { RequestError, type Exchange } from './requests';
import { isFinal, type Result } from './result';
import { samples } from './samples';

const MAX_EXCHANGES = 60;
const POLL_MS = 1_500;
/** mSale fetches the pictures after the webhook; the plan's step 16 is not at once. */
const RESULT_TRIES = 60;

export class Story {
  form = $state<Form>({ ...emptyForm });
  checked = $state(false);
  sampleId = $state(samples[0]?.id ?? '');
  account = $state('dl.hcm.0123');
  dealerName = $state('ĐL Quận 3');
  consentTaken = $state(false);

  facts = $state<Facts>(blank());
  policy = $state.raw<PolicyDecision | null>(null);
  papers = $state.raw<Papers | null>(null);
  matchedAt = $state<string | null>(null);
  created = $state.raw<CallCreated | null>(null);
  screen = $state<'frame' | 'tab' | null>(null);
  call = $state.raw<CallBody | null>(null);
  result = $state.raw<Result | null>(null);
  resultOverdue = $state(false);
  companies = $state.raw<backend.CompanyListed[]>([]);
  exchanges = $state.raw<Exchange[]>([]);
  trouble = $state.raw<RequestError | null>(null);
  busy = $state(false);

  readonly step = $derived(currentStep(this.facts));
  readonly sample = $derived(samples.find(({ id }) => id === this.sampleId));
  readonly formFaults = $derived(faults(this.form));
  private token: string | null = null;
  /** The same key for a repeat of the same call: the server then makes no second one. */
  private key = crypto.randomUUID();
  private life = new AbortController();
  private stream = new AbortController();

  async start(): Promise<void> {
    await this.attempt(async () => {
      this.companies = await backend.listCompanies();
    });
  }

  fillSample(): void {
    const sample = samples.find(({ id }) => id === this.sampleId);
    if (sample) this.form = fill(sample, this.form.company);
  }

  /** S1 */
  async save(): Promise<void> {
    this.checked = true;
    if (this.formFaults.length > 0) return;
    await this.attempt(async () => {
      this.token = await backend.askToken(this.form.company, 1, this.seen);
      this.policy = await backend.askPolicy(this.token, this.form, this.seen);
      this.facts.saved = true;
    });
  }

  /** S2–S3: mSale has eKYC compare the subscriber's information. */
  openEkyc(): void {
    this.facts.ekycOpen = true;
  }

  compare(): void {
    this.matchedAt = new Date().toISOString();
    this.facts.compared = true;
  }

  /** S4 */
  async scan(): Promise<void> {
    const sample = this.sample;
    if (!sample) return;
    await this.attempt(async () => {
      this.papers = await drawPapers({ ...sample, ...this.form });
      this.facts.scanned = true;
    });
  }

  /** S5 */
  press(): void {
    this.facts.called = true;
  }

  /** S6–S10: the account is confirmed; token and call follow by themselves. */
  async confirmAccount(): Promise<void> {
    if (this.account.trim() === '') return;
    this.facts.account = true;
    await this.makeCall();
  }

  async makeCall(): Promise<void> {
    await this.attempt(async () => {
      this.token = await backend.askToken(this.form.company, 8, this.seen);
      this.facts.token = true;
      if (!this.papers) return;
      const body = caseOf(this.form, {
        externalId: `EK-SANDBOX-${this.key.slice(0, 8)}`,
        dealer: { account: this.account.trim(), name: this.dealerName.trim() },
        match: this.matchedAt
          ? { provider: 'sandbox', reference: `SB-${this.key.slice(0, 8)}`, score: 0.97, matched_at: this.matchedAt }
          : null,
        consent: this.consentTaken ? this.consent : null,
      });
      this.created = await backend.createCall(this.token, this.key, body, this.papers, this.seen);
      this.facts.created = true;
      void this.follow();
    });
  }

  /** Taken once, so that a repeat under the same key is the same case to the byte. */
  private readonly consent = { given_at: new Date().toISOString(), text_version: '2026-04' };

  openScreen(where: 'frame' | 'tab' = 'frame'): void {
    this.screen = where;
    this.facts.screenOpen = true;
  }

  /** The same customer again, from [Call]: a new call under a new key. */
  callAgain(): void {
    this.endCall();
  }

  async cancel(): Promise<void> {
    const { token, created } = this;
    if (!token || !created) return;
    await this.attempt(async () => {
      await backend.cancelCall(token, created.call_id, this.seen);
      await this.refresh();
    });
  }

  /** A new customer, from the beginning. */
  startOver(): void {
    this.endCall();
    this.form = { ...emptyForm, company: this.form.company };
    this.checked = false;
    this.facts = blank();
    this.policy = this.papers = null;
    this.matchedAt = null;
    this.exchanges = [];
  }

  /** Back to S1 with what was typed, when the server found faults in it. */
  edit(): void {
    this.endCall();
    this.facts = blank();
  }

  private endCall(): void {
    this.stop();
    this.life = new AbortController();
    this.key = crypto.randomUUID();
    this.created = this.call = this.result = this.trouble = null;
    this.resultOverdue = false;
    this.screen = null;
    const { saved, ekycOpen, compared, scanned } = this.facts;
    this.facts = { ...blank(), saved, ekycOpen, compared, scanned };
  }

  stop(): void {
    this.life.abort();
    this.stream.abort();
  }

  private seen = (exchange: Exchange): void => {
    const others = this.exchanges.filter(({ id }) => id !== exchange.id);
    this.exchanges = [exchange, ...others].sort((a, b) => b.id - a.id).slice(0, MAX_EXCHANGES);
  };

  private async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.trouble = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.trouble = error;
    } finally {
      this.busy = false;
    }
  }

  /** S12–S15 by the events, each of which is also a reason to read the call; by polling when they do not come. */
  private async follow(): Promise<void> {
    const { created } = this;
    if (!created) return;
    const { signal } = this.life;
    const parser = new EventParser();
    for (;;) {
      await this.refresh();
      if (signal.aborted || this.facts.state === 'ended') break;
      const path = `/v1/calls/${created.call_id}/events`;
      this.stream = new AbortController();
      await readEvents(path, this.token ?? '', parser, this.stream.signal, () => void this.refresh()).catch(() => undefined);
      await pause(POLL_MS, signal);
    }
    if (this.facts.verdict || this.facts.endReason === 'completed') await this.awaitResult();
  }

  private async refresh(): Promise<void> {
    const { created, token } = this;
    if (!created || !token) return;
    try {
      const call = await backend.readCall(token, created.call_id, this.step, this.seenCall);
      if (call.call_id !== this.created?.call_id) return;
      this.call = call;
      this.facts.state = call.state;
      this.facts.endReason = call.end_reason;
      this.facts.verdict = call.verdict !== null;
      if (call.state === 'ended') this.stream.abort();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error.code === 'token_expired') this.token = await this.freshToken(token);
      // The next event or poll tries again; a server that is away is told by the call page itself.
    }
  }

  /** Tokens for a dealer's phone live for minutes: a long wait needs another one. */
  private freshToken(old: string): Promise<string> {
    return backend.askToken(this.form.company, 8, this.seen).catch(() => old);
  }

  /** Readings that tell nothing new would bury the requests worth reading. */
  private seenCall = (exchange: Exchange): void => {
    if (exchange.status === null) return;
    const previous = this.exchanges.find(({ path, method }) => path === exchange.path && method === 'GET');
    const same = previous && JSON.stringify(previous.answer) === JSON.stringify(exchange.answer);
    if (!same) this.seen(exchange);
  };

  private async awaitResult(): Promise<void> {
    const { created } = this;
    const { signal } = this.life;
    for (let attempt = 0; created && attempt < RESULT_TRIES && !signal.aborted; attempt += 1) {
      const result = await backend.readResult(created.call_id, this.seenResult).catch(() => null);
      if (result && isFinal(result) && !signal.aborted) {
        this.result = result;
        return;
      }
      await pause(POLL_MS, signal);
    }
    this.resultOverdue = !signal.aborted;
  }

  private seenResult = (exchange: Exchange): void => {
    if (exchange.status === 200) this.seen(exchange);
  };
}

function blank(): Facts {
  return {
    saved: false,
    ekycOpen: false,
    compared: false,
    scanned: false,
    called: false,
    account: false,
    token: false,
    created: false,
    screenOpen: false,
    state: null,
    endReason: null,
    verdict: false,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
