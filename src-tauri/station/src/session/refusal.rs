//! Why a command of the screen is not taken.

use thiserror::Error;

/// Each has a stable code that the screen turns into words.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Refusal {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// Somebody is, or is about to be.
    #[error("somebody is signed in already")]
    SignedInAlready,
    /// Not during a call.
    #[error("not during a call")]
    InCall,
    /// Nothing rings, or it was answered already.
    #[error("no call is offered")]
    NoOffer,
    /// There is no call.
    #[error("there is no call")]
    NoCall,
    /// No frame of this call was decoded yet.
    #[error("video was not seen yet")]
    VideoNotSeen,
    /// The newest media packet is older than 2 s.
    #[error("media has stalled")]
    MediaStalled,
    /// The page may be another person's.
    #[error("the customer must be compared again")]
    CompareAgain,
    /// The call can be decided, or may be soon.
    #[error("it is too early to give the call up")]
    TooEarly,
    /// Nothing more fits into the outbox.
    #[error("the outbox is full")]
    OutboxFull,
    /// The outbox file is broken: IT must look at it.
    #[error("the outbox is damaged")]
    OutboxDamaged,
    /// The outbox file cannot be opened: in use, or not ours to write.
    #[error("the outbox cannot be opened")]
    OutboxUnusable,
    /// Another window of this profile has it.
    #[error("the outbox is in use by another window")]
    OutboxInUse,
    /// Without the keyring nothing can be kept that would outlive the program.
    #[error("the keyring cannot be used")]
    KeyringUnavailable,
    /// This workstation's key is not approved (yet), or the server was not told it.
    #[error("the workstation is not approved")]
    WorkstationNotApproved,
    /// Its key was taken back.
    #[error("the workstation's key was revoked")]
    WorkstationRevoked,
    /// Its key has signed two manifests with one number.
    #[error("the workstation's key is in quarantine")]
    WorkstationQuarantined,
    /// Another window of this profile runs.
    #[error("another window of this profile runs")]
    ProfileInUse,
    /// The key is good, or nobody is signed in.
    #[error("the key needs no renewal")]
    NoRenewal,
    /// The outbox is sound.
    #[error("the outbox is not damaged")]
    OutboxSound,
    /// Nothing can be written.
    #[error("the disk is full")]
    DiskFull,
    /// Case and pictures are not here.
    #[error("the case is missing")]
    CaseMissing,
    /// This assignment has its verdict.
    #[error("a verdict was given already")]
    VerdictGiven,
    /// A rejection needs a reason of the list.
    #[error("a reason is needed")]
    ReasonMissing,
    /// More than 1,000 characters.
    #[error("the note is too long")]
    NoteTooLong,
    /// Empty or over 256 characters.
    #[error("user name or password has an impossible length")]
    CredentialsMalformed,
    /// Wrap-up is not on.
    #[error("there is no wrap-up")]
    NoWrapUp,
    /// The driver has stopped.
    #[error("the workstation is stopping")]
    Stopping,
}

impl Refusal {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::SignedInAlready => "signed_in_already",
            Self::InCall => "in_call",
            Self::NoOffer => "no_offer",
            Self::NoCall => "no_call",
            Self::VideoNotSeen => "video_not_seen",
            Self::MediaStalled => "media_stalled",
            Self::CompareAgain => "compare_again",
            Self::TooEarly => "too_early",
            Self::OutboxFull => "outbox_full",
            Self::OutboxDamaged => "outbox_damaged",
            Self::OutboxUnusable => "outbox_failed",
            Self::OutboxInUse => "outbox_in_use",
            Self::KeyringUnavailable => "keyring_unavailable",
            Self::WorkstationNotApproved => "workstation_not_approved",
            Self::WorkstationRevoked => "workstation_revoked",
            Self::WorkstationQuarantined => "workstation_quarantined",
            Self::ProfileInUse => "profile_in_use",
            Self::NoRenewal => "no_renewal",
            Self::OutboxSound => "outbox_sound",
            Self::DiskFull => "disk_full",
            Self::CaseMissing => "case_missing",
            Self::VerdictGiven => "verdict_given",
            Self::ReasonMissing => "reason_missing",
            Self::NoteTooLong => "note_too_long",
            Self::CredentialsMalformed => "credentials_malformed",
            Self::NoWrapUp => "no_wrap_up",
            Self::Stopping => "stopping",
        }
    }
}
