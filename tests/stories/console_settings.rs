//! Settings in the console that are dated data, in real Chromium on the real server: the operator's words, how much is
//! reviewed, who shares and takes over calls of a pool, and what held at a moment.

use anyhow::{Result, ensure};
use chinhchu_stories::console::Console;
use chinhchu_stories::driver::Window;
use chinhchu_stories::stage::Stage;
use serde_json::json;

/// Fills fields, each whatever stands there.
async fn fill(page: &Window, fields: &[(&str, &str)]) -> Result<()> {
    for (field, value) in fields {
        page.choose(field, value).await?;
    }
    Ok(())
}

/// Waits for so many elements with this test id.
async fn until_count(page: &Window, test_id: &str, count: usize) -> Result<()> {
    let script = format!("document.querySelectorAll('[data-testid=\"{test_id}\"]').length === {count}");
    page.until(&format!("{count} × {test_id}"), &script).await.map(drop)
}

#[test]
fn n2_the_operators_words_change_ahead_and_what_waits_is_taken_back() -> Result<()> {
    Stage::play(async |stage| {
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("words").await?;
        page.until_shown("text-current").await?;
        page.click("text-write").await?;
        let ahead =
            [("text-version", "2099-01"), ("text-at", "2099-01-01T08:00"), ("text-reason", "Bộ đổi tên")];
        fill(page, &[("text-body", "Kính chào Quý khách. Xin cảm ơn.")]).await?;
        fill(page, &ahead).await?;
        page.until_shown("text-diff").await?;
        page.click("text-form-do").await?;
        page.until_shown("text-ahead").await?;
        console.look("words-ahead").await?;
        // The same name again is told at its field, and nothing is lost of what was typed.
        page.click("text-write").await?;
        fill(page, &[("text-body", "Kính chào."), ("text-version", "2099-01"), ("text-reason", "Thử")])
            .await?;
        page.click("text-form-do").await?;
        page.until_attribute("text-version", "aria-invalid", "true").await?;
        console.open("words").await?;
        page.until_shown("text-ahead").await?;
        page.click("text-withdraw").await?;
        page.click("text-withdraw-ask-do").await?;
        until_count(page, "text-ahead", 0).await?;
        until_count(page, "text-current", 1).await?;

        console.open("words/pause").await?;
        page.click("reason-add").await?;
        fill(page, &[("reason-code", "handover"), ("reason-body", "Bàn giao ca"), ("reason-why", "Ca mới")])
            .await?;
        page.click("reason-form-do").await?;
        let added = "document.querySelector('[data-code=handover]')?.textContent.includes('Bàn giao ca')";
        page.until("the reason is listed", added).await?;
        page.click("reason-end").await?;
        fill(page, &[("reason-end-at", "2099-01-01T08:00"), ("reason-end-why", "Bỏ")]).await?;
        page.click("reason-end-ask-do").await?;
        until_count(page, "reason-ends", 1).await?;
        console.look("words-reason-ends").await?;
        page.click("reason-withdraw-end").await?;
        page.click("reason-withdraw-ask-do").await?;
        until_count(page, "reason-ends", 0).await
    })
}

#[test]
fn how_much_is_reviewed_is_set_now_and_ahead_by_company() -> Result<()> {
    Stage::play(async |stage| {
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("review/settings").await?;
        page.click("review-setting-change").await?;
        fill(page, &[("review-setting-share", "2,5"), ("review-setting-why", "Bắt đầu")]).await?;
        page.click("review-setting-reason").await?;
        page.click("review-setting-form-do").await?;
        let holds = "document.querySelector('[data-testid=review-setting]')?.textContent.includes('2,5 %')";
        page.until("the share holds", holds).await?;
        page.click("review-setting-add").await?;
        page.choose("review-setting-company", "3").await?;
        let ahead = [
            ("review-setting-share", "100"),
            ("review-setting-at", "2099-01-01T08:00"),
            ("review-setting-why", "Đối tác mới"),
        ];
        fill(page, &ahead).await?;
        page.click("review-setting-form-do").await?;
        until_count(page, "review-setting-ahead", 1).await?;
        // With what came with the installation.
        until_count(page, "review-setting-past", 3).await?;
        console.look("review-settings").await
    })
}

#[test]
fn c2_shares_and_overflow_of_a_pool_are_set_and_what_held_before_is_shown() -> Result<()> {
    Stage::play(async |stage| {
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("companies/1").await?;
        page.click("share-add").await?;
        fill(page, &[("share-partner", "MobiFone Service"), ("share-weight", "3")]).await?;
        page.click("share-add-own").await?;
        page.click("overflow-add").await?;
        fill(page, &[("overflow-to", "3"), ("overflow-after", "45"), ("change-reason", "Chia tải")]).await?;
        console.look("company-pool").await?;
        page.click("change-do").await?;
        let made = "document.querySelector('[data-testid=said]').textContent !== ''";
        page.until("the change is made", made).await?;
        console.open("companies/1").await?;
        until_count(page, "share-row", 2).await?;
        until_count(page, "overflow-row", 1).await?;
        let held = "document.querySelector('[data-testid=overflow-after]').value === '45' && \
            document.querySelectorAll('[data-testid=share-weight]')[1].value === '3'";
        ensure!(page.eval(held).await? == json!(true), "the pool is not what was typed");

        console.open("companies/1/at?at=2026-01-01T08:00").await?;
        page.until_shown("then-settings").await?;
        let differ =
            "[...document.querySelectorAll('[data-testid=then-row][data-differs=true] th')].length === 2";
        page.until("shares and overflow differ from now, nothing else", differ).await?;
        console.look("company-at").await
    })
}
