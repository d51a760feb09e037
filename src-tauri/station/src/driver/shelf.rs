//! Pictures for the web view, from memory or decrypted from the outbox on request; never from a path that
//! the page names.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chinhchu_protocol::call::ImageKind;

use crate::outbox::Outbox;
use crate::session::CallKey;

/// A picture with its type.
pub type Shown = (String, Bytes);

/// Where they stand.
#[derive(Clone, Default)]
pub struct Shelf {
    case: Arc<Mutex<Case>>,
    outbox: Arc<Mutex<Option<Outbox>>>,
}

#[derive(Default)]
struct Case {
    key: Option<CallKey>,
    pictures: BTreeMap<ImageKind, Shown>,
}

impl Shelf {
    pub(super) fn new(outbox: Option<Outbox>) -> Self {
        Self { case: Arc::default(), outbox: Arc::new(Mutex::new(outbox)) }
    }

    /// A path of the custom protocol: `case/id_front`, `evidence/{call}/{assignment}`. May block on the disk.
    pub fn get(&self, path: &str) -> Option<Shown> {
        let mut segments = path.trim_start_matches('/').split('/');
        match (segments.next()?, segments.next()?, segments.next(), segments.next()) {
            ("case", kind, None, None) => self.lock().pictures.get(&ImageKind::parse(kind)?).cloned(),
            ("evidence", call, Some(assignment), None) => {
                let key = CallKey { call_id: call.parse().ok()?, assignment: assignment.parse().ok()? };
                let outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
                let picture = outbox.picture(key, ImageKind::Screenshot).ok()??;
                Some((picture.content_type, picture.bytes.into()))
            }
            _ => None,
        }
    }

    /// A new one took the damaged one's place.
    pub(super) fn replace_outbox(&self, outbox: Outbox) {
        *self.outbox.lock().unwrap_or_else(PoisonError::into_inner) = Some(outbox);
    }

    pub(super) fn begin(&self, key: CallKey) {
        *self.lock() = Case { key: Some(key), pictures: BTreeMap::new() };
    }

    /// Ignored if another call has begun, or this one is over.
    pub(super) fn put(&self, key: CallKey, kind: ImageKind, shown: Shown) {
        let mut case = self.lock();
        if case.key == Some(key) {
            case.pictures.insert(kind, shown);
        }
    }

    pub(super) fn clear(&self) {
        *self.lock() = Case::default();
    }

    fn lock(&self) -> MutexGuard<'_, Case> {
        self.case.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
