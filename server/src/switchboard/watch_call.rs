//! A call's changes as a stream, resumable from any number of the log (`Last-Event-ID`).

use std::collections::VecDeque;

use chinhchu_protocol::call::CallBody;
use chinhchu_protocol::ids::CallId;
use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;

use super::row::CallRow;
use super::{Switchboard, sql};
use crate::store::StoreError;
use crate::views;

/// Events read at once.
const CHUNK: u32 = 64;

struct Watching {
    switchboard: Switchboard,
    call: CallId,
    after: u64,
    changes: watch::Receiver<u64>,
    ready: VecDeque<CallRow>,
    over: bool,
}

impl Switchboard {
    /// Every state of a call after the record `after` (0: from its beginning), then each new one as it
    /// comes, as `(number of the record, body)`. Goes on after the end: a late verdict may follow.
    pub fn watch_call(
        &self,
        call: CallId,
        after: u64,
    ) -> impl Stream<Item = Result<(u64, CallBody), StoreError>> + Send + 'static {
        let changes = self.topics().call(call);
        let start =
            Watching { switchboard: self.clone(), call, after, changes, ready: VecDeque::new(), over: false };
        stream::try_unfold(start, |mut watching| async move {
            Ok(watching.next().await?.map(|item| (item, watching)))
        })
    }
}

impl Watching {
    async fn next(&mut self) -> Result<Option<(u64, CallBody)>, StoreError> {
        while !self.over {
            if let Some(row) = self.ready.pop_front() {
                return self.body(row).await;
            }
            self.changes.mark_unchanged();
            let (call, after) = (self.call, self.after);
            let read =
                move |connection: &rusqlite::Connection| sql::events_after(connection, call, after, CHUNK);
            self.ready = self.switchboard.inner.db.read(read).await?.into();
            if self.ready.is_empty() && self.changes.changed().await.is_err() {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn body(&mut self, row: CallRow) -> Result<Option<(u64, CallBody)>, StoreError> {
        self.after = row.seq;
        let snapshot = self.switchboard.snapshot();
        let newest = snapshot.rows.get(&self.call).is_none_or(|live| live.seq == row.seq);
        let place = if newest { snapshot.place(self.call) } else { None };
        let keys = self.switchboard.inner.keys.clone();
        let read = move |connection: &rusqlite::Connection| {
            Ok::<_, StoreError>(
                views::call::body(connection, &keys, &row, place)?.map(|body| (row.seq, body)),
            )
        };
        let item = self.switchboard.inner.db.read(read).await?;
        self.over = item.is_none();
        Ok(item)
    }
}
