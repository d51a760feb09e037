//! The session as the screens see it.

use chinhchu_protocol::agent::{AgentActivity, AgentView, WantedStatus};

use super::account::AccountState;
use super::call::Call;
use super::{Phase, Session};
use crate::clock::Now;
use crate::evidence::is_off;
use crate::picture::{
    Account, LinkPicture, MediaPicture, MediaStateName, Picture, Quality, VerdictPicture, VideoPlan,
};

/// What does not change while the program runs.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Name of the profile.
    pub profile: String,
    /// The server as configured.
    pub server_url: String,
    /// How video gets into the page.
    pub video: VideoPlan,
}

impl Session {
    /// The whole picture; `seq` is the caller's.
    pub fn picture(&self, now: Now, seq: u64, around: &Surroundings) -> Picture {
        let (media, verdict, case) = match &self.phase {
            Phase::Call(call) => {
                (media(call, now), self.verdict_of(call, now), call.case.as_deref().cloned())
            }
            Phase::Sealed { sealed, .. } => {
                let entry = sealed.entry.clone();
                let verdict = VerdictPicture::Sealed { entry, screenshot_url: sealed.screenshot_url.clone() };
                (no_media(), verdict, None)
            }
            Phase::Idle | Phase::Ringing(_) => (no_media(), VerdictPicture::None, None),
        };
        Picture {
            seq,
            profile: around.profile.clone(),
            server_url: around.server_url.clone(),
            account: self.account_picture(),
            link: LinkPicture {
                state: self.line.state,
                round_trip_ms: self.line.round_trip_ms,
                clock_offset_ms: self.line.clock_offset_ms,
                clock_is_off: self.line.clock_offset_ms.is_some_and(is_off),
            },
            workstation: self.workstation_picture(),
            devices: self.devices.clone(),
            view: self.shown.as_ref().map(|shown| self.own_eyes(&shown.view)),
            case,
            media,
            verdict,
            countdown_s: self.countdown_s(now),
            wish: self.wish_to_show(),
            notice: self.notice.clone(),
            outbox: self.outbox.clone(),
            history: self.history.clone(),
            video: around.video.clone(),
        }
    }

    /// Rounded up: «1» until the very end.
    fn countdown_s(&self, now: Now) -> Option<u32> {
        let shown = self.shown.as_ref()?;
        let ring_is_over = matches!(shown.view.activity, AgentActivity::Ringing { .. })
            && !matches!(self.phase, Phase::Ringing(_));
        let deadline = shown.deadline_mono_ms().filter(|_| !ring_is_over)?;
        let left_ms = deadline.saturating_sub(now.mono_ms);
        Some(u32::try_from(left_ms.div_ceil(1_000)).unwrap_or(u32::MAX))
    }

    /// Being available in a call is nothing to wait for.
    fn wish_to_show(&self) -> Option<WantedStatus> {
        let activity = self.shown.as_ref().map(|shown| &shown.view.activity);
        let wish = &self.wish.as_ref()?.status;
        let shows = match wish {
            WantedStatus::Paused { .. } => true,
            WantedStatus::Available => matches!(activity, Some(AgentActivity::Paused { .. })),
        };
        shows.then(|| wish.clone())
    }

    fn account_picture(&self) -> Account {
        match &self.account {
            AccountState::Out { error } => Account::SignedOut { error: error.clone() },
            AccountState::SigningIn => Account::SigningIn,
            AccountState::In { agent, warning, .. } => {
                Account::SignedIn { agent: agent.clone(), warning: warning.clone() }
            }
        }
    }

    /// The server's view, save that a ring which is over by the own clock is not shown as ringing.
    fn own_eyes(&self, view: &AgentView) -> AgentView {
        let mut view = view.clone();
        if let AgentActivity::Ringing { offer } = &view.activity
            && !matches!(self.phase, Phase::Ringing(_))
        {
            view.activity = AgentActivity::Available { since: offer.expires_at };
        }
        view
    }

    fn verdict_of(&self, call: &Call, now: Now) -> VerdictPicture {
        if call.sealing {
            return VerdictPicture::Sealing;
        }
        match (call.lock(now, self.outbox_lock()), &call.refused) {
            (Err(refusal), _) => {
                let (why, may_give_up) = (refusal.code().to_owned(), call.may_give_up(now).is_some());
                VerdictPicture::Locked { why, may_give_up }
            }
            (Ok(()), Some(code)) => VerdictPicture::Refused { code: code.clone() },
            (Ok(()), None) => VerdictPicture::Open,
        }
    }
}

fn media(call: &Call, now: Now) -> MediaPicture {
    let snapshot = &call.snapshot;
    // In steps, so that an unchanged call does not repaint the screen four times a second.
    let in_steps = |age: u64| u32::try_from(age / 500 * 500).unwrap_or(u32::MAX);
    MediaPicture {
        state: call.media,
        video_seen: call.video_seen,
        media_age_ms: call.media_age_ms(now).map(in_steps),
        sent_age_ms: call.sent_age_ms(now).map(in_steps),
        relays_left_out: snapshot.relays_left_out,
        quality: quality(call),
        width: snapshot.width,
        height: snapshot.height,
        fps: snapshot.fps,
        codec: snapshot.codec.clone(),
    }
}

fn quality(call: &Call) -> Quality {
    match call.media {
        MediaStateName::Idle | MediaStateName::Negotiating => Quality::Unknown,
        MediaStateName::Stalled => Quality::Poor,
        MediaStateName::Flowing => match (call.snapshot.fps, call.snapshot.lost_permille) {
            (18.., ..20) => Quality::Good,
            (8.., ..80) => Quality::Fair,
            (0.., 0..) => Quality::Poor,
        },
    }
}

fn no_media() -> MediaPicture {
    MediaPicture {
        state: MediaStateName::Idle,
        video_seen: false,
        media_age_ms: None,
        sent_age_ms: None,
        relays_left_out: 0,
        quality: Quality::Unknown,
        width: 0,
        height: 0,
        fps: 0,
        codec: None,
    }
}
