//! F1, F2 and S13–S16: one call from the dealer's [Call] to the result in mSale, for both codecs.

use anyhow::{Context as _, Result, ensure};
use chinhchu_stories::evidence;
use chinhchu_stories::server::{Created, text};
use chinhchu_stories::stage::Stage;
use chinhchu_stories::station::Station;
use serde_json::Value;

#[test]
fn f1_a_call_is_confirmed_over_h264() -> Result<()> {
    confirmed("h264")
}

#[test]
fn f1_a_call_is_confirmed_over_vp8() -> Result<()> {
    confirmed("vp8")
}

#[test]
fn s15_a_call_is_rejected_over_h264() -> Result<()> {
    rejected("h264")
}

#[test]
fn s15_a_call_is_rejected_over_vp8() -> Result<()> {
    rejected("vp8")
}

#[test]
fn f2_a_call_is_declined_with_a_page_that_offers_h264() -> Result<()> {
    declined("h264")
}

#[test]
fn f2_a_call_is_declined_with_a_page_that_offers_vp8() -> Result<()> {
    declined("vp8")
}

fn confirmed(codec: &str) -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (customer, created) = stage.customer_in_queue("1", codec).await?;
        accept_and_see(stage, &station, &created).await?;
        customer.window.until_shown("notice-agent_accepted").await?;
        ensure!(
            customer.window.text("notice-agent_accepted").await?.contains("NVHT tiếp nhận cuộc gọi"),
            "F1 words"
        );
        agent_is_seen_by(&customer.window).await?;
        customer_moves_on(&station)?;
        station.decide(true, None).await?;
        station.window.until_shown("verdict-sealed").await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        customer.window.until_body("state", "ended").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "completed", "{body}");
        ensure!(body["verdict"]["decision"] == "confirmed", "{body}");
        result_is_whole(stage, &created, codec).await
    })
}

fn rejected(codec: &str) -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (_customer, created) = stage.customer_in_queue("1", codec).await?;
        accept_and_see(stage, &station, &created).await?;
        // A rejection without a reason must not be possible.
        station.window.click("verdict-reject").await?;
        let disabled = station
            .window
            .eval("document.querySelector('[data-testid=\"verdict-submit\"]').disabled")
            .await?;
        ensure!(disabled == Value::Bool(true), "a rejection could be given without a reason");
        let reason = station
            .window
            .until("reasons to choose from", "[...document.querySelectorAll('[data-testid=\"verdict-reason\"] option')].map(o => o.value).filter(Boolean)[0]")
            .await?;
        let reason = reason.as_str().context("the reason is no text")?.to_owned();
        station.window.choose("verdict-reason", &reason).await?;
        station.window.type_into("verdict-note", "Khuôn mặt không khớp").await?;
        station.window.click("verdict-submit").await?;
        station.window.until_attribute("upload-state", "data-state", "delivered").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(
            body["verdict"]["decision"] == "rejected" && body["verdict"]["reason"] == reason.as_str(),
            "{body}"
        );
        ensure!(body["verdict"]["note"] == "Khuôn mặt không khớp", "{body}");
        result_is_whole(stage, &created, codec).await
    })
}

fn declined(codec: &str) -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let (customer, created) = stage.customer_in_queue("1", codec).await?;
        station.window.until_body("activity", "ringing").await?;
        station.window.click("ring-decline").await?;
        let body = stage.server.until_call(&created, "the call ends", is_ended).await?;
        ensure!(body["end_reason"] == "declined", "{body}");
        let words = body["notices"].as_array().context("notices")?;
        ensure!(words.iter().any(|n| n["text"] == "NVHT từ chối cuộc gọi"), "F2 words are missing: {body}");
        customer.window.until_shown("end-reason").await?;
        station.window.until_body("activity", "available").await
    })
}

/// Rings, accepts, and waits until the verdict can be given because video was seen.
pub async fn accept_and_see(stage: &Stage, station: &Station, created: &Created) -> Result<()> {
    station.window.until_body("activity", "ringing").await?;
    station.window.click("ring-accept").await?;
    stage.server.until_call(created, "the call connects", |body| body["state"] == "in_call").await?;
    station.window.until_body("activity", "in_call").await?;
    let open = "document.querySelector('[data-testid=\"verdict-confirm\"]')?.disabled === false";
    station.window.until("the verdict opens", open).await?;
    station.window.until_shown("img-id_front").await?;
    station.window.until_shown("img-portrait").await?;
    let greeting = station.window.text("greeting").await?;
    ensure!(greeting.contains("Kính chào Quý khách"), "N2: the greeting is missing");
    Ok(())
}

/// The page shows the agent's moving picture.
pub async fn agent_is_seen_by(page: &chinhchu_stories::driver::Window) -> Result<()> {
    let video = "document.querySelector('[data-testid=\"remote-video\"]')";
    page.until("the agent's picture", &format!("{video}?.videoWidth > 0 && {video}.currentTime > 0")).await?;
    let frames = format!("{video}.getVideoPlaybackQuality().totalVideoFrames");
    let before = page.eval(&frames).await?.as_u64().unwrap_or(0);
    page.until("the agent's picture moves", &format!("{frames} > {before} + 10")).await.map(|_| ())
}

/// The agent's screen shows the customer's picture, and it moves: two looks at the display differ, in green.
pub fn customer_moves_on(station: &Station) -> Result<()> {
    let (first, second) = (station.dir().join("look-1.png"), station.dir().join("look-2.png"));
    station.desktop.screenshot(&first)?;
    let before = evidence::decode(&std::fs::read(&first)?)?;
    ensure!(evidence::customer_green_per_mille(&before) > 50, "the customer is not on the screen");
    for _ in 0..50 {
        station.desktop.screenshot(&second)?;
        let after = evidence::decode(&std::fs::read(&second)?)?;
        if evidence::difference_milli(&before, &after)? > 100 {
            return Ok(());
        }
    }
    anyhow::bail!("the customer's picture stands still")
}

/// S16: mSale has the verdict and every picture; the screenshot shows both people and the right time.
async fn result_is_whole(stage: &Stage, created: &Created, codec: &str) -> Result<()> {
    let result = stage.server.msale_result(&created.call_id).await?;
    for kind in ["id_front", "id_back", "portrait", "screenshot", "live_frame"] {
        let copy = stage.server.msale_image(&created.call_id, kind).await?;
        let ours = stage.server.image(created, kind).await?;
        ensure!(!copy.is_empty() && copy == ours, "mSale's copy of {kind} differs");
    }
    let screenshot = evidence::decode(&stage.server.image(created, "screenshot").await?)?;
    evidence::ensure_shows_both(&screenshot)?;
    let live = evidence::decode(&stage.server.image(created, "live_frame").await?)?;
    ensure!(evidence::customer_green_per_mille(&live) > 300, "the live frame is not the customer's picture");
    let held = stage.server.evidence(created).await?;
    ensure!(held.len() == 1, "one manifest is expected: {held:?}");
    let manifest = &held[0]["manifest"];
    ensure!(evidence::burnt_in_time(&screenshot)? == text(manifest, "captured_at_text")?, "the times differ");
    ensure!(text(manifest, "video_codec")?.eq_ignore_ascii_case(codec), "codec: {manifest}");
    ensure!(result.to_string().contains(&created.call_id), "the result names another call");
    Ok(())
}

/// The call is over.
pub fn is_ended(body: &Value) -> bool {
    body["state"] == "ended"
}
