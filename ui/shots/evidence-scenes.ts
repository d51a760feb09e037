// Scenes of what makes evidence beyond doubt: the workstation's approval, the outbox in trouble, captures that are
// taken again, verdicts that do not count, a wrong clock.
import type { HistoryEntry, OutboxPicture, Picture, WorkstationPicture } from '$generated';
import { at, away, base, entry, history, inCall, outbox, sealed, sealedEntry, view } from './parts';

const resting = view({ state: 'paused', since: at(-40), reason: 'signed_in' });
const enrol = (over: Partial<WorkstationPicture>): Picture => ({ ...base, view: resting, workstation: { ...base.workstation, ...over } });
const troubled = (one: OutboxPicture, reason: string, over: Partial<Picture> = {}): Picture => ({
  ...base,
  view: view({ state: 'paused', since: at(-40), reason }),
  outbox: one,
  ...over,
});
const waiting = (n: number): HistoryEntry => entry(n, { upload: { state: 'on_disk' } });
const superseded: HistoryEntry = { ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } };

export const evidence = {
  'enrol-pending': enrol({ state: 'pending' }),
  'enrol-pending-offline': { ...enrol({ state: 'pending' }), link: away },
  'enrol-code-refused': enrol({ state: 'pending', error: 'enrolment_code_invalid' }),
  'enrol-new-key': enrol({ state: 'pending', closed: { key_id: 'c0ffee17d1ce5a4be2f0917c3d5a68b4', last: 1_204, why: 'key_lost' } }),
  'enrol-approved': { ...base, view: resting },
  'enrol-enrolling': enrol({ state: 'enrolling', fingerprint: null }),
  'enrol-failed': enrol({ state: 'failed', error: 'server_key_changed' }),
  'enrol-unreachable': enrol({ state: 'failed', error: 'server_unreachable' }),
  'sign-in-in-use': { ...base, account: { state: 'signed_out', error: 'profile_in_use' }, view: null },
  'enrol-revoked': enrol({ state: 'revoked' }),
  'enrol-quarantined': enrol({ state: 'quarantined' }),

  'outbox-filling': { ...base, outbox: outbox('waiting_for_network', { pending: 164, oldest_at: at(-9_000), next_try_at: at(40), warning: 'outbox_filling' }), link: away },
  'outbox-full': troubled(outbox('full', { pending: 200, oldest_at: at(-16_000), next_try_at: at(40) }), 'outbox_full'),
  'outbox-disk-filling': { ...base, outbox: outbox('empty', { warning: 'disk_filling' }) },
  'outbox-disk-full': troubled(outbox('disk_full'), 'disk_full'),
  'outbox-damaged': troubled(outbox('damaged', { can_begin_anew: true }), 'outbox_damaged', { history: [] }),
  'outbox-set-aside': { ...base, outbox: outbox('empty', { set_aside: 1 }), history: history.slice(0, 2) },
  'outbox-key-lost': troubled(outbox('key_lost', { pending: 3, oldest_at: at(-5_400) }), 'outbox_failed'),
  'outbox-no-keyring': troubled(outbox('no_keyring'), 'keyring_unavailable', { history: [] }),
  'outbox-in-use': troubled(outbox('in_use'), 'outbox_in_use', { history: [] }),
  'outbox-refused': {
    ...base,
    outbox: outbox('refused', { pending: 1, oldest_at: at(-290) }),
    history: [entry(1, { upload: { state: 'refused', code: 'counter_conflict' } }), ...history.slice(1)],
  },
  'outbox-record-damaged': { ...base, outbox: outbox('record_damaged', { pending: 1, oldest_at: at(-290) }) },
  'outbox-receipt-wrong': { ...base, outbox: outbox('receipt_wrong', { pending: 1, oldest_at: at(-290), next_try_at: at(22) }), history: [waiting(1), ...history.slice(1)] },
  'outbox-not-approved': {
    ...enrol({ state: 'revoked' }),
    outbox: outbox('not_approved', { pending: 2, oldest_at: at(-490), next_try_at: at(50) }),
    history: [waiting(1), waiting(2), ...history.slice(2)],
  },

  'clock-off': { ...base, link: { ...base.link, clock_offset_ms: -754_000, clock_is_off: true } },
  'device-check-clock': { ...base, view: resting, link: { ...base.link, clock_offset_ms: 3_200, clock_is_off: true } },

  'call-refused-stale': { ...inCall, verdict: { state: 'refused', code: 'capture_stale' } },
  'call-refused-key': { ...inCall, verdict: { state: 'refused', code: 'key_unavailable' } },
  'call-rest-wished': { ...inCall, wish: { status: 'paused', reason: 'lunch' } },
  'sealed-rendered': {
    ...sealed,
    history: [{ ...sealedEntry, capture_method: 'rendered', upload: { state: 'delivered', at: at(-2), standing: 'counts' } }, ...history],
    outbox: outbox('empty'),
  },
  'history-void': { ...base, notice: 'verdict_superseded', history: [superseded, entry(1, { capture_method: 'rendered' }), ...history.slice(1)] },
} satisfies Record<string, Picture>;
