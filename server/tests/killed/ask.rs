//! The books against the API, and a last proof that no agent is stuck.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chinhchu_protocol::agent::{
    AgentActivity, AgentToServer, AgentView, RingProof, ServerToAgent, WantedStatus,
};
use chinhchu_protocol::caller::CallerToServer;
use chinhchu_protocol::ids::CallId;
use serde_json::Value;

use crate::books::{Intake, Pages};
use crate::caller::take_in;
use crate::http::{case, json_of, picture, sha256};
use crate::line::{Got, Line};
use crate::log::Log;
use crate::seed::Rng;
use crate::world::World;

/// A whole short call with an agent who is free.
pub const AT_ONCE: Duration = Duration::from_secs(20);

/// Every acknowledged call, picture and piece of evidence, as the API gives it.
pub async fn api(world: &Arc<World>, pages: &Pages, log: &Log) -> Vec<String> {
    let mut faults = Vec::new();
    let mut rng = Rng::fork(world.seed, "ask", 0);
    for intake in pages.intakes.values() {
        let Some(call) = intake.call else { continue };
        let (status, body) = get(world, &mut rng, &format!("/v1/calls/{call}")).await;
        if status != 200 {
            faults.push(format!("api: {call} is answered with {status} (I5)"));
            continue;
        }
        let body = json_of(&body);
        let ended = log.model.calls.get(&call).and_then(|model| model.ended.as_deref());
        if body["state"] != "ended"
            || body["end_reason"].as_str() != ended
            || body["external_id"] != intake.external_id
        {
            faults.push(format!("api: {call}: {body}; the log says {ended:?}"));
        }
        for (kind, bytes) in &intake.pictures {
            shown(world, &mut rng, call, &body, kind, &sha256(bytes), &mut faults).await;
        }
        verdict(world, &mut rng, pages, call, &body, &mut faults).await;
    }
    faults
}

async fn get(world: &World, rng: &mut Rng, path: &str) -> (u16, Vec<u8>) {
    // A server that fails here fails for good: three tries are enough.
    for _ in 0..3 {
        let request = world.http.get(world.url(path)).bearer_auth(&world.service).send();
        if let Ok(answer) = request.await {
            let status = answer.status();
            if !status.is_server_error() {
                return (
                    status.as_u16(),
                    answer.bytes().await.map(|bytes| bytes.to_vec()).unwrap_or_default(),
                );
            }
        }
        tokio::time::sleep(rng.ms(50, 150)).await;
    }
    (503, Vec::new())
}

async fn shown(
    world: &World,
    rng: &mut Rng,
    call: CallId,
    body: &Value,
    kind: &str,
    hash: &str,
    faults: &mut Vec<String>,
) {
    let images = body["images"].as_array().map_or(&[][..], Vec::as_slice);
    if !images.iter().any(|image| image["kind"] == kind && image["sha256"] == hash) {
        faults.push(format!("api: {call} does not show its {kind} (I5)"));
    }
    let (status, bytes) = get(world, rng, &format!("/v1/calls/{call}/images/{kind}")).await;
    if status != 200 || sha256(&bytes) != hash {
        faults.push(format!(
            "api: {kind} of {call}: {status}, {} bytes that are not the picture (I5)",
            bytes.len()
        ));
    }
}

async fn verdict(
    world: &World,
    rng: &mut Rng,
    pages: &Pages,
    call: CallId,
    body: &Value,
    faults: &mut Vec<String>,
) {
    let given = pages.verdicts.iter().filter(|((of, _), verdict)| *of == call && verdict.receipt.is_some());
    let given: Vec<_> = given.collect();
    if given.is_empty() {
        if !body["verdict"].is_null() {
            faults.push(format!("api: {call} has a verdict that nobody gave"));
        }
        return;
    }
    let (status, held) = get(world, rng, &format!("/v1/calls/{call}/evidence")).await;
    let held = json_of(&held);
    let held = held.as_array().map_or(&[][..], Vec::as_slice);
    if status != 200 || held.len() != given.len() {
        faults.push(format!(
            "api: {call} holds {} pieces of evidence, {} were acknowledged",
            held.len(),
            given.len()
        ));
    }
    for ((_, assignment), verdict) in given {
        let receipt = verdict.receipt.as_ref().expect("filtered");
        let found = held.iter().find(|entry| entry["receipt"]["assignment"] == *assignment);
        let text = found.and_then(|entry| entry["manifest_text"].as_str()).unwrap_or_default();
        if found.map(|entry| &entry["receipt"]) != Some(receipt) || text.as_bytes() != verdict.manifest {
            faults.push(format!("api: evidence {assignment} of {call} is not what was acknowledged (I5)"));
        }
        if receipt["standing"] == "superseded" {
            continue;
        }
        let decision = serde_json::to_value(verdict.decision).expect("json");
        if body["verdict"]["decision"] != decision || body["verdict"]["agent"] != verdict.agent.to_string() {
            faults.push(format!("api: {call} has the verdict {}, not {decision}", body["verdict"]));
        }
        for (kind, hash) in &verdict.pictures {
            shown(world, rng, call, body, kind, hash, faults).await;
        }
    }
}

/// What the command line acknowledged.
pub async fn commands(world: &World, pages: &Pages, agents: &Value) -> Vec<String> {
    let listed: BTreeSet<&str> =
        agents.as_array().into_iter().flatten().filter_map(|agent| agent["username"].as_str()).collect();
    let lost = pages.agents_made.iter().filter(|name| !listed.contains(name.as_str()));
    let mut faults: Vec<String> =
        lost.map(|name| format!("command line: agent {name} is lost (I5)")).collect();
    for token in &pages.tokens_made {
        let path = format!("/v1/calls/{}", CallId(uuid::Uuid::nil()));
        let answer = world.http.get(world.url(&path)).bearer_auth(token).send().await.expect("answer");
        if answer.status() != 404 {
            faults.push(format!(
                "command line: a token that was issued is answered with {} (I5)",
                answer.status()
            ));
        }
    }
    faults
}

/// The same key and parts give the same call, however many lives ago it was made.
pub async fn repeat(world: &Arc<World>, rng: &mut Rng) {
    let known: Vec<String> = world.books.write(|pages| {
        pages.intakes.iter().filter(|(_, intake)| intake.call.is_some()).map(|(key, _)| key.clone()).collect()
    });
    if known.is_empty() {
        return;
    }
    let index = usize::try_from(rng.between(0, known.len() as u64 - 1)).expect("index");
    take_in(world, rng, &known[index]).await;
}

/// Lets every agent, one after the other, take a call again while all others rest.
pub async fn probe(world: &Arc<World>, sessions: &[String], patience: Duration) -> Vec<String> {
    let mut rng = Rng::new(rand::random());
    let mut faults = Vec::new();
    let mut desks = Vec::new();
    for token in sessions {
        desks.push(Desk::open(world, token).await);
    }
    for (n, desk) in desks.iter_mut().enumerate() {
        let company = world.accounts[n].company;
        let served = tokio::time::timeout(patience, desk.one_call(world, &mut rng, n, company)).await;
        if served.is_err() {
            faults
                .push(format!("agent {n} is stuck: no call came to its end with it; it was {:?}", desk.last));
        }
    }
    faults
}

struct Desk {
    line: Line,
    last: Option<AgentActivity>,
}

impl Desk {
    async fn open(world: &World, token: &str) -> Self {
        let opened = Line::open(&world.base, "/v1/agent/socket", Some(token)).await;
        let Ok(mut line) = opened else { panic!("an agent's session is gone") };
        line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await;
        let mut desk = Self { line, last: None };
        desk.rest().await;
        desk
    }

    async fn view(&mut self) -> AgentView {
        loop {
            match self.line.next::<ServerToAgent>().await {
                Got::Frame(ServerToAgent::View { view, .. }) => {
                    self.last = Some(view.activity.clone());
                    return view;
                }
                Got::Frame(_) | Got::Unknown => {}
                Got::Gone => panic!("the socket broke while nobody was killed"),
            }
        }
    }

    async fn rest(&mut self) {
        let paused = |view: &AgentView| matches!(&view.activity, AgentActivity::Paused { reason, .. } if reason == "break");
        let status = WantedStatus::Paused { reason: "break".to_owned() };
        self.line.send(&AgentToServer::SetStatus { status: status.clone() }).await;
        loop {
            let view = self.view().await;
            match view.activity {
                _ if paused(&view) => return,
                AgentActivity::WrapUp { .. } => {
                    self.line.send(&AgentToServer::WrapUpDone).await;
                }
                _ => {
                    self.line.send(&AgentToServer::SetStatus { status: status.clone() }).await;
                }
            }
        }
    }

    async fn one_call(&mut self, world: &Arc<World>, rng: &mut Rng, n: usize, company: &'static str) {
        self.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
        while !matches!(self.view().await.activity, AgentActivity::Available { .. }) {}
        let key = format!("probe-{n}-{}", rng.next());
        let intake = Intake {
            company: company.to_owned(),
            external_id: format!("PR-{n}"),
            case: case(&format!("PR-{n}"), rng),
            pictures: ["id_front", "portrait"].map(|kind| (kind, picture(rng, 32))).to_vec(),
            call: None,
            call_token: String::new(),
        };
        world.books.write(|pages| pages.intakes.insert(key.clone(), intake));
        let (call, call_token) = take_in(world, rng, &key).await;
        world.books.write(|pages| pages.mark(call).hung_up = true);
        let Ok(mut page) = Line::open(&world.base, "/v1/caller/socket", None).await else {
            panic!("no page")
        };
        let (device_secret, page_id) = ("p".repeat(32), "1".to_owned());
        let version = chinhchu_protocol::VERSION;
        page.send(&CallerToServer::Hello { version, call_token, device_secret, page_id }).await;
        page.send(&CallerToServer::Ready { consent: None }).await;
        let offer = loop {
            if let AgentActivity::Ringing { offer } = self.view().await.activity {
                break offer;
            }
        };
        assert_eq!(offer.call_id, call, "the only call that waits");
        let (call_id, offer) = (call, offer.offer);
        self.line.send(&AgentToServer::Rang { call_id, offer, proof: RingProof::Visual }).await;
        self.line.send(&AgentToServer::Accept { call_id, offer }).await;
        while !matches!(self.view().await.activity, AgentActivity::Connecting { .. }) {}
        page.send(&CallerToServer::HangUp).await;
        self.rest().await;
    }
}

/// Until a condition of the log holds; says what it waited for if it never does.
pub async fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) -> Option<String> {
    let begun = std::time::Instant::now();
    while !holds() {
        if begun.elapsed() > limit {
            return Some(format!("not in {limit:?}: {what}"));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}
