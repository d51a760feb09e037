//! What goes into the session and what comes out of it. Plain data, no behaviour.

use chinhchu_protocol::agent::{
    AgentCase, AgentProfile, AgentToServer, AgentView, OfferView, SessionCloseReason, WantedStatus,
};
use chinhchu_protocol::call::Decision;
use chinhchu_protocol::evidence::{CaseSeen, PaperSeen};
use chinhchu_protocol::ids::{CallId, CompanyCode, RuleId, SessionId};
use chinhchu_protocol::signal::{IceServer, Signal};
use chinhchu_protocol::time::Timestamp;

use super::record::Record;
use crate::evidence::ServerClock;
use crate::picture::{
    ClosedStream, DeviceState, DevicesPicture, EnrolmentState, HistoryEntry, OutboxPicture,
};
use crate::ports::QualityNow;

/// One assignment of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallKey {
    /// The call.
    pub call_id: CallId,
    /// Its assignment.
    pub assignment: u32,
}

/// One offer of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OfferKey {
    /// The call.
    pub call_id: CallId,
    /// Number of the offer in its call.
    pub offer: u32,
}

/// What happened outside.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// A kept session is being resumed.
    Resuming,
    /// Sign-in or resumption succeeded.
    SignedIn {
        /// Who.
        agent: AgentProfile,
        /// Which session.
        session_id: SessionId,
        /// A warning to show all the same, such as `keyring_unavailable`.
        warning: Option<String>,
    },
    /// Sign-in or resumption failed, or the server no longer knows the session.
    SignedOut {
        /// Stable code; none after a wanted sign-out.
        error: Option<String>,
    },
    /// The socket is open; nothing was said yet.
    SocketOpen,
    /// The socket is gone; the link tries again by itself.
    SocketClosed,
    /// What the link measured.
    LinkMeasured {
        /// Round trip, ms.
        round_trip_ms: u32,
        /// Server clock minus ours, ms.
        clock_offset_ms: i64,
        /// The offset is known to half of it, ms.
        offset_rtt_ms: u32,
    },
    /// The signing key was made or read.
    Key {
        /// For people to compare.
        fingerprint: String,
        /// A former key that is used no more.
        closed: Option<ClosedStream>,
    },
    /// The server was told the key, or could not be.
    Workstation {
        /// Where it stands now.
        state: EnrolmentState,
        /// Stable code of what went wrong.
        error: Option<String>,
    },
    /// The server's view of this agent.
    View {
        /// Incarnation of the server's log.
        incarnation: u32,
        /// Number of the view.
        seq: u64,
        /// Server time when sent.
        now: Timestamp,
        /// Own clock when it was read from the wire: what waited in a queue counts from there.
        heard_mono_ms: u64,
        /// The view.
        view: Box<AgentView>,
    },
    /// A signal of the page.
    Signal {
        /// Whose.
        key: CallKey,
        /// Its number.
        n: u32,
        /// The signal.
        signal: Signal,
    },
    /// The server has stored our signals up to `n`.
    SignalAck {
        /// Whose.
        key: CallKey,
        /// Last one stored.
        n: u32,
    },
    /// What the page has of us, as the server knows it.
    Heartbeat {
        /// Whose.
        key: CallKey,
        /// Age of our newest media packet at the page, ms.
        media_age_ms: Option<u32>,
    },
    /// The server could not take a frame just now; which one it does not say.
    NotTaken,
    /// The server ended the session.
    SessionClosed {
        /// Why.
        reason: SessionCloseReason,
    },
    /// From the media of a call.
    Media {
        /// Whose.
        key: CallKey,
        /// What.
        event: MediaInput,
    },
    /// Measured once a tick while media runs.
    MediaSnapshot {
        /// Whose.
        key: CallKey,
        /// The figures.
        snapshot: MediaSnapshot,
    },
    /// What the video was like over the last seconds.
    Quality {
        /// Whose.
        key: CallKey,
        /// The figures.
        quality: QualityNow,
    },
    /// The case and its pictures are here.
    CaseFetched {
        /// Whose.
        key: CallKey,
        /// The case, picture urls already rewritten.
        case: Box<AgentCase>,
        /// The pictures that were fetched.
        papers: Vec<PaperSeen>,
    },
    /// The ring window is mapped on the screen.
    RingWindowMapped {
        /// For which offer.
        offer: OfferKey,
    },
    /// The ring tone started, or cannot.
    RingSound {
        /// For which offer.
        offer: OfferKey,
        /// Whether it is heard.
        started: bool,
    },
    /// A verdict is on disk, synced.
    VerdictSealed {
        /// Whose.
        key: CallKey,
        /// What was sealed.
        sealed: SealedVerdict,
    },
    /// Capturing or sealing failed; nothing was decided.
    VerdictFailed {
        /// Whose.
        key: CallKey,
        /// Stable code.
        code: String,
    },
    /// The outbox changed.
    Outbox {
        /// For the screen.
        picture: OutboxPicture,
        /// For the screen.
        history: Vec<HistoryEntry>,
        /// No further verdict fits: no further call may be taken.
        full: bool,
    },
    /// The damaged outbox was replaced: its signing key has ended.
    OutboxReplaced,
    /// The devices were looked at.
    Devices {
        /// What was found.
        devices: DevicesPicture,
    },
    /// Time passed.
    Tick,
}

/// What media says about itself.
#[derive(Clone, PartialEq, Debug)]
pub enum MediaInput {
    /// A signal for the page.
    Signal(Signal),
    /// ICE and DTLS are through.
    Connected,
    /// Packets of the page arrive.
    Flowing,
    /// None for 2 s or more.
    Stalled,
    /// The agent's camera.
    Camera(DeviceState),
    /// The agent's microphone.
    Microphone(DeviceState),
    /// Where the customer is heard.
    Speaker(DeviceState),
    /// Negotiation or transport failed; the page will try again.
    Failed {
        /// Stable code.
        code: &'static str,
    },
}

/// Figures of the received media.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MediaSnapshot {
    /// Age of the newest packet, ms; none before the first.
    pub age_ms: Option<u32>,
    /// Frames of the customer decoded in this assignment.
    pub frames_decoded: u64,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
    /// Lost of all packets since the snapshot before, in thousandths.
    pub lost_permille: u32,
    /// `H264` or `VP8`.
    pub codec: Option<String>,
    /// TURN servers that cannot be used from here.
    pub relays_left_out: u32,
}

/// A verdict that cannot be taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedVerdict {
    /// For the history.
    pub entry: HistoryEntry,
    /// Of the manifest's exact bytes, lower-case hex.
    pub manifest_sha256: String,
    /// Url of the captured picture for the web view.
    pub screenshot_url: String,
}

/// A verdict to capture and seal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerdictOrder {
    /// Whose.
    pub key: CallKey,
    /// Home company.
    pub company: CompanyCode,
    /// Who decides.
    pub agent: AgentProfile,
    /// In which session.
    pub session_id: SessionId,
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Code of the reason.
    pub reason: Option<String>,
    /// Words of the reason, for the overlay.
    pub reason_text: Option<String>,
    /// Free words.
    pub note: Option<String>,
    /// The rule that held at intake.
    pub rule_id: RuleId,
    /// When the agent accepted, by the server's clock.
    pub accepted_at: Timestamp,
    /// What only this assignment has.
    pub challenge: String,
    /// The server's clock, if it was ever measured.
    pub server_clock: Option<ServerClock>,
    /// The case as the agent had it before her.
    pub case: CaseSeen,
    /// What the call was like.
    pub record: Record,
}

/// What must be done outside. Its debug form is the bare name: no password, no personal data.
#[derive(Clone, PartialEq)]
pub enum Effect {
    /// Check the password, keep the session, answer with `SignedIn` or `SignedOut`.
    SignIn {
        /// As typed.
        username: String,
        /// As typed.
        password: String,
    },
    /// Forget the session here and at the server.
    SignOut,
    /// Forget the session here; the server has ended it.
    ForgetSession,
    /// Open the socket and keep it open.
    OpenLink,
    /// Close the socket.
    CloseLink,
    /// Send, if the socket is open; what must survive is sent again by the session itself.
    Send(AgentToServer),
    /// Start the media of an assignment.
    StartMedia {
        /// Whose.
        key: CallKey,
        /// STUN and TURN.
        ice_servers: Vec<IceServer>,
    },
    /// Give media a signal of the page.
    GiveSignal {
        /// Whose.
        key: CallKey,
        /// The signal.
        signal: Signal,
    },
    /// Stop it.
    StopMedia {
        /// Whose.
        key: CallKey,
    },
    /// Fetch case and pictures, again and again until they are here or [`Effect::ForgetCase`].
    FetchCase {
        /// Whose.
        key: CallKey,
    },
    /// Wipe case and pictures from memory.
    ForgetCase,
    /// Sound, window, notification, keys.
    Ring {
        /// What rings.
        offer: Box<OfferView>,
    },
    /// No more sound.
    SilenceRing,
    /// The ring is over: no sound, no window, no keys.
    EndRing,
    /// Capture and seal.
    StartVerdict(Box<VerdictOrder>),
    /// Look at the devices.
    CheckDevices,
    /// Tell the server this workstation's key, until it has said where it stands.
    Enrol,
    /// Make a new signing key and tell the server.
    RenewKey,
    /// Set the damaged outbox aside and begin a new one, with a new signing key.
    BeginNewOutbox,
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SignIn { .. } => "SignIn",
            Self::SignOut => "SignOut",
            Self::ForgetSession => "ForgetSession",
            Self::OpenLink => "OpenLink",
            Self::CloseLink => "CloseLink",
            Self::Send(_) => "Send",
            Self::StartMedia { .. } => "StartMedia",
            Self::GiveSignal { .. } => "GiveSignal",
            Self::StopMedia { .. } => "StopMedia",
            Self::FetchCase { .. } => "FetchCase",
            Self::ForgetCase => "ForgetCase",
            Self::Ring { .. } => "Ring",
            Self::SilenceRing => "SilenceRing",
            Self::EndRing => "EndRing",
            Self::StartVerdict(_) => "StartVerdict",
            Self::CheckDevices => "CheckDevices",
            Self::Enrol => "Enrol",
            Self::RenewKey => "RenewKey",
            Self::BeginNewOutbox => "BeginNewOutbox",
        })
    }
}

/// What the agent last asked to be and the server has not shown yet.
pub(super) struct Wish {
    /// What.
    pub status: WantedStatus,
    /// Own clock when it was said on a socket that may have brought it there.
    pub said_mono_ms: Option<u64>,
}
