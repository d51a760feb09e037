//! How soon the customer's picture is back on the workstation: «back» is the first live frame decoded
//! there (not one that was queued meanwhile), by the workstation's log; the clock starts when the path is there again.

use std::time::Duration;

use anyhow::{Context as _, Result};
use chinhchu_protocol::time::Timestamp;
use serde_json::json;

use crate::customer::Customer;
use crate::network::host::{Host, Uplink};
use crate::place::Place;
use crate::server::Created;
use crate::stage::Stage;
use crate::station::Station;
use crate::{clock, cost, pictures};

/// How long the customer is in a dead spot: longer than media and sockets take to be missed.
const DEAD_SPOT: Duration = Duration::from_secs(5);

/// Long enough for ICE to have given up on its own.
const LONG_DEAD_SPOT: Duration = Duration::from_secs(12);

/// What is measured, and the most it should be at the median, ms.
const WAYS: [(Way, &str, Option<i64>); 5] = [
    (Way::DeadSpot(DEAD_SPOT), "same_address", Some(1_000)),
    (Way::DeadSpot(LONG_DEAD_SPOT), "same_address_after_12_s", Some(1_000)),
    (Way::Exchange, "another_address", Some(2_500)),
    (Way::Reload, "page_reloaded", None),
    (Way::Kill, "page_killed_and_opened_again", None),
];

#[derive(Clone, Copy)]
enum Way {
    DeadSpot(Duration),
    Exchange,
    Reload,
    Kill,
}

/// A call in progress.
struct Scene<'a> {
    phone: &'a Host,
    station: &'a Station,
    customer: Customer,
    created: Created,
    uplink: Uplink,
}

/// Measures every way (or only the named one) `rounds` times and prints a line each.
pub fn measure(rounds: usize, only: Option<&str>) -> Result<()> {
    Stage::play_in_network(&["caller", "agent"], async |stage| {
        let (phone, desk) = (stage.network()?.host(0), stage.network()?.host(1));
        let station = stage.agent_at("1", "bench", "Bench", &stage.seat(Place::In(desk))).await?;
        let (customer, created) = stage.customer_at("1", "h264", &Place::In(phone.clone())).await?;
        station.window.until_body("activity", "ringing").await?;
        station.window.click("ring-accept").await?;
        let mut scene = Scene { phone: &phone, station: &station, customer, created, uplink: Uplink::Wifi };
        for (way, name, aim) in WAYS.into_iter().filter(|(_, name, _)| only.is_none_or(|only| only == *name))
        {
            let mut took = Vec::new();
            let mut mends = Mends::default();
            for _ in 0..rounds {
                scene.is_well().await?;
                let (from, began) = scene.interrupt(way).await?;
                took.push(pictures::returned(&station, from).await?.at.ms_since(from));
                scene.is_well().await?;
                mends.count(&station.log()?, began);
            }
            print(name, aim, &mut took, &mends)?;
        }
        Ok(())
    })
}

impl Scene<'_> {
    /// Both screens say that all is well, and the picture runs.
    async fn is_well(&self) -> Result<()> {
        self.customer.window.until_body("state", "in_call").await?;
        self.station.window.until_attribute("call-standing", "data-kind", "well").await
    }

    /// Interrupts; gives the moment from which the picture could be back, and that of the interruption.
    async fn interrupt(&mut self, way: Way) -> Result<(Timestamp, Timestamp)> {
        let began = clock::now();
        let from = match way {
            Way::DeadSpot(length) => {
                self.phone.hush()?;
                tokio::time::sleep(length).await;
                let from = clock::now();
                self.phone.unhush()?;
                from
            }
            Way::Exchange => {
                self.uplink = match self.uplink {
                    Uplink::Wifi => Uplink::Mobile,
                    Uplink::Mobile => Uplink::Wifi,
                };
                self.phone.pull()?;
                tokio::time::sleep(DEAD_SPOT).await;
                let from = clock::now();
                self.phone.plug(self.uplink)?;
                from
            }
            Way::Reload => {
                self.customer.window.client().refresh().await?;
                began
            }
            Way::Kill => {
                self.customer.kill()?;
                // What a browser takes to start is not ours.
                self.customer.start_again().await?;
                let from = clock::now();
                self.customer.window.goto(&self.created.call_screen_url).await?;
                from
            }
        };
        Ok((from, began))
    }
}

/// By what the path was mended, as the workstation saw it.
#[derive(Default)]
struct Mends {
    itself: usize,
    restart: usize,
    new_connection: usize,
}

impl Mends {
    fn count(&mut self, log: &str, since: Timestamp) {
        let answered = log.lines().rfind(|line| {
            let at = line.split_whitespace().next().and_then(|at| at.parse::<Timestamp>().ok());
            line.contains("an offer was answered") && at.is_some_and(|at| at > since)
        });
        match answered.map(|line| line.contains("again=true")) {
            None => self.itself += 1,
            Some(true) => self.restart += 1,
            Some(false) => self.new_connection += 1,
        }
    }
}

fn print(name: &str, aim: Option<i64>, took: &mut [i64], mends: &Mends) -> Result<()> {
    took.sort_unstable();
    let median = took.get(took.len() / 2).context("nothing was measured")?;
    let line = json!({
        "bench": "resume", "way": name, "n": took.len(), "p50_ms": median, "max_ms": took.last(),
        "aim_ms": aim, "all_ms": took, "load": cost::load(),
        "mended": {
            "by_itself": mends.itself,
            "by_ice_restart": mends.restart,
            "by_new_connection": mends.new_connection,
        },
    });
    println!("{line}");
    Ok(())
}
