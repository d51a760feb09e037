//! What a check can find of a part.

use crate::fault::Fault;

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// As it was sealed.
    Sound,
    /// Hidden at the export, as the list of parts says.
    Withheld,
    /// Sound, but some fields are hidden.
    PartlyHidden,
    /// No longer kept, as the list of parts says.
    Gone,
    /// No witness frame was asked for.
    NotAsked,
    /// The witness frame that was asked for never came.
    NeverArrived,
    /// The key was approved after the evidence was received.
    ApprovedLater,
    /// The workstation's clock was never compared with the server's: only the server's times count.
    ClockNeverCompared,
    /// The clocks were more than 5 s apart, and less than the server allows.
    ClocksApart,
    /// The server's clock was set ahead in the call, as its log says: captured time and the workstation's counting
    /// differ by that.
    ServerClockSet,
    /// The witness frame came more than 10 s before or after the capture.
    WitnessApart,
    /// The witness frame came so long before or after the capture that it shows another moment.
    WitnessOfAnotherMoment,
    /// The root of a day that was not over: made for this bundle, and nobody else holds it.
    DayNotOver,
    /// Not in the bundle.
    Missing,
    /// Not a bundle at all.
    NotABundle,
    /// Bytes between the files differ from how a bundle is written.
    Altered,
    /// The file's checksum does not fit.
    Damaged,
    /// Differs from what the list of parts names.
    NotAsPacked,
    /// Not in the list of parts.
    NotListed,
    /// Signed by a key that nothing trusted leads to.
    UntrustedKey,
    /// The signature does not fit.
    BadSignature,
    /// Cannot be read.
    Unreadable,
    /// Of another call, assignment, workstation or manifest.
    OtherEvidence,
    /// Not what the workstation signed.
    NotSigned,
    /// Rests on a part that is faulty.
    NotChecked,
    /// A record is not in the signed log.
    NotInLog,
    /// The log tells otherwise.
    LogDiffers,
    /// Times that cannot both be true.
    TimesDiffer,
    /// A hash that somebody else has kept names nothing in this bundle.
    NotHere,
}

impl Finding {
    /// Whether the part may be believed.
    pub const fn is_sound(self) -> bool {
        match self {
            Self::Sound
            | Self::Withheld
            | Self::PartlyHidden
            | Self::Gone
            | Self::NotAsked
            | Self::NeverArrived
            | Self::ApprovedLater
            | Self::ClockNeverCompared
            | Self::ClocksApart
            | Self::ServerClockSet
            | Self::WitnessApart
            | Self::DayNotOver => true,
            Self::Missing
            | Self::NotABundle
            | Self::Altered
            | Self::Damaged
            | Self::NotAsPacked
            | Self::NotListed
            | Self::UntrustedKey
            | Self::BadSignature
            | Self::Unreadable
            | Self::OtherEvidence
            | Self::NotSigned
            | Self::NotChecked
            | Self::NotInLog
            | Self::LogDiffers
            | Self::TimesDiffer
            | Self::WitnessOfAnotherMoment
            | Self::NotHere => false,
        }
    }

    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Withheld => "withheld",
            Self::PartlyHidden => "partly_hidden",
            Self::Gone => "gone",
            Self::NotAsked => "not_asked",
            Self::NeverArrived => "never_arrived",
            Self::ApprovedLater => "approved_later",
            Self::ClockNeverCompared => "clock_never_compared",
            Self::ClocksApart => "clocks_apart",
            Self::ServerClockSet => "server_clock_set",
            Self::WitnessApart => "witness_apart",
            Self::WitnessOfAnotherMoment => "witness_of_another_moment",
            Self::DayNotOver => "day_not_over",
            Self::Missing => "missing",
            Self::NotABundle => "not_a_bundle",
            Self::Altered => "altered",
            Self::Damaged => "damaged",
            Self::NotAsPacked => "not_as_packed",
            Self::NotListed => "not_listed",
            Self::UntrustedKey => "untrusted_key",
            Self::BadSignature => "bad_signature",
            Self::Unreadable => "unreadable",
            Self::OtherEvidence => "other_evidence",
            Self::NotSigned => "not_signed",
            Self::NotChecked => "not_checked",
            Self::NotInLog => "not_in_log",
            Self::LogDiffers => "log_differs",
            Self::TimesDiffer => "times_differ",
            Self::NotHere => "not_here",
        }
    }

    /// What a fault of an envelope means.
    pub(super) const fn of_signature(fault: Fault) -> Self {
        match fault {
            Fault::WrongKey | Fault::BadKey => Self::UntrustedKey,
            Fault::BadSignature => Self::BadSignature,
            Fault::WrongType | Fault::WrongFormat | Fault::Contradiction => Self::OtherEvidence,
            Fault::RootDiffers => Self::NotSigned,
            Fault::NotAnEnvelope
            | Fault::Unreadable
            | Fault::NotLeaves
            | Fault::NoSuchLeaf
            | Fault::MustBeShown
            | Fault::NotABundle
            | Fault::Withheld => Self::Unreadable,
        }
    }
}
