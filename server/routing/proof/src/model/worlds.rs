//! The worlds, and how far each is searched.

use chinhchu_routing::Settings;

/// How far a world goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own that may be so or not")]
pub struct Bounds {
    /// Its name.
    pub name: &'static str,
    /// How many agents; the callers are two.
    pub agents: usize,
    /// How many callers come.
    pub callers: usize,
    /// How it begins.
    pub start: Start,
    /// Messages that are late, overtaken or lost.
    pub late: u8,
    /// Messages that arrive a second time.
    pub twice: u8,
    /// Networks or sockets that break.
    pub cuts: u8,
    /// Restarts of the server.
    pub restarts: u8,
    /// Jumps of time that do not count.
    pub outages: u8,
    /// Sign-ins at another workstation.
    pub sign_ins: u8,
    /// Pauses that an agent makes.
    pub pauses: u8,
    /// Hang-ups and cancels.
    pub hang_ups: u8,
    /// Offers of one call.
    pub offers: u32,
    /// Agents decline and pass.
    pub refuse: bool,
    /// Agents decide, and their evidence is stored.
    pub judge: bool,
    /// Calls need a language that agent 1 does not speak.
    pub skills: bool,
    /// Agents end their wrap-up and their pauses themselves, at any moment.
    pub busy: bool,
}

/// How a world begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// The calls are taken in.
    TakenIn,
    /// Call 1 has video with agent 1, call 2 is taken in.
    OneTalks,
    /// Both calls have video.
    BothTalk,
    /// Call 1 rings, call 2 is taken in.
    OneRings,
}

impl Bounds {
    const NONE: Self = Self {
        name: "",
        agents: 3,
        callers: 2,
        start: Start::TakenIn,
        late: 0,
        twice: 0,
        cuts: 0,
        restarts: 0,
        outages: 0,
        sign_ins: 0,
        pauses: 0,
        hang_ups: 0,
        offers: 2,
        refuse: false,
        judge: false,
        skills: false,
        busy: false,
    };

    /// F1, F2, F5, I7: two calls come and ring; answers of every kind, one of them late or lost.
    pub const RING: Self = Self { name: "ring", late: 1, refuse: true, ..Self::NONE };
    /// The same to a third agent, nothing late.
    pub const THIRD: Self =
        Self { name: "third", start: Start::OneRings, offers: 3, refuse: true, ..Self::NONE };
    /// F3, F4, the agent's side, and nobody heard, while two calls talk.
    pub const LOSS: Self = Self { name: "loss", start: Start::BothTalk, cuts: 2, ..Self::NONE };
    /// Verdicts, late ones, evidence twice, agents lost and signed in elsewhere; one caller.
    pub const VERDICT: Self = Self {
        name: "verdict",
        callers: 1,
        start: Start::OneTalks,
        late: 1,
        twice: 1,
        cuts: 1,
        sign_ins: 1,
        judge: true,
        ..Self::NONE
    };
    /// The server restarts while one call talks and another comes, rings or waits.
    pub const RESTART: Self = Self { name: "restart", start: Start::OneTalks, restarts: 1, ..Self::NONE };
    /// Time jumps, and a network breaks.
    pub const OUTAGE: Self =
        Self { name: "outage", start: Start::OneTalks, outages: 1, cuts: 1, ..Self::NONE };
    /// Ghosts of old sockets, repeats, pauses, hang-ups; one caller.
    pub const GHOST: Self = Self {
        name: "ghost",
        callers: 1,
        start: Start::OneRings,
        late: 1,
        cuts: 1,
        twice: 1,
        pauses: 1,
        hang_ups: 1,
        ..Self::NONE
    };
    /// Call 2 needs what agent 1 lacks: it blocks nobody, and nobody wrong gets it.
    pub const SKILLS: Self =
        Self { name: "skills", start: Start::OneRings, skills: true, refuse: true, offers: 3, ..Self::NONE };

    /// All.
    pub const ALL: [Self; 8] = [
        Self::RING,
        Self::THIRD,
        Self::LOSS,
        Self::VERDICT,
        Self::RESTART,
        Self::OUTAGE,
        Self::GHOST,
        Self::SKILLS,
    ];

    /// Further, for who has minutes (`PROOF_FULL=1`).
    #[must_use]
    pub fn full(self) -> Self {
        let more = |n: u8| if n > 0 { n + 1 } else { 0 };
        Self { callers: 2, late: more(self.late), offers: self.offers + 1, ..self }
    }

    /// Short times, so that the worlds are small; every one differs from every other.
    pub fn settings(&self) -> Settings {
        use chinhchu_routing::settings::SkillRule;
        Settings {
            ring_timeout_ms: 6_000,
            ring_confirm_ms: 2_000,
            max_wait_ms: 40_000,
            decline_ends: true,
            wrap_up_ms: 5_000,
            pause_after_missed: 1,
            preparing_ms: 30_000,
            connecting_ms: 12_000,
            reconnect_ms: 15_000,
            unwitnessed_ms: 20_000,
            evidence_ms: 50_000,
            max_call_ms: 90_000,
            reoffer_after_ms: 3_000,
            skills: if self.skills { SkillRule::Require } else { SkillRule::Off },
            ..Settings::default()
        }
    }
}
