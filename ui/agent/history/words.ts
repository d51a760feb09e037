// Words for where verdicts are: the outbox as a whole, and one upload.
import { errorSentence, icons } from '$design';
import { agent as t } from '$design/text/agent';
import type { OutboxPicture, ReasonOption, UploadState } from '$generated';
import { asTime } from '../time/reckon';

export interface OutboxWords {
  tone: 'good' | 'plain' | 'warn' | 'bad';
  title: string;
  lead: string;
}

export function outboxWords(outbox: OutboxPicture): OutboxWords {
  const n = outbox.pending;
  switch (outbox.state) {
    case 'uploading':
      return { tone: 'plain', title: t.outboxUploading(n), lead: t.outboxUploadingLead };
    case 'waiting_for_network':
      return { tone: 'warn', title: t.outboxWaiting(n), lead: t.outboxWaitingLead };
    case 'refused':
      return { tone: 'bad', title: t.outboxRefused(n), lead: t.outboxRefusedLead };
    case 'not_allowed':
      return { tone: 'bad', title: t.outboxNotAllowed(n), lead: t.outboxNotAllowedLead };
    case 'unusable':
      return { tone: 'bad', title: t.outboxUnusable, lead: t.outboxUnusableLead };
    case 'key_lost':
      return { tone: 'bad', title: t.outboxKeyLost, lead: t.outboxKeyLostLead };
    case 'disk_full':
      return { tone: 'bad', title: t.outboxDiskFull, lead: t.outboxDiskFullLead };
    case 'damaged':
      return { tone: 'bad', title: t.outboxDamaged, lead: t.outboxDamagedLead };
    case 'empty':
      return { tone: 'good', title: t.outboxEmpty, lead: t.outboxEmptyLead };
    default:
      // A newer station may know more states than this page: what is pending decides.
      return n > 0
        ? { tone: 'warn', title: t.outboxWaiting(n), lead: t.outboxWaitingLead }
        : { tone: 'good', title: t.outboxEmpty, lead: t.outboxEmptyLead };
  }
}

export interface UploadWords {
  tone: 'good' | 'accent' | 'warn' | 'bad';
  icon: string;
  title: string;
  lead: string;
}

export function uploadWords(upload: UploadState): UploadWords {
  switch (upload.state) {
    case 'on_disk':
      return { tone: 'warn', icon: icons.disk, title: t.onDisk, lead: t.onDiskLead };
    case 'uploading':
      return { tone: 'accent', icon: icons.upload, title: t.uploading, lead: t.uploadingLead };
    case 'delivered': {
      const time = asTime(upload.at, true);
      if (upload.standing === 'late') return { tone: 'warn', icon: icons.check, title: t.deliveredLateTitle, lead: t.deliveredLate(time) };
      if (upload.standing === 'superseded') return { tone: 'warn', icon: icons.check, title: t.deliveredSupersededTitle, lead: t.deliveredSuperseded(time) };
      return { tone: 'good', icon: icons.check, title: t.delivered, lead: t.deliveredLead(time) };
    }
    case 'refused':
      return { tone: 'bad', icon: icons.warning, title: t.uploadRefused, lead: errorSentence(upload.code) };
  }
}

/** The call was taken from this workstation: why, and what becomes of a verdict that was given here. */
export function movedWords(notice: string | undefined): { title: string; lead: string } | null {
  switch (notice) {
    case 'call_moved_on':
      return { title: t.movedOn, lead: t.movedOnLead };
    case 'call_moved_on_sealed':
      return { title: t.movedOn, lead: t.movedOnSealedLead };
    default:
      return null;
  }
}

/** A reason's words from the company's list; its code where the list has changed since. */
export function reasonText(code: string, reasons: readonly ReasonOption[]): string {
  return reasons.find((reason) => reason.code === code)?.text ?? code;
}
