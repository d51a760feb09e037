// The scenes that are drawn: every state of the workstation, as pictures of `Picture`.
import type { Picture } from '$generated';
import * as drawings from './drawings';
import { evidence } from './evidence-scenes';
import { CALL, agent, at, away, base, call, entry, flowing, history, inCall, locked, outbox, sealed, sealedEntry, troubled, view } from './parts';

export { NOW, view } from './parts';

export const scenes = {
  'sign-in': { ...base, account: { state: 'signed_out', error: null }, view: null },
  'sign-in-error': { ...base, account: { state: 'signed_out', error: 'sign_in_failed' }, view: null },
  'sign-in-elsewhere': { ...base, account: { state: 'signed_out', error: 'signed_in_elsewhere' }, view: null },
  'sign-in-forced': { ...base, account: { state: 'signed_out', error: 'signed_out_by_force' }, view: null },
  'signing-in': { ...base, account: { state: 'signing_in' }, view: null, profile: 'ca-sang' },
  'device-check': { ...base, view: view({ state: 'paused', since: at(-5), reason: 'break' }) },
  'device-check-trouble': {
    ...base,
    view: view({ state: 'paused', since: at(-5), reason: 'break' }),
    devices: troubled,
    link: { ...base.link, round_trip_ms: 240 },
  },
  waiting: base,
  'waiting-empty': {
    ...base,
    view: { ...view({ state: 'available', since: at(-20) }), queue: { depth: 0, oldest_since: null }, today: { offered: 0, accepted: 0, confirmed: 0, rejected: 0, missed: 0 } },
    history: [],
  },
  'waiting-offline': {
    ...base,
    link: away,
    outbox: outbox('waiting_for_network', { pending: 2, oldest_at: at(-300), next_try_at: at(9) }),
    history: [entry(1, { upload: { state: 'on_disk' } }), entry(2, { upload: { state: 'on_disk' } }), ...history.slice(2)],
  },
  'waiting-warning': { ...base, account: { state: 'signed_in', agent, warning: 'keyring_unavailable' } },
  paused: { ...base, view: view({ state: 'paused', since: at(-760), reason: 'lunch' }) },
  'paused-missed': { ...base, view: view({ state: 'paused', since: at(-60), reason: 'missed_rings' }) },
  'paused-never-rang': { ...base, view: view({ state: 'paused', since: at(-12), reason: 'never_rang' }) },
  'paused-lost': { ...base, view: view({ state: 'paused', since: at(-95), reason: 'connection_lost' }) },
  ringing: {
    ...base,
    view: view({
      state: 'ringing',
      offer: {
        call_id: CALL,
        offer: 1,
        company: '4',
        dealer_name: 'ĐL Quận 3 – Cửa hàng Minh Tâm',
        payment: 'prepaid',
        sub_type: 'MC',
        customer_type: 'individual',
        waiting_since: at(-34),
        expires_at: at(13),
      },
    }),
  },
  connecting: { ...inCall, view: view({ state: 'connecting', call }), media: { ...base.media, state: 'negotiating' }, verdict: locked('video_not_seen') },
  'connecting-no-case': {
    ...inCall,
    view: view({ state: 'connecting', call }),
    case: null,
    media: { ...base.media, state: 'negotiating' },
    verdict: locked('case_missing'),
  },
  call: inCall,
  'call-upright': { ...inCall, media: { ...flowing, width: 480, height: 640, quality: 'fair', codec: 'VP8' } },
  'call-no-devices': { ...inCall, devices: troubled },
  'call-compare-again': { ...inCall, view: view({ state: 'in_call', call: { ...call, compare_again: true, changes: 1 }, since: at(-47) }), verdict: locked('compare_again') },
  'call-lost': {
    ...inCall,
    view: view({ state: 'reconnecting', call, lost: 'caller', deadline: at(12) }),
    media: { ...flowing, state: 'stalled', quality: 'poor' },
    verdict: locked('media_stalled'),
  },
  'call-server-lost': { ...inCall, link: away },
  'call-own-lost': {
    ...inCall,
    link: away,
    media: { ...flowing, state: 'stalled', media_age_ms: 4_500, quality: 'poor' },
    verdict: locked('media_stalled', true),
  },
  'call-unseen': { ...inCall, media: { ...flowing, sent_age_ms: 4_000 }, wish: { status: 'paused', reason: 'break' } },
  'call-agent-back': { ...inCall, view: view({ state: 'reconnecting', call, lost: 'agent', deadline: at(9) }) },
  'call-refused': { ...inCall, verdict: { state: 'refused', code: 'capture_uniform' } },
  'call-sealing': { ...inCall, verdict: { state: 'sealing' } },
  sealed,
  'sealed-offline': {
    ...sealed,
    view: view({ state: 'in_call', call, since: at(-60) }),
    link: away,
    verdict: { state: 'sealed', entry: { ...sealedEntry, decision: 'rejected', reason: 'face_mismatch', upload: { state: 'on_disk' } }, screenshot_url: drawings.evidence },
    history,
    outbox: outbox('waiting_for_network', { pending: 1, oldest_at: at(-8), next_try_at: at(14) }),
  },
  'sealed-superseded': {
    ...sealed,
    verdict: {
      state: 'sealed',
      entry: { ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } },
      screenshot_url: drawings.evidence,
    },
    outbox: base.outbox,
    history: [{ ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } }, ...history],
  },
  'moved-on': { ...base, notice: 'call_moved_on_sealed', history: [{ ...sealedEntry, upload: { state: 'delivered', at: at(-2), standing: 'superseded' } }, ...history.slice(0, 4)] },
  'wrap-up-rest': { ...sealed, wish: { status: 'paused', reason: 'lunch' }, countdown_s: 17 },
  'wrap-up-lost': { ...base, view: view({ state: 'wrap_up', call_id: CALL, until: at(24), ended: 'caller_lost' }) },
  ...evidence,
} satisfies Record<string, Picture>;

export type SceneName = keyof typeof scenes;
