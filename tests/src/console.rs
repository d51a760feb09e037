//! The console in real Chromium: signing in with a second factor, opening screens, and what every screen owes:
//! nothing serious by axe, no sideways scrolling, at two sizes, light and dark.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use fantoccini::Locator;
use fantoccini::key::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;

use crate::clock;
use crate::customer::Customer;
use crate::driver::Window;
use crate::place::Place;
use crate::server::{Server, text};

/// Sizes of the operator's screens.
const SIZES: [(&str, u32, u32); 2] = [("m", 1280, 800), ("l", 1920, 1080)];
/// What people of stories choose for a password.
const OWN: &str = "ba con gà đi chợ";
/// Impacts that are faults of ours.
const GRAVE: [&str; 2] = ["serious", "critical"];

/// A browser with the console in it, signed in.
pub struct Console {
    browser: Customer,
    url: String,
    axe: String,
    /// Where pictures are put, if anywhere: `CHINHCHU_CONSOLE_PICTURES`.
    pictures: Option<PathBuf>,
}

impl Console {
    /// Adds a person by the command line and signs in as the first time: password, second factor set up by its
    /// secret, recovery codes kept, a password of one's own. Typed and confirmed by the keyboard alone.
    pub async fn sign_in(server: &Server, dir: &Path, role: &str) -> Result<Self> {
        let username = format!("{role}.thu");
        let added = server.cli(&[
            "admin",
            "add",
            "--username",
            &username,
            "--name",
            "Phạm Thị Lan",
            "--role",
            role,
        ])?;
        let password = text(&added, "password")?;
        let browser = Customer::start(&dir.join(format!("console-{role}")), &Place::Here).await?;
        let page = &browser.window;
        page.goto(&format!("{}/console/", server.url())).await?;
        page.until_body("session", "out").await?;
        page.type_into("username", &username).await?;
        page.type_into("password", &password).await?;
        press(page, Key::Enter).await?;
        page.until_body("session", "half").await?;
        page.until_shown("secret").await?;
        let code = code(&page.text("secret").await?)?;
        page.type_into("code", &code).await?;
        press(page, Key::Enter).await?;
        page.until_shown("recovery-codes").await?;
        page.click("codes-kept").await?;
        page.click("set-up-done").await?;
        // The command line made the password: the person sets an own one before anything else.
        page.until_shown("own-password").await?;
        for (field, typed) in
            [("password-old", password.as_str()), ("password-new", OWN), ("password-repeat", OWN)]
        {
            page.type_into(field, typed).await?;
        }
        press(page, Key::Enter).await?;
        page.until_body("session", "in").await?;
        Self::around(browser, server.url())
    }

    /// A browser in which nobody has signed in, at the console of the server at `url`.
    pub async fn signed_out(url: &str, dir: &Path) -> Result<Self> {
        let browser = Customer::start(&dir.join("console"), &Place::Here).await?;
        browser.window.goto(&format!("{url}/console/")).await?;
        browser.window.until_body("session", "out").await?;
        Self::around(browser, url.to_owned())
    }

    fn around(browser: Customer, url: String) -> Result<Self> {
        let axe = std::fs::read_to_string(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js"),
        )
        .context("axe-core is not there: run `npm ci` in ui/")?;
        let pictures = std::env::var_os("CHINHCHU_CONSOLE_PICTURES").map(PathBuf::from);
        Ok(Self { browser, url, axe, pictures })
    }

    /// The browser, for what it downloads.
    pub fn browser(&self) -> &Customer {
        &self.browser
    }

    /// The page.
    pub fn window(&self) -> &Window {
        &self.browser.window
    }

    /// Opens a screen by its address and waits until it is there with what it loads.
    pub async fn open(&self, path: &str) -> Result<()> {
        let page = self.window();
        page.goto(&format!("{}/console/{path}", self.url)).await?;
        page.until_body("session", "in").await?;
        self.settled().await
    }

    /// Nothing loads any more, and nothing has failed.
    pub async fn settled(&self) -> Result<()> {
        let loaded = "document.querySelector('main h1') !== null && \
            document.querySelector('[data-testid=waiting]') === null && \
            document.querySelector('[aria-busy=true]') === null";
        self.window().until("the screen has loaded", loaded).await?;
        let failed = "document.querySelector('[data-testid=load-failed]')?.textContent ?? ''";
        let words = self.window().eval(failed).await?;
        ensure!(words == "", "the screen did not load: {words}");
        Ok(())
    }

    /// Looks at the screen at both sizes, light and dark; a picture of each if somebody wants them.
    pub async fn look(&self, name: &str) -> Result<()> {
        let page = self.window();
        for (size, width, height) in SIZES {
            page.client().set_window_size(width, height).await?;
            for theme in ["light", "dark"] {
                let dress = format!("(document.documentElement.dataset.theme = '{theme}') && true");
                page.eval(&dress).await?;
                let wide = page.eval("document.documentElement.scrollWidth > innerWidth").await?;
                ensure!(wide == json!(false), "{name} {size} is wider than its window");
                if let Some(folder) = &self.pictures {
                    std::fs::create_dir_all(folder)?;
                    page.screenshot(&folder.join(format!("{name}-{size}-{theme}.png"))).await?;
                }
                let grave = self.axe().await?;
                ensure!(grave.is_empty(), "{name} {size} {theme}: {}", grave.join("\n"));
            }
        }
        page.eval("(delete document.documentElement.dataset.theme) && true").await?;
        Ok(())
    }

    /// Goes to a link of the navigation by Tab alone and opens it by Enter.
    pub async fn open_by_keyboard(&self, area: &str) -> Result<()> {
        let page = self.window();
        page.eval("document.activeElement?.blur?.() ?? true").await?;
        for _ in 0..120 {
            press(page, Key::Tab).await?;
            let at = page.eval("document.activeElement?.dataset.testid ?? ''").await?;
            if at == format!("nav-{area}") {
                let outline = page.eval("getComputedStyle(document.activeElement).outlineStyle").await?;
                ensure!(outline != "none", "the focus on {area} cannot be seen");
                press(page, Key::Enter).await?;
                page.until_body("area", area).await?;
                self.settled().await?;
                let title = "document.activeElement === document.querySelector('main h1')";
                page.until("the focus is on the new screen's title", title).await?;
                return Ok(());
            }
        }
        anyhow::bail!("{area} is not reached by the keyboard")
    }

    /// What axe finds serious or critical, in words.
    async fn axe(&self) -> Result<Vec<String>> {
        let client = self.window().client();
        client.execute(&self.axe, vec![]).await?;
        let run = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { resultTypes: ['violations'] }).then((found) => done(found.violations.map((one) => \
            ({ id: one.id, impact: one.impact, help: one.help, html: one.nodes[0]?.html ?? '' }))));";
        let found = client.execute_async(run, vec![]).await?;
        let grave = |one: &&Value| one["impact"].as_str().is_some_and(|impact| GRAVE.contains(&impact));
        let words = |one: &Value| format!("{} ({}): {}", one["id"], one["help"], one["html"]);
        Ok(found.as_array().into_iter().flatten().filter(grave).map(words).collect())
    }
}

/// One key to whatever has the focus.
pub async fn press(page: &Window, key: Key) -> Result<()> {
    let focused = page.client().active_element().await;
    let element = match focused {
        Ok(element) => element,
        Err(_) => page.client().find(Locator::Css("body")).await?,
    };
    Ok(element.send_keys(&String::from(char::from(key))).await?)
}

/// The six digits of an authenticator now (RFC 6238) for a secret as a page shows it.
fn code(shown: &str) -> Result<String> {
    let key = base32(shown)?;
    let step = u64::try_from(clock::now().ms())? / 30_000;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key)?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[hash.len() - 1] & 0x0f);
    let word = hash[at..at + 4].iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    Ok(format!("{:06}", (word & 0x7fff_ffff) % 1_000_000))
}

fn base32(text: &str) -> Result<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        let value = match letter {
            'A'..='Z' => u32::from(letter) - u32::from('A'),
            '2'..='7' => u32::from(letter) - u32::from('2') + 26,
            other => anyhow::bail!("{other:?} is no base32"),
        };
        held = (held << 5) | value;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff)?);
            held &= (1 << bits) - 1;
        }
    }
    Ok(bytes)
}
