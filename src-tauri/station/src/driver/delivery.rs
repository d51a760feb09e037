//! Sign-ins that are over and still deliver what was sealed in them: the server takes it for some time, also of an
//! agent who may not sign in any more. The keyring keeps one of each agent until nothing of hers waits, over the end
//! of the program and over whoever signs in next. They open no line.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chinhchu_protocol::agent::SignedIn;
use chinhchu_protocol::ids::AgentId;

use super::{Driver, MOST_CARRIERS, Report};
use crate::clock::Clock;
use crate::keys::{self, Keyring};
use crate::outbox::{Outbox, OutboxError};

/// Who has an entry in the keyring; locked as long as one is written or deleted.
pub(super) type Kept = Arc<Mutex<BTreeSet<AgentId>>>;

/// What keeping a sign-in needs.
#[derive(Clone)]
pub(super) struct Keeper {
    pub keyring: Arc<dyn Keyring>,
    pub server: String,
    pub outbox: Option<Outbox>,
    pub clock: Arc<dyn Clock>,
    pub kept: Kept,
}

impl Keeper {
    /// Keeps it if its agent's evidence waits. Blocks.
    pub fn keep(&self, ended: &SignedIn) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let agent = ended.agent.agent_id;
        match self.waiting() {
            Ok(waiting) if !waiting.contains(&agent) => return,
            Ok(_) => {}
            Err(error) => tracing::warn!(?error, "the ended session is kept: the outbox cannot be read"),
        }
        match keys::keep_ended(self.keyring.as_ref(), &self.server, ended) {
            Ok(()) => {
                kept.insert(agent);
            }
            Err(error) => {
                tracing::warn!(?error, "what waits is sent after this run only once its agent signs in");
            }
        }
    }

    /// Whose sign-ins of former runs are to deliver; who has delivered all is forgotten. Blocks.
    fn load(&self) -> Vec<SignedIn> {
        let Some(outbox) = &self.outbox else { return Vec::new() };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = outbox.agents().and_then(|agents| Ok((agents, self.waiting()?)));
        let (agents, waiting) = known.unwrap_or_else(|error| {
            tracing::warn!(?error, "the outbox cannot tell whose evidence waits");
            Default::default()
        });
        let mut found = Vec::new();
        for agent in agents {
            match keys::load_ended(self.keyring.as_ref(), &self.server, agent) {
                Ok(Some(signed_in)) => {
                    kept.insert(agent);
                    if waiting.contains(&agent) {
                        found.push(signed_in);
                    }
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(?error, "a kept sign-in cannot be read"),
            }
        }
        found
    }

    /// Forgets who has delivered all. Blocks.
    fn forget_delivered(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_empty() {
            return;
        }
        let waiting = match self.waiting() {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(?error, "ended sessions are kept: the outbox cannot be read");
                return;
            }
        };
        kept.retain(|agent| {
            if waiting.contains(agent) {
                return true;
            }
            let forgotten = keys::forget_ended(self.keyring.as_ref(), *agent);
            if let Err(error) = &forgotten {
                tracing::warn!(?error, "an ended session could not be deleted from the keyring");
            }
            forgotten.is_err()
        });
    }

    fn waiting(&self) -> Result<Vec<AgentId>, OutboxError> {
        let Some(outbox) = &self.outbox else { return Ok(Vec::new()) };
        outbox.waiting_agents(self.clock.now().wall)
    }
}

impl Driver {
    pub(super) fn keeper(&self) -> Keeper {
        Keeper {
            keyring: self.ports.keyring.clone(),
            server: self.around.server_url.clone(),
            outbox: self.outbox.clone(),
            clock: self.ports.clock.clone(),
            kept: self.kept.clone(),
        }
    }

    /// A sign-in has ended, by its agent or by the server: it is no longer taken up, but delivers. In order with
    /// whatever else touches the kept session: a later sign-in must not be forgotten.
    pub(super) fn ended(&self, ended: Arc<SignedIn>) {
        let keeper = self.keeper();
        tokio::task::spawn_blocking(move || {
            keeper.keep(&ended);
            if let Err(error) = keys::forget_session(keeper.keyring.as_ref(), ended.session_id) {
                tracing::warn!(?error, "the session could not be deleted from the keyring");
            }
        });
    }

    /// Takes up the deliveries of former runs.
    pub(super) fn deliver_on(&self) {
        let keeper = self.keeper();
        let reports = self.reports.clone();
        tokio::spawn(async move {
            let loaded = tokio::task::spawn_blocking(move || keeper.load()).await;
            for signed_in in loaded.unwrap_or_default() {
                let _ = reports.send(Report::Delivers { signed_in: Box::new(signed_in) }).await;
            }
        });
    }

    /// Looked at after every change of the outbox.
    pub(super) fn forget_if_delivered(&self) {
        let keeper = self.keeper();
        tokio::task::spawn_blocking(move || keeper.forget_delivered());
    }

    /// From now on it carries the evidence of its agent; others carry theirs on.
    pub(super) fn carry_with(&self, signed_in: Arc<SignedIn>) {
        self.carriers.send_modify(|carriers| {
            carriers.retain(|carrier| carrier.agent.agent_id != signed_in.agent.agent_id);
            carriers.insert(0, signed_in);
            carriers.truncate(MOST_CARRIERS);
        });
    }

    /// It carries the evidence of its agent as long as no newer sign-in of hers does. The server may not have heard that
    /// it is over, if the line was away then: it is told again.
    pub(super) fn carry_on_with(&self, signed_in: SignedIn) {
        if let Some(api) = self.api.clone() {
            let token = signed_in.session_token.clone();
            tokio::spawn(async move {
                // Mostly it knows, and says so.
                let _ = api.sign_out(&token).await;
            });
        }
        self.carriers.send_modify(|carriers| {
            let newer = carriers.iter().any(|carrier| carrier.agent.agent_id == signed_in.agent.agent_id);
            if !newer && carriers.len() < MOST_CARRIERS {
                carriers.push(Arc::new(signed_in));
            }
        });
        self.wake.notify_one();
    }
}
