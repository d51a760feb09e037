//! `chinhchu-demo`: the main job, played. With `--headless` by itself, to the printed evidence and the
//! result as mSale received it; otherwise for a person, who plays dealer and agent at once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::customer::Customer;
use chinhchu_stories::place::Place;
use chinhchu_stories::server::Server;
use chinhchu_stories::serving::Plan;
use chinhchu_stories::station::{Seat, Station};
use chinhchu_stories::{evidence, programs};
use clap::Parser;

/// Plays one verification call with everything real but the people.
#[derive(Parser)]
#[command(name = "chinhchu-demo")]
struct Arguments {
    /// Play both sides without a person
    #[arg(long)]
    headless: bool,
    /// Where server data, logs and the evidence picture go; emptied first
    #[arg(long)]
    dir: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.dir.exists() {
        std::fs::remove_dir_all(&arguments.dir).context("cannot empty the demo's folder")?;
    }
    std::fs::create_dir_all(&arguments.dir)?;
    if arguments.headless { headless(&arguments.dir).await } else { with_a_person(&arguments.dir).await }
}

/// The whole story (S1–S16), printed step by step.
async fn headless(dir: &Path) -> Result<()> {
    let server = Server::start(Plan::on_loopback(&dir.join("server")))?;
    println!("server: {}", server.url());
    let account = server.add_agent("1", "demo", "Trần Thị Hoa")?;
    let station = Station::start(&dir.join("station"), &Seat::here(&server.url())).await?;
    station.sign_in(&account.username, &account.password).await?;
    station.be_approved(&server).await?;
    station.become_available().await?;
    println!("agent: signed in, workstation approved, available");
    let customer = Customer::start(&dir.join("customer"), &Place::Here).await?;
    let call_id = customer.walk_sandbox_to_queue(&server.url()).await?;
    println!("call: {call_id} is in the queue");
    station.window.until_body("activity", "ringing").await?;
    station.window.click("ring-accept").await?;
    station.window.until_body("activity", "in_call").await?;
    println!("call: accepted, both see each other");
    station.decide(true, None).await?;
    station.window.until_attribute("upload-state", "data-state", "delivered").await?;
    println!("verdict: confirmed, captured, sealed, delivered");
    let result = server.msale_result(&call_id).await?;
    let path = dir.join("evidence.jpg");
    let picture = server.msale_image(&call_id, "screenshot").await?;
    std::fs::write(&path, &picture)?;
    let picture = evidence::decode(&picture)?;
    evidence::ensure_shows_both(&picture)?;
    println!("burnt in: {}", evidence::burnt_in_time(&picture)?);
    println!("evidence: {}", path.display());
    println!("result: {result}");
    Ok(())
}

/// Puts everything up, says what to do, and waits until the workstation is closed.
async fn with_a_person(dir: &Path) -> Result<()> {
    let server = Server::start(Plan::on_loopback(&dir.join("server")))?;
    let account = server.add_agent("1", "demo", "Trần Thị Hoa")?;
    let sandbox = format!("{}/sandbox/", server.url());
    println!("1. Workstation: sign in as «{}» with the password «{}».", account.username, account.password);
    println!("2. Browser: {sandbox} plays mSale and eKYC; walk its steps to [Call].");
    println!("Logs are in {}.", dir.display());
    println!("Close the workstation (or press Ctrl+C) to end the demo.");
    open_in_browser(&sandbox);
    let mut station = tokio::process::Command::new(programs::station()?)
        .env("CHINHCHU_SERVER", server.url())
        .env("CHINHCHU_PROFILE", "demo")
        .env("CHINHCHU_DATA", dir.join("station"))
        // A trial leaves nothing in anybody's keyring, and runs where there is none.
        .env("CHINHCHU_KEYRING", "memory")
        .stderr(std::fs::File::create(dir.join("station.log"))?)
        .kill_on_drop(true)
        .spawn()
        .context("the workstation does not start")?;
    tokio::select! {
        status = station.wait() => ensure!(status?.success(), "the workstation ended badly"),
        approved = approve_for_it(&server) => approved?,
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

/// IT's part, so that nobody has to type a command: whatever waits for approval gets it.
async fn approve_for_it(server: &Server) -> Result<()> {
    loop {
        for fingerprint in server.waiting_workstations()? {
            server.approve_workstation(&fingerprint)?;
            println!("IT: approved the workstation with the fingerprint {fingerprint}.");
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

fn open_in_browser(url: &str) {
    let opener = if cfg!(windows) { "explorer" } else { "xdg-open" };
    if Command::new(opener).arg(url).spawn().is_err() {
        println!("(Please open {url} in a browser yourself.)");
    }
}
