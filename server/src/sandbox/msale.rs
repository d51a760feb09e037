//! mSale Core, played: gets company tokens, receives results, fetches their pictures, decides activation.
//! Everything in memory, bounded: the oldest result goes first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chinhchu_protocol::call::{CallState, Decision, ImageKind, ImageRef, VerdictBody};
use chinhchu_protocol::ids::{CallId, CompanyCode};
use chinhchu_protocol::policy::CallPolicy;
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::tokens::{TokenIssued, TokenRequest};
use chinhchu_protocol::webhook::{WebhookEvent, WebhookEventType};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Results kept.
const MAX_RESULTS: usize = 200;
/// Life of a token for a dealer's phone.
const TOKEN_LIFE_S: u32 = 15 * 60;
/// Largest picture taken from the server.
const MAX_PICTURE_BYTES: usize = 16 * 1024 * 1024;

/// How mSale reaches the public API.
#[derive(Clone)]
pub struct MsaleAccess {
    /// Without a trailing slash.
    pub base_url: String,
    /// Its service credential.
    pub credential: String,
    /// Secret of its webhook.
    pub webhook_secret: String,
}

/// The played mSale.
pub struct Msale {
    access: MsaleAccess,
    client: reqwest::Client,
    results: Mutex<Results>,
}

#[derive(Default)]
struct Results {
    by_call: BTreeMap<CallId, Kept>,
    order: VecDeque<CallId>,
}

struct Kept {
    shown: SandboxResult,
    pictures: BTreeMap<ImageKind, (String, Bytes)>,
}

/// What mSale knows about a call.
#[derive(Clone, Serialize)]
pub struct SandboxResult {
    call_id: CallId,
    received_at: Timestamp,
    events: Vec<WebhookEventType>,
    event: WebhookEvent,
    activation: Option<SandboxActivation>,
    images: Vec<SandboxImage>,
    duplicates: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SandboxActivation {
    Activated,
    Refused,
}

#[derive(Clone, Serialize)]
struct SandboxImage {
    kind: ImageKind,
    sha256: String,
    content_type: String,
    bytes: usize,
    verified: bool,
}

/// Why mSale could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum MsaleError {
    /// The public API could not be reached.
    #[error("the public API could not be reached: {0}")]
    Unreachable(reqwest::Error),
    /// The public API refused.
    #[error("the public API answered {0}")]
    Refused(u16),
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Unsigned,
    /// The body is no event.
    #[error("the body is no webhook event")]
    Unreadable,
}

impl From<reqwest::Error> for MsaleError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.without_url())
    }
}

impl Msale {
    /// With the credentials that [`super::prepare`] made.
    pub fn new(access: MsaleAccess) -> Result<Self, MsaleError> {
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(10))
            // The sandbox talks to its own server, whose certificate may be anybody's.
            .tls_danger_accept_invalid_certs(access.base_url.starts_with("https://127.0.0.1"))
            .build()?;
        Ok(Self { access, client, results: Mutex::default() })
    }

    /// S8: a token for a company's dealers.
    pub async fn token(&self, company: &CompanyCode) -> Result<TokenIssued, MsaleError> {
        let url = format!("{}/v1/companies/{company}/tokens", self.access.base_url);
        let request = TokenRequest { expires_in_s: Some(TOKEN_LIFE_S) };
        let answer = self.client.post(url).bearer_auth(&self.access.credential).json(&request).send().await?;
        if !answer.status().is_success() {
            return Err(MsaleError::Refused(answer.status().as_u16()));
        }
        Ok(answer.json().await?)
    }

    /// S16: takes a webhook. Fails (and is called again) when a picture cannot be fetched.
    pub async fn receive(
        &self,
        headers: &axum::http::HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), MsaleError> {
        standardwebhooks::Webhook::new(&self.access.webhook_secret)
            .and_then(|webhook| webhook.verify(body, headers))
            .map_err(|_| MsaleError::Unsigned)?;
        let event: WebhookEvent = serde_json::from_slice(body).map_err(|_| MsaleError::Unreadable)?;
        let call = event.data.call_id;
        let is_result = event.event_type == WebhookEventType::CallResult;
        if is_result && self.count_duplicate(call) {
            return Ok(());
        }
        let pictures = if is_result { self.fetch_all(&event.data.images).await? } else { BTreeMap::new() };
        self.keep(event, pictures, now);
        Ok(())
    }

    /// mSale takes each call once: a result that came before is acknowledged and counted, nothing more.
    fn count_duplicate(&self, call: CallId) -> bool {
        let mut results = self.lock();
        match results.by_call.get_mut(&call) {
            Some(kept) if kept.shown.events.contains(&WebhookEventType::CallResult) => {
                kept.shown.duplicates += 1;
                true
            }
            Some(_) | None => false,
        }
    }

    async fn fetch_all(
        &self,
        images: &[ImageRef],
    ) -> Result<BTreeMap<ImageKind, (String, Bytes)>, MsaleError> {
        let mut pictures = BTreeMap::new();
        for image in images {
            let url = format!("{}{}", self.access.base_url, image.url);
            let answer = self.client.get(url).bearer_auth(&self.access.credential).send().await?;
            if !answer.status().is_success() {
                return Err(MsaleError::Refused(answer.status().as_u16()));
            }
            let bytes = answer.bytes().await?;
            if bytes.len() <= MAX_PICTURE_BYTES {
                pictures.insert(image.kind, (image.content_type.clone(), bytes));
            }
        }
        Ok(pictures)
    }

    fn keep(&self, event: WebhookEvent, pictures: BTreeMap<ImageKind, (String, Bytes)>, now: Timestamp) {
        let images = event.data.images.iter().filter_map(|image| shown_image(image, &pictures)).collect();
        let mut results = self.lock();
        let call = event.data.call_id;
        let before = results.by_call.remove(&call);
        if before.is_none() {
            results.order.push_back(call);
        }
        let (mut events, older) = match before {
            Some(kept) => (kept.shown.events.clone(), Some(kept)),
            None => (Vec::new(), None),
        };
        events.push(event.event_type);
        let kept = match older {
            // Events may arrive out of order: after the result nothing older changes what is known.
            Some(mut kept) if kept.shown.events.contains(&WebhookEventType::CallResult) => {
                kept.shown.events = events;
                kept
            }
            Some(_) | None => Kept { shown: shown(event, events, images, now), pictures },
        };
        results.by_call.insert(call, kept);
        while results.order.len() > MAX_RESULTS {
            if let Some(oldest) = results.order.pop_front() {
                results.by_call.remove(&oldest);
            }
        }
    }

    /// Newest first.
    pub fn results(&self) -> Vec<SandboxResult> {
        let results = self.lock();
        results.order.iter().rev().filter_map(|id| results.by_call.get(id)).map(|k| k.shown.clone()).collect()
    }

    /// One call, if anything about it arrived.
    pub fn result(&self, call: CallId) -> Option<SandboxResult> {
        self.lock().by_call.get(&call).map(|kept| kept.shown.clone())
    }

    /// A picture as mSale holds it.
    pub fn picture(&self, call: CallId, kind: ImageKind) -> Option<(String, Bytes)> {
        self.lock().by_call.get(&call)?.pictures.get(&kind).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Results> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown_image(image: &ImageRef, pictures: &BTreeMap<ImageKind, (String, Bytes)>) -> Option<SandboxImage> {
    let (_, bytes) = pictures.get(&image.kind)?;
    Some(SandboxImage {
        kind: image.kind,
        sha256: image.sha256.clone(),
        content_type: image.content_type.clone(),
        bytes: bytes.len(),
        verified: crate::cases::hex(&Sha256::digest(bytes)) == image.sha256,
    })
}

fn shown(
    event: WebhookEvent,
    events: Vec<WebhookEventType>,
    images: Vec<SandboxImage>,
    now: Timestamp,
) -> SandboxResult {
    let body = &event.data;
    SandboxResult {
        call_id: body.call_id,
        received_at: now,
        events,
        activation: activation(body.state, body.verdict.as_ref(), body.policy),
        event,
        images,
        duplicates: 0,
    }
}

/// P3: a mandatory profile is activated with a confirmed call only; what is not mandatory is not held back by
/// a call that never came to a verdict, but by a rejection.
fn activation(
    state: CallState,
    verdict: Option<&VerdictBody>,
    policy: CallPolicy,
) -> Option<SandboxActivation> {
    use chinhchu_protocol::policy::VideoCall;
    match (verdict.map(|verdict| verdict.decision), state) {
        (Some(Decision::Confirmed), _) => Some(SandboxActivation::Activated),
        (Some(Decision::Rejected), _) => Some(SandboxActivation::Refused),
        (None, CallState::Ended) => Some(match policy.video_call {
            VideoCall::Mandatory => SandboxActivation::Refused,
            VideoCall::NotMandatory => SandboxActivation::Activated,
        }),
        (None, _) => None,
    }
}
