//! The newest committed state, for everybody to read.

use chinhchu_protocol::call::QueuePlace;
use chinhchu_protocol::ids::CallId;
use chinhchu_routing::Switchboard;

use super::batch::Rows;
use super::record::Head;

/// State, live calls and the log's end, of one moment.
#[derive(Clone)]
pub struct Snapshot {
    /// The core's state.
    pub state: Switchboard,
    /// Rows of the calls that the core still knows.
    pub rows: Rows,
    /// The log's end.
    pub head: Head,
}

impl Snapshot {
    /// Place of a waiting call.
    pub fn place(&self, call: CallId) -> Option<QueuePlace> {
        self.state.call(call).and_then(|status| status.queue)
    }
}
