// Words for the outbox as a whole: its state, and what somebody should look at though it works.
import { outbox as t } from '$design/text/agent-outbox';
import type { OutboxPicture } from '$generated';

export interface OutboxWords {
  tone: 'good' | 'plain' | 'warn' | 'bad';
  title: string;
  lead: string;
}

export function outboxWords(outbox: OutboxPicture): OutboxWords {
  const n = outbox.pending;
  switch (outbox.state) {
    case 'uploading':
      return { tone: 'plain', title: t.uploading(n), lead: t.uploadingLead };
    case 'waiting_for_network':
      return { tone: 'warn', title: t.waiting(n), lead: t.waitingLead };
    case 'receipt_wrong':
      return { tone: 'warn', title: t.receiptWrong(n), lead: t.receiptWrongLead };
    case 'not_approved':
      return { tone: 'warn', title: t.notApproved(n), lead: t.notApprovedLead };
    case 'refused':
      return { tone: 'bad', title: t.refused(n), lead: t.refusedLead };
    case 'not_allowed':
      return { tone: 'bad', title: t.notAllowed(n), lead: t.notAllowedLead };
    case 'record_damaged':
      return { tone: 'bad', title: t.recordDamaged(n), lead: t.recordDamagedLead };
    case 'key_lost':
      return { tone: 'bad', title: t.keyLost(n), lead: t.keyLostLead };
    case 'full':
      return { tone: 'bad', title: t.full, lead: t.fullLead };
    case 'disk_full':
      return { tone: 'bad', title: t.diskFull, lead: t.diskFullLead };
    case 'damaged':
      return { tone: 'bad', title: t.damaged, lead: t.damagedLead };
    case 'unusable':
      return { tone: 'bad', title: t.unusable, lead: t.unusableLead };
    case 'in_use':
      return { tone: 'bad', title: t.inUse, lead: t.inUseLead };
    case 'no_keyring':
      return { tone: 'bad', title: t.noKeyring, lead: t.noKeyringLead };
    case 'empty':
      return { tone: 'good', title: t.empty, lead: t.emptyLead };
    default:
      // A newer station may know more states than this page: what is pending decides.
      return n > 0
        ? { tone: 'warn', title: t.waiting(n), lead: t.waitingLead }
        : { tone: 'good', title: t.empty, lead: t.emptyLead };
  }
}

/** Beside the state: it works, but not for ever. */
export function outboxWarnings(outbox: OutboxPicture): OutboxWords[] {
  const warnings: OutboxWords[] = [];
  if (outbox.warning === 'outbox_filling') warnings.push({ tone: 'warn', title: t.filling, lead: t.fillingLead });
  if (outbox.warning === 'disk_filling') warnings.push({ tone: 'warn', title: t.diskFilling, lead: t.diskFillingLead });
  if (outbox.set_aside > 0) warnings.push({ tone: 'warn', title: t.setAside(outbox.set_aside), lead: t.setAsideLead });
  return warnings;
}

/** What fits in the foot of the window: the state, unless it is fine and something else is not. */
export function outboxShort(outbox: OutboxPicture): OutboxWords {
  const state = outboxWords(outbox);
  const [first] = outboxWarnings(outbox);
  return first && (state.tone === 'good' || state.tone === 'plain') ? first : state;
}

/** The file itself cannot be used: asking for calls would only be refused. Fullness passes by itself. */
export function outboxBars(outbox: OutboxPicture): boolean {
  return ['damaged', 'unusable', 'in_use', 'no_keyring'].includes(outbox.state);
}
