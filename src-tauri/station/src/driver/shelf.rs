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

    /// A path of the custom protocol: `case/id_front?of={call}-{assignment}`, `evidence/{call}/{assignment}`. A page
    /// that still shows another call gets nothing of this one. May block on the disk.
    pub fn get(&self, path: &str) -> Option<Shown> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut segments = path.trim_start_matches('/').split('/');
        match (segments.next()?, segments.next()?, segments.next(), segments.next()) {
            ("case", kind, None, None) => {
                let case = self.lock();
                let asked = query.strip_prefix("of=");
                let is_of_it = |asked: &str| {
                    case.key.is_some_and(|key| asked == format!("{}-{}", key.call_id, key.assignment))
                };
                let shown = asked.is_none_or(is_of_it);
                shown.then(|| case.pictures.get(&ImageKind::parse(kind)?).cloned()).flatten()
            }
            ("evidence", call, Some(assignment), None) => {
                let key = CallKey { call_id: call.parse().ok()?, assignment: assignment.parse().ok()? };
                let outbox = self.outbox.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
                let picture = outbox.picture(key, ImageKind::Screenshot).ok()??;
                Some((picture.content_type, picture.bytes.into()))
            }
            _ => None,
        }
    }

    /// A picture of that call's case, if it is the call at hand.
    pub fn of(&self, key: CallKey, kind: ImageKind) -> Option<Shown> {
        let case = self.lock();
        if case.key == Some(key) { case.pictures.get(&kind).cloned() } else { None }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(assignment: u32) -> CallKey {
        let call_id = "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071".parse().expect("an id");
        CallKey { call_id, assignment }
    }

    fn shown(bytes: &'static [u8]) -> Shown {
        ("image/jpeg".to_owned(), Bytes::from_static(bytes))
    }

    /// The papers beside the customer's picture are those of this call, on the screen and in rendered evidence.
    #[test]
    fn papers_are_given_out_for_their_own_call_only() {
        let shelf = Shelf::default();
        shelf.begin(key(1));
        shelf.put(key(1), ImageKind::IdFront, shown(b"first"));
        let asked = |of: u32| shelf.get(&format!("/case/id_front?of={}-{of}", key(of).call_id));
        assert!(asked(1).is_some() && shelf.of(key(1), ImageKind::IdFront).is_some());
        assert!(asked(2).is_none() && shelf.of(key(2), ImageKind::IdFront).is_none());

        shelf.begin(key(2));
        assert!(asked(2).is_none(), "not fetched yet, and the one before is gone");
        shelf.put(key(1), ImageKind::IdFront, shown(b"late"));
        assert!(asked(1).is_none() && asked(2).is_none(), "what comes late belongs to the call before");
        shelf.put(key(2), ImageKind::IdFront, shown(b"second"));
        assert_eq!(asked(2), Some(shown(b"second")));
        assert_eq!(shelf.of(key(2), ImageKind::IdFront), Some(shown(b"second")));
        assert!(asked(1).is_none() && shelf.of(key(2), ImageKind::Portrait).is_none());

        shelf.clear();
        assert!(asked(2).is_none() && shelf.of(key(2), ImageKind::IdFront).is_none());
    }
}
