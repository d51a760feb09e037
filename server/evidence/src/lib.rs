//! Evidence that verifies without the system that made it: signatures, salted leaves, receipts, bundles.
//!
//! Pure: no clock, no files, no sockets; randomness and readers are arguments. The workstation seals with it,
//! the server countersigns and packs with it, and `evidence verify` needs nothing else. Both sides use one
//! crate, so that what one signs is, byte for byte, what the other checks; it knows the wire types only.
//!
//! How a bundle is believed: the verifier trusts one **server key** → it signed the **enrolment** of a
//! workstation's key → that key signed the **statement** of the manifest → the statement holds the Merkle root
//! over every field and picture hash. Receipt, witness and the day's root of the log are signed by the server.
//! What that proves, and what it does not, stands in `docs/evidence.md` and at the end of every report.
//!
//! Reading order: [`key`] · [`dsse`] signed bytes · [`merkle`] and [`leaves`] one salted leaf per field ·
//! [`manifest`] sealing and opening · [`signed`] what the server signs ([`receipt`], [`enrolment`], [`witness`],
//! [`day_root`]) · [`chain`] records of the log · [`bundle`] and [`container`] the file ·
//! [`mod@verify`] and [`report`] what is believed of it, in words · [`fault`] what can be wrong.

pub mod bundle;
pub mod chain;
pub mod container;
pub mod day_root;
pub mod dsse;
pub mod enrolment;
pub mod erased;
#[cfg(test)]
mod example;
pub mod fault;
pub mod hex;
pub mod key;
pub mod leaves;
pub mod manifest;
pub mod merkle;
pub mod receipt;
pub mod report;
pub mod signed;
pub mod verify;
pub mod witness;

pub use day_root::DayRoot;
pub use dsse::Envelope;
pub use enrolment::Enrolment;
pub use erased::Erased;
pub use fault::Fault;
pub use key::{KeyId, PublicKey, SigningKey};
pub use leaves::Leaves;
pub use manifest::{OpenedManifest, SealedManifest, Statement};
pub use receipt::Receipt;
pub use report::{Lang, Report};
pub use signed::Signed;
pub use verify::{verify, verify_with};
pub use witness::Witness;
