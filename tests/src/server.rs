//! The routing server as a process, its command line, and its public API as eKYC and mSale use it.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::driver::PATIENCE;
use crate::explained::Explained;
use crate::process::Process;
use crate::serving::Plan;
use crate::{programs, sample};

/// A server on a data folder.
pub struct Server {
    plan: Plan,
    /// As the players reach it.
    url: String,
    /// As the harness reaches it.
    api: String,
    process: Process,
    http: reqwest::Client,
}

/// An agent's account.
pub struct Account {
    /// Sign-in name.
    pub username: String,
    /// As printed once by the command line.
    pub password: String,
}

/// A call as created through the public API.
pub struct Created {
    /// The call's id.
    pub call_id: String,
    /// The page for the dealer's phone.
    pub call_screen_url: String,
    /// Opens the call's case and pictures.
    pub call_token: String,
    /// The company token that made it.
    pub token: String,
}

impl Server {
    /// Starts a server on a fresh data folder.
    pub fn start(mut plan: Plan) -> Result<Self> {
        let (process, url) = plan.serve()?;
        let http = plan.trust(reqwest::Client::builder().timeout(Duration::from_secs(30)))?.build()?;
        let api = plan.door(&url)?;
        Ok(Self { plan, url, api, process, http })
    }

    /// Base URL, as browsers and workstations reach it.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// `127.0.0.1:PORT`, for a server on loopback.
    pub fn address(&self) -> String {
        self.api.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Whom workstations must trust beside the system's authorities.
    pub fn extra_root(&self) -> Option<&Path> {
        self.plan.certificate()
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Starts it again on the same folder and the same port.
    pub fn start_again(&mut self) -> Result<()> {
        let (process, url) = self.plan.serve()?;
        ensure!(url == self.url, "came back at another address");
        self.process = process;
        Ok(())
    }

    /// Runs `chinhchu-server ARGS --data DIR --json` and gives what it printed.
    pub fn cli(&self, args: &[&str]) -> Result<Value> {
        cli(self.plan.dir(), args)
    }

    /// Adds an agent of a company.
    pub fn add_agent(&self, company: &str, username: &str, name: &str) -> Result<Account> {
        let made =
            self.cli(&["agent", "add", "--company", company, "--username", username, "--name", name])?;
        let password = text(&made, "password")?;
        Ok(Account { username: username.to_owned(), password })
    }

    /// Approves the workstation that shows this fingerprint, as IT does.
    pub fn approve_workstation(&self, fingerprint: &str) -> Result<()> {
        let listed = self.cli(&["workstation", "list"])?;
        let shows = |key: &&Value| key["fingerprint"] == fingerprint;
        let key = listed.as_array().into_iter().flatten().find(shows);
        let key = key.with_context(|| format!("no workstation with {fingerprint}: {listed}"))?;
        let id = text(key, "workstation_id")?;
        let approved = self.cli(&["workstation", "approve", &id, "--fingerprint", fingerprint])?;
        ensure!(approved["state"] == "approved", "not approved: {approved}");
        Ok(())
    }

    /// Fingerprints of the workstations that wait for approval.
    pub fn waiting_workstations(&self) -> Result<Vec<String>> {
        let listed = self.cli(&["workstation", "list"])?;
        let waiting = listed.as_array().into_iter().flatten().filter(|key| key["state"] == "pending");
        waiting.map(|key| text(key, "fingerprint")).collect()
    }

    /// Changes settings of a company (`NAME=VALUE`); counts from the next deadline that is set.
    pub fn set_company(&self, company: &str, settings: &[&str]) -> Result<()> {
        let mut arguments = vec!["company", "rules", company];
        for setting in settings {
            arguments.extend(["--set", setting]);
        }
        self.cli(&arguments).map(|_| ())
    }

    /// A company token.
    pub fn token(&self, company: &str) -> Result<String> {
        text(&self.cli(&["token", "issue", "--company", company])?, "token")
    }

    /// Takes in a call with the drawn sample pictures (S10).
    pub async fn create_call(&self, company: &str) -> Result<Created> {
        let token = self.token(company)?;
        let answer = self
            .http
            .post(format!("{}/v1/calls", self.api))
            .bearer_auth(&token)
            .header("Idempotency-Key", uuid::Uuid::now_v7().to_string())
            .multipart(sample::parts()?)
            .send()
            .await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        ensure!(status == 201, "intake answered {status}: {body}");
        Ok(Created {
            call_id: text(&body, "call_id")?,
            call_screen_url: text(&body, "call_screen_url")?,
            call_token: text(&body, "call_token")?,
            token,
        })
    }

    /// `GET /v1/calls/{id}` with the company token.
    pub async fn call(&self, created: &Created) -> Result<Value> {
        let url = format!("{}/v1/calls/{}", self.api, created.call_id);
        let answer = self.http.get(url).bearer_auth(&created.token).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Polls the call until `is_it` holds.
    pub async fn until_call(
        &self,
        created: &Created,
        what: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            // The server may just be restarting: that is what some stories are about.
            let body = self.call(created).await.unwrap_or(Value::Null);
            if is_it(&body) {
                return Ok(body);
            }
            if Instant::now() > until {
                bail!("waited in vain for: {what}; the call: {body}\n{}", self.process.tail());
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// A picture of the call, with the call's own token.
    pub async fn image(&self, created: &Created, kind: &str) -> Result<Vec<u8>> {
        let url = format!("{}/v1/calls/{}/images/{kind}", self.api, created.call_id);
        let answer = self.http.get(url).bearer_auth(&created.call_token).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    /// The result as the sandbox's mSale took it from the webhook, once it is there.
    pub async fn msale_result(&self, call_id: &str) -> Result<Value> {
        let url = format!("{}/sandbox/api/msale/results/{call_id}", self.api);
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.http.get(&url).send().await;
            if let Ok(answer) = answer
                && answer.status() == 200
            {
                return Ok(answer.json().await?);
            }
            if Instant::now() > until {
                bail!("mSale never got the result\n{}", self.process.tail());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// A picture as mSale copied it, once it has fetched it.
    pub async fn msale_image(&self, call_id: &str, kind: &str) -> Result<Vec<u8>> {
        let url = format!("{}/sandbox/api/msale/results/{call_id}/images/{kind}", self.api);
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = self.http.get(&url).send().await?;
            if answer.status() == 200 {
                return Ok(answer.bytes().await?.to_vec());
            }
            ensure!(Instant::now() < until, "mSale never fetched {kind}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What evidence the server holds for a call: one entry per assignment, with the manifest as sent.
    pub async fn evidence(&self, created: &Created) -> Result<Vec<Value>> {
        let name = uuid::Uuid::now_v7().to_string();
        let credential = text(&self.cli(&["service-credential", "issue", "--name", &name])?, "credential")?;
        let url = format!("{}/v1/calls/{}/evidence", self.api, created.call_id);
        let answer = self.http.get(url).bearer_auth(credential).send().await?.error_for_status()?;
        let body: Value = answer.json().await?;
        body.as_array().cloned().context("the evidence is no list")
    }

    /// Waits until the server holds this many pieces of evidence for a call.
    pub async fn until_evidence(&self, created: &Created, count: usize) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let held = self.evidence(created).await?;
            if held.len() >= count {
                ensure!(held.len() == count, "more evidence than was given: {held:?}");
                return Ok(());
            }
            ensure!(Instant::now() < until, "waited in vain for {count} pieces of evidence: {held:?}");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// What the log says about a call (`explain CALL --json`).
    pub fn explain(&self, call_id: &str) -> Result<Explained> {
        Ok(Explained(self.cli(&["explain", call_id])?["facts"].as_array().cloned().unwrap_or_default()))
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        self.process.tail()
    }
}

/// Runs a command of the server's program on the data folder below `dir`.
pub fn cli(dir: &Path, args: &[&str]) -> Result<Value> {
    let output = run(dir, args)?;
    ensure!(
        output.status.success(),
        "chinhchu-server {} failed: {}",
        args.first().unwrap_or(&""),
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("the command printed no JSON")
}

fn run(dir: &Path, args: &[&str]) -> Result<Output> {
    let mut command = Command::new(programs::server()?);
    command.args(args).arg("--data").arg(dir.join("data")).arg("--json");
    Ok(command.stdin(Stdio::null()).output()?)
}

/// A text field of a JSON object, or an error that names it.
pub fn text(value: &Value, field: &str) -> Result<String> {
    value[field]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("no text field {field}: {}", json!(value)))
}
