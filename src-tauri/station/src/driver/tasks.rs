//! What takes time: sign-in, fetching a case, capturing and sealing. Each ends in a report to the driver.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{AgentCase, SessionCloseReason, SignedIn};
use chinhchu_protocol::call::ImageKind;
use chinhchu_protocol::evidence::PaperSeen;
use chinhchu_protocol::ids::WorkstationId;

use super::delivery::Keeper;
use super::{Report, Shelf};
use crate::clock::{Clock, Now};
use crate::evidence::{Evidence, Moment};
use crate::keys;
use crate::link::api::{Api, ApiError};
use crate::outbox::OutboxError;
use crate::outbox::backoff::pause_ms;
use crate::ports::{CaptureFault, Media, OverlayLines, ScreenCapture, Taken};
use crate::session::{CallKey, Input, SealedVerdict, VerdictOrder};
use crate::signing::{Signing, SigningError};

/// A capture that was refused is taken again so often in all …
const CAPTURE_TRIES: u32 = 3;
/// … with this pause between: a repaint, or the next frame, is there by then.
const CAPTURE_PAUSE: Duration = Duration::from_millis(150);

/// How long the server is asked about a session before the socket is tried instead.
const ASK: Duration = Duration::from_secs(2);

/// Signs in and keeps the session. Another agent's that was kept, and could not be taken up, goes on to deliver.
pub(super) async fn sign_in(
    api: Api,
    keeper: Keeper,
    (username, password): (String, String),
    warning: Option<String>,
) -> Report {
    match api.sign_in(username, password).await {
        Ok(signed_in) => {
            let kept = signed_in.clone();
            let work = move || {
                let keyring = keeper.keyring.as_ref();
                if let Ok(Some(before)) = keys::load_session(keyring, &keeper.server)
                    && before.agent.agent_id != kept.agent.agent_id
                {
                    keeper.keep(&before);
                }
                keys::keep_session(keyring, &keeper.server, &kept)
            };
            let kept = tokio::task::spawn_blocking(work).await;
            let warning = match kept {
                Ok(Ok(())) => warning,
                Ok(Err(_)) | Err(_) => Some("keyring_unavailable".to_owned()),
            };
            Report::SignedIn { signed_in: Box::new(signed_in), warning, fresh: true }
        }
        Err(error) => {
            tracing::info!(code = error.code(), "sign-in failed");
            Report::Input(Input::SignedOut { error: Some(error.code().to_owned()) })
        }
    }
}

/// Takes up the kept session: the agent of a program that was killed in a call is back in it within the time
/// that the server waits. A server that cannot be reached now is no reason to ask for the password.
pub(super) async fn resume(api: Api, signed_in: SignedIn, warning: Option<String>) -> Report {
    let asked = tokio::time::timeout(ASK, api.resume(&signed_in.session_token)).await;
    match asked {
        Ok(Err(error)) if error.is_unauthorized() => {
            let code = match error.session_closed() {
                SessionCloseReason::SignedInElsewhere => "signed_in_elsewhere",
                SessionCloseReason::Forced => "signed_out_by_force",
                SessionCloseReason::Expired => "session_expired",
            };
            Report::Ended { signed_in: Box::new(signed_in), code }
        }
        Ok(Ok(()) | Err(_)) | Err(_) => {
            Report::SignedIn { signed_in: Box::new(signed_in), warning, fresh: false }
        }
    }
}

/// Why the server does not take this session's token any more.
pub(super) async fn why_closed(api: &Api, token: &str) -> SessionCloseReason {
    match tokio::time::timeout(ASK, api.resume(token)).await {
        Ok(Err(error)) => error.session_closed(),
        Ok(Ok(())) | Err(_) => SessionCloseReason::Expired,
    }
}

/// Fetches case and pictures until they are here; aborted when the call is over.
pub(super) async fn fetch_case(
    api: Api,
    token: String,
    key: CallKey,
    shelf: Shelf,
    picture_base: String,
    clock: Arc<dyn Clock>,
) -> Report {
    let started = clock.now().mono_ms;
    for attempt in 0.. {
        match fetch_once(&api, &token, key, &shelf, &picture_base).await {
            Ok((case, papers)) => {
                let took_ms = clock.now().mono_ms - started;
                tracing::debug!(took_ms, attempt, pictures = case.images.len(), "case fetched");
                return Report::Input(Input::CaseFetched { key, case: Box::new(case), papers });
            }
            Err(error) => tracing::warn!(code = error.code(), attempt, "the case cannot be fetched yet"),
        }
        tokio::time::sleep(Duration::from_millis(pause_ms(attempt, rand::random(), 200, 3_000))).await;
    }
    Report::Input(Input::Tick)
}

async fn fetch_once(
    api: &Api,
    token: &str,
    key: CallKey,
    shelf: &Shelf,
    picture_base: &str,
) -> Result<(AgentCase, Vec<PaperSeen>), ApiError> {
    let mut case = api.case(token, key.call_id).await?;
    let wanted = |kind: ImageKind| match kind {
        ImageKind::IdFront | ImageKind::IdBack | ImageKind::Portrait => true,
        ImageKind::Screenshot | ImageKind::LiveFrame | ImageKind::WitnessFrame => false,
    };
    case.images.retain(|image| wanted(image.kind));
    let fetches = case.images.iter().map(|image| api.picture(token, image));
    let shown = futures_util::future::try_join_all(fetches).await?;
    let mut papers = Vec::new();
    for (image, picture) in case.images.iter_mut().zip(shown) {
        // What is shown is the server's upright copy; the picture that it shows goes by the hash of what eKYC sent.
        papers.push(PaperSeen { kind: image.kind, sha256: image.sha256.clone() });
        shelf.put(key, image.kind, picture);
        // The query only keeps the web view from showing the picture of the call before.
        let name = image.kind.name();
        image.url = format!("{picture_base}case/{name}?of={}-{}", key.call_id, key.assignment);
    }
    Ok((case, papers))
}

/// What sealing a verdict needs.
pub(super) struct Sealing {
    pub order: VerdictOrder,
    pub capture: Arc<dyn ScreenCapture>,
    /// Tells what the video was like until the capture.
    pub media: Arc<dyn Media>,
    pub signing: Signing,
    pub witness_nonce: Option<String>,
    pub clock: Arc<dyn Clock>,
    pub workstation_id: WorkstationId,
    pub picture_base: String,
}

impl Sealing {
    /// Freeze, capture, check, burn, encode, manifest, disk, sync. Blocks.
    pub fn run(self) -> Report {
        let key = self.order.key;
        let picture_base = self.picture_base.clone();
        match self.seal() {
            Ok(sealed) => {
                let CallKey { call_id, assignment } = key;
                let sealed = SealedVerdict {
                    entry: sealed.entry,
                    manifest_sha256: sealed.manifest_sha256,
                    screenshot_url: format!("{picture_base}evidence/{call_id}/{assignment}"),
                };
                Report::Input(Input::VerdictSealed { key, sealed })
            }
            Err(fault) => {
                tracing::error!(?fault, "the verdict could not be sealed");
                Report::Input(Input::VerdictFailed { key, code: fault.code().to_owned() })
            }
        }
    }

    fn seal(mut self) -> Result<crate::outbox::Sealed, SealingFault> {
        let mono = |clock: &Arc<dyn Clock>| clock.now().mono_ms;
        let begun = mono(&self.clock);
        let key = self.signing.ensure()?;
        let (at, taken) = self.capture()?;
        let captured = mono(&self.clock);
        if let Some(quality) = self.media.quality(self.order.key) {
            self.order.record.sample(at, quality);
        }
        let elapsed_ms = self.order.record.elapsed_ms(at);
        let moment = Moment::of(at, self.order.server_clock, &self.clock.zone(), elapsed_ms);
        let lines = OverlayLines {
            date_time: moment.text.clone(),
            call_id: self.order.key.call_id.to_string(),
            agent_name: self.order.agent.name.clone(),
            agent_username: self.order.agent.username.clone(),
            company: self.order.company.to_string(),
            decision: self.order.decision,
            reason: self.order.reason_text.clone(),
        };
        let facts = taken.facts();
        let pictures = taken.finish(&lines)?;
        let encoded = mono(&self.clock);
        let evidence = Evidence {
            order: self.order,
            facts,
            workstation_id: self.workstation_id,
            moment,
            witness_nonce: self.witness_nonce,
            pictures,
        };
        let signer = key.public().id().to_string();
        let written = std::cell::Cell::new(encoded);
        let sealed = self.signing.outbox().seal_timed(
            &signer,
            |link| evidence.to_seal(link, &key),
            || written.set(mono(&self.clock)),
        )?;
        let synced = mono(&self.clock);
        tracing::debug!(
            capture_ms = captured - begun,
            burn_and_encode_ms = encoded - captured,
            seal_ms = written.get() - encoded,
            sync_ms = synced - written.get(),
            "verdict sealed"
        );
        Ok(sealed)
    }

    fn capture(&self) -> Result<(Now, Box<dyn Taken>), CaptureFault> {
        let mut tries = 1;
        loop {
            match self.capture.take(self.order.key) {
                Ok(taken) => return Ok((self.clock.now().before(taken.age()), taken)),
                Err(fault) if tries == CAPTURE_TRIES => return Err(fault),
                Err(fault) => {
                    tracing::warn!(code = fault.code, tries, "a capture was refused and is taken again");
                    tries += 1;
                    std::thread::sleep(CAPTURE_PAUSE);
                }
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum SealingFault {
    #[error(transparent)]
    Capture(#[from] CaptureFault),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl SealingFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Capture(fault) => fault.code,
            Self::Outbox(error) => error.code(),
            Self::Signing(error) => error.code(),
        }
    }
}
