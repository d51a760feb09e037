//! What the screens show and what they may ask for. The UI is a picture of [`Picture`] and nothing else:
//! it keeps no state of the call of its own, and sends [`Command`]s.

mod workstation;

use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentProfile, AgentView, WantedStatus};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::CaptureMethod;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use self::workstation::{ClosedStream, EnrolmentState, WorkstationPicture};

/// Everything the screens need; sent whole after every change (event `picture`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Picture {
    /// Grows with every picture; an older one is ignored.
    #[ts(type = "number")]
    pub seq: u64,
    /// Name of the profile, shown when it is not `default`.
    pub profile: String,
    /// The server, as configured.
    pub server_url: String,
    /// Signed in or out.
    pub account: Account,
    /// The line to the server.
    pub link: LinkPicture,
    /// Whether this workstation may verify: its signing key and what the server says of it.
    pub workstation: WorkstationPicture,
    /// Camera, microphone, headset, ring.
    pub devices: DevicesPicture,
    /// The server's view of this agent; the last one received, also while the link is down.
    pub view: Option<AgentView>,
    /// The case of the call at hand; picture urls are rewritten so that the web view can load them.
    pub case: Option<AgentCase>,
    /// The media of the call at hand.
    pub media: MediaPicture,
    /// Whether and why (not) a verdict can be given.
    pub verdict: VerdictPicture,
    /// Seconds left, rounded up, of what the view counts down (ring, reconnecting, wrap-up), by the workstation's
    /// own clock, which counts sleep: no jump of a wall clock changes it. Null when nothing is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub countdown_s: Option<u32>,
    /// What the agent has asked to be and the server does not show yet: a pause wished in a call comes after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub wish: Option<WantedStatus>,
    /// Something to tell until the next ring or wish: `call_moved_on` (the call was taken from this workstation
    /// and nothing was decided here), `call_moved_on_sealed` (the same, with a verdict that was sealed here; the
    /// history tells what became of it), `verdict_superseded` (another agent's verdict stands; the one given here
    /// is kept and does not count).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub notice: Option<String>,
    /// What waits to be uploaded.
    pub outbox: OutboxPicture,
    /// Today's verdicts of this profile, newest first, at most 200.
    pub history: Vec<HistoryEntry>,
    /// How video gets into the page.
    pub video: VideoPlan,
}

impl Picture {
    /// Whether calls may come or one is on: closing the window asks first then.
    pub fn is_on_duty(&self) -> bool {
        match self.view.as_ref().map(|view| &view.activity) {
            None | Some(AgentActivity::Paused { .. }) => false,
            Some(
                AgentActivity::Available { .. }
                | AgentActivity::Ringing { .. }
                | AgentActivity::Connecting { .. }
                | AgentActivity::InCall { .. }
                | AgentActivity::Reconnecting { .. }
                | AgentActivity::WrapUp { .. },
            ) => true,
        }
    }
}

/// Signed in or out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum Account {
    /// Nobody is signed in.
    SignedOut {
        /// Stable code of what went wrong last (`sign_in_failed`, `signed_in_elsewhere`,
        /// `signed_out_by_force`, `session_expired`, `server_unreachable`, …).
        error: Option<String>,
    },
    /// The password is being checked, or the kept session is being resumed.
    SigningIn,
    /// Signed in.
    SignedIn {
        /// Who.
        agent: AgentProfile,
        /// Works, with a drawback: `keyring_unavailable` (the session is forgotten when
        /// the program ends, and no calls come), `keyring_in_memory` (a trial: all secrets are).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        warning: Option<String>,
    },
}

/// The line to the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LinkPicture {
    /// Up, trying, or off.
    pub state: LinkState,
    /// Round trip, ms.
    pub round_trip_ms: Option<u32>,
    /// Server clock minus ours, ms.
    pub clock_offset_ms: Option<i32>,
    /// Ours is wrong by more than is tolerated: evidence carries the server's time instead, and says so.
    pub clock_is_off: bool,
}

/// State of the line to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LinkState {
    /// Not wanted: signed out.
    #[default]
    Off,
    /// Being (re)established.
    Connecting,
    /// Hello said, a view received.
    Up,
}

/// The devices in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DevicesPicture {
    /// The agent's camera.
    pub camera: DeviceState,
    /// The agent's microphone.
    pub microphone: DeviceState,
    /// Where the customer is heard.
    pub speaker: DeviceState,
    /// Where it rings.
    pub ring: DeviceState,
}

/// One device.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum DeviceState {
    /// Not looked at yet.
    Unknown,
    /// Works.
    Ok {
        /// As the system calls it.
        name: String,
    },
    /// There is none; calls work without it, and the screen says so.
    Missing,
    /// There is one that fails.
    Failed {
        /// Stable code.
        code: String,
    },
}

/// The media of the call at hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct MediaPicture {
    /// Overall state.
    pub state: MediaStateName,
    /// A frame of this call was shown: the verdict may open.
    pub video_seen: bool,
    /// Age of the newest media packet, ms, in steps of 500.
    pub media_age_ms: Option<u32>,
    /// Age of the agent's own media at the customer's end, ms, in steps of 500, as the page last told; null if it
    /// never came or nobody knows now. Old or null in a call that flows here: the customer does not see the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub sent_age_ms: Option<u32>,
    /// TURN servers that cannot be used from here (over TCP or TLS) and were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[ts(as = "Option<u32>", optional)]
    pub relays_left_out: u32,
    /// In words for the agent.
    pub quality: Quality,
    /// Received picture.
    pub width: u32,
    /// Received picture.
    pub height: u32,
    /// Received frames a second, whole.
    pub fps: u32,
    /// `H264` or `VP8`.
    pub codec: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde wants")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// State of the media.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum MediaStateName {
    /// No call.
    Idle,
    /// Offer, answer, ICE, DTLS.
    Negotiating,
    /// Packets arrive.
    Flowing,
    /// Nothing for 2 s or more.
    Stalled,
}

/// Network quality in words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Quality {
    /// Nothing to judge.
    Unknown,
    /// Tốt.
    Good,
    /// Trung bình.
    Fair,
    /// Yếu.
    Poor,
}

/// Whether and why (not) a verdict can be given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum VerdictPicture {
    /// No call.
    None,
    /// Not yet, or not now.
    Locked {
        /// `video_not_seen`, `media_stalled`, `compare_again`, `case_missing`, `outbox_full`,
        /// `outbox_damaged`, `outbox_failed`, `outbox_in_use`, `keyring_unavailable`, `disk_full`.
        why: String,
        /// It has been so for so long that the agent need not wait any more: [`Command::GiveUp`].
        may_give_up: bool,
    },
    /// The agent may decide.
    Open,
    /// Capturing and sealing.
    Sealing,
    /// On disk, synced.
    Sealed {
        /// The entry, also in the history.
        entry: HistoryEntry,
        /// Url of the captured picture for the web view.
        screenshot_url: String,
    },
    /// Capture or sealing failed; nothing was decided, the agent may try again.
    Refused {
        /// Stable code (`capture_uniform`, `capture_stale`, `capture_failed`, `disk_full`, `outbox_failed`).
        code: String,
    },
}

/// What waits to be uploaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct OutboxPicture {
    /// Sealed and not yet acknowledged.
    pub pending: u32,
    /// Since when the oldest waits.
    pub oldest_at: Option<Timestamp>,
    /// `empty`, `uploading`, `waiting_for_network`, `not_allowed` (sign in again), `not_approved` (this
    /// workstation's key), `receipt_wrong` (the server's answer proves nothing; tried again), `refused`,
    /// `record_damaged` and `key_lost` (single records that cannot be read), `full`, `disk_full`, and of the file
    /// itself `damaged`, `unusable`, `in_use` (another window of this profile), `no_keyring`.
    pub state: String,
    /// When it is tried next.
    pub next_try_at: Option<Timestamp>,
    /// Calls still come, but not much longer: `outbox_filling` (80 % of what may wait), `disk_filling`.
    pub warning: Option<String>,
    /// The file is damaged: [`Command::BeginNewOutbox`] sets it aside, untouched, and begins a new one.
    pub can_begin_anew: bool,
    /// Damaged files that were set aside and still lie there: IT must look at them.
    pub set_aside: u32,
}

impl OutboxPicture {
    /// Nothing waits.
    pub fn empty() -> Self {
        Self::only("empty")
    }

    /// A state and nothing else.
    pub fn only(state: &str) -> Self {
        Self {
            pending: 0,
            oldest_at: None,
            state: state.to_owned(),
            next_try_at: None,
            warning: None,
            can_begin_anew: false,
            set_aside: 0,
        }
    }
}

/// One verdict of today.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct HistoryEntry {
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
    /// When the verdict was given.
    pub at: Timestamp,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Code of the reason.
    pub reason: Option<String>,
    /// Where it is.
    pub upload: UploadState,
    /// Number of its manifest under its workstation's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub counter: Option<u32>,
    /// Hash of what was signed, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub manifest_sha256: Option<String>,
    /// How its picture was made; one that was rendered is marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub capture_method: Option<CaptureMethod>,
}

/// Where a sealed verdict is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum UploadState {
    /// On this computer's disk only.
    OnDisk,
    /// On its way.
    Uploading,
    /// The server has it, for good.
    Delivered {
        /// Server time of the receipt.
        at: Timestamp,
        /// `counts`, `late` or `superseded`.
        standing: String,
    },
    /// The server refuses it; it stays here.
    Refused {
        /// Stable code of the server.
        code: String,
    },
}

/// How video gets onto the screen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "mode", rename_all = "snake_case")]
#[ts(export)]
pub enum VideoPlan {
    /// Native surfaces lie over the page; the page reports where ([`Command::PlaceVideo`]).
    Native,
    /// The page draws frames from a loopback WebSocket, `url?stream=remote|own`.
    Socket {
        /// `ws://127.0.0.1:port/`.
        url: String,
        /// One-time secret, sent as the first text frame.
        token: String,
    },
}

/// Which picture.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum VideoStream {
    /// The customer.
    Remote,
    /// The agent.
    Own,
}

/// A rectangle in CSS pixels of the web view; the shell scales it.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CssRect {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// What the screens may ask for (Tauri command `command`).
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum Command {
    /// Sign in.
    SignIn {
        /// As typed.
        username: String,
        /// As typed.
        password: String,
    },
    /// Sign out; refused while in a call.
    SignOut,
    /// Sẵn sàng or Tạm nghỉ.
    SetStatus {
        /// What the agent wants to be.
        status: WantedStatus,
    },
    /// Take the ringing call.
    Accept,
    /// Decline the ringing call.
    Decline,
    /// Pass the ringing call on.
    Pass,
    /// Esc: no more sound, still ringing.
    SilenceRing,
    /// The ring window has painted its offer.
    RingShown {
        /// The call it shows.
        call_id: CallId,
        /// The offer it shows.
        offer: u32,
    },
    /// The verdict.
    Verdict {
        /// Confirmed or rejected.
        decision: Decision,
        /// Code of the reason; needed for a rejection.
        reason: Option<String>,
        /// Free words, at most 1,000 characters.
        note: Option<String>,
    },
    /// Ready for the next call.
    WrapUpDone,
    /// The customer was compared again after a change of page.
    ComparedAgain,
    /// The call cannot be decided, and has been so for some time ([`VerdictPicture::Locked`]): it ends as failed.
    GiveUp,
    /// Where a video picture belongs in the page now.
    PlaceVideo {
        /// Which picture.
        stream: VideoStream,
        /// Where; null hides it.
        rect: Option<CssRect>,
        /// Page elements that lie over it.
        holes: Vec<CssRect>,
    },
    /// Look at the devices again.
    CheckDevices,
    /// After a revocation or quarantine: a new signing key, which has to be approved again.
    RenewKey,
    /// The outbox is damaged: set the file aside, untouched, and begin a new one, with a new signing key, which
    /// has to be approved again.
    BeginNewOutbox,
}
