// The result as mSale took it: the webhook's event, perhaps wrapped. Read with care, for it comes over the wire.

import type { CallBody, ImageRef } from '$generated';

export interface Result {
  call: CallBody;
  manifest: string | null;
  images: ImageRef[];
}

type Json = Record<string, unknown>;

/** Null while there is none. */
export function resultOf(answer: unknown): Result | null {
  const event = find(answer, (one) => isCall(one.data)) ?? null;
  const call = event ? (event.data as CallBody) : ((find(answer, isCall) as unknown as CallBody | null) ?? null);
  if (!call || call.verdict === null) return null;
  const manifest = event && typeof event.manifest_sha256 === 'string' ? event.manifest_sha256 : null;
  return { call, manifest, images: call.images };
}

function isCall(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'call_id' in value && 'verdict' in value && 'images' in value;
}

/** The first object, at most three levels down, that answers the question. */
function find(value: unknown, wanted: (object: Json) => boolean, depth = 3): Json | null {
  if (typeof value !== 'object' || value === null || depth === 0) return null;
  if (!Array.isArray(value) && wanted(value as Json)) return value as Json;
  for (const inner of Object.values(value)) {
    const found = find(inner, wanted, depth - 1);
    if (found) return found;
  }
  return null;
}
