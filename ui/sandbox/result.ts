// The result as mSale took it: the answer of `/sandbox/api/msale/results/{call_id}`, whose shape the server's
// sandbox documents.

import type { ImageKind, WebhookEvent, WebhookEventType } from '$generated';

export interface Result {
  call_id: string;
  received_at: string;
  /** In the order of their arrival. */
  events: WebhookEventType[];
  /** The newest webhook as received; the result, once it came. */
  event: WebhookEvent;
  /** mSale's own decision (P3); null while there is nothing to decide. */
  activation: 'activated' | 'refused' | null;
  images: { kind: ImageKind; sha256: string; content_type: string; bytes: number; verified: boolean }[];
  /** Results that came again: mSale takes each call once. */
  duplicates: number;
}

/** Whether the call's result is here, and not only news of it. */
export function isFinal(result: Result): boolean {
  return result.events.includes('call.result') && result.event.data.verdict !== null;
}
