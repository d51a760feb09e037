// Words for where verdicts are: one upload, its receipt, and a call that went elsewhere. The outbox: outbox.ts.
import { errorSentence, icons } from '$design';
import { agent as t } from '$design/text/agent';
import { workErrors } from '$design/text/work-errors';
import type { HistoryEntry, ReasonOption, UploadState } from '$generated';
import { asTime } from '../time/reckon';

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
      return { tone: 'bad', icon: icons.warning, title: t.uploadRefused, lead: errorSentence(upload.code, workErrors) };
  }
}

/** The call was taken from this workstation: why, and what becomes of a verdict that was given here. */
export function movedWords(notice: string | undefined): { title: string; lead: string } | null {
  switch (notice) {
    case 'call_moved_on':
      return { title: t.movedOn, lead: t.movedOnLead };
    case 'call_moved_on_sealed':
      return { title: t.movedOn, lead: t.movedOnSealedLead };
    case 'verdict_superseded':
      return { title: t.superseded, lead: t.supersededLead };
    default:
      return null;
  }
}

/** A reason's words from the company's list; its code where the list has changed since. */
export function reasonText(code: string, reasons: readonly ReasonOption[]): string {
  return reasons.find((reason) => reason.code === code)?.text ?? code;
}

/** Delivered, and another verdict or none stands for its call. */
export function isNotCounted(upload: UploadState): boolean {
  return upload.state === 'delivered' && upload.standing !== 'counts';
}

const HASH_SHOWN = 12;

/** The line that proves a verdict: number, times, hash, and whether the server has signed for it. */
export interface ReceiptLine {
  signed: boolean;
  parts: string[];
  /** The whole hash, for whoever compares it. */
  hash: string | null;
}

export function receiptLine(entry: HistoryEntry): ReceiptLine {
  const { upload, counter, manifest_sha256: hash } = entry;
  const signed = upload.state === 'delivered';
  return {
    signed,
    hash: hash ?? null,
    parts: [
      counter === undefined ? null : t.receiptNumber(String(counter)),
      t.receiptSealed(asTime(entry.at, true)),
      signed ? t.receiptDelivered(asTime(upload.at, true)) : null,
      hash === undefined ? null : t.receiptHash(hash.slice(0, HASH_SHOWN)),
    ].filter((part) => part !== null),
  };
}
