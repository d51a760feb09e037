//! Who is signed in, and the end of it. A session that the server has ended does not come back by itself.

use chinhchu_protocol::agent::{AgentProfile, SessionCloseReason};
use chinhchu_protocol::ids::SessionId;

use super::input::Effect;
use super::{Line, MAX_CREDENTIAL_CHARS, Phase, Refusal, Session};
use crate::picture::LinkState;

pub(super) enum AccountState {
    Out { error: Option<String> },
    SigningIn,
    In { agent: AgentProfile, session_id: SessionId, warning: Option<String> },
}

impl Session {
    /// Whether a sign-in, or the kept session, is awaited; what comes otherwise was overtaken.
    pub fn is_signing_in(&self) -> bool {
        matches!(self.account, AccountState::SigningIn)
    }

    /// Whether nobody is signed in and nobody tries to.
    pub fn is_signed_out(&self) -> bool {
        matches!(self.account, AccountState::Out { .. })
    }

    pub(super) fn sign_in(
        &mut self,
        username: String,
        password: String,
        out: &mut Vec<Effect>,
    ) -> Result<(), Refusal> {
        if self.shut_out {
            return Err(Refusal::ProfileInUse);
        }
        if !self.is_signed_out() {
            return Err(Refusal::SignedInAlready);
        }
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= MAX_CREDENTIAL_CHARS;
        if !fits(&username) || !fits(&password) {
            return Err(Refusal::CredentialsMalformed);
        }
        self.account = AccountState::SigningIn;
        out.push(Effect::SignIn { username, password });
        Ok(())
    }

    pub(super) fn signed_in(
        &mut self,
        agent: AgentProfile,
        session_id: SessionId,
        warning: Option<String>,
        out: &mut Vec<Effect>,
    ) {
        if !self.is_signing_in() {
            return;
        }
        self.account = AccountState::In { agent, session_id, warning };
        self.line.state = LinkState::Connecting;
        self.notice = None;
        self.begin_enrolment(out);
        out.push(Effect::OpenLink);
    }

    pub(super) fn sign_out(&mut self, out: &mut Vec<Effect>) -> Result<(), Refusal> {
        match self.account {
            AccountState::Out { .. } | AccountState::SigningIn => return Err(Refusal::NotSignedIn),
            AccountState::In { .. } => {}
        }
        if matches!(self.phase, Phase::Call(_)) {
            return Err(Refusal::InCall);
        }
        out.push(Effect::SignOut);
        self.signed_out(None, out);
        Ok(())
    }

    pub(super) fn session_closed(&mut self, reason: SessionCloseReason, out: &mut Vec<Effect>) {
        if !matches!(self.account, AccountState::In { .. }) {
            return;
        }
        let code = match reason {
            SessionCloseReason::SignedInElsewhere => "signed_in_elsewhere",
            SessionCloseReason::Forced => "signed_out_by_force",
            SessionCloseReason::Expired => "session_expired",
        };
        out.push(Effect::ForgetSession);
        self.signed_out(Some(code.to_owned()), out);
    }

    /// Ring and media stop; a verdict that is being sealed is still sealed, and goes out after the next sign-in.
    pub(super) fn signed_out(&mut self, error: Option<String>, out: &mut Vec<Effect>) {
        self.leave(out);
        self.account = AccountState::Out { error };
        let Line { clock_offset_ms, server_clock, .. } = self.line;
        self.line = Line { clock_offset_ms, server_clock, ..Line::default() };
        self.end_enrolment();
        (self.seen, self.shown, self.wish, self.wrap_up_done) = (None, None, None, None);
        (self.answered, self.notice) = (None, None);
        self.strays.clear();
        out.push(Effect::CloseLink);
    }
}
