//! Evidence of a verdict (S15, S16): signed by the workstation's own key, taken whole, made durable, told to the
//! routing core and countersigned.
//!
//! The same manifest again gives the same receipt; another one for the same assignment is refused (I5).
//! [`check`] what must fit · [`http`] the upload, [`chunks`] in pieces · [`upload`] the order of things · [`record`]
//! what is written · [`chain`] what each key has signed · [`witness`] the page's own frame · [`missing`] what
//! should be here and is not · [`outages`] the server's own · [`read`] what is held · [`pack`] bundles that verify offline · [`sql`] the rows.

pub mod chain;
pub mod check;
pub mod chunks;
pub mod http;
pub mod missing;
pub mod outages;
pub mod pack;
pub mod read;
pub mod record;
pub mod sql;
pub mod upload;
pub mod witness;

use chinhchu_protocol::evidence::VerdictStanding;

/// Whether a verdict is its call's result.
pub const fn is_result(standing: VerdictStanding) -> bool {
    match standing {
        VerdictStanding::Counts | VerdictStanding::Late => true,
        VerdictStanding::Superseded => false,
    }
}
