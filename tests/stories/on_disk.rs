//! I9 on the workstation: a thief of the computer reads nothing of a customer on its disk, whatever the program was
//! doing when it was taken away. Looked through is everything that the program and its web view write: the
//! profile's folder with write-ahead logs and what lies beside, the home folder with caches, the logs.

use anyhow::{Result, ensure};
use chinhchu_stories::cable::Cable;
use chinhchu_stories::readable::Secrets;
use chinhchu_stories::sample;
use chinhchu_stories::server::{Account, Created};
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::{Seat, Station};

use crate::verdicts::accept_and_see;

const NOTE: &str = "Khách hàng đã đối chiếu đủ giấy tờ gốc";

#[test]
fn i9_nothing_of_a_customer_can_be_read_on_the_workstations_disk() -> Result<()> {
    Stage::play(async |stage| {
        let cable = Cable::to(stage.server.address()).await?;
        let Account { username, password } = stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
        let mut station = Station::start(&stage.path().join("hoa"), &Seat::here(&cable.url())).await?;
        station.sign_in(&username, &password).await?;
        station.be_approved(&stage.server).await?;
        station.become_available().await?;
        let (_customer, created) = stage.customer_in_queue("1", "h264").await?;
        accept_and_see(stage, &station, &created).await?;
        let mut secrets = of_case(stage, &created, &password).await?;
        nothing_in(&secrets, &station, "in a call")?;

        // The verdict waits on the disk, with everything in it.
        cable.cut();
        reject(&station).await?;
        station.window.until_attribute("upload-state", "data-state", "on_disk").await?;
        nothing_in(&secrets, &station, "with a verdict that waits")?;
        ensure!(std::fs::metadata(station.outbox())?.len() > 0, "there is no outbox to read in");
        station.kill()?;
        nothing_in(&secrets, &station, "after SIGKILL")?;

        cable.mend();
        station.open_again().await?;
        station.window.until("it is back", "document.body.dataset.activity !== 'signed_out'").await?;
        stage.server.until_evidence(&created, 1).await?;
        // Only now can be told what its evidence looks like.
        for kind in ["screenshot", "live_frame"] {
            secrets.picture(kind, &stage.server.image(&created, kind).await?);
        }
        nothing_in(&secrets, &station, "delivered, and still running")?;
        station.quit().await?;
        nothing_in(&secrets, &station, "after a clean end")?;
        Ok(())
    })
}

/// What eKYC has sent, as it was sent and as it was shown, and what the agent has typed.
async fn of_case(stage: &Stage, created: &Created, password: &str) -> Result<Secrets> {
    let mut secrets = Secrets::default();
    let case = sample::case();
    for (what, value) in [
        ("msisdn", &case["subscriber"]["msisdn"]),
        ("full_name", &case["customer"]["full_name"]),
        ("date_of_birth", &case["customer"]["date_of_birth"]),
        ("id_number", &case["customer"]["id_number"]),
        ("address", &case["customer"]["address"]),
    ] {
        secrets.text(what, value.as_str().unwrap_or_default());
    }
    secrets.text("note", NOTE);
    secrets.text("password", password);
    for kind in ["id_front", "id_back", "portrait"] {
        secrets.picture(kind, &stage.server.image(created, kind).await?);
        secrets.picture(kind, &stage.server.image(created, &format!("{kind}?display=1")).await?);
    }
    ensure!(secrets.count() > 200, "too little is looked for: {}", secrets.count());
    Ok(secrets)
}

async fn reject(station: &Station) -> Result<()> {
    let page = &station.window;
    page.click("verdict-reject").await?;
    let first = "[...document.querySelectorAll('[data-testid=\"verdict-reason\"] option')].map(o => o.value).filter(Boolean)[0]";
    let reason = page.until("reasons to choose from", first).await?;
    page.choose("verdict-reason", reason.as_str().unwrap_or_default()).await?;
    page.type_into("verdict-note", NOTE).await?;
    page.click("verdict-submit").await?;
    page.until_shown("verdict-sealed").await
}

fn nothing_in(secrets: &Secrets, station: &Station, when: &str) -> Result<()> {
    let search = secrets.search(station.dir())?;
    ensure!(search.found.is_empty(), "{when}: {:?}", search.found);
    ensure!(search.files > 10 && search.bytes > 50_000, "{when}: hardly anything was read: {search:?}");
    println!("{when}: {} files, {} bytes, none of {} sequences", search.files, search.bytes, secrets.count());
    Ok(())
}
