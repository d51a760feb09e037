//! Sign-in by the operator's own directory in a real browser: there, back with a code, and in; who is not known here
//! is told so and stays out.

use anyhow::{Result, ensure};
use chinhchu_stories::clock;
use chinhchu_stories::console::Console;
use chinhchu_stories::stage::Stage;
use serde_json::json;
use tokio::runtime::Handle;

use self::provider::{CLIENT, Provider, SECRET};

#[expect(dead_code, reason = "the lies are told in the server's own tests")]
#[path = "../../server/tests/it/console_provider.rs"]
mod provider;

/// A stage whose server knows the directory.
fn with_directory() -> Result<Stage> {
    let provider = Handle::current().block_on(Provider::start(clock::now().ms() / 1_000));
    Stage::set_by(|plan| {
        plan.with_variable("CHINHCHU_OIDC_ISSUER", provider.issuer())
            .with_variable("CHINHCHU_OIDC_CLIENT_ID", CLIENT)
            .with_variable("CHINHCHU_OIDC_CLIENT_SECRET", SECRET)
            .with_variable("CHINHCHU_OIDC_CLAIM", "employee")
            .with_variable("CHINHCHU_OIDC_NAME", "MobiFone")
    })
}

#[test]
fn who_is_known_here_signs_in_by_the_directory_without_a_password_and_nobody_else_does() -> Result<()> {
    Stage::play_on(with_directory, async |stage| {
        let add =
            ["admin", "add", "--username", "lan.pham", "--name", "Phạm Thị Lan", "--role", "supervisor"];
        stage.server.cli(&[&add[..], &["--directory-id", "0042"]].concat())?;
        // As the server names itself: the browser comes back to that address.
        let url = format!("http://{}", stage.server.address());
        let console = Console::signed_out(&url, stage.path()).await?;
        let page = console.window();
        page.click("sign-in-directory").await?;
        page.click("as-9999").await?;
        page.until(
            "it is told",
            "document.querySelector('[role=alert]')?.textContent.includes('chưa được cấp quyền')",
        )
        .await?;
        page.until_body("session", "out").await?;

        page.click("sign-in-directory").await?;
        page.click("as-0042").await?;
        page.until_body("session", "in").await?;
        page.until_body("area", "wallboard").await?;
        let clean = "location.pathname === '/console/' && !location.href.includes('code=')";
        ensure!(page.eval(clean).await? == json!(true), "the code stays in the address");
        console.open("account").await?;
        page.until("it says who", "document.body.innerText.includes('lan.pham')").await?;
        // A supervisor: what only administrators may is neither shown nor opened.
        for area in ["tokens", "cases", "people"] {
            page.goto(&format!("{url}/console/{area}")).await?;
            page.until_body("area", "nothing").await?;
        }
        let deeds = stage.server.cli(&["audit", "list", "--action", "person.signed_in"])?;
        ensure!(deeds.as_array().is_some_and(|list| list.len() == 1), "{deeds}");
        Ok(())
    })
}
