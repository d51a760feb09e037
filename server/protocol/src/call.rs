//! A call as integrators see it: `POST /v1/calls`, `GET /v1/calls/{id}`, events and webhooks.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::case::{Dealer, Subscriber};
use crate::ids::{AgentId, CallId, CompanyCode};
use crate::policy::CallPolicy;
use crate::time::Timestamp;

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum CallState {
    /// Taken in; its page has not reported ready yet.
    Preparing,
    /// In the queue.
    Waiting,
    /// Ringing at an agent.
    Offering,
    /// Accepted; no media seen yet.
    Connecting,
    /// Agent and customer see each other.
    InCall,
    /// One side is away and has 15 s to come back (F3).
    Reconnecting,
    /// The conversation is over; the workstation still owes verdict or evidence.
    AwaitingEvidence,
    /// Over, with exactly one [`EndReason`].
    Ended,
}

/// Why a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum EndReason {
    /// A verdict was given and its evidence is here.
    Completed,
    /// The agent declined the call (F2).
    Declined,
    /// The dealer hung up or eKYC cancelled, or the page never became ready.
    Cancelled,
    /// Nobody could take it within the maximum wait.
    NoAgent,
    /// The caller was away for more than 15 s (F4).
    CallerLost,
    /// The agent was away for more than 15 s and nobody could take over.
    AgentLost,
    /// No verdict or evidence arrived in time, or a fault of the system.
    Failed,
}

/// The body of `GET /v1/calls/{id}`, of the events, and of `data` in webhooks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallBody {
    /// Our id of the call.
    pub call_id: CallId,
    /// eKYC's id, as sent.
    pub external_id: String,
    /// The home company: the dealer's, told by the token.
    pub company: CompanyCode,
    /// The company whose agents serve it (C1); null while nobody has it.
    pub serving_company: Option<CompanyCode>,
    /// As sent.
    pub dealer: Dealer,
    /// As sent.
    pub subscriber: Subscriber,
    /// When the call was taken in.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: CallState,
    /// Place in the queue; null unless waiting.
    pub queue: Option<QueuePlace>,
    /// The rule that held at intake.
    pub policy: CallPolicy,
    /// What happened, oldest first, with the words of the plan; at most 100.
    pub notices: Vec<Notice>,
    /// Set once the state is `ended`.
    pub end_reason: Option<EndReason>,
    /// Set once a verdict counts.
    pub verdict: Option<VerdictBody>,
    /// Pictures that can be fetched.
    pub images: Vec<ImageRef>,
}

/// Place and expected wait of a waiting call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct QueuePlace {
    /// 1 is next.
    pub position: u32,
    /// Expected wait in seconds; null when there is nothing to reckon it from.
    pub expected_wait_s: Option<u32>,
}

/// Something worth telling the dealer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct Notice {
    /// When it happened.
    pub at: Timestamp,
    /// Stable code.
    pub code: NoticeCode,
    /// The words, in Vietnamese.
    pub text: String,
    /// With `closed`: when calls are taken again; missing if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub opens_at: Option<Timestamp>,
}

/// Stable codes of [`Notice`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum NoticeCode {
    /// The page is ready and the call is in the queue.
    Queued,
    /// Nobody is on duty who may serve the call.
    NobodyOnDuty,
    /// Outside opening hours; `opens_at` says when calls are taken again.
    Closed,
    /// F1.
    AgentAccepted,
    /// F2.
    AgentDeclined,
    /// F5: the call goes to the next agent.
    Redirected,
    /// Both sides receive each other's media.
    VideoConnected,
    /// The caller's connection was lost; 15 s to come back.
    CallerReconnecting,
    /// The caller is back in time (F3).
    CallerBack,
    /// The agent's connection was lost; 15 s to come back.
    AgentReconnecting,
    /// The agent is back in time.
    AgentBack,
    /// The agent did not come back in time; the call is first in line to another.
    AgentLost,
    /// The agent has given the verdict.
    VerdictGiven,
    /// The call is over; `end_reason` says why.
    Ended,
}

impl NoticeCode {
    /// The words shown to the dealer; F1 and F2 are the plan's, word for word.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Queued => "Cuộc gọi đang chờ NVHT tiếp nhận",
            Self::NobodyOnDuty => "Hiện chưa có NVHT trực, cuộc gọi vẫn được giữ trong hàng chờ",
            Self::Closed => "Ngoài giờ làm việc, hiện chưa tiếp nhận cuộc gọi xác minh",
            Self::AgentAccepted => "NVHT tiếp nhận cuộc gọi",
            Self::AgentDeclined => "NVHT từ chối cuộc gọi",
            Self::Redirected => "Cuộc gọi được chuyển đến NVHT khác",
            Self::VideoConnected => "Video đã kết nối",
            Self::CallerReconnecting => "Mất kết nối từ điểm bán, đang chờ kết nối lại",
            Self::CallerBack => "Điểm bán đã kết nối lại",
            Self::AgentReconnecting => "NVHT mất kết nối, vui lòng giữ máy",
            Self::AgentBack => "NVHT đã kết nối lại",
            Self::AgentLost => {
                "Nhân viên không kết nối lại được, cuộc gọi được ưu tiên chuyển cho nhân viên khác"
            }
            Self::VerdictGiven => "NVHT đã có kết quả xác minh",
            Self::Ended => "Cuộc gọi đã kết thúc",
        }
    }
}

/// Confirm or reject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Decision {
    /// Xác nhận: the person is who the papers say.
    Confirmed,
    /// Từ chối xác minh.
    Rejected,
}

/// The verdict that counts for a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct VerdictBody {
    /// Confirmed or rejected.
    pub decision: Decision,
    /// Code of the reason; always there for a rejection.
    pub reason: Option<String>,
    /// Free words of the agent, at most 1,000 characters.
    pub note: Option<String>,
    /// When the agent gave it, by the server's clock.
    pub at: Timestamp,
    /// Who gave it.
    pub agent: AgentId,
    /// It arrived after the call had already ended.
    pub late: bool,
}

/// Kinds of pictures that belong to a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum ImageKind {
    /// Front of the ID card, from eKYC.
    IdFront,
    /// Back of the ID card, from eKYC.
    IdBack,
    /// Portrait, from eKYC.
    Portrait,
    /// The agent's screen at the verdict, with date and time burnt in.
    Screenshot,
    /// The decoded frame of the customer at the verdict, full size.
    LiveFrame,
    /// The same moment as the caller page saw it.
    WitnessFrame,
}

impl ImageKind {
    /// The name on the wire and in URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IdFront => "id_front",
            Self::IdBack => "id_back",
            Self::Portrait => "portrait",
            Self::Screenshot => "screenshot",
            Self::LiveFrame => "live_frame",
            Self::WitnessFrame => "witness_frame",
        }
    }

    /// Every kind, in the order in which they are listed.
    pub const ALL: [Self; 6] =
        [Self::IdFront, Self::IdBack, Self::Portrait, Self::Screenshot, Self::LiveFrame, Self::WitnessFrame];

    /// Reads a name as it stands in a URL.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a picture is and what it must hash to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct ImageRef {
    /// Which picture.
    pub kind: ImageKind,
    /// SHA-256 of the bytes as sent (intake) or as captured (evidence), lower-case hex.
    pub sha256: String,
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: String,
    /// Path on this server; `?display=1` gives the upright copy without metadata.
    pub url: String,
}

/// Answer to `POST /v1/calls`. The secrets appear here and in the replay only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct CallCreated {
    /// Our id of the call.
    pub call_id: CallId,
    /// eKYC's id, as sent.
    pub external_id: String,
    /// Where it stands.
    pub state: CallState,
    /// Opens this one call: its page, its case and its pictures.
    pub call_token: String,
    /// Page for the eKYC app's web view; its secret is in the fragment.
    pub call_screen_url: String,
    /// When the call was taken in.
    pub created_at: Timestamp,
    /// Place in the queue; null until the page is ready.
    pub queue: Option<QueuePlace>,
    /// The rule that holds.
    pub policy: CallPolicy,
}
