//! What may happen to an upload on its way, and which of it is drawn.

use crate::seed::Rng;

/// The fate of one request of an upload and of its answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// Comes late.
    Slow,
    /// Nobody takes the request.
    NotTaken,
    /// The request breaks off in its body.
    CutRequest,
    /// A proxy in between says 503.
    Unavailable,
    /// A proxy in between finds it too large, or no such page: a 4xx, and not the server's.
    Barred,
    /// A page of somebody else, with status 200.
    Foreign,
    /// The server has it; the answer never comes.
    LostAnswer,
    /// The answer breaks off in its body.
    CutAnswer,
    /// The request arrives twice; the second answer comes.
    Twice,
    /// The receipt names another manifest.
    OtherManifest,
    /// A receipt of an earlier upload comes again.
    Earlier,
    /// The upload is swallowed, and such a receipt comes.
    EarlierInstead,
    /// The receipt's signature is another one.
    OtherSignature,
    /// The upload is swallowed; a receipt for exactly it comes, signed by somebody else.
    Forged,
}

/// All, with how often of a hundred.
const CHANCES: [(Fault, u64); 15] = [
    (Fault::None, 50),
    (Fault::Slow, 8),
    (Fault::NotTaken, 5),
    (Fault::CutRequest, 5),
    (Fault::Unavailable, 4),
    (Fault::Barred, 4),
    (Fault::Foreign, 4),
    (Fault::LostAnswer, 6),
    (Fault::CutAnswer, 6),
    (Fault::Twice, 4),
    (Fault::OtherManifest, 4),
    (Fault::Earlier, 3),
    (Fault::EarlierInstead, 3),
    (Fault::OtherSignature, 4),
    (Fault::Forged, 5),
];

impl Fault {
    /// Draws one.
    pub fn draw(rng: &mut Rng) -> Self {
        let all: u64 = CHANCES.iter().map(|(_, chance)| chance).sum();
        let mut left = rng.between(1, all);
        for (fault, chance) in CHANCES {
            if left <= chance {
                return fault;
            }
            left -= chance;
        }
        Self::None
    }

    /// One of those after which the server has heard nothing.
    pub fn draw_barring(rng: &mut Rng) -> Self {
        let all = [Self::NotTaken, Self::CutRequest, Self::Unavailable, Self::Barred];
        all[usize::try_from(rng.between(0, 3)).expect("small")]
    }

    /// Whether the server gets the whole request.
    pub const fn arrives(self) -> bool {
        match self {
            Self::None
            | Self::Slow
            | Self::LostAnswer
            | Self::CutAnswer
            | Self::Twice
            | Self::OtherManifest
            | Self::Earlier
            | Self::OtherSignature => true,
            Self::NotTaken
            | Self::CutRequest
            | Self::Unavailable
            | Self::Barred
            | Self::Foreign
            | Self::EarlierInstead
            | Self::Forged => false,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Slow => "slow",
            Self::NotTaken => "not_taken",
            Self::CutRequest => "cut_request",
            Self::Unavailable => "unavailable",
            Self::Barred => "barred",
            Self::Foreign => "foreign",
            Self::LostAnswer => "lost_answer",
            Self::CutAnswer => "cut_answer",
            Self::Twice => "twice",
            Self::OtherManifest => "other_manifest",
            Self::Earlier => "earlier",
            Self::EarlierInstead => "earlier_instead",
            Self::OtherSignature => "other_signature",
            Self::Forged => "forged",
        }
    }
}
