//! SDP and ICE between caller page and workstation. The page always offers, the workstation answers.
//!
//! Signals are numbered from 1 per call, assignment and sender, and re-sent from the last acknowledged
//! number after a reconnect. They never enter the log: addresses are personal data.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One step of the negotiation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub enum Signal {
    /// SDP offer of the page, also for an ICE restart. `connection` grows with every new peer connection.
    Offer {
        /// Which peer connection of the page, from 1.
        connection: u32,
        /// The SDP.
        sdp: String,
    },
    /// SDP answer of the workstation.
    Answer {
        /// The offer's connection.
        connection: u32,
        /// The SDP.
        sdp: String,
    },
    /// One trickled ICE candidate.
    Candidate {
        /// Which peer connection.
        connection: u32,
        /// `candidate:…`; empty means that there are no more.
        candidate: String,
        /// Media id it belongs to.
        sdp_mid: Option<String>,
        /// Media line it belongs to.
        sdp_m_line_index: Option<u16>,
    },
}

/// A STUN or TURN server, in the shape of `RTCIceServer`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[ts(export)]
pub struct IceServer {
    /// `stun:…`, `turn:…`, `turns:…`.
    pub urls: Vec<String>,
    /// Time-limited name, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub username: Option<String>,
    /// Time-limited secret, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub credential: Option<String>,
}
