//! This workstation's signing key: made when it is first needed, in the keyring only, never on the disk. It
//! signs only while the outbox counts for it. A key that is gone from the keyring, or whose count is gone with
//! the outbox, is never used again: a new one takes its place and has to be approved anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chinhchu_evidence::key::SigningKey;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::clock::Clock;
use crate::keys::{KEY_BYTES, Keyring, KeysError};
use crate::outbox::chain::Closing;
use crate::outbox::{Outbox, OutboxError};

const ENTRY: &str = "signing-key";

/// Why nothing can be signed.
#[derive(Debug, Error)]
pub enum SigningError {
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeysError),
    /// The outbox.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

impl SigningError {
    /// Stable code for the screens.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Keyring(_) => "key_unavailable",
            Self::Outbox(error) => error.code(),
        }
    }
}

/// The key in use. Calls block on the keyring and the disk.
#[derive(Clone)]
pub struct Signing {
    keyring: Arc<dyn Keyring>,
    outbox: Outbox,
    clock: Arc<dyn Clock>,
    current: Arc<Mutex<Option<Arc<SigningKey>>>>,
}

impl Signing {
    /// Nothing is read or made yet.
    pub fn new(keyring: Arc<dyn Keyring>, outbox: Outbox, clock: Arc<dyn Clock>) -> Self {
        Self { keyring, outbox, clock, current: Arc::default() }
    }

    /// The key; made if there is none that may still sign.
    pub fn ensure(&self) -> Result<Arc<SigningKey>, SigningError> {
        let mut current = self.lock();
        if let Some(key) = &*current {
            return Ok(key.clone());
        }
        let key = match load(self.keyring.as_ref())? {
            None => self.make(Closing::KeyLost)?,
            Some(key) => {
                let id = key.public().id().to_string();
                if self.outbox.counts_for(&id)? {
                    key
                } else {
                    tracing::warn!(
                        key_id = id,
                        "the outbox does not count for the signing key: a new one begins"
                    );
                    self.outbox.close_unknown_chain(&id, self.clock.now().wall)?;
                    self.make(Closing::OutboxLost)?
                }
            }
        };
        Ok(current.insert(Arc::new(key)).clone())
    }

    /// A new key, because the one in use is not good any more.
    pub fn renew(&self) -> Result<Arc<SigningKey>, SigningError> {
        let mut current = self.lock();
        let key = self.make(Closing::Renewed)?;
        Ok(current.insert(Arc::new(key)).clone())
    }

    /// The outbox that counts for it.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Counted first, kept then: cut off in between, the next start makes another and nothing was signed.
    fn make(&self, why: Closing) -> Result<SigningKey, SigningError> {
        let key = SigningKey::generate(&mut rand::rng());
        let id = key.public().id().to_string();
        self.outbox.begin_chain(&id, why, self.clock.now().wall)?;
        let text = Zeroizing::new(BASE64.encode(key.to_bytes().as_slice()));
        self.keyring.set(ENTRY, &text)?;
        tracing::info!(key_id = id, "a signing key was made");
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<SigningKey>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(keyring: &dyn Keyring) -> Result<Option<SigningKey>, KeysError> {
    let Some(text) = keyring.get(ENTRY)? else { return Ok(None) };
    let mut decoded = BASE64.decode(text.as_bytes()).map_err(|_| KeysError::Malformed)?;
    let bytes: Result<[u8; KEY_BYTES], _> = decoded.as_slice().try_into();
    decoded.zeroize();
    let bytes = Zeroizing::new(bytes.map_err(|_| KeysError::Malformed)?);
    Ok(Some(SigningKey::from_bytes(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::keys::{OutboxKey, RunKeyring};

    struct Desk {
        folder: tempfile::TempDir,
        keyring: Arc<RunKeyring>,
        key: OutboxKey,
    }

    impl Desk {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("tempdir");
            Self { folder, keyring: Arc::default(), key: OutboxKey::random() }
        }

        fn open(&self) -> Signing {
            let outbox = Outbox::open(&self.folder.path().join("outbox.sqlite"), &self.key).expect("opens");
            Signing::new(self.keyring.clone(), outbox, Arc::new(SystemClock::new()))
        }

        fn key_id(&self) -> String {
            self.open().ensure().expect("key").public().id().to_string()
        }
    }

    #[test]
    fn the_key_is_made_once_and_lies_in_the_keyring_only() {
        let desk = Desk::new();
        let id = desk.key_id();
        assert_eq!(desk.key_id(), id);
        let text = desk.keyring.get(ENTRY).expect("keyring").expect("kept");
        let raw = BASE64.decode(text.as_bytes()).expect("base64");
        for file in std::fs::read_dir(desk.folder.path()).expect("folder") {
            let bytes = std::fs::read(file.expect("entry").path()).expect("file");
            let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!holds(&raw) && !holds(text.as_bytes()));
        }
    }

    #[test]
    fn two_profiles_have_two_keys() {
        assert_ne!(Desk::new().key_id(), Desk::new().key_id());
    }

    #[test]
    fn a_lost_key_is_replaced_and_the_old_stream_said_closed() {
        let desk = Desk::new();
        let old = desk.key_id();
        let outbox = desk.open().outbox;
        assert_eq!(outbox.closed_chain().expect("read"), None);
        crate::outbox::tests_support::seal_blank(&outbox, &old, 1);
        outbox.close();
        desk.keyring.delete(ENTRY).expect("emptied");
        let signing = desk.open();
        assert_ne!(signing.ensure().expect("key").public().id().to_string(), old);
        let closed = signing.outbox.closed_chain().expect("read").expect("told");
        assert_eq!((closed.key_id, closed.last, closed.why.as_str()), (old.clone(), Some(1), "key_lost"));
        let again = crate::outbox::tests_support::try_seal_blank(&signing.outbox, &old, 2);
        assert!(matches!(again, Err(OutboxError::ChainClosed)), "nothing is numbered under it any more");
    }

    /// The same key with a count that begins anew would use numbers twice.
    #[test]
    fn a_key_whose_outbox_is_gone_is_replaced() {
        let desk = Desk::new();
        let old = desk.key_id();
        for entry in std::fs::read_dir(desk.folder.path()).expect("folder") {
            std::fs::remove_file(entry.expect("entry").path()).expect("deleted");
        }
        let signing = desk.open();
        assert_ne!(signing.ensure().expect("key").public().id().to_string(), old);
        let closed = signing.outbox.closed_chain().expect("read").expect("told");
        assert_eq!((closed.key_id, closed.last, closed.why.as_str()), (old, None, "outbox_lost"));
        let new = desk.keyring.get(ENTRY).expect("keyring");
        signing.outbox.close();
        assert_eq!(desk.keyring.get(ENTRY).expect("keyring"), new, "and the new one stays");
        desk.key_id();
        assert_eq!(desk.keyring.get(ENTRY).expect("keyring"), new);
    }

    #[test]
    fn a_renewed_key_counts_from_one_and_the_one_before_signs_no_more() {
        let desk = Desk::new();
        let signing = desk.open();
        let old = signing.ensure().expect("key").public().id().to_string();
        crate::outbox::tests_support::seal_blank(&signing.outbox, &old, 1);
        let new = signing.renew().expect("renewed").public().id().to_string();
        assert_eq!(signing.ensure().expect("key").public().id().to_string(), new);
        crate::outbox::tests_support::seal_blank(&signing.outbox, &new, 2);
        let closed = signing.outbox.closed_chain().expect("read").expect("told");
        assert_eq!((closed.key_id, closed.why.as_str()), (old, "renewed"));
    }
}
