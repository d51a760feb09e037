//! A small OpenID Connect provider over loopback: metadata, keys, code flow with PKCE, RS256. It can be told to
//! lie in each way that a sign-in must not believe.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const CLIENT: &str = "chinhchu";
pub const SECRET: &str = "a secret of this test alone";

/// How an ID token differs from a good one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lie {
    None,
    WrongNonce,
    NoNonce,
    WrongAudience,
    WrongIssuer,
    Expired,
    AlgNone,
    SharedSecret,
    OtherKey,
    ChangedBody,
    NoClaim,
    EmailNotVerified,
    NoToken,
}

struct Asked {
    challenge: String,
    redirect: String,
    nonce: String,
    lie: Lie,
    person: String,
}

struct Inner {
    issuer: String,
    key: KeyPair,
    other: KeyPair,
    codes: Mutex<HashMap<String, Asked>>,
    now_s: i64,
}

/// The running provider.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

impl Provider {
    /// Serves until the test ends.
    pub async fn start(now_s: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
        let issuer = format!("http://{}", listener.local_addr().expect("address"));
        let key = || KeyPair::generate(KeySize::Rsa2048).expect("key");
        let inner = Inner { issuer, key: key(), other: key(), codes: Mutex::default(), now_s };
        let provider = Self(Arc::new(inner));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What the browser does there: `person` signs in, and is sent back with a code. Gives the address.
    pub fn sign_in(&self, asked: &str, person: &str, lie: Lie) -> String {
        let url = reqwest::Url::parse(asked).expect("address");
        assert!(asked.starts_with(&format!("{}/authorize?", self.0.issuer)), "{asked}");
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", CLIENT));
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
        let code = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
        let asked = Asked {
            challenge: query["code_challenge"].clone(),
            redirect: query["redirect_uri"].clone(),
            nonce: query["nonce"].clone(),
            lie,
            person: person.to_owned(),
        };
        self.0.codes.lock().expect("lock").insert(code.clone(), asked);
        format!("{}?code={code}&state={}", query["redirect_uri"], query["state"])
    }

    fn id_token(&self, asked: &Asked) -> String {
        let lie = asked.lie;
        let seconds = if lie == Lie::Expired { -1 } else { 300 };
        let mut claims = json!({
            "iss": if lie == Lie::WrongIssuer { "http://127.0.0.1:1" } else { &self.0.issuer },
            "aud": if lie == Lie::WrongAudience { "somebody-else" } else { CLIENT },
            "sub": "0190-unchanging", "employee": asked.person, "email": asked.person,
            "email_verified": lie != Lie::EmailNotVerified,
            "nonce": if lie == Lie::WrongNonce { "another" } else { &asked.nonce },
            "iat": self.0.now_s, "exp": self.0.now_s + seconds,
        });
        let object = claims.as_object_mut().expect("object");
        match lie {
            Lie::NoNonce => drop(object.remove("nonce")),
            Lie::NoClaim => drop(object.remove("employee")),
            _ => {}
        }
        let alg = match lie {
            Lie::AlgNone => "none",
            Lie::SharedSecret => "HS256",
            _ => "RS256",
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&json!({ "alg": alg, "typ": "JWT", "kid": "one" })), part(&claims));
        let signature = match lie {
            Lie::AlgNone => Vec::new(),
            Lie::SharedSecret => {
                let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("key");
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            Lie::OtherKey => signed(&self.0.other, &text),
            _ => signed(&self.0.key, &text),
        };
        let text = if lie == Lie::ChangedBody {
            claims["employee"] = json!("root");
            format!("{}.{}", text.split('.').next().expect("header"), part(&claims))
        } else {
            text
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn signed(key: &KeyPair, text: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("signed");
    signature
}

async fn metadata(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        // It even claims to support what must never be believed.
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
    }))
}

/// What a browser meets there: two people, each a link that signs in.
async fn authorize(State(provider): State<Provider>, OriginalUri(uri): OriginalUri) -> Html<String> {
    let asked = format!("{}{uri}", provider.issuer());
    let link = |person: &str| {
        let back = provider.sign_in(&asked, person, Lie::None).replace('&', "&amp;");
        format!("<p><a data-testid=\"as-{person}\" href=\"{back}\">{person}</a></p>")
    };
    let people = ["0042", "9999"].map(link).concat();
    Html(format!("<!doctype html><meta charset=\"utf-8\"><title>Directory</title>{people}"))
}

async fn jwks(State(provider): State<Provider>) -> Json<Value> {
    // RSAPublicKey of PKCS #1: a sequence of the modulus (256 bytes after a zero) and the exponent.
    let der = provider.0.key.public_key().as_ref();
    assert_eq!((&der[4..9], &der[265..267]), (&[2, 0x82, 1, 1, 0][..], &[2, 3][..]));
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (modulus, exponent) = (&der[9..265], &der[267..]);
    let key = json!({ "kty": "RSA", "use": "sig", "kid": "one", "alg": "RS256",
                      "n": number(modulus), "e": number(exponent) });
    Json(json!({ "keys": [key] }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let basic = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let secret = SECRET.replace(' ', "+");
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    if basic != expected || form["grant_type"] != "authorization_code" {
        return refuse("invalid_client");
    }
    // A code is traded in once.
    let Some(asked) = provider.0.codes.lock().expect("lock").remove(&form["code"]) else {
        return refuse("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(form["code_verifier"].as_bytes()));
    if challenge != asked.challenge || form["redirect_uri"] != asked.redirect {
        return refuse("invalid_grant");
    }
    let mut answer = json!({ "access_token": "of no use here", "token_type": "Bearer", "expires_in": 300 });
    if asked.lie != Lie::NoToken {
        answer["id_token"] = json!(provider.id_token(&asked));
    }
    Json(answer).into_response()
}
