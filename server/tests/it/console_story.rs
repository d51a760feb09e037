//! Calls for the console to show: taken in, offered, verified by real sockets; and server-sent events as a browser
//! reads them.

use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer};
use chinhchu_protocol::call::CallState;
use chinhchu_protocol::caller::CallerToServer;
use chinhchu_protocol::evidence::Manifest;
use chinhchu_protocol::ids::{AgentId, CallId};
use chinhchu_server::store::StoreError;
use futures_util::{Stream, StreamExt as _};
use serde_json::Value;

use crate::console_world::Console;
use crate::edge_world::{World, jpeg, refusal};
use crate::spine_late::put;
use crate::spine_seal::{manifest, sealed};
use crate::spine_world::{Page, Workstation};

pub const NUMBER: &str = "0901234567";
pub const ID_NUMBER: &str = "079190001234";

/// A call of this home company in the queue, with its page.
pub async fn waiting(world: &World, home: &str) -> (CallId, Page) {
    let token = world.token(home, 600).await.token;
    let created = world.call(&token).await;
    let mut page = Page::ready(world, &created).await;
    page.until(|view| matches!(view.state, CallState::Waiting | CallState::Offering)).await;
    (created["call_id"].as_str().expect("id").parse().expect("id"), page)
}

/// A call that this agent rejects, with its evidence; its first (see `spine_seal`).
pub async fn verdict(world: &World, station: &mut Workstation, home: &str) -> CallId {
    let (call_id, mut page) = Box::pin(waiting(world, home)).await;
    assert_eq!(station.accept().await, call_id);
    page.line.send(&CallerToServer::Heartbeat { assignment: 1, media_age_ms: Some(20) }).await;
    station.line.send(&AgentToServer::Heartbeat { call_id, assignment: 1, media_age_ms: Some(20) }).await;
    station.until(|view| matches!(view.activity, AgentActivity::InCall { .. })).await;
    let path = format!("/v1/agent/calls/{call_id}");
    let answer = world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
    let case: AgentCase = answer.json().await.expect("case");
    let plain = manifest(world, station, &case, 1, &jpeg()).await;
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let drawn = jiff::Timestamp::from(plain.captured_at).to_zoned(zone);
    let text = drawn.strftime("%d/%m/%Y %H:%M:%S %:z").to_string();
    // Answered once it is durable: the call has ended then.
    put(world, station, call_id, &sealed(&Manifest { captured_at_text: text, ..plain })).await;
    call_id
}

/// Employs an agent through a partner.
pub async fn employ(world: &World, agent: AgentId, partner: &'static str) {
    let written = world.server.app().db.write(move |tx| {
        let sql = "UPDATE agents SET partner = ?2 WHERE agent_id = ?1";
        Ok::<_, StoreError>(tx.execute(sql, rusqlite::params![agent.0.as_bytes(), partner])?)
    });
    assert_eq!(written.await.expect("written"), 1);
    world.server.app().switchboard.configure().await.expect("told");
}

/// A number of the store.
pub async fn count(world: &World, sql: &'static str) -> i64 {
    let read =
        world.server.app().db.read(move |c: &rusqlite::Connection| {
            Ok::<i64, StoreError>(c.query_row(sql, [], |row| row.get(0))?)
        });
    read.await.expect("count")
}

/// Status and code of what is refused to this person.
pub async fn refused(person: &Console, path: &str) -> (u16, String) {
    let (status, code, _) = refusal(person.get(path).send().await.expect("answer")).await;
    (status, code)
}

/// Server-sent events, one after the other.
pub struct Events {
    stream: std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Events {
    pub async fn open(person: &Console, path: &str, last: Option<&str>) -> Self {
        let mut request = person.get(path);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.expect("answer");
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { stream: Box::pin(answer.bytes_stream()), text: String::new() }
    }

    /// Id and data of the next event; none once the server has ended the stream.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, self.read()).await.expect("an event in time")
    }

    async fn read(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                let event = field("id:").zip(field("data:"));
                let event =
                    event.map(|(id, data)| (id.to_owned(), serde_json::from_str(data).expect("json")));
                self.text = String::from(rest);
                if event.is_some() {
                    return event;
                }
            }
            let chunk = self.stream.next().await?.ok()?;
            self.text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// Reads until an event fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (_, data) = self.next().await.expect("the stream goes on");
            if fits(&data) {
                return data;
            }
        }
    }
}
