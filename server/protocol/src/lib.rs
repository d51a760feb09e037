//! What goes over the wire between the routing server, the workstation, the call page and the
//! operator's systems — and nothing else: no I/O, no decisions.
//!
//! The public names follow the contract with integrators (eKYC, mSale); they may be extended, never
//! renamed. TypeScript (`ui/generated/protocol.ts`) and OpenAPI (`/openapi.json`) are generated from here.
//! Messages are additive: a reader ignores fields it does not know, [`VERSION`] is told in every hello.
//!
//! Reading order: [`call`] what integrators see · [`case`] what they send · [`agent`] and [`caller`] the
//! two sockets · [`signal`] SDP and ICE · [`workstation`] who may
//! verify · [`evidence`] what a verdict leaves behind · [`problem`] errors ·
//! [`console`] the operator's own people · [`vietnam`] days there.

pub mod agent;
pub mod call;
pub mod caller;
pub mod case;
pub mod console;
pub mod evidence;
pub mod ids;
pub mod policy;
pub mod problem;
pub mod signal;
pub mod time;
pub mod tokens;
pub mod vietnam;
pub mod webhook;
pub mod workstation;

/// Version of the socket protocols; grows by one when a message is added that the other side must know.
///
/// 1: the first. 2: `heartbeat` from the server, `ping` of the page, `compared` of the workstation.
/// 3: `witness` of the workstation and to the page.
pub const VERSION: u32 = 3;

/// Whether a peer of this version knows the server's `heartbeat`.
pub const fn supports_heartbeat(version: u32) -> bool {
    version >= 2
}

/// Whether a page of this version knows `witness`.
pub const fn supports_witness(version: u32) -> bool {
    version >= 3
}

/// Largest text frame either socket accepts, in bytes (an SDP of a browser is about 8 KiB).
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
