//! Media between page and workstation. It goes from peer to peer: it flows whether a server runs or not, as long
//! as both ends send.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use chinhchu_protocol::ids::CallId;

/// Which end sends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    Caller,
    Agent,
}

impl End {
    fn other(self) -> Self {
        match self {
            Self::Caller => Self::Agent,
            Self::Agent => Self::Caller,
        }
    }
}

/// The last packet of every end.
#[derive(Default)]
pub struct Media(Mutex<HashMap<(CallId, u32, End), Instant>>);

impl Media {
    /// This end sends.
    pub fn send(&self, call: CallId, assignment: u32, from: End) {
        self.0.lock().expect("media").insert((call, assignment, from), Instant::now());
    }

    /// How old, at this end, the other's newest packet is, ms.
    pub fn age_ms(&self, call: CallId, assignment: u32, at: End) -> Option<u32> {
        let last = self.0.lock().expect("media").get(&(call, assignment, at.other())).copied();
        last.map(|last| u32::try_from(last.elapsed().as_millis()).unwrap_or(u32::MAX))
    }
}
