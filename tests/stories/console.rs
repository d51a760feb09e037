//! The console (screens.md) in real Chromium on the real server.

use anyhow::{Result, ensure};
use chinhchu_stories::console::Console;
use chinhchu_stories::stage::Stage;
use serde_json::json;

/// Every screen of an administrator, and what an auditor has besides: address, part of the page that must stand there.
const SCREENS: [(&str, &str); 33] = [
    ("wallboard", "pools"),
    ("wallboard?full=1", "pools"),
    ("calls", "call-row"),
    ("missing", "nothing"),
    ("missing/due", "nothing"),
    ("policy", "policy-row"),
    ("policy/changes", "change-row"),
    ("policy/import", "policy-file"),
    ("policy/what-if", "what-if-type"),
    ("policy/line/prepaid/MC", "line-entries"),
    ("companies", "company-row"),
    ("companies/1", "setting-ring_timeout_ms"),
    ("companies/1/hours", "hours-always"),
    ("companies/1/history", "navigation"),
    ("companies/1/at?at=2026-01-01T08:00", "then-settings"),
    ("words", "text-current"),
    ("words/consent", "text-current"),
    ("words/reject", "reasons"),
    ("review/settings", "review-settings"),
    ("agents", "agent-row"),
    ("people", "person-row"),
    ("workstations", "nothing"),
    ("reports", "report-terms"),
    ("reports/trial", "report-terms"),
    ("reports/reconciliation", "reconciliation"),
    ("staffing", "navigation"),
    ("staffing?part=day", "staffing-day-do"),
    ("tokens", "token-row"),
    ("webhooks", "webhook-row"),
    ("audit", "audit-row"),
    ("cases", "cases-find"),
    ("cases/holds", "nothing"),
    ("account", "sessions"),
];

#[test]
fn c1_every_console_screen_opens_for_an_administrator_and_axe_finds_nothing_serious() -> Result<()> {
    Stage::play(async |stage| {
        furnish(stage).await?;
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        for (path, part) in SCREENS {
            console.open(path).await?;
            console.window().until_shown(part).await?;
            console.look(&path.replace(['/', '?', '=', ':'], "-")).await?;
        }
        // An administrator sets how much is reviewed, and reviews nothing.
        console.open("review").await?;
        console.window().until_shown("review-settings").await?;
        let reviews = "document.querySelector('[data-testid=tab-list]') !== null";
        ensure!(console.window().eval(reviews).await? == json!(false));
        Ok(())
    })
}

#[test]
fn every_area_is_reached_by_keyboard_and_an_auditor_reviews_and_changes_nothing() -> Result<()> {
    Stage::play(async |stage| {
        furnish(stage).await?;
        let console = Console::sign_in(&stage.server, stage.path(), "auditor").await?;
        for area in ["review", "policy", "companies", "agents", "reports", "audit", "calls"] {
            console.open_by_keyboard(area).await?;
        }
        for (path, part) in
            [("review", "nothing"), ("review/list", "nothing"), ("review/agreement", "navigation")]
        {
            console.open(path).await?;
            console.window().until_shown(part).await?;
            console.look(&path.replace('/', "-")).await?;
        }
        for (path, deed) in [
            ("agents", "agent-add"),
            ("people", "person-add"),
            ("tokens", "token-issue"),
            ("companies/1", "change-do"),
            ("words", "text-write"),
            ("words/pause", "reason-add"),
            ("review/settings", "review-setting-change"),
        ] {
            console.open(path).await?;
            let absent = format!("document.querySelector('[data-testid={deed}]') === null");
            ensure!(console.window().eval(&absent).await? == json!(true), "an auditor is shown {deed}");
        }
        Ok(())
    })
}

#[test]
fn p2_a_rule_is_changed_ahead_and_a_company_is_changed_at_once_and_both_stand_in_the_audit() -> Result<()> {
    Stage::play(async |stage| {
        furnish(stage).await?;
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        console.open("policy/line/prepaid/W2G").await?;
        page.click("line-change").await?;
        page.choose("single-individual", "mandatory").await?;
        page.click("policy-preview").await?;
        page.until_shown("preview-rows").await?;
        console.look("policy-preview").await?;
        page.type_into("policy-reason", "Thay đổi theo công văn").await?;
        page.click("policy-commit").await?;
        page.until(
            "the new change stands in the history",
            "document.querySelectorAll('[data-testid=line-entries] tbody tr').length > 2",
        )
        .await?;

        console.open("companies/1").await?;
        let field = "(() => { const e = document.querySelector('[data-testid=\"setting-ring_timeout_ms\"]'); e.value = '17'; \
            e.dispatchEvent(new Event('input', { bubbles: true })); return true; })()";
        page.eval(field).await?;
        page.type_into("change-reason", "Rút ngắn thời gian đổ chuông").await?;
        page.click("change-do").await?;
        page.until("the setting holds", "document.querySelector('[data-testid=\"setting-ring_timeout_ms\"]')?.value === '17' && document.querySelector('[data-testid=said]').textContent !== ''").await?;
        console.open("companies/1/history").await?;
        page.until_shown("history-row").await?;

        console.open("audit").await?;
        let entries =
            "[...document.querySelectorAll('[data-testid=audit-row] th')].map((cell) => cell.textContent)";
        let actions = page.eval(entries).await?.to_string();
        ensure!(actions.contains("policy.") && actions.contains("company."), "{actions}");
        page.click("audit-check-do").await?;
        page.until_shown("audit-sound").await?;
        Ok(())
    })
}

#[test]
fn s15_a_running_call_is_watched_live_and_its_evidence_is_shown_with_sound_seals() -> Result<()> {
    Stage::play(async |stage| {
        let station = stage.agent_on_duty("1", "hoa", "Trần Thị Hoa").await?;
        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        let (_customer, created) = stage.customer_in_queue("1", "vp8").await?;
        station.window.until_body("activity", "ringing").await?;
        console.open(&format!("calls/{}", created.call_id)).await?;
        station.window.click("ring-accept").await?;
        station.window.until_body("activity", "in_call").await?;
        // Without a reload: the page follows the call.
        page.until_attribute("call-state", "data-state", "in_call").await?;
        console.look("call-live").await?;
        station.decide(true, None).await?;
        page.until_attribute("call-state", "data-state", "ended").await?;
        page.until(
            "the end in the time line",
            "document.querySelector('[data-testid=timeline] [data-code=evidence_taken]') !== null",
        )
        .await?;
        page.click("tab-why").await?;
        page.until_shown("why-offer").await?;
        console.look("call-why").await?;
        page.click("tab-evidence").await?;
        page.until_shown("seals-sound").await?;
        page.until_attribute("picture-left", "data-load", "shown").await?;
        page.until_attribute("picture-right", "data-load", "shown").await?;
        console.look("call-evidence").await?;
        page.click("tab-case").await?;
        page.click("case-show").await?;
        page.until(
            "the customer",
            "document.querySelector('[data-testid=case]')?.textContent.includes('Nguyễn Thị Mẫu')",
        )
        .await?;
        ensure!(page.eval("location.href.includes('090')").await? == json!(false));
        // The search by number goes by the body, and finds the call.
        console.open("calls").await?;
        page.type_into("filter-msisdn", "0901234567").await?;
        page.click("filter-do").await?;
        let found = format!(
            "document.querySelector('[data-call=\"{}\"]') !== null && !location.href.includes('0901234567')",
            created.call_id
        );
        page.until("the call is found by its number", &found).await?;
        Ok(())
    })
}

/// Something in every list.
async fn furnish(stage: &Stage) -> Result<()> {
    stage.server.token("1")?;
    stage.server.add_agent("1", "hoa", "Trần Thị Hoa")?;
    stage.server.cli(&["webhook", "add", "--url", "http://127.0.0.1:9/nowhere", "--for", "msale"])?;
    stage.server.create_call("1").await?;
    Ok(())
}
