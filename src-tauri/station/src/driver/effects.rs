//! Effects of the session, carried out.

use std::sync::Arc;

use chinhchu_protocol::agent::{AgentToServer, SignedIn};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::enrol::Enrolling;
use super::{Driver, Line, Report, tasks};
use crate::link::socket::{self, LinkConfig};
use crate::picture::EnrolmentState;
use crate::session::{CallKey, Effect, Input};

/// Frames that may wait for the socket; one call makes a few a second.
const OUTGOING: usize = 256;
/// Frames that may wait for the driver.
const INCOMING: usize = 256;

impl Driver {
    /// Carries them out in order; a failure comes back as an input.
    pub(super) fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.perform_one(effect);
        }
    }

    fn perform_one(&mut self, effect: Effect) {
        match effect {
            Effect::SignIn { username, password } => self.sign_in(username, password),
            Effect::SignOut => self.sign_out(),
            Effect::ForgetSession => {
                if let Some(ended) = self.signed_in.send_replace(None) {
                    self.ended(ended);
                }
            }
            Effect::OpenLink => self.open_link(),
            Effect::CloseLink => {
                if let Some(line) = self.line.take() {
                    line.stop.cancel();
                }
                // Whoever signs in next begins anew.
                if let Some(task) = self.enrol_task.take() {
                    task.abort();
                }
            }
            Effect::Send(message) => {
                // A full queue means a dead line: the silence watch ends it, and what matters is said again.
                if let Some(line) = &self.line
                    && line.outgoing.try_send(message).is_err()
                {
                    tracing::warn!("a frame was dropped: the line does not take it");
                }
            }
            Effect::StartMedia { key, ice_servers } => {
                self.ports.media.start(key, ice_servers, self.media_events.clone());
            }
            Effect::GiveSignal { key, signal } => self.ports.media.signal(key, signal),
            Effect::StopMedia { key } => {
                self.ports.media.stop(key);
                self.ports.surfaces.clear();
            }
            Effect::FetchCase { key } => self.fetch_case(key),
            Effect::ForgetCase => {
                if let Some(task) = self.case_task.take() {
                    task.abort();
                }
                self.shelf.clear();
            }
            Effect::Ring { offer } => {
                self.look_at_outbox(); // Whether one more fits is known before it is accepted.
                self.ports.ring.begin(&offer, self.ring_reports.clone());
            }
            Effect::SilenceRing => self.ports.ring.silence(),
            Effect::EndRing => self.ports.ring.end(),
            Effect::StartVerdict(order) => self.start_verdict(*order),
            Effect::CheckDevices => self.check_devices(),
            Effect::Enrol => self.enrol(false),
            Effect::RenewKey => self.enrol(true),
            Effect::BeginNewOutbox => self.begin_new_outbox(),
        }
    }

    /// Runs a future whose end is a report; the driver takes it like anything else that happens.
    pub(super) fn spawn(
        &self,
        work: impl Future<Output = Report> + Send + 'static,
    ) -> tokio::task::AbortHandle {
        let reports = self.reports.clone();
        let task = tokio::spawn(async move {
            // The driver is gone only when the program ends.
            let _ = reports.send(work.await).await;
        });
        task.abort_handle()
    }

    fn sign_in(&self, username: String, password: String) {
        let Some(api) = self.api.clone() else {
            let error = Some(self.no_server.to_owned());
            self.spawn(async { Report::Input(Input::SignedOut { error }) });
            return;
        };
        self.spawn(tasks::sign_in(api, self.keeper(), (username, password), self.warning.clone()));
    }

    fn sign_out(&mut self) {
        let Some(session) = self.signed_in.send_replace(None) else { return };
        self.ended(session.clone());
        if let Some(api) = self.api.clone() {
            tokio::spawn(async move {
                if let Err(error) = api.sign_out(&session.session_token).await {
                    tracing::warn!(code = error.code(), "the server was not told of the sign-out");
                }
            });
        }
    }

    /// Takes up the session of a former run, unless somebody has signed in meanwhile.
    pub(super) fn resume(&mut self, signed_in: SignedIn) {
        let Some(api) = self.api.clone() else { return };
        if !self.session.is_signed_out() {
            return;
        }
        self.input(Input::Resuming);
        self.spawn(tasks::resume(api, signed_in, self.warning.clone()));
    }

    fn open_link(&mut self) {
        let (Some(api), Some(session)) = (&self.api, self.signed_in.borrow().clone()) else { return };
        let (outgoing, frames) = mpsc::channel(OUTGOING);
        let (event_sender, events) = mpsc::channel(INCOMING);
        let stop = CancellationToken::new();
        let base = api.base().as_str().trim_end_matches('/');
        // http → ws, https → wss.
        let url = format!("ws{}/v1/agent/socket", base.trim_start_matches("http"));
        let config = LinkConfig {
            url,
            token: session.session_token.clone(),
            tls: self.tls.clone(),
            clock: self.ports.clock.clone(),
            urgent: self.urgent.subscribe(),
        };
        tokio::spawn(socket::run(config, frames, event_sender, stop.clone()));
        if let Some(old) = self.line.replace(Line { outgoing, events, stop }) {
            old.stop.cancel();
        }
        self.wake.notify_one();
    }

    fn fetch_case(&mut self, key: CallKey) {
        let (Some(api), Some(session)) = (self.api.clone(), self.signed_in.borrow().clone()) else { return };
        self.shelf.begin(key);
        let token = session.session_token.clone();
        let (pictures, base, clock) =
            (self.shelf.clone(), self.picture_base.clone(), self.ports.clock.clone());
        let task = self.spawn(tasks::fetch_case(api, token, key, pictures, base, clock));
        if let Some(old) = self.case_task.replace(task) {
            old.abort();
        }
    }

    fn start_verdict(&mut self, order: crate::session::VerdictOrder) {
        let key = order.key;
        let Some(signing) = self.signing.clone() else {
            let code = "outbox_damaged".to_owned();
            self.spawn(async move { Report::Input(Input::VerdictFailed { key, code }) });
            return;
        };
        let sealing = tasks::Sealing {
            order,
            capture: self.ports.capture.clone(),
            media: self.ports.media.clone(),
            signing,
            witness_nonce: self.ask_witness(key),
            clock: self.ports.clock.clone(),
            workstation_id: self.workstation_id,
            picture_base: self.picture_base.clone(),
        };
        let (wake, changed) = (self.wake.clone(), self.changed.clone());
        self.spawn(async move {
            let report = tokio::task::spawn_blocking(move || sealing.run()).await.unwrap_or_else(|_| {
                let code = "capture_failed".to_owned();
                Report::Input(Input::VerdictFailed { key, code })
            });
            changed.notify_one();
            wake.notify_one();
            report
        });
    }

    /// Asks the caller's page for a frame of the same moment; nobody waits for it. None if the line is away.
    fn ask_witness(&self, key: CallKey) -> Option<String> {
        // A new one for each try: the answer to an older one shows an older moment.
        let mut bytes = [0; 16];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut bytes);
        let nonce = crate::evidence::hex(&bytes);
        let CallKey { call_id, assignment } = key;
        let message = AgentToServer::Witness { call_id, assignment, nonce: nonce.clone() };
        let line = self.line.as_ref().filter(|_| self.session.is_line_up())?;
        line.outgoing.try_send(message).ok().map(|()| nonce)
    }

    fn enrol(&mut self, renew: bool) {
        let (Some(api), Some(session)) = (self.api.clone(), self.signed_in.borrow().clone()) else { return };
        let Some(signing) = self.signing.clone() else {
            let code = if self.place.key.is_none() { "keyring_unavailable" } else { "outbox_failed" };
            let (state, error) = (EnrolmentState::Failed, Some(code.to_owned()));
            self.spawn(async move { Report::Input(Input::Workstation { state, error }) });
            return;
        };
        let enrolling = Enrolling {
            api,
            token: session.session_token.clone(),
            signing,
            keyring: self.ports.keyring.clone(),
            server_url: self.around.server_url.clone(),
            standing: session.workstation.clone(),
            fresh: std::mem::take(&mut self.fresh_sign_in),
            renew,
            workstation_id: self.workstation_id,
            profile: self.around.profile.clone(),
            code: self.enrolment_code.clone(),
            server_key: self.server_key.clone(),
            pinned: self.pinned.clone(),
            reports: self.reports.clone(),
        };
        let task = tokio::spawn(enrolling.run()).abort_handle();
        if let Some(old) = self.enrol_task.replace(task) {
            old.abort();
        }
    }

    pub(super) fn check_devices(&self) {
        let media = Arc::clone(&self.ports.media);
        self.spawn(async move {
            let checked = tokio::task::spawn_blocking(move || media.check_devices()).await;
            match checked {
                Ok(devices) => Report::Input(Input::Devices { devices }),
                Err(_) => Report::Input(Input::Tick),
            }
        });
    }
}
