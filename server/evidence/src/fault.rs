//! What can be wrong with something signed. Never holds what was read: it may be personal.

/// Why a key, an envelope, leaves or a statement is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Not `ed25519:<base64 of 32 bytes>`, or a key of small order.
    #[error("not a public key")]
    BadKey,
    /// Not a DSSE envelope with exactly one signature, or not written as this crate writes it.
    #[error("not a signed envelope")]
    NotAnEnvelope,
    /// The envelope holds something of another kind.
    #[error("signed for another purpose")]
    WrongType,
    /// Signed by another key than the one it is checked against.
    #[error("signed by another key")]
    WrongKey,
    /// The signature does not fit key and bytes.
    #[error("the signature does not fit")]
    BadSignature,
    /// What was signed is not the statement it should be.
    #[error("what was signed cannot be read")]
    Unreadable,
    /// Another version of the format.
    #[error("of another format")]
    WrongFormat,
    /// Not leaves, not in order, or not written as this crate writes them.
    #[error("not the leaves of a manifest")]
    NotLeaves,
    /// A name that no leaf can have, or that no leaf has.
    #[error("no such field")]
    NoSuchLeaf,
    /// The field says what the evidence is of, and is always shown.
    #[error("this field cannot be hidden")]
    MustBeShown,
    /// The leaves are not the ones whose root was signed.
    #[error("the fields are not the signed ones")]
    RootDiffers,
    /// A field of the statement and the same field of the manifest differ.
    #[error("statement and fields contradict each other")]
    Contradiction,
    /// Not a bundle, or not written as this crate writes it.
    #[error("not a bundle of evidence")]
    NotABundle,
    /// A field is hidden, so that the manifest cannot be read whole.
    #[error("a field is hidden")]
    Withheld,
}

impl Fault {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadKey => "bad_key",
            Self::NotAnEnvelope => "not_an_envelope",
            Self::WrongType => "wrong_type",
            Self::WrongKey => "wrong_key",
            Self::BadSignature => "bad_signature",
            Self::Unreadable => "unreadable",
            Self::WrongFormat => "wrong_format",
            Self::NotLeaves => "not_leaves",
            Self::NoSuchLeaf => "no_such_leaf",
            Self::MustBeShown => "must_be_shown",
            Self::RootDiffers => "root_differs",
            Self::Contradiction => "contradiction",
            Self::NotABundle => "not_a_bundle",
            Self::Withheld => "withheld",
        }
    }
}
