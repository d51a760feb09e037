//! F5, and F2 where the company wants a redirect: the call goes on to the next agent, and is never stuck.

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::explained::{Explained, at, time};
use chinhchu_stories::place::Place;
use chinhchu_stories::server::Created;
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Station;
use serde_json::Value;

use crate::verdicts::{accept_and_see, agent_is_seen_by};

#[test]
fn f5_a_call_that_is_passed_and_then_declined_where_that_redirects_comes_to_the_agent_who_is_left()
-> Result<()> {
    Stage::play(async |stage| {
        stage.server.set_company("1", &["decline_ends=false", "reoffer_after_ms=1000"])?;
        let hoa = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let nam = stage.agent_on_duty("1", "nam", "Lê Văn Nam").await?;
        let (customer, created) = stage.customer_in_queue("1", "h264").await?;
        // The longest idle is asked first.
        rings_at(&hoa, &created, 1).await?;
        hoa.window.click("ring-pass").await?;
        rings_at(&nam, &created, 2).await?;
        hoa.window.until_body("activity", "available").await?;
        nam.window.click("ring-decline").await?;
        // Nobody else is left: whoever passed may be asked again (I2).
        rings_at(&hoa, &created, 3).await?;
        accept_and_see(stage, &hoa, &created).await?;
        customer.window.until_shown("notice-agent_accepted").await?;
        agent_is_seen_by(&customer.window).await?;

        let log = stage.server.explain(&created.call_id)?;
        ensure!(outcomes(&log) == ["passed", "passed"], "{}", log.outline());
        ensure!(log.served_by().len() == 1, "{}", log.outline());
        for (closed, offered) in log.all("offer_closed").into_iter().zip(&log.all("offered")[1..]).take(1) {
            let pause = at(offered)?.ms_since(at(closed)?);
            ensure!(pause <= 100, "the next one was offered the call {pause} ms later: {}", log.outline());
        }
        let second = log.all("offered")[1];
        let why = considered(second, log.all("offered")[0]["agent"].as_str().context("agent")?);
        ensure!(why.as_deref() == Some("passed_before"), "explain does not say why not the first: {second}");
        Ok(())
    })
}

#[test]
fn f5_i7_a_call_goes_on_from_a_workstation_that_never_rang_and_from_an_agent_who_never_answered() -> Result<()>
{
    Stage::play(async |stage| {
        stage.server.set_company("1", &["ring_timeout_ms=6000", "pause_after_missed=0"])?;
        let hoa = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let nam = stage.agent_on_duty("1", "nam", "Lê Văn Nam").await?;
        let created = stage.server.create_call("1").await?;
        let customer = stage.phone_of(&created, &Place::Here).await?;
        // The workstation stands still, its socket stays open: only the missing confirmation tells.
        hoa.hold()?;
        customer.enter_queue(&created.call_screen_url).await?;
        rings_at(&nam, &created, 2).await?;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(outcomes(&log) == ["never_rang"], "{}", log.outline());
        let waited = at(log.last("offer_closed")?)?.ms_since(at(log.all("offered")[0])?);
        ensure!((2_000..=2_300).contains(&waited), "no ring was noticed after {waited} ms");

        hoa.let_go()?;
        rings_again(&hoa).await?;
        // Nam does not answer: after the ring time the call is at Hoa's again, and Nam missed it.
        // (A busy machine may take longer than a ring for this: then it is not the third offer but a later one.)
        accept_and_see(stage, &hoa, &created).await?;
        let log = stage.server.explain(&created.call_id)?;
        ensure!(outcomes(&log).starts_with(&["never_rang", "missed"]), "{}", log.outline());
        ensure!(log.all("rang").iter().all(|fact| fact["offer"] != 1), "a ring that was over was confirmed");
        let (offered, closed) = (log.all("offered")[1], log.all("offer_closed")[1]);
        let rang_for = at(closed)?.ms_since(at(offered)?);
        ensure!((6_000..=6_500).contains(&rang_for), "it rang for {rang_for} ms");
        ensure!(time(offered, "answer_by")?.ms_since(at(offered)?) == 6_000, "{offered}");
        agent_is_seen_by(&customer.window).await
    })
}

/// A workstation that stood still moves again. If it stood long enough for its line to die, the new line lifts its
/// pause; if not, the agent reads why she is paused and says that she is there.
async fn rings_again(station: &Station) -> Result<()> {
    let activity = "(a => ['paused', 'ringing'].includes(a) && a)(document.body.dataset.activity)";
    if station.window.until("paused, or ringing again", activity).await? == "paused" {
        station.window.click("status-available").await?;
    }
    station.window.until_body("activity", "ringing").await
}

/// This very offer of this call rings there.
async fn rings_at(station: &Station, created: &Created, offer: u32) -> Result<()> {
    let script = format!(
        "(r => r?.call === '{}' && r?.offer === '{offer}')(document.querySelector('[data-testid=ring]')?.dataset)",
        created.call_id
    );
    station.window.until(&format!("offer {offer} rings"), &script).await.map(|_| ())
}

/// How the offers closed, in order.
fn outcomes(log: &Explained) -> Vec<&str> {
    log.all("offer_closed").into_iter().filter_map(|fact| fact["outcome"].as_str()).collect()
}

/// Why an agent was not offered the call.
fn considered(offered: &Value, agent: &str) -> Option<String> {
    let all = offered["considered"].as_array()?;
    all.iter().find(|one| one["agent"] == agent)?["why_not"].as_str().map(str::to_owned)
}
