//! What the server takes as evidence: every binding is checked, the receipt is countersigned, and a key that
//! signs twice is put aside.

use chinhchu_evidence::receipt::Receipt;
use chinhchu_evidence::signed::Signed;
use chinhchu_evidence::{Envelope, PublicKey, SealedManifest, SigningKey, hex};
use chinhchu_protocol::agent::{AgentActivity, AgentCase, AgentToServer};
use chinhchu_protocol::call::{CallState, ImageKind};
use chinhchu_protocol::evidence::{Manifest, TimeSource};
use chinhchu_protocol::ids::{AgentId, CallId, RuleId, SessionId};
use chinhchu_protocol::workstation::WorkstationState;
use reqwest::Response;
use serde_json::{Value, json};

use crate::edge_cli;
use crate::edge_world::{World, jpeg, refusal};
use crate::spine_seal::{bare, manifest, sealed, sealed_by, upload, workstation_of};
use crate::spine_world::{Page, Workstation};

/// A call that was accepted.
pub struct Accepted {
    pub world: World,
    pub station: Workstation,
    pub page: Page,
    pub call_id: CallId,
    pub call_token: String,
    pub case: AgentCase,
}

impl Accepted {
    pub async fn start() -> Self {
        Box::pin(async {
            let world = World::start().await;
            let station = Workstation::available(&world, "1", "hoa").await;
            Box::pin(Self::on(world, station)).await
        })
        .await
    }

    pub async fn on(world: World, mut station: Workstation) -> Self {
        let token = world.token("1", 600).await.token;
        let created = world.call(&token).await;
        let mut page = Page::ready(&world, &created).await;
        let call_id = station.accept().await;
        page.until(|view| view.state == CallState::Connecting).await;
        let path = format!("/v1/agent/calls/{call_id}");
        let answer = world.get(&path, &station.signed_in.session_token).send().await.expect("answer");
        let case = answer.json().await.expect("case");
        let call_token = created["call_token"].as_str().expect("token").to_owned();
        Self { world, station, page, call_id, call_token, case }
    }

    pub async fn manifest(&self) -> Manifest {
        manifest(&self.world, &self.station, &self.case, 1, &jpeg()).await
    }

    pub fn url(&self) -> String {
        format!("{}/v1/agent/calls/{}/assignments/1/evidence", self.world.url, self.call_id)
    }

    pub async fn put(&self, sealed: &SealedManifest) -> Response {
        let request = self.world.client.put(self.url()).bearer_auth(&self.station.signed_in.session_token);
        request.multipart(upload(sealed, &jpeg())).send().await.expect("answer")
    }

    /// Another call with the same workstation; this one ends.
    pub async fn next(self) -> Self {
        let Self { world, mut station, .. } = self;
        station.line.send(&AgentToServer::WrapUpDone).await;
        station.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;
        Box::pin(Self::on(world, station)).await
    }

    async fn seal(&mut self, sealed: &SealedManifest) {
        let told = AgentToServer::VerdictSealed {
            call_id: self.call_id,
            assignment: 1,
            decision: chinhchu_protocol::call::Decision::Rejected,
            manifest_sha256: sealed.manifest_sha256.clone(),
        };
        self.station.line.send(&told).await;
        self.page.until(|view| view.state == CallState::AwaitingEvidence).await;
    }

    async fn count(&self, sql: &'static str) -> i64 {
        let read = self.world.server.app().db.read(move |c: &rusqlite::Connection| {
            Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
        });
        read.await.expect("count")
    }
}

/// A field, the fault that is told, and what is done to the manifest.
type Change = (&'static str, &'static str, fn(&mut Manifest));

const CHANGES: &[Change] = &[
    ("call_id", "mismatch", |m| m.call_id = CallId(uuid::Uuid::from_u128(1))),
    ("assignment", "mismatch", |m| m.assignment = 2),
    ("challenge", "mismatch", |m| m.challenge = "0".repeat(32)),
    ("accepted_at", "mismatch", |m| m.accepted_at = m.accepted_at.plus_ms(1)),
    ("captured_at", "before_accept", |m| m.captured_at = m.accepted_at.plus_ms(-10_001)),
    ("captured_at", "in_the_future", |m| m.captured_at = m.captured_at.plus_ms(60_000)),
    ("elapsed_ms", "in_the_future", |m| m.elapsed_ms += 40_000),
    ("clock.source", "mismatch", |m| m.clock.offset_ms = Some(2_001)),
    ("clock.source", "mismatch", |m| m.clock.source = TimeSource::Server),
    ("company", "mismatch", |m| m.company.0.push('2')),
    ("agent_id", "mismatch", |m| m.agent_id = AgentId(uuid::Uuid::from_u128(1))),
    ("session_id", "mismatch", |m| m.session_id = SessionId(uuid::Uuid::from_u128(1))),
    ("rule_id", "mismatch", |m| m.rule_id = RuleId(uuid::Uuid::from_u128(1))),
    ("reason", "missing", |m| m.reason = None),
    ("note", "too_long", |m| m.note = Some("x".repeat(1_001))),
    ("counter", "out_of_range", |m| m.counter = 0),
    ("previous_sha256", "mismatch", |m| m.previous_sha256 = Some("0".repeat(64))),
    ("previous_sha256", "mismatch", |m| m.counter = 2),
    ("witness_nonce", "unknown_value", |m| m.witness_nonce = Some("?".to_owned())),
    ("case.external_id", "mismatch", |m| m.case.external_id.push('x')),
    ("case.msisdn", "mismatch", |m| m.case.msisdn.push('0')),
    ("case.full_name", "mismatch", |m| m.case.full_name.push('x')),
    ("case.date_of_birth", "mismatch", |m| m.case.date_of_birth.push('0')),
    ("case.id_kind", "mismatch", |m| m.case.id_kind = chinhchu_protocol::case::IdKind::Cmnd),
    ("case.id_number", "mismatch", |m| m.case.id_number.push('0')),
    ("case.id_issued_on", "mismatch", |m| m.case.id_issued_on.push('0')),
    ("case.address", "mismatch", |m| m.case.address = None),
    ("case.papers.portrait", "mismatch", |m| {
        let paper = m.case.papers.iter_mut().find(|paper| paper.kind == ImageKind::Portrait);
        paper.expect("seen").sha256 = "0".repeat(64);
    }),
    ("case.papers.id_back", "mismatch", |m| m.case.papers[0].kind = ImageKind::IdBack),
    ("screenshot.sha256", "mismatch", |m| m.pictures[0].sha256 = "0".repeat(64)),
    ("screenshot.width", "mismatch", |m| m.pictures[0].width = 1),
    ("pictures.live_frame", "missing", |m| m.pictures.truncate(1)),
    ("pictures.portrait", "unknown_value", |m| m.pictures[1].kind = ImageKind::Portrait),
];

#[tokio::test]
async fn a_manifest_that_says_anything_else_than_what_the_server_knows_is_refused_field_by_field() {
    let call = Accepted::start().await;
    let good = call.manifest().await;
    for (field, code, change) in CHANGES {
        let mut other = good.clone();
        change(&mut other);
        let (status, told, body) = refusal(call.put(&sealed(&other)).await).await;
        assert_eq!((status, told.as_str()), (422, "evidence_invalid"), "{field}: {body}");
        let named = json!({"field": field, "code": code});
        assert!(body["errors"].as_array().is_some_and(|all| all.contains(&named)), "{named} in {body}");
    }
    assert_eq!(call.count("SELECT count(*) FROM evidence").await, 0);
    assert_eq!(call.count("SELECT count(*) FROM manifest_counters").await, 0, "no number was used up");
    assert_eq!(call.put(&sealed(&good)).await.status(), 200);
}

#[tokio::test]
async fn what_another_key_has_signed_or_was_changed_after_it_was_signed_is_refused() {
    let call = Accepted::start().await;
    let good = call.manifest().await;
    let whole = sealed(&good);
    let unknown = sealed_by(&good, &SigningKey::from_bytes(&[9; 32]));
    assert_eq!(refusal(call.put(&unknown).await).await.1, "workstation_not_approved");
    // Another approved workstation signs in this one's name.
    let second = Workstation::available(&call.world, "1", "lan").await;
    let other = workstation_of(&call.world, &second).await;
    let (_, _, body) = refusal(call.put(&sealed_by(&good, &crate::spine_seal::key_of(other))).await).await;
    assert!(body.to_string().contains("not_this_key"), "{body}");
    let moved = Manifest { workstation_id: other, ..good.clone() };
    let (_, _, body) = refusal(call.put(&sealed(&moved)).await).await;
    assert_eq!(body["errors"][0], json!({"field": "workstation_id", "code": "mismatch"}));

    let noted = sealed(&Manifest { note: Some("khác".to_owned()), ..good.clone() });
    let swapped = SealedManifest { leaves: noted.leaves.clone(), ..whole.clone() };
    for (changed, field, code) in [
        (swapped, "leaves", "root_differs"),
        (cut(&whole, |s| &mut s.leaves), "leaves", "not_leaves"),
        (cut(&whole, |s| &mut s.envelope), "envelope", "not_an_envelope"),
    ] {
        let (status, told, body) = refusal(call.put(&changed).await).await;
        assert_eq!((status, told.as_str()), (422, "evidence_invalid"));
        assert_eq!(body["errors"][0], json!({"field": field, "code": code}));
    }
    let text = String::from_utf8(whole.envelope.clone()).expect("json");
    let signature = text.find("\"sig\":\"").expect("signature") + 10;
    let mut forged = whole.clone();
    forged.envelope[signature] ^= 1;
    let (_, _, body) = refusal(call.put(&forged).await).await;
    assert!(
        ["bad_signature", "not_an_envelope"].contains(&body["errors"][0]["code"].as_str().expect("code"))
    );

    let id = workstation_of(&call.world, &call.station).await.to_string();
    edge_cli::json(call.world.folder.path(), &["workstation", "revoke", &id, "--reason", "x"]);
    let (status, code, _) = refusal(call.put(&whole).await).await;
    assert_eq!((status, code.as_str()), (403, "workstation_revoked"));
}

fn cut(whole: &SealedManifest, part: impl FnOnce(&mut SealedManifest) -> &mut Vec<u8>) -> SealedManifest {
    let mut changed = whole.clone();
    part(&mut changed).pop();
    changed
}

/// I5: however often and however close together, one receipt, byte for byte; it verifies by the server's key.
#[tokio::test]
async fn repeated_uploads_get_the_very_same_countersigned_receipt_even_after_the_key_was_revoked() {
    let mut call = Accepted::start().await;
    let view = call.station.until(|view| matches!(view.activity, AgentActivity::Connecting { .. }));
    let _ = tokio::time::timeout(std::time::Duration::from_millis(1), view).await;
    let evidence = sealed(&call.manifest().await);
    call.seal(&evidence).await;
    let (one, two, three) = tokio::join!(call.put(&evidence), call.put(&evidence), call.put(&evidence));
    let mut bodies = Vec::new();
    for answer in [one, two, three] {
        assert_eq!(answer.status(), 200);
        bodies.push(answer.bytes().await.expect("body"));
    }
    let id = workstation_of(&call.world, &call.station).await.to_string();
    edge_cli::json(call.world.folder.path(), &["workstation", "revoke", &id, "--reason", "x"]);
    bodies.push(call.put(&evidence).await.bytes().await.expect("body"));
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));

    let answer: Value = serde_json::from_slice(&bodies[0]).expect("json");
    let server: PublicKey = call.station.signed_in.workstation.server_key.parse().expect("key");
    let envelope = Envelope::of_value(&answer["envelope"]).expect("an envelope");
    let receipt = Receipt::open(&envelope, &server).expect("signed by the server");
    assert_eq!(receipt.manifest_sha256, evidence.manifest_sha256);
    assert_eq!((receipt.call_id, receipt.assignment, receipt.counter), (call.call_id, 1, 1));
    assert_eq!(json!(receipt.received_at), answer["received_at"]);
    // The log's end of that moment: the record that took the evidence.
    let (seq, told) = (receipt.log.seq.cast_signed(), receipt.log.hash.clone());
    let read = call.world.server.app().db.read(move |c: &rusqlite::Connection| {
        let row = c.query_row("SELECT hash, facts FROM log WHERE seq = ?1", [seq], |row| {
            Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Vec<u8>>(1)?))
        });
        Ok::<_, chinhchu_server::store::StoreError>(row?)
    });
    let (hash, facts) = read.await.expect("a record");
    assert_eq!(hex::encode(&hash), told);
    let facts = String::from_utf8(facts).expect("json");
    assert!(facts.contains("evidence_taken") && facts.contains(&call.call_id.to_string()), "{facts}");
}

#[tokio::test]
async fn the_view_tells_challenge_and_time_of_the_accept_and_each_assignment_has_its_own() {
    let mut call = Accepted::start().await;
    call.station
        .line
        .send(&AgentToServer::SetStatus {
            status: chinhchu_protocol::agent::WantedStatus::Paused { reason: "break".to_owned() },
        })
        .await;
    let station = Workstation::again(&call.world, call.station.signed_in.clone()).await;
    call.station = station;
    let view = call.station.until(|view| matches!(view.activity, AgentActivity::Connecting { .. })).await;
    let AgentActivity::Connecting { call: shown } = view.activity else { unreachable!("just matched") };
    let manifest = call.manifest().await;
    assert_eq!(
        (shown.challenge.as_str(), shown.accepted_at),
        (manifest.challenge.as_str(), manifest.accepted_at)
    );
    let keys = &call.world.server.app().keys;
    assert_eq!(shown.challenge.len(), 32);
    assert_ne!(keys.challenge(call.call_id, 1), keys.challenge(call.call_id, 2));
}

#[tokio::test]
async fn a_number_used_twice_puts_the_key_in_quarantine_and_keeps_the_second_manifest_aside() {
    let mut call = Accepted::start().await;
    let first = sealed(&call.manifest().await);
    call.seal(&first).await;
    let receipt: Value = call.put(&first).await.json().await.expect("receipt");
    let old = (call.call_id, call.url());
    let mut call = call.next().await;
    // As if the disk of the workstation had been put back: number 1 again.
    let twice = sealed(&call.manifest().await);
    for _ in 0..2 {
        let (status, code, _) = refusal(call.put(&twice).await).await;
        let again = if status == 409 { "counter_conflict" } else { "workstation_quarantined" };
        assert_eq!(code, again);
    }
    call.station.until(|view| view.workstation == WorkstationState::Quarantined).await;
    assert_eq!(call.count("SELECT count(*) FROM counter_conflicts").await, 1);
    assert_eq!(call.count("SELECT count(*) FROM evidence").await, 1);
    let marked = "SELECT count(*) FROM audit WHERE action = 'workstation.quarantined'";
    assert_eq!(call.count(marked).await, 1);
    // What was taken before stays taken.
    let request = call.world.client.put(&old.1).bearer_auth(&call.station.signed_in.session_token);
    let again = request.multipart(upload(&first, &jpeg())).send().await.expect("answer");
    assert_eq!(again.json::<Value>().await.expect("receipt"), receipt);
    assert_ne!(old.0, call.call_id);
}

#[tokio::test]
async fn a_manifest_that_names_another_one_before_it_than_the_server_holds_is_a_fork() {
    let mut call = Accepted::start().await;
    let first = sealed(&call.manifest().await);
    call.seal(&first).await;
    assert_eq!(call.put(&first).await.status(), 200);
    let call = call.next().await;
    let forked = Manifest { counter: 2, previous_sha256: Some("0".repeat(64)), ..call.manifest().await };
    assert_eq!(refusal(call.put(&sealed(&forked)).await).await.1, "counter_conflict");
}

#[tokio::test]
async fn what_is_missing_is_told_with_numbers_and_calls_and_nothing_is_when_all_is_here() {
    let mut call = Accepted::start().await;
    let folder = call.world.folder.path().to_owned();
    let whole = edge_cli::json(&folder, &["evidence", "missing"]);
    assert_eq!(whole, json!({"keys": [], "assignments": [], "files": []}));
    // Number 3 arrives; 1 and 2 do not.
    let third = Manifest { counter: 3, previous_sha256: Some("1".repeat(64)), ..call.manifest().await };
    let third = sealed(&third);
    call.seal(&third).await;
    let output = edge_cli::run(&folder, &["evidence", "missing", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    let owed = &told["assignments"][0];
    assert_eq!((output.status.code(), &owed["call_id"]), (Some(1), &json!(call.call_id)));
    assert_eq!((&owed["why"], &owed["awaited"]), (&json!("sealed"), &json!(true)));
    assert_eq!(owed["workstation_id"], json!(workstation_of(&call.world, &call.station).await));
    assert_eq!((&owed["agent"], &owed["workstation"]), (&json!("hoa"), &json!("MAY-01")));
    let text = edge_cli::run(&folder, &["evidence", "missing"]).stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("by agent hoa at workstation «MAY-01»"), "{text}");
    assert_eq!(call.put(&third).await.status(), 200);
    let output = edge_cli::run(&folder, &["evidence", "missing", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("json");
    assert_eq!((output.status.code(), &told["assignments"]), (Some(1), &json!([])));
    assert_eq!((&told["keys"][0]["missing"], &told["keys"][0]["highest"]), (&json!([[1, 2]]), &json!(3)));
    let text = edge_cli::run(&folder, &["evidence", "missing"]).stdout;
    assert!(String::from_utf8_lossy(&text).contains("1–2 of 1–3 missing"));
}

/// The multipart itself.
#[tokio::test]
async fn an_upload_without_a_part_or_with_one_twice_is_refused_by_name() {
    let call = Accepted::start().await;
    let evidence = sealed(&call.manifest().await);
    let forms = [
        (bare(&evidence), "screenshot", "missing"),
        (upload(&evidence, &jpeg()).text("envelope", "x"), "envelope", "repeated"),
        (upload(&evidence, &jpeg()).text("manifest", "x"), "part", "unknown_value"),
        (reqwest::multipart::Form::new().text("envelope", "x"), "leaves", "missing"),
    ];
    for (form, field, code) in forms {
        let request = call.world.client.put(call.url()).bearer_auth(&call.station.signed_in.session_token);
        let (_, told, body) = refusal(request.multipart(form).send().await.expect("answer")).await;
        assert_eq!(told, "evidence_invalid");
        assert_eq!(body["errors"][0], json!({"field": field, "code": code}));
    }
}
