//! A server with a data folder of its own, and what an integrator needs to talk to it.

use std::io::Cursor;
use std::net::TcpListener;

use chinhchu_protocol::ids::{ChangeId, CompanyCode};
use chinhchu_protocol::tokens::TokenIssued;
use chinhchu_server::clock::Clock;
use chinhchu_server::companies::changes::{self, Ask};
use chinhchu_server::config::Config;
use chinhchu_server::run::{Running, start_with_clock};
use chinhchu_server::tokens::http::{IssueError, issue_in};
use chinhchu_server::tokens::secret::{Secret, SecretKind};
use chinhchu_server::tokens::sql as token_sql;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// One running server.
pub struct World {
    pub folder: TempDir,
    pub server: Running,
    pub url: String,
    pub client: Client,
    pub clock: Clock,
    pub stop: CancellationToken,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(edit: impl FnOnce(&mut Config)) -> Self {
        Self::start_at(Clock::system(), edit).await
    }

    /// With a clock that the test moves.
    pub async fn start_by_hand() -> Self {
        Self::start_at(Clock::manual(Clock::system().now()), |_| {}).await
    }

    async fn start_at(clock: Clock, edit: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        Self::start_on(folder, clock, edit).await
    }

    /// Stops the server and starts another one on the same folder.
    pub async fn restart(self) -> Self {
        self.stop.cancel();
        self.server.wait().await.expect("stopped");
        Self::start_on(self.folder, self.clock, |_| {}).await
    }

    /// On a folder that is there already.
    pub async fn start_on(folder: TempDir, clock: Clock, edit: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::for_data(folder.path());
        edit(&mut config);
        let stop = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").expect("port");
        let server =
            start_with_clock(listener, config, clock.clone(), stop.clone()).await.expect("the server starts");
        let url = server.base_url().to_owned();
        let client = Client::builder().tls_danger_accept_invalid_certs(true).build().expect("client");
        Self { folder, server, url, client, clock, stop }
    }

    /// A company token that lives for so long.
    pub async fn token(&self, company: &str, life_s: u32) -> TokenIssued {
        let (clock, company) = (self.clock.clone(), CompanyCode(company.to_owned()));
        self.server
            .app()
            .db
            .write(move |tx| -> Result<_, IssueError> { issue_in(tx, &clock, &company, life_s, "test") })
            .await
            .expect("issued")
    }

    /// A service credential.
    pub async fn service(&self, name: &str) -> String {
        let secret = Secret::fresh(SecretKind::Service).expect("randomness");
        let (id, now, name, hash) = (self.clock.new_id(), self.clock.now(), name.to_owned(), secret.hash());
        let write =
            self.server.app().db.write(move |tx| token_sql::insert_credential(tx, id, &name, hash, now));
        write.await.expect("issued");
        secret.reveal()
    }

    /// Changes settings of a company at once, as a command does.
    pub async fn settings(&self, company: &str, changes: Value) {
        let Value::Object(changes) = changes else { panic!("an object") };
        let (company, now) = (CompanyCode(company.to_owned()), self.clock.now());
        let (reason, actor) = ("test".to_owned(), "test".to_owned());
        let ask = Ask { company, changes, effective_at: None, reason, actor };
        let id = ChangeId(self.clock.new_id());
        let app = self.server.app();
        app.db.write(move |tx| changes::propose(tx, &ask, id, now)).await.expect("changed");
        app.switchboard.configure().await.expect("told");
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url)).bearer_auth(token)
    }

    pub fn post(&self, path: &str, token: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url)).bearer_auth(token)
    }

    /// A good call under a key of its own.
    pub async fn call(&self, token: &str) -> Value {
        let key = self.clock.new_id().to_string();
        let answer = self.intake(token, &key, good_form()).await;
        assert_eq!(answer.status(), 201);
        answer.json().await.expect("json")
    }

    pub async fn intake(&self, token: &str, key: &str, form: Form) -> Response {
        self.post("/v1/calls", token)
            .header("Idempotency-Key", key)
            .multipart(form)
            .send()
            .await
            .expect("answer")
    }

    /// How many rows of an intake there are, in all tables that one writes.
    pub async fn stored(&self) -> i64 {
        let sql = "SELECT (SELECT count(*) FROM cases) + (SELECT count(*) FROM calls)
                   + (SELECT count(*) FROM pictures) + (SELECT count(*) FROM pending_objects)
                   + (SELECT count(*) FROM idempotency)";
        let read = self.server.app().db.read(move |c| {
            Ok::<i64, chinhchu_server::store::StoreError>(c.query_row(sql, [], |row| row.get(0))?)
        });
        read.await.expect("count")
    }

    /// Picture files on disk.
    pub fn files(&self) -> usize {
        let shards = std::fs::read_dir(self.folder.path().join("evidence")).expect("folder");
        shards.map(|shard| std::fs::read_dir(shard.expect("shard").path()).expect("shard").count()).sum()
    }
}

/// Status and code of a refusal; fails if it is not a problem response.
pub async fn refusal(answer: Response) -> (u16, String, Value) {
    let status = answer.status().as_u16();
    let content_type = answer.headers().get("content-type").cloned();
    assert_eq!(content_type.as_ref().and_then(|v| v.to_str().ok()), Some("application/problem+json"));
    let body: Value = answer.json().await.expect("problem");
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().expect("code").to_owned(), body)
}

pub fn good_case() -> Value {
    json!({
        "external_id": "EK-2211-000017",
        "dealer": {"account": "dl.hcm.0123", "name": "ĐL Quận 3"},
        "subscriber": {"msisdn": "0901234567", "payment": "prepaid", "sub_type": "MC", "customer_type": "individual"},
        "customer": {"full_name": "Nguyễn Thị Ánh", "date_of_birth": "1990-05-17", "id_kind": "cccd",
                     "id_number": "079190001234", "id_issued_on": "2021-08-02", "address": "Quận 3"},
        "consent": {"given_at": "2026-11-23T09:15:00+07:00", "text_version": "2026-04"}
    })
}

pub fn jpeg() -> Vec<u8> {
    let image =
        image::RgbImage::from_fn(320, 200, |x, y| image::Rgb([x, y, x ^ y].map(|v| v.to_le_bytes()[0])));
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Jpeg).expect("encode");
    out.into_inner()
}

pub fn part(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Part {
    Part::bytes(bytes).file_name("file.jpg").mime_str("image/jpeg").expect("mime")
}

pub fn case_part(case: &Value) -> Part {
    Part::bytes(serde_json::to_vec(case).expect("json")).mime_str("application/json").expect("mime")
}

pub fn good_form() -> Form {
    form_with(&good_case(), jpeg())
}

pub fn form_with(case: &Value, id_front: Vec<u8>) -> Form {
    Form::new().part("case", case_part(case)).part("id_front", part(id_front)).part("portrait", part(jpeg()))
}
