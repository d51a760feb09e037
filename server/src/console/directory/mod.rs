//! Sign-in by the operator's own directory: OpenID Connect, code flow with PKCE, state and nonce (OpenID Connect
//! Core 1.0, RFC 7636). The directory vouches for a person who is known here by `directory_id`; it never makes
//! one.
//!
//! What a sign-in must remember until the browser comes back lies sealed in a cookie of its own, so that an
//! answer counts only in the browser that asked. The metadata and keys of the directory are fetched anew for
//! each sign-in: a key that it took back counts no more.

pub mod http;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinhchu_protocol::time::Timestamp;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::directory::Directory;
use crate::objects::Keys;

/// How long the directory may take its time with a person.
const FLOW_MS: i64 = 10 * 60_000;
/// Largest answer of the directory.
const MAX_ANSWER: usize = 512 * 1024;
const PLACE: &[u8] = b"directory sign-in/1";

/// Only signatures that the directory's public key checks; never `none`, never a shared secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 6] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why the directory signed nobody in. Texts are of this list: what the directory sent is not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DirectoryFault {
    /// It cannot be reached, or what it says of itself cannot be read.
    #[error("the directory cannot be reached or read")]
    Away,
    /// The browser came back without what it left with, too late, or with another state.
    #[error("the answer does not belong to this sign-in")]
    Flow,
    /// The directory itself refused.
    #[error("the directory refused")]
    Denied,
    /// The code was not taken.
    #[error("the directory did not take its code back")]
    Code,
    /// There is no ID token, or it does not hold.
    #[error("the ID token does not hold: {0}")]
    Token(&'static str),
    /// Nobody here is called so, or not any more.
    #[error("the directory's person is not known here")]
    Unknown,
}

/// What a sign-in must remember until the browser comes back.
#[derive(Serialize, Deserialize)]
pub struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    begun_ms: i64,
}

impl Flow {
    /// For its cookie.
    pub fn seal(&self, keys: &Keys) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(keys.secrets().seal(PLACE, &text))
    }

    /// Of its cookie: this server's own, not too old, and for the state that came back.
    pub fn open(keys: &Keys, cookie: &str, state: &str, now: Timestamp) -> Result<Self, DirectoryFault> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).map_err(|_| DirectoryFault::Flow)?;
        let text = keys.secrets().open(PLACE, &sealed).map_err(|_| DirectoryFault::Flow)?;
        let flow: Self = serde_json::from_slice(&text).map_err(|_| DirectoryFault::Flow)?;
        let age = now.ms_since(Timestamp::from_ms(flow.begun_ms));
        let same = subtle::ConstantTimeEq::ct_eq(flow.state.as_bytes(), state.as_bytes());
        if bool::from(same) && (0..FLOW_MS).contains(&age) { Ok(flow) } else { Err(DirectoryFault::Flow) }
    }
}

/// The directory, with a way to reach it.
#[derive(Clone)]
pub struct Oidc {
    directory: Directory,
    redirect: String,
    client: reqwest::Client,
}

impl Oidc {
    /// `redirect` is where the browser comes back to.
    pub fn new(directory: Directory, redirect: String, client: reqwest::Client) -> Self {
        Self { directory, redirect, client }
    }

    /// Where to send the browser, and what to remember.
    pub async fn begin(&self, now: Timestamp) -> Result<(String, Flow), DirectoryFault> {
        let metadata = self.metadata().await?;
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(|_| DirectoryFault::Away)?;
        let client =
            CoreClient::from_provider_metadata(metadata, self.id(), self.secret()).set_redirect_uri(redirect);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in &self.directory.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        let flow = Flow {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            begun_ms: now.ms(),
        };
        Ok((url.to_string(), flow))
    }

    /// Trades the code in and gives the directory's own name for the person.
    pub async fn finish(&self, flow: Flow, code: String, now: Timestamp) -> Result<String, DirectoryFault> {
        let metadata = self.metadata().await?;
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(|_| DirectoryFault::Away)?;
        let client =
            CoreClient::from_provider_metadata(metadata, self.id(), self.secret()).set_redirect_uri(redirect);
        let fetch = |request| fetch(self.client.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| DirectoryFault::Away)?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier))
            .request_async(&fetch)
            .await
            .map_err(|_| DirectoryFault::Code)?;
        let token = answer.id_token().ok_or(DirectoryFault::Token("missing"))?;
        // A signature by a key that only the token itself names counts for nothing: the keys are those of the
        // metadata, the algorithms those above.
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims = token
            .claims(&verifier, &Nonce::new(flow.nonce))
            .map_err(|fault| DirectoryFault::Token(why(&fault)))?;
        // By this server's clock too.
        if claims.expiration().timestamp_millis() <= now.ms() {
            return Err(DirectoryFault::Token("expired"));
        }
        person_of(token, &self.directory.claim)
    }

    fn id(&self) -> ClientId {
        ClientId::new(self.directory.client_id.clone())
    }

    fn secret(&self) -> Option<ClientSecret> {
        self.directory.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()))
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, DirectoryFault> {
        let issuer = IssuerUrl::new(self.directory.issuer.clone()).map_err(|_| DirectoryFault::Away)?;
        let fetch = |request| fetch(self.client.clone(), request);
        CoreProviderMetadata::discover_async(issuer, &fetch).await.map_err(|_| DirectoryFault::Away)
    }
}

/// The configured claim of a token whose signature and claims were checked before.
fn person_of(checked: &CoreIdToken, claim: &str) -> Result<String, DirectoryFault> {
    let text = checked.to_string();
    let body = text.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Value = body
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(DirectoryFault::Token("unreadable"))?;
    // An address that the directory has not checked may be anybody's.
    if claim == "email" && claims["email_verified"] != Value::Bool(true) {
        return Err(DirectoryFault::Token("email_not_verified"));
    }
    let named = claims[claim].as_str().filter(|named| !named.is_empty());
    named.map(str::to_owned).ok_or(DirectoryFault::Token("claim_missing"))
}

fn why(fault: &ClaimsVerificationError) -> &'static str {
    match fault {
        ClaimsVerificationError::Expired(_) => "expired",
        ClaimsVerificationError::InvalidAudience(_) => "audience",
        ClaimsVerificationError::InvalidIssuer(_) => "issuer",
        ClaimsVerificationError::InvalidNonce(_) => "nonce",
        ClaimsVerificationError::SignatureVerification(_) => "signature",
        // The library's list may grow; whatever it is, the token does not hold.
        _ => "other",
    }
}

/// One request to the directory, whose answer has a limit.
async fn fetch(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchFault> {
    let request = reqwest::Request::try_from(request).map_err(|_| FetchFault)?;
    let mut answer = client.execute(request).await.map_err(|_| FetchFault)?;
    let mut whole = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        whole = whole.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| FetchFault)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(FetchFault);
        }
        body.extend_from_slice(&chunk);
    }
    whole.body(body).map_err(|_| FetchFault)
}

/// The cause may hold an address with a code in it: it is not told.
#[derive(Debug, thiserror::Error)]
#[error("the directory did not answer")]
struct FetchFault;
