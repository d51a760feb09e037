//! The installation's own secret, what is derived from it, and the key that it signs with.
//!
//! One file of 32 random bytes in the data folder, readable by the server's account only. It wraps the keys
//! of the cases, seals the secrets of webhooks and derives the tokens of calls, so that none of them is
//! stored readable. Without the file the cases of a copied database say nothing.
//!
//! `signing.key` lies beside it: the Ed25519 seed under which receipts, approvals of workstations and daily roots
//! are signed. It is no part of the other secret, so that it can be kept (or lost) on its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chinhchu_evidence::SigningKey;
use chinhchu_protocol::agent::LostSide;
use chinhchu_protocol::ids::{CallId, SessionId};
use chinhchu_protocol::time::Timestamp;
use chinhchu_protocol::workstation::ServerKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::folder::{private, sync_folder};
use super::seal::{CaseKey, SealError};
use crate::cases::hex;
use crate::store::{Db, StoreError, rows};

const FILE_NAME: &str = "installation.key";
const SIGNING_FILE_NAME: &str = "signing.key";

/// Which file a store needs, if this finds a row.
const NEEDED: [(&str, &str); 2] = [
    (FILE_NAME, "SELECT 1 FROM cases LIMIT 1"),
    (
        SIGNING_FILE_NAME,
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM day_roots)
           OR EXISTS (SELECT 1 FROM evidence WHERE receipt IS NOT NULL)
           OR EXISTS (SELECT 1 FROM workstation_keys WHERE enrolment IS NOT NULL)",
    ),
];

/// Why a store's keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A file cannot be read or made.
    #[error("the keys of the data folder: {0}")]
    Io(#[from] io::Error),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store was used with a key that is not there.
    #[error("the data folder has lost its {0}: put it back, nothing else opens or signs for this store")]
    Lost(&'static str),
}

/// Keys derived from the installation's secret, and the signing key; clones share them.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Derived>,
}

struct Derived {
    wrap: CaseKey,
    secrets: CaseKey,
    call_tokens: CaseKey,
    relay_ids: CaseKey,
    fingerprints: CaseKey,
    challenges: CaseKey,
    enrolments: CaseKey,
    subscribers: CaseKey,
    transactions: CaseKey,
    reviews: CaseKey,
    signing: SigningKey,
}

impl Keys {
    /// Reads the secret of a data folder; makes it if there is none. Blocking.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let secret = read_or_make(folder, FILE_NAME)?;
        let signing = SigningKey::from_bytes(&*read_or_make(folder, SIGNING_FILE_NAME)?);
        let derive = |purpose: &str| CaseKey::from_bytes(mac(&secret, &[purpose.as_bytes()]));
        let inner = Derived {
            wrap: derive("case keys/1"),
            secrets: derive("secrets/1"),
            call_tokens: derive("call tokens/1"),
            relay_ids: derive("relay ids/1"),
            fingerprints: derive("fingerprints/1"),
            challenges: derive("challenges/1"),
            enrolments: derive("enrolments/1"),
            subscribers: derive("subscribers/1"),
            transactions: derive("transactions/1"),
            reviews: derive("reviews/1"),
            signing,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The keys of a store; makes them for a fresh one only: new keys in the place of lost ones would open nothing, and
    /// sign what nobody believes. Blocking.
    pub fn of_store(db: &Db) -> Result<Self, KeysError> {
        for (name, used) in NEEDED {
            let used = db.read_blocking(|connection| rows::first(connection, used, [], |_| Ok(())))?;
            if used.is_some() && !db.folder().join(name).is_file() {
                return Err(KeysError::Lost(name));
            }
        }
        Ok(Self::open(db.folder())?)
    }

    /// Whether a folder has its keys: [`Self::open`] would make them.
    pub fn are_in(folder: &Path) -> bool {
        [FILE_NAME, SIGNING_FILE_NAME].iter().all(|name| folder.join(name).is_file())
    }

    /// Wraps the key of a case for storage.
    pub fn wrap(&self, call: CallId, key: &CaseKey) -> Vec<u8> {
        self.inner.wrap.seal(call.0.as_bytes(), key.bytes())
    }

    /// Unwraps the key of a case.
    pub fn unwrap(&self, call: CallId, wrapped: &[u8]) -> Result<CaseKey, SealError> {
        let bytes = self.inner.wrap.open(call.0.as_bytes(), wrapped)?;
        bytes.try_into().map(CaseKey::from_bytes).map_err(|_| SealError)
    }

    /// Key for the installation's own secrets, such as those of webhooks.
    pub fn secrets(&self) -> &CaseKey {
        &self.inner.secrets
    }

    /// The server's own key: signs receipts, approvals, day roots and tombstones.
    pub fn signing(&self) -> &SigningKey {
        &self.inner.signing
    }

    /// A subscriber's number, so that the cases of one can be found and no number be read or guessed.
    pub fn subscriber(&self, msisdn: &str) -> [u8; 32] {
        mac(self.inner.subscribers.bytes(), &[msisdn.as_bytes()])
    }

    /// eKYC's id of a case, so that its call can be found and no id be read.
    pub fn transaction(&self, external_id: &str) -> [u8; 32] {
        mac(self.inner.transactions.bytes(), &[external_id.as_bytes()])
    }

    /// The lot of a call in the draw for a second look, 0 to 999: nobody without the secret can know it before.
    pub fn review_lot(&self, call: CallId) -> u32 {
        let drawn = mac(self.inner.reviews.bytes(), &[call.0.as_bytes()]);
        let [a, b, c, d, ..] = drawn;
        // The high half of a product of 32-bit numbers: evenly spread, and below 1,000.
        let lot = (u64::from(u32::from_be_bytes([a, b, c, d])) * 1_000) >> 32;
        u32::try_from(lot).unwrap_or(0)
    }

    /// The token that opens one call: derived, never stored.
    pub fn call_token(&self, call: CallId, created_at: Timestamp) -> String {
        let parts: [&[u8]; 2] = [call.0.as_bytes(), &created_at.ms().to_be_bytes()];
        let mut bytes = call.0.as_bytes().to_vec();
        bytes.extend_from_slice(&mac(self.inner.call_tokens.bytes(), &parts));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The name by which the relay knows one end of an assignment: says nothing to it.
    pub fn relay_id(&self, call: CallId, assignment: u32, side: LostSide) -> String {
        let side: &[u8] = match side {
            LostSide::Caller => b"caller",
            LostSide::Agent => b"agent",
        };
        let parts: [&[u8]; 3] = [call.0.as_bytes(), &assignment.to_be_bytes(), side];
        URL_SAFE_NO_PAD.encode(&mac(self.inner.relay_ids.bytes(), &parts)[..15])
    }

    /// Its public half, as others see it.
    pub fn server_key(&self) -> ServerKey {
        let public = self.signing().public();
        ServerKey {
            public_key: public.to_string(),
            key_id: public.id().to_string(),
            fingerprint: public.fingerprint(),
        }
    }

    /// What only this assignment of this call has: a manifest that names it was made after the accept. 32 hex
    /// digits, derived, never stored.
    pub fn challenge(&self, call: CallId, assignment: u32) -> String {
        let parts: [&[u8]; 2] = [call.0.as_bytes(), &assignment.to_be_bytes()];
        hex(&mac(self.inner.challenges.bytes(), &parts)[..16])
    }

    /// What a workstation signs in a sign-in to prove its key. 32 hex digits, derived, never stored.
    pub fn enrolment_nonce(&self, session: SessionId) -> String {
        hex(&mac(self.inner.enrolments.bytes(), &[session.0.as_bytes()])[..16])
    }

    /// A DTLS fingerprint of a call's page, so that it can be compared and not read.
    pub fn fingerprint(&self, call: CallId, fingerprint: &str) -> [u8; 32] {
        mac(self.inner.fingerprints.bytes(), &[call.0.as_bytes(), fingerprint.as_bytes()])
    }

    /// The call that a token claims to open; [`Self::call_token_fits`] proves it.
    pub fn call_of_token(token: &str) -> Option<CallId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        (rest.len() == 32).then(|| CallId(uuid::Uuid::from_bytes(*id)))
    }

    /// Whether a token opens this call; takes the same time for every wrong token.
    pub fn call_token_fits(&self, token: &str, call: CallId, created_at: Timestamp) -> bool {
        self.call_token(call, created_at).as_bytes().ct_eq(token.as_bytes()).into()
    }
}

fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn read_or_make(folder: &Path, name: &str) -> io::Result<Zeroizing<[u8; 32]>> {
    let path = folder.join(name);
    if !path.exists() {
        make(folder, &path, name)?;
    }
    let bytes = Zeroizing::new(fs::read(&path)?);
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("{name} must hold 32 bytes"));
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| wrong())
}

/// Two processes may start at once: the file appears whole, and the first one's stays.
fn make(folder: &Path, path: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let tmp = folder.join(format!("{name}.{}", uuid::Uuid::from_bytes(rand::random())));
    let mut file = private(File::options().write(true).create_new(true)).open(&tmp)?;
    file.write_all(&rand::random::<[u8; 32]>())?;
    file.sync_all()?;
    let made = fs::hard_link(&tmp, path);
    fs::remove_file(&tmp)?;
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => sync_folder(folder),
    }
}
