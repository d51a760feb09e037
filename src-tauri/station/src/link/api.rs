//! The server's HTTPS interface for agents, as far as the workstation uses it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chinhchu_protocol::agent::{AgentCase, SessionCloseReason, SignIn, SignedIn, WorkstationInfo};
use chinhchu_protocol::call::ImageRef;
use chinhchu_protocol::evidence::EvidenceReceipt;
use chinhchu_protocol::ids::CallId;
use chinhchu_protocol::problem::{ErrorCode, Problem};
use chinhchu_protocol::workstation::{ChunkTaken, ChunksHeld, WorkstationEnrol, WorkstationStanding};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::outbox::Parcel;
use crate::session::CallKey;

/// For everything but uploads.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For an upload: 24 MiB over a poor office line.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(2);
/// For one chunk of an upload: 256 KiB over a poor office line.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest answer that is read, bytes; a picture of a case is at most 5 MiB.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Code of a refusal that is not our server's own: it says what is wrong in a problem document.
pub const NO_PROBLEM: &str = "server_malformed";

/// Why there is no answer that can be used.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The server was not reached, or not in time.
    #[error("the server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The server says no.
    #[error("the server refused: {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code of the problem; the status in words if there is no problem document.
        code: String,
        /// Seconds of `Retry-After`.
        retry_after_s: Option<u64>,
        /// Code of the first fault that the problem names, if any.
        fault: Option<String>,
    },
    /// An answer that is not what the interface promises.
    #[error("the server's answer cannot be read")]
    Malformed,
}

impl ApiError {
    /// Stable code for the screens.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "server_unreachable",
            Self::Refused { code, .. } => code,
            Self::Malformed => NO_PROBLEM,
        }
    }

    /// What a refused session says of its end.
    pub fn session_closed(&self) -> SessionCloseReason {
        match self {
            Self::Refused { fault: Some(fault), .. } if fault == "signed_in_elsewhere" => {
                SessionCloseReason::SignedInElsewhere
            }
            Self::Refused { code, .. } if code == "token_revoked" => SessionCloseReason::Forced,
            Self::Refused { .. } | Self::Unreachable(_) | Self::Malformed => SessionCloseReason::Expired,
        }
    }

    /// Where the server stands in a picture, if that is why it refused a chunk.
    pub fn chunk_received(&self) -> Option<u64> {
        match self {
            Self::Refused { status: 409, code, fault: Some(fault), .. } if code == "chunk_offset" => {
                fault.parse().ok()
            }
            Self::Refused { .. } | Self::Unreachable(_) | Self::Malformed => None,
        }
    }

    /// The pictures that it was to have by chunks are not here, or not whole.
    pub fn is_missing_pictures(&self) -> bool {
        matches!(self, Self::Refused { code, fault: Some(fault), .. }
            if code == ErrorCode::EvidenceInvalid.name() && fault == "missing")
    }

    /// The credential is no longer good.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }
}

/// The interface, without credentials.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    base: Url,
    info: WorkstationInfo,
}

impl Api {
    /// For one server, from one workstation.
    pub fn new(
        base: Url,
        info: WorkstationInfo,
        tls: &Arc<rustls::ClientConfig>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((**tls).clone())
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("chinhchu/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, base, info })
    }

    /// The server.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// `POST /v1/agent/sessions`.
    pub async fn sign_in(&self, username: String, password: String) -> Result<SignedIn, ApiError> {
        let body = SignIn { username, password, workstation: self.info.clone() };
        let request = self.client.post(self.url("/v1/agent/sessions")?).json(&body);
        json(request.timeout(TIMEOUT)).await
    }

    /// `GET /v1/agent/me`: whether the session still lives.
    pub async fn resume(&self, token: &str) -> Result<(), ApiError> {
        self.get(token, "/v1/agent/me").await.map(|_| ())
    }

    /// `DELETE /v1/agent/sessions/current`.
    pub async fn sign_out(&self, token: &str) -> Result<(), ApiError> {
        let url = self.url("/v1/agent/sessions/current")?;
        let request = self.client.request(Method::DELETE, url).bearer_auth(token).timeout(TIMEOUT);
        answer(request).await.map(|_| ())
    }

    /// `GET /v1/agent/calls/{id}`.
    pub async fn case(&self, token: &str, call_id: CallId) -> Result<AgentCase, ApiError> {
        let url = self.url(&format!("/v1/agent/calls/{call_id}"))?;
        json(self.client.get(url).bearer_auth(token).timeout(TIMEOUT)).await
    }

    /// The upright copy of a picture of the case; content type and bytes.
    pub async fn picture(&self, token: &str, image: &ImageRef) -> Result<(String, Bytes), ApiError> {
        let mut url = self.url(&image.url)?;
        url.set_query(Some("display=1"));
        let request = self.client.get(url).bearer_auth(token).timeout(TIMEOUT);
        let response = answer(request).await?;
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .filter(|value| matches!(*value, "image/jpeg" | "image/png" | "image/webp"))
            .ok_or(ApiError::Malformed)?
            .to_owned();
        Ok((content_type, body(response).await?))
    }

    /// `GET /v1/agent/workstation`.
    pub async fn standing(&self, token: &str) -> Result<WorkstationStanding, ApiError> {
        let url = self.url("/v1/agent/workstation")?;
        json(self.client.get(url).bearer_auth(token).timeout(TIMEOUT)).await
    }

    /// `PUT /v1/agent/workstation`.
    pub async fn enrol(&self, token: &str, body: &WorkstationEnrol) -> Result<WorkstationStanding, ApiError> {
        let url = self.url("/v1/agent/workstation")?;
        json(self.client.put(url).bearer_auth(token).json(body).timeout(TIMEOUT)).await
    }

    /// `PUT …/evidence`; the same parcel again gives the same receipt. Without the pictures if they went by chunks.
    pub async fn upload(
        &self,
        token: &str,
        parcel: &Parcel,
        with_pictures: bool,
    ) -> Result<EvidenceReceipt, ApiError> {
        let part = |bytes: &[u8], content_type: &str, name: &str| {
            let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
            part.mime_str(content_type).map_err(|_| ApiError::Malformed)
        };
        let mut form = Form::new()
            .part("envelope", part(&parcel.envelope, "application/json", "envelope.json")?)
            .part("leaves", part(&parcel.leaves, "application/json", "leaves.json")?);
        for picture in parcel.pictures.iter().filter(|_| with_pictures) {
            let name = picture.kind.name();
            form = form.part(name, part(&picture.bytes, &picture.content_type, name)?);
        }
        let url = self.url(&evidence_path(parcel.key))?;
        let request = self.client.put(url).bearer_auth(token).multipart(form);
        json(request.timeout(UPLOAD_TIMEOUT)).await
    }

    /// `GET …/evidence/chunks`: how far the pictures have come.
    pub async fn chunks_held(&self, token: &str, key: CallKey) -> Result<ChunksHeld, ApiError> {
        let url = self.url(&format!("{}/chunks", evidence_path(key)))?;
        json(self.client.get(url).bearer_auth(token).timeout(TIMEOUT)).await
    }

    /// `PUT …/evidence/chunks/{sha256}/{offset}`: how much of the picture the server has now.
    pub async fn put_chunk(
        &self,
        token: &str,
        key: CallKey,
        sha256: &str,
        offset: usize,
        bytes: Vec<u8>,
    ) -> Result<u64, ApiError> {
        let url = self.url(&format!("{}/chunks/{sha256}/{offset}", evidence_path(key)))?;
        let request = self.client.put(url).bearer_auth(token).timeout(CHUNK_TIMEOUT);
        let request = request.header(reqwest::header::CONTENT_TYPE, "application/octet-stream").body(bytes);
        let ChunkTaken { received } = json(request).await?;
        Ok(received)
    }

    async fn get(&self, token: &str, path: &str) -> Result<Response, ApiError> {
        answer(self.client.get(self.url(path)?).bearer_auth(token).timeout(TIMEOUT)).await
    }

    /// A path on this server; never another host, or the token would go there.
    fn url(&self, path: &str) -> Result<Url, ApiError> {
        if !path.starts_with('/') || path.starts_with("//") {
            return Err(ApiError::Malformed);
        }
        self.base.join(path).map_err(|_| ApiError::Malformed)
    }
}

fn evidence_path(CallKey { call_id, assignment }: CallKey) -> String {
    format!("/v1/agent/calls/{call_id}/assignments/{assignment}/evidence")
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Response, ApiError> {
    let response = request.send().await.map_err(ApiError::Unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retry_after_s = response
        .headers()
        .get(reqwest::header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let problem: Option<Problem> =
        body(response).await.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fault = problem.as_ref().and_then(|problem| Some(problem.errors.first()?.code.clone()));
    let code =
        problem.map_or_else(|| fallback_code(status).to_owned(), |problem| problem.code.name().to_owned());
    Err(ApiError::Refused { status: status.as_u16(), code, retry_after_s, fault })
}

/// A proxy's answer has no problem document.
fn fallback_code(status: StatusCode) -> &'static str {
    if status.is_server_error() { "unavailable" } else { NO_PROBLEM }
}

async fn json<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, ApiError> {
    let bytes = body(answer(request).await?).await?;
    serde_json::from_slice(&bytes).map_err(|_| ApiError::Malformed)
}

async fn body(mut response: Response) -> Result<Bytes, ApiError> {
    let mut whole = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(ApiError::Unreachable)? {
        if whole.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(ApiError::Malformed);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}
