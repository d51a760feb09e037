//! What can befall a workstation's outbox: each time the screen says so, nothing is dropped, and the work goes on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::cable::Cable;
use chinhchu_stories::driver::PATIENCE;
use chinhchu_stories::full_disk::Disk;
use chinhchu_stories::process::Process;
use chinhchu_stories::server::{Account, Created, text};
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::{Seat, Station};

use crate::verdicts::{accept_and_see, is_ended};

const SIGNED_IN: &str = "document.body.dataset.activity !== 'signed_out'";

#[test]
fn a_full_disk_is_told_takes_no_verdict_and_no_call_and_passes_by_itself() -> Result<()> {
    Stage::play(async |stage| {
        let dir = stage.path().join("hoa");
        let disk = Disk::mount(&dir.join("data")).await.map_err(anyhow::Error::msg)?;
        let seat = Seat { through: disk.way_in().to_vec(), ..Seat::here(&stage.server.url()) };
        let Account { username, password } = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let station = Station::start(&dir, &seat).await?;
        station.sign_in(&username, &password).await?;
        station.be_approved(&stage.server).await?;
        station.become_available().await?;

        // In a call: the verdict is refused in words, and given once there is room.
        let (_first, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;
        disk.fill(0);
        outbox_is(&station, "disk_full").await?;
        station.window.until_attribute("verdict-locked", "data-why", "disk_full").await?;
        ensure!(
            station
                .window
                .eval("document.querySelector('[data-testid=\"verdict-confirm\"]').disabled")
                .await?
                == true,
            "a verdict can be given that the disk cannot take"
        );
        ensure!(stage.server.call(&created).await?["state"] == "in_call", "the call was given up");
        disk.free();
        let open = "document.querySelector('[data-testid=\"verdict-confirm\"]')?.disabled === false";
        station.window.until("the verdict opens again", open).await?;
        decide_and_deliver(stage, &station, &created).await?;

        // While waiting: off duty before a call would come, and back when the agent says so.
        station.window.click("wrap-up-done").await?;
        // The full disk of the call had asked for a pause after it.
        station.window.until_body("activity", "paused").await?;
        station.become_available().await?;
        disk.fill(0);
        outbox_is(&station, "disk_full").await?;
        station.window.until_body("activity", "paused").await?;
        station.window.until_shown("outbox-trouble").await?;
        let (_second, waits) = stage.customer_in_queue("1", "vp8").await?;
        stage.server.until_call(&waits, "it waits", |body| body["state"] == "waiting").await?;
        disk.free();
        outbox_is(&station, "empty").await?;
        station.window.click("status-available").await?;
        accept_and_see(stage, &station, &waits).await?;
        decide_and_deliver(stage, &station, &waits).await
    })
}

#[test]
fn a_call_that_cannot_be_decided_has_a_way_out() -> Result<()> {
    Stage::play(async |stage| {
        let dir = stage.path().join("hoa");
        let disk = Disk::mount(&dir.join("data")).await.map_err(anyhow::Error::msg)?;
        let seat = Seat { through: disk.way_in().to_vec(), ..Seat::here(&stage.server.url()) };
        let Account { username, password } = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let station = Station::start(&dir, &seat).await?;
        station.sign_in(&username, &password).await?;
        station.be_approved(&stage.server).await?;
        station.become_available().await?;
        let (customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;
        ensure!(station.window.text("give-up").await.is_err(), "a good call could be given up");
        // Nobody makes room: the agent must not sit there until the customer tires.
        disk.fill(0);
        station.window.click("give-up").await?;
        station.window.click("give-up-do").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "failed" && body["verdict"].is_null(), "{body}");
        customer.window.until_shown("end-reason").await?;
        station
            .window
            .until(
                "the call is off the screen",
                "!['in_call', 'reconnecting'].includes(document.body.dataset.activity)",
            )
            .await?;
        Ok(())
    })
}

#[test]
fn a_damaged_outbox_is_left_to_the_byte_and_a_new_one_begins_when_a_person_says_so() -> Result<()> {
    Stage::play(async |stage| {
        let cable = Cable::to(stage.server.address()).await?;
        let (mut station, created) = with_a_verdict_that_waits(stage, &cable).await?;
        station.kill()?;
        let mut damaged = std::fs::read(station.outbox())?;
        damaged[..64].fill(0xA5);
        std::fs::write(station.outbox(), &damaged)?;
        cable.mend();
        station.open_again().await?;
        station.window.until("it is back", SIGNED_IN).await?;
        // The call that it finds itself in again is over when the customer has been away for too long.
        station.window.until_body("activity", "paused").await?;
        station.leave_device_check().await?;
        outbox_is(&station, "damaged").await?;
        ensure!(
            station
                .window
                .eval("document.querySelector('[data-testid=\"status-available\"]').disabled")
                .await?
                == true,
            "calls can be asked for without an outbox"
        );
        ensure!(std::fs::read(station.outbox())? == damaged, "the damaged file was touched");
        // The verdict was never heard of: the call stands without one, and the log says why.
        let body = stage.server.until_call(&created, "the call is over", is_ended).await?;
        ensure!(body["end_reason"] == "caller_lost" && body["verdict"].is_null(), "{body}");

        station.window.click("outbox-state").await?;
        station.window.click("outbox-begin-anew").await?;
        station.window.click("outbox-begin-do").await?;
        station.window.until_attribute("enrolment", "data-state", "pending").await?;
        ensure!(set_aside(&station)? == damaged, "what lies aside is not the damaged file");
        station.window.until_shown("closed-stream").await?;
        close_dialogs(&station).await?;
        station.be_approved(&stage.server).await?;
        let aside = "document.querySelector('[data-testid=\"outbox-warning\"]') !== null";
        station.window.until("the screen counts what lies aside", aside).await?;
        let (_customer, next) = stage.customer_in_queue("1", "vp8").await?;
        station.window.click("status-available").await?;
        accept_and_see(stage, &station, &next).await?;
        decide_and_deliver(stage, &station, &next).await?;
        ensure!(set_aside(&station)? == damaged, "what lies aside was touched");
        Ok(())
    })
}

#[test]
fn a_verdict_whose_key_is_lost_is_kept_and_told_and_arrives_when_the_key_is_found() -> Result<()> {
    Stage::play(async |stage| {
        let cable = Cable::to(stage.server.address()).await?;
        let (mut station, created) = with_a_verdict_that_waits(stage, &cable).await?;
        station.kill()?;
        station.desktop.lose_keyring()?;
        cable.mend();
        station.open_again().await?;
        // The session lay there, too.
        station.sign_in("hoa", &new_password(stage, "hoa")?).await?;
        outbox_is(&station, "key_lost").await?;
        station.window.until_attribute("outbox-state", "data-pending", "1").await?;
        station.window.until_shown("closed-stream").await?;
        station.be_approved(&stage.server).await?;
        let (_customer, next) = stage.customer_in_queue("1", "vp8").await?;
        station.window.click("status-available").await?;
        accept_and_see(stage, &station, &next).await?;
        decide_and_deliver(stage, &station, &next).await?;
        outbox_is(&station, "key_lost").await?;
        ensure!(stage.server.evidence(&created).await?.is_empty(), "nobody has the key");

        // A backup of the keyring is found: what waited is signed as it was, and goes now.
        station.kill()?;
        station.desktop.find_keyring()?;
        station.open_again().await?;
        // The session that lay in it has been replaced since.
        station.window.until_shown("sign-in-error").await?;
        station.sign_in("hoa", &new_password(stage, "hoa")?).await?;
        stage.server.until_evidence(&created, 1).await?;
        let body = stage.server.until_call(&created, "the verdict counts", is_ended).await?;
        ensure!(body["verdict"]["decision"] == "confirmed", "{body}");
        Ok(())
    })
}

#[test]
fn a_second_window_of_a_profile_does_nothing_and_says_so() -> Result<()> {
    Stage::play(async |stage| {
        let first = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        // On the same desktop the first window comes to the front, and the second program ends by itself.
        let mut second = first.second_program()?;
        let until = tokio::time::Instant::now() + PATIENCE;
        while second.is_running() {
            ensure!(tokio::time::Instant::now() < until, "the second program goes on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // A window that cannot see the first one, as in another session of the same user: the outbox tells.
        let (_bus, address) = bus(stage.path())?;
        let blind = first.second_window(&[("DBUS_SESSION_BUS_ADDRESS", address)]).await?;
        blind.window.until_shown("sign-in-error").await?;
        let error = blind.window.text("sign-in-error").await?;
        ensure!(error.contains("cửa sổ khác"), "not said: {error}");

        first.window.until_body("activity", "available").await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &first, &created).await?;
        decide_and_deliver(stage, &first, &created).await?;
        blind.window.until_body("activity", "signed_out").await
    })
}

/// Signed in on duty, with a call that is decided while no server can be reached.
async fn with_a_verdict_that_waits(stage: &Stage, cable: &Cable) -> Result<(Station, Created)> {
    let station = stage.agent_at("1", "hoa", "Trần Thị Hoa", &Seat::here(&cable.url())).await?;
    let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
    accept_and_see(stage, &station, &created).await?;
    cable.cut();
    station.decide(true, None).await?;
    station.window.until_shown("verdict-sealed").await?;
    station.window.until_attribute("upload-state", "data-state", "on_disk").await?;
    Ok((station, created))
}

async fn decide_and_deliver(stage: &Stage, station: &Station, created: &Created) -> Result<()> {
    station.decide(true, None).await?;
    station.window.until_shown("verdict-sealed").await?;
    station.window.until_attribute("upload-state", "data-state", "delivered").await?;
    let body = stage.server.until_call(created, "the call ends", is_ended).await?;
    ensure!(body["end_reason"] == "completed", "{body}");
    Ok(())
}

async fn outbox_is(station: &Station, state: &str) -> Result<()> {
    station.window.until_attribute("outbox-state", "data-state", state).await
}

/// A new password for an account, as an administrator gives it.
fn new_password(stage: &Stage, username: &str) -> Result<String> {
    text(&stage.server.cli(&["agent", "reset-password", username])?, "password")
}

/// Escape closes what lies over the page.
async fn close_dialogs(station: &Station) -> Result<()> {
    let close = "document.querySelectorAll('dialog[open]').forEach(d => d.close())";
    station.window.eval(&format!("void {close}")).await.map(|_| ())
}

/// The one file that lies aside.
fn set_aside(station: &Station) -> Result<Vec<u8>> {
    let folder = station.outbox();
    let folder = folder.parent().context("no folder")?;
    let is_aside = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("outbox-damaged-") && name.ends_with(".sqlite")
    };
    let files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let aside: Vec<PathBuf> = files.into_iter().filter(is_aside).collect();
    ensure!(aside.len() == 1, "{aside:?}");
    Ok(std::fs::read(&aside[0])?)
}

/// A session bus on which nobody is.
fn bus(dir: &Path) -> Result<(Process, String)> {
    let mut daemon = Command::new("dbus-daemon");
    daemon.args(["--session", "--nofork", "--nopidfile", "--print-address=1"]);
    daemon.arg(format!("--address=unix:path={}", dir.join("lonely-bus").display()));
    let mut daemon = Process::start("lonely-bus", dir, daemon, true)?;
    let address = daemon.first_line()?.trim().to_owned();
    Ok((daemon, address))
}
