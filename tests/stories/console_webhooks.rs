//! A receiver was away: the console shows what waits, and sends it again at once when somebody asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use chinhchu_stories::console::Console;
use chinhchu_stories::server::text;
use chinhchu_stories::stage::Stage;

/// mSale, as it stands: counts what it took, or is broken.
#[derive(Default)]
struct Receiver {
    up: AtomicBool,
    taken: AtomicUsize,
}

async fn receiver() -> Result<(Arc<Receiver>, String)> {
    let state = Arc::new(Receiver::default());
    let shared = state.clone();
    let take = async move || {
        if !shared.up.load(Ordering::SeqCst) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        shared.taken.fetch_add(1, Ordering::SeqCst);
        StatusCode::OK
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((state, url))
}

#[test]
fn a_delivery_that_was_refused_is_sent_again_from_the_console() -> Result<()> {
    Stage::play(async |stage| {
        let (receiver, url) = receiver().await?;
        let hook = stage.server.cli(&["webhook", "add", "--url", &url, "--for", "ekyc"])?;
        let hook = text(&hook, "webhook_id")?;
        let created = stage.server.create_call("1").await?;
        let cancel = format!("{}/v1/calls/{}/cancel", stage.server.url(), created.call_id);
        let http = reqwest::Client::new();
        http.post(cancel).bearer_auth(&created.token).send().await?.error_for_status()?;

        let console = Console::sign_in(&stage.server, stage.path(), "administrator").await?;
        let page = console.window();
        let refused = "[...document.querySelectorAll('[data-testid=delivery-row]')].some((row) => \
            row.dataset.state === 'waiting' && row.textContent.includes('503'))";
        let until = tokio::time::Instant::now() + chinhchu_stories::driver::PATIENCE;
        loop {
            console.open(&format!("webhooks/deliveries?webhook={hook}")).await?;
            if page.eval(refused).await? == true {
                break;
            }
            ensure!(tokio::time::Instant::now() < until, "the refusal is not shown");
        }
        console.look("webhooks-refused").await?;
        receiver.up.store(true, Ordering::SeqCst);
        page.click("delivery-resend").await?;
        let until = tokio::time::Instant::now() + chinhchu_stories::driver::PATIENCE;
        loop {
            console.open(&format!("webhooks/deliveries?webhook={hook}&state=delivered")).await?;
            let row =
                page.eval("document.querySelector('[data-testid=delivery-row]')?.textContent ?? ''").await?;
            if row.as_str().context("text")?.contains("200") {
                break;
            }
            ensure!(tokio::time::Instant::now() < until, "it is not delivered");
        }
        ensure!(receiver.taken.load(Ordering::SeqCst) >= 1, "nothing came");
        console.open("audit?action=webhook").await?;
        page.until("the deed", "document.body.innerText.includes('webhook.resent')").await?;
        Ok(())
    })
}
