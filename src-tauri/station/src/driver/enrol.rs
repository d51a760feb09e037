//! Tells the server this workstation's key after a sign-in, again and again until it has said where the key
//! stands. The server's own key is held on to the first time; another one later is never believed by itself.

use std::sync::Arc;
use std::time::Duration;

use chinhchu_evidence::key::{PublicKey, SigningKey};
use chinhchu_protocol::ids::WorkstationId;
use chinhchu_protocol::workstation::{WorkstationEnrol, WorkstationStanding, WorkstationState, enrol_proof};
use tokio::sync::{mpsc, watch};

use super::Report;
use crate::keys::{self, Keyring, KeysError};
use crate::link::api::{Api, ApiError};
use crate::outbox::backoff::{LONGEST_MS, pause_ms};
use crate::picture::EnrolmentState;
use crate::session::Input;
use crate::signing::Signing;

/// First pause after a try that failed, ms.
const FIRST_MS: u64 = 1_000;
/// Longest name of a workstation, characters.
const MAX_NAME: usize = 64;

/// What one enrolment works with.
pub(super) struct Enrolling {
    pub api: Api,
    pub token: String,
    pub signing: Signing,
    pub keyring: Arc<dyn Keyring>,
    pub server_url: String,
    /// What the sign-in said; its nonce may be used up in a session that was kept.
    pub standing: WorkstationStanding,
    /// The sign-in was just now.
    pub fresh: bool,
    /// The key is to be made anew first.
    pub renew: bool,
    pub workstation_id: WorkstationId,
    pub profile: String,
    pub code: Option<String>,
    /// Set by IT: counts instead of what was held on to.
    pub server_key: Option<String>,
    /// Told once it is held on to.
    pub pinned: Arc<watch::Sender<Option<PublicKey>>>,
    pub reports: mpsc::Sender<Report>,
}

/// Why it did not come to an answer.
enum Fault {
    /// Tried again.
    Later(String),
    /// A person must do something first.
    Final(&'static str),
}

impl Enrolling {
    /// Runs until the server has said where the key stands; aborted at a sign-out.
    pub async fn run(mut self) {
        for attempt in 0.. {
            let (state, error, over) = match self.once(attempt).await {
                Ok((state, error)) => (state, error, true),
                Err(Fault::Final(code)) => (EnrolmentState::Failed, Some(code.to_owned()), true),
                Err(Fault::Later(code)) => {
                    tracing::warn!(code, attempt, "the server was not told the workstation's key yet");
                    (EnrolmentState::Failed, Some(code), false)
                }
            };
            self.tell(Input::Workstation { state, error }).await;
            if over {
                return;
            }
            let pause = pause_ms(attempt, rand::random(), FIRST_MS, LONGEST_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn once(&mut self, attempt: u32) -> Result<(EnrolmentState, Option<String>), Fault> {
        let key = self.key().await?;
        let own = Some(key.public().id().to_string());
        if self.fresh && attempt == 0 {
            self.pin().await?;
        } else {
            // Kept from a former run: good enough to go on with until the server is reached.
            let kept_good = self.standing.key_id == own && self.standing.state == WorkstationState::Approved;
            if attempt == 0 && kept_good {
                self.pin().await?;
                self.tell(Input::Workstation { state: EnrolmentState::Approved, error: None }).await;
            }
            match self.api.standing(&self.token).await {
                Ok(standing) => self.standing = standing,
                Err(error) if attempt == 0 && kept_good => {
                    tracing::warn!(code = error.code(), "where the key stands is not known anew yet");
                    return Ok((EnrolmentState::Approved, None));
                }
                Err(error) => return Err(later(&error)),
            }
            self.pin().await?;
        }
        if self.standing.key_id == own {
            let pending = self.standing.state == WorkstationState::Pending && self.code.is_some();
            if let Some(state) = known(self.standing.state).filter(|_| !pending) {
                return Ok((state, None));
            }
        }
        let refused = self.put(&key).await?;
        let state = known(self.standing.state).ok_or(Fault::Later("server_malformed".to_owned()))?;
        Ok((state, refused))
    }

    /// The key, made if need be; the screen gets its fingerprint.
    async fn key(&mut self) -> Result<Arc<SigningKey>, Fault> {
        let (signing, renew) = (self.signing.clone(), std::mem::take(&mut self.renew));
        let work = move || {
            let key = if renew { signing.renew() } else { signing.ensure() }?;
            Ok::<_, crate::signing::SigningError>((key, signing.outbox().closed_chain()?))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok((key, closed))) => {
                self.tell(Input::Key { fingerprint: key.public().fingerprint(), closed }).await;
                Ok(key)
            }
            Ok(Err(error)) => {
                tracing::error!(?error, "there is no signing key");
                self.renew = renew;
                Err(Fault::Later(error.code().to_owned()))
            }
            Err(_) => Err(Fault::Later("key_unavailable".to_owned())),
        }
    }

    /// Holds on to the server's key, or refuses another one.
    async fn pin(&self) -> Result<(), Fault> {
        let (keyring, server, told) =
            (self.keyring.clone(), self.server_url.clone(), self.standing.server_key.clone());
        let set = self.server_key.clone();
        let pinned = tokio::task::spawn_blocking(move || pin(keyring.as_ref(), &server, &told, set)).await;
        match pinned {
            Ok(Ok(Some(key))) => {
                self.pinned.send_replace(Some(key));
                Ok(())
            }
            Ok(Ok(None)) => {
                tracing::error!("the server has another key than the one held on to: IT must look");
                Err(Fault::Final("server_key_changed"))
            }
            Ok(Err(_)) | Err(_) => Err(Fault::Later("key_unavailable".to_owned())),
        }
    }

    /// Proves the key. A code that does not hold is left out: an administrator may still approve.
    async fn put(&mut self, key: &SigningKey) -> Result<Option<String>, Fault> {
        let public_key = key.public().to_string();
        let proof = key.prove(&enrol_proof(&self.standing.nonce, self.workstation_id, &public_key));
        let mut body = WorkstationEnrol {
            name: name(&self.profile),
            public_key,
            nonce: self.standing.nonce.clone(),
            proof,
            enrolment_code: self.code.clone(),
        };
        let mut refused = None;
        let mut answer = self.api.enrol(&self.token, &body).await;
        if let Err(error) = &answer
            && error.code() == "enrolment_code_invalid"
            && body.enrolment_code.take().is_some()
        {
            (refused, self.code) = (Some(error.code().to_owned()), None);
            answer = self.api.enrol(&self.token, &body).await;
        }
        self.standing = answer.map_err(|error| later(&error))?;
        Ok(refused)
    }

    async fn tell(&self, input: Input) {
        // The driver is gone only when the program ends.
        let _ = self.reports.send(Report::Input(input)).await;
    }
}

fn later(error: &ApiError) -> Fault {
    Fault::Later(error.code().to_owned())
}

/// What the server says of a key that it knows.
fn known(state: WorkstationState) -> Option<EnrolmentState> {
    match state {
        WorkstationState::Unknown => None,
        WorkstationState::Pending => Some(EnrolmentState::Pending),
        WorkstationState::Approved => Some(EnrolmentState::Approved),
        WorkstationState::Revoked => Some(EnrolmentState::Revoked),
        WorkstationState::Quarantined => Some(EnrolmentState::Quarantined),
    }
}

/// The key to believe: IT's, else the one held on to, else the one told. None if the server tells another.
fn pin(
    keyring: &dyn Keyring,
    server_url: &str,
    told: &str,
    set: Option<String>,
) -> Result<Option<PublicKey>, KeysError> {
    let told: PublicKey = told.parse().map_err(|_| KeysError::Malformed)?;
    let held = match set {
        Some(set) => Some(set),
        None => keys::pinned_server_key(keyring, server_url)?,
    };
    if let Some(held) = held {
        return Ok((held.parse() == Ok(told)).then_some(told));
    }
    keys::pin_server_key(keyring, server_url, &told.to_string())?;
    Ok(Some(told))
}

/// What was held on to in a former run, for evidence that still waits.
pub(super) fn held(keyring: &dyn Keyring, server_url: &str, set: Option<&str>) -> Option<PublicKey> {
    let held = set.map(str::to_owned).or_else(|| keys::pinned_server_key(keyring, server_url).ok().flatten());
    held?.parse().ok()
}

/// By which IT knows the machine.
fn name(profile: &str) -> String {
    let of_system = std::env::var("COMPUTERNAME").ok();
    let of_kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let machine = of_system.or_else(of_kernel).map(|name| name.trim().to_owned());
    let machine = machine.filter(|name| !name.is_empty()).unwrap_or_else(|| "workstation".to_owned());
    let whole = if profile == "default" { machine } else { format!("{machine} ({profile})") };
    whole.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RunKeyring;

    fn key(seed: u8) -> String {
        SigningKey::from_bytes(&[seed; 32]).public().to_string()
    }

    #[test]
    fn the_first_key_told_is_held_on_to_and_another_is_refused_unless_it_sets_it() {
        let keyring = RunKeyring::default();
        let told = |server: &str, seed: u8, set: Option<u8>| {
            pin(&keyring, server, &key(seed), set.map(key)).expect("keyring").map(|key| key.to_string())
        };
        assert_eq!(told("https://a", 1, None), Some(key(1)));
        assert_eq!(told("https://a", 1, None), Some(key(1)));
        assert_eq!(told("https://a", 2, None), None);
        assert_eq!(told("https://b", 2, None), Some(key(2)), "another server");
        assert_eq!(told("https://a", 2, Some(2)), Some(key(2)));
        assert_eq!(told("https://a", 1, Some(2)), None);
        assert_eq!(held(&keyring, "https://a", None).map(|key| key.to_string()), Some(key(1)));
    }

    #[test]
    fn a_name_fits_the_servers_limit_and_tells_the_profile() {
        assert!((1..=MAX_NAME).contains(&name("default").chars().count()));
        assert!(name("b").ends_with("(b)"));
        assert_eq!(name(&"x".repeat(200)).chars().count(), MAX_NAME);
    }
}
