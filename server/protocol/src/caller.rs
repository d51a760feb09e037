//! The caller page's socket, `GET /v1/caller/socket` (text frames of JSON).
//!
//! The page says hello first; the server then sends the current [`CallerView`] and after every change the
//! whole view again. Views are numbered: a page ignores an older one than it has seen. Nothing the page
//! sends is a command with effects of its own kind; each input carries what it is about, so a repeat does
//! nothing twice.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::call::{CallState, EndReason, ImageRef, Notice, QueuePlace};
use crate::case::{Consent, Dealer, Subscriber};
use crate::ids::CallId;
use crate::problem::Problem;
use crate::signal::{IceServer, Signal};
use crate::time::Timestamp;

/// Largest witness frame, bytes.
pub const MAX_WITNESS_BYTES: usize = 1024 * 1024;

/// Page to server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
pub enum CallerToServer {
    /// First frame, within 10 s of the upgrade.
    Hello {
        /// [`crate::VERSION`] of the page.
        version: u32,
        /// Opens the call.
        call_token: String,
        /// 256 random bits in base64url that the page made and keeps on its device (IndexedDB) for as long as
        /// the call: tells the same device's page, reopened, from another person's.
        device_secret: String,
        /// Random per load of the page; the newest load wins.
        page_id: String,
    },
    /// Consent given (here or in the case) and camera proven: queue the call.
    Ready {
        /// Given on this page; missing if the case carries it.
        #[ts(optional)]
        consent: Option<Consent>,
    },
    /// One signal for the workstation.
    Signal {
        /// Assignment it belongs to.
        assignment: u32,
        /// From 1, without gaps, per assignment.
        n: u32,
        /// The signal.
        signal: Signal,
    },
    /// All signals of the workstation up to `n` are taken.
    SignalAck {
        /// Assignment it belongs to.
        assignment: u32,
        /// Last one taken.
        n: u32,
    },
    /// Every 0.5 s from `connecting` to the end of the call.
    Heartbeat {
        /// Assignment it belongs to.
        assignment: u32,
        /// Age of the last media packet received from the agent, ms; null before the first.
        media_age_ms: Option<u32>,
    },
    /// Every 5 s, every 1 s in a call: to be known alive, and to notice a dead socket (3 answers missing, in a
    /// call after 3 s at the least).
    Ping {
        /// The page's clock.
        sent_at: Timestamp,
    },
    /// The dealer hangs up.
    HangUp,
}

/// Server to page.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
#[ts(export)]
#[expect(clippy::large_enum_variant, reason = "a message lives for one send; nothing keeps many of them")]
pub enum ServerToCaller {
    /// The whole state, after hello and after every change.
    View {
        /// Grows when the server's log begins anew (failover, restore).
        incarnation: u32,
        /// Grows with every change.
        #[ts(type = "number")]
        seq: u64,
        /// Server time when sent; the page reckons countdowns from it.
        now: Timestamp,
        /// The state.
        view: CallerView,
    },
    /// One signal of the workstation.
    Signal {
        /// Assignment it belongs to.
        assignment: u32,
        /// From 1, per assignment.
        n: u32,
        /// The signal.
        signal: Signal,
    },
    /// All signals of the page up to `n` are stored. Sent once after hello too, whenever there is an
    /// assignment (with 0 when nothing is stored): a page opened anew numbers its signals from there, so that
    /// its new offer is not taken for a repeat of the old page's. `n` of an offer that opens a peer connection
    /// is also that connection's number: it grows over reloads.
    SignalAck {
        /// Assignment it belongs to.
        assignment: u32,
        /// Last one stored.
        n: u32,
    },
    /// Answer to a ping.
    Pong {
        /// As sent.
        sent_at: Timestamp,
        /// The server's clock.
        now: Timestamp,
    },
    /// Every 0.5 s while the call is connecting, in call or reconnecting, to pages of version 2.
    Heartbeat {
        /// Assignment it belongs to.
        assignment: u32,
        /// How old, at the workstation, the newest media packet of *this page* is, as the workstation last
        /// reported, ms; null if it never had one, or has reported nothing for 2 s.
        media_age_ms: Option<u32>,
        /// The server's clock.
        now: Timestamp,
    },
    /// Take a frame of the own camera now and send it: `POST /v1/caller/witness?nonce=…`, call token as
    /// `Authorization: Bearer`, JPEG of at most [`MAX_WITNESS_BYTES`]. To pages of version 3; sent again after a
    /// hello while the picture is missing.
    Witness {
        /// Assignment it belongs to.
        assignment: u32,
        /// To be sent with the picture.
        nonce: String,
    },
    /// A newer page took over; this one must not come back by itself.
    Replaced,
    /// The last frame was not taken, or (before a close) why the socket ends.
    Problem {
        /// What was wrong.
        problem: Problem,
    },
}

/// What the call page shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CallerView {
    /// The call.
    pub call_id: CallId,
    /// Where it stands.
    pub state: CallState,
    /// Place in the queue; null unless waiting.
    pub queue: Option<QueuePlace>,
    /// What happened, oldest first.
    pub notices: Vec<Notice>,
    /// Who registers.
    pub dealer: Dealer,
    /// The SIM.
    pub subscriber: Subscriber,
    /// ID card and portrait (S11); fetched with the call token.
    pub images: Vec<ImageRef>,
    /// What the customer is asked to agree to; null if the case carries consent.
    pub consent: Option<ConsentText>,
    /// The agent's work name; null before an agent accepts.
    pub agent_name: Option<String>,
    /// Set from `connecting` to the end: for whom the page negotiates media.
    pub assignment: Option<CallerAssignment>,
    /// When the present state runs out by itself (15 s of F3, ring, wait); null if nothing presses.
    pub deadline: Option<Timestamp>,
    /// Why the call ended.
    pub end_reason: Option<EndReason>,
}

/// One accept of the call by one agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CallerAssignment {
    /// From 1; a new one means a new agent and a new peer connection.
    pub n: u32,
    /// STUN and TURN.
    pub ice_servers: Vec<IceServer>,
}

/// Dated text of consent, the operator's data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ConsentText {
    /// Sent back in [`Consent::text_version`].
    pub version: String,
    /// The words.
    pub text: String,
}
