//! WebDriver, for both kinds of window: what a person does with eyes and fingers.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;

/// A window under remote control.
pub struct Window {
    client: Client,
}

/// How long a story waits for something that ought to happen at once on an idle machine. Generous, because
/// a loaded machine is not a fault of the product; what must be fast is a benchmark's matter.
pub const PATIENCE: Duration = Duration::from_mins(1);

impl Window {
    /// Connects to a driver that listens on `port`, trying until it answers.
    pub async fn open(port: u16, capabilities: Value) -> Result<Self> {
        let Value::Object(map) = capabilities else { bail!("capabilities must be an object") };
        let capabilities: Capabilities = map;
        let until = Instant::now() + PATIENCE;
        loop {
            let attempt = ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities.clone())
                .connect(&format!("http://127.0.0.1:{port}"))
                .await;
            match attempt {
                Ok(client) => return Ok(Self { client }),
                Err(error) if Instant::now() > until => {
                    return Err(error).context("no WebDriver session");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Opens a page.
    pub async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.client.goto(url).await?)
    }

    /// Clicks what carries this test id, once it is there and can be clicked.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let clicked = match self.client.find(Locator::Css(&selector(test_id))).await {
                Ok(element) if element.is_enabled().await.unwrap_or(false) => element.click().await,
                Ok(_) => bail_later("is disabled"),
                Err(error) => Err(error),
            };
            match clicked {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > until => {
                    bail!("cannot click {test_id}: {error}\n{}", self.describe().await)
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Types into what carries this test id.
    pub async fn type_into(&self, test_id: &str, text: &str) -> Result<()> {
        let element =
            self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&selector(test_id))).await;
        let element = element.with_context(|| format!("no field {test_id}"))?;
        Ok(element.send_keys(text).await?)
    }

    /// Waits until `script` (a JavaScript expression) is truthy, and gives its value.
    pub async fn until(&self, what: &str, script: &str) -> Result<Value> {
        self.until_within(what, script, PATIENCE).await
    }

    /// The same with a limit of its own.
    pub async fn until_within(&self, what: &str, script: &str, patience: Duration) -> Result<Value> {
        let until = Instant::now() + patience;
        loop {
            let value =
                self.client.execute(&format!("return ({script});"), vec![]).await.unwrap_or(Value::Null);
            if truthy(&value) {
                return Ok(value);
            }
            if Instant::now() > until {
                bail!("waited in vain for: {what}\n{}", self.describe().await);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for `body[data-NAME]` to be `value`.
    pub async fn until_body(&self, name: &str, value: &str) -> Result<()> {
        let script = format!("document.body.dataset.{name} === '{value}'");
        self.until(&format!("{name} = {value}"), &script).await.map(|_| ())
    }

    /// Waits for an element with this test id.
    pub async fn until_shown(&self, test_id: &str) -> Result<()> {
        let script = format!("!!document.querySelector('{}')", selector(test_id));
        self.until(&format!("{test_id} shown"), &script).await.map(|_| ())
    }

    /// Waits until the element with this test id has `attribute` = `value`.
    pub async fn until_attribute(&self, test_id: &str, attribute: &str, value: &str) -> Result<()> {
        let script = format!(
            "document.querySelector('{}')?.getAttribute('{attribute}') === '{value}'",
            selector(test_id)
        );
        self.until(&format!("{test_id} {attribute} = {value}"), &script).await.map(|_| ())
    }

    /// Text of an element, or an error if there is none.
    pub async fn text(&self, test_id: &str) -> Result<String> {
        let element = self.client.find(Locator::Css(&selector(test_id))).await;
        Ok(element.with_context(|| format!("no {test_id}"))?.text().await?)
    }

    /// Runs a JavaScript expression.
    pub async fn eval(&self, expression: &str) -> Result<Value> {
        Ok(self.client.execute(&format!("return ({expression});"), vec![]).await?)
    }

    /// Chooses an option of a select, or a radio, by value, as a change of the user.
    pub async fn choose(&self, test_id: &str, value: &str) -> Result<()> {
        let script = format!(
            "(() => {{ const e = document.querySelector('{}'); if (!e) return false; e.value = '{value}'; \
             e.dispatchEvent(new Event('input', {{bubbles: true}})); \
             e.dispatchEvent(new Event('change', {{bubbles: true}})); return e.value === '{value}'; }})()",
            selector(test_id)
        );
        self.until(&format!("{test_id} can be set to {value}"), &script).await.map(|_| ())
    }

    /// The page as a PNG.
    pub async fn screenshot(&self, path: &std::path::Path) -> Result<()> {
        let png = self.client.screenshot().await?;
        Ok(std::fs::write(path, png)?)
    }

    /// The client itself, for what is not common enough for a method here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes the window.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }

    async fn describe(&self) -> String {
        let script =
            "return JSON.stringify(document.body.dataset) + ' ' + document.body.innerText.slice(0, 600);";
        match self.client.execute(script, vec![]).await {
            Ok(Value::String(text)) => format!("the page: {text}"),
            Ok(other) => format!("the page: {other}"),
            Err(error) => format!("the page cannot be asked: {error}"),
        }
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn selector(test_id: &str) -> String {
    format!("[data-testid=\"{test_id}\"]")
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64().is_some_and(|n| n != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

fn bail_later(why: &str) -> Result<(), fantoccini::error::CmdError> {
    Err(fantoccini::error::CmdError::NotJson(why.to_owned()))
}
