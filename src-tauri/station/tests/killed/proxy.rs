//! The line between a workstation and its server: HTTP/1.1 taken byte for byte, one request a connection. Uploads
//! of evidence get their drawn fate; sockets are passed through; all of it can be away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};

use crate::faults::Fault;
use crate::forgery::{self, said};
use crate::receipts::{Acknowledged, Receipts};
use crate::seed::Rng;

/// Where an upload is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Its head has come.
    Begun,
    /// The server has answered; nobody else knows.
    Taken,
    /// The answer was passed on.
    Passed,
}

/// One line.
pub struct Proxy {
    pub port: u16,
    line: Arc<Line>,
}

struct Line {
    server_port: u16,
    rng: Mutex<Rng>,
    /// While true everything is cut and nothing is taken.
    away: watch::Sender<bool>,
    /// No more faults.
    clean: watch::Sender<bool>,
    /// While true no upload comes through.
    barred: watch::Sender<bool>,
    points: broadcast::Sender<Point>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    receipts: Mutex<Receipts>,
    refusals: Mutex<Vec<String>>,
}

/// A request, read whole.
struct Request {
    head: String,
    body: Vec<u8>,
}

impl Proxy {
    pub async fn open(server_port: u16, rng: Rng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("address").port();
        let line = Arc::new(Line {
            server_port,
            rng: Mutex::new(rng),
            away: watch::Sender::new(false),
            clean: watch::Sender::new(false),
            barred: watch::Sender::new(false),
            points: broadcast::Sender::new(64),
            counts: Mutex::default(),
            receipts: Mutex::default(),
            refusals: Mutex::default(),
        });
        let shared = line.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let line = shared.clone();
                tokio::spawn(async move {
                    let mut away = line.away.subscribe();
                    tokio::select! {
                        _ = away.wait_for(|away| *away) => {}
                        // A broken connection is what this is about.
                        _ = line.serve(stream) => {}
                    }
                });
            }
        });
        Self { port, line }
    }

    pub fn go_away(&self, away: bool) {
        self.line.away.send_replace(away);
    }

    /// No upload comes through, or uploads do again.
    pub fn bar_uploads(&self, barred: bool) {
        self.line.barred.send_replace(barred);
    }

    /// From now on nothing happens to anything.
    pub fn be_clean(&self) {
        self.line.clean.send_replace(true);
    }

    pub fn points(&self) -> broadcast::Receiver<Point> {
        self.line.points.subscribe()
    }

    /// What the server found wrong with uploads.
    pub fn refusals(&self) -> Vec<String> {
        self.line.refusals.lock().expect("refusals").clone()
    }

    /// What the server has acknowledged, and which manifests' receipts went on as they were.
    pub fn receipts(&self) -> (BTreeSet<Acknowledged>, BTreeSet<String>) {
        let receipts = self.line.receipts.lock().expect("receipts");
        (receipts.acknowledged(), receipts.passed())
    }

    /// How often each fate was met.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.line.counts.lock().expect("counts").clone()
    }
}

impl Line {
    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(head) = read_head(&mut client).await? else { return Ok(()) };
        if header(&head, "upgrade").is_some() {
            let mut server = self.server().await?;
            server.write_all(head.as_bytes()).await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await?;
            return Ok(());
        }
        let is_upload = head.starts_with("PUT ") && head.lines().next().unwrap_or("").contains("/evidence");
        let fault = if is_upload { self.draw() } else { Fault::None };
        if is_upload {
            let _ = self.points.send(Point::Begun); // Nobody may be waiting.
        }
        let length: usize = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        client.read_exact(&mut body).await?;
        let request = Request { head, body };
        let answer = if fault.arrives() { Some(self.ask(&request).await?) } else { None };
        if is_upload && let Some(answer) = &answer {
            let _ = self.points.send(Point::Taken);
            self.note_refusal(answer);
        }
        let Some(answer) = self.suffer(fault, &request, answer).await? else { return Ok(()) };
        // Before: whoever gets it may have written it down at once.
        self.receipts.lock().expect("receipts").goes_on(&answer);
        client.write_all(&answer).await?;
        client.shutdown().await?;
        if is_upload {
            let _ = self.points.send(Point::Passed);
        }
        Ok(())
    }

    /// An upload that the server says is wrong is a fault of either program: what was wrong is kept.
    fn note_refusal(&self, answer: &[u8]) {
        let bad = ["HTTP/1.1 400", "HTTP/1.1 415", "HTTP/1.1 422"];
        if bad.iter().any(|status| answer.starts_with(status.as_bytes())) {
            let body = forgery::find(answer, b"\r\n\r\n").map_or(answer, |at| &answer[at + 4..]);
            self.refusals.lock().expect("refusals").push(String::from_utf8_lossy(body).into_owned());
        }
    }

    fn draw(&self) -> Fault {
        let mut rng = self.rng.lock().expect("rng");
        let fault = match (*self.clean.borrow(), *self.barred.borrow()) {
            (true, _) => Fault::None,
            (false, true) => Fault::draw_barring(&mut rng),
            (false, false) => Fault::draw(&mut rng),
        };
        drop(rng);
        // An earlier receipt only once there was one.
        let wants_one = matches!(fault, Fault::Earlier | Fault::EarlierInstead);
        let none_yet = wants_one && self.receipts.lock().expect("receipts").answers.is_empty();
        let fault = if none_yet { Fault::None } else { fault };
        *self.counts.lock().expect("counts").entry(fault.name()).or_default() += 1;
        fault
    }

    fn between(&self, from: usize, to: usize) -> usize {
        let drawn = self.rng.lock().expect("rng").between(from as u64, to as u64);
        usize::try_from(drawn).expect("between two usizes")
    }

    /// What the client gets to see; none: the connection just ends.
    async fn suffer(
        &self,
        fault: Fault,
        request: &Request,
        answer: Option<Vec<u8>>,
    ) -> std::io::Result<Option<Vec<u8>>> {
        let Some(answer) = answer else {
            return match fault {
                Fault::CutRequest => {
                    let part = self.between(0, request.body.len());
                    let mut server = self.server().await?;
                    server.write_all(closing(&request.head).as_bytes()).await?;
                    server.write_all(&request.body[..part]).await?;
                    Ok(None)
                }
                Fault::Barred => {
                    let statuses = ["400 Bad Request", "404 Not Found", "413 Content Too Large"];
                    Ok(Some(said(statuses[self.between(0, 2)], "<html>nginx</html>")))
                }
                Fault::Unavailable => Ok(Some(said("503 Service Unavailable", "busy"))),
                Fault::Foreign => Ok(Some(said("200 OK", "<html>Đăng nhập Wi-Fi</html>"))),
                // A piece of an upload has no receipt.
                Fault::EarlierInstead => Ok(self.receipts.lock().expect("receipts").answers.last().cloned()),
                Fault::Forged => Ok(forgery::receipt_for(&request.body).map(|body| said("200 OK", &body))),
                _ => Ok(None),
            };
        };
        let earlier = {
            let mut receipts = self.receipts.lock().expect("receipts");
            let earlier = receipts.answers.last().cloned();
            receipts.came(&answer);
            earlier
        };
        Ok(match fault {
            Fault::Slow => {
                tokio::time::sleep(Duration::from_millis(self.between(50, 1_500) as u64)).await;
                Some(answer)
            }
            Fault::LostAnswer => None,
            Fault::CutAnswer => Some(answer[..self.between(0, answer.len().saturating_sub(1))].to_vec()),
            Fault::Twice => {
                let second = self.ask(request).await?;
                self.receipts.lock().expect("receipts").came(&second);
                Some(second)
            }
            Fault::OtherManifest => Some(forgery::with_other_hash(&answer)),
            Fault::Earlier => earlier,
            Fault::OtherSignature => Some(forgery::with_other_signature(&answer).unwrap_or(answer)),
            _ => Some(answer),
        })
    }

    async fn server(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect(("127.0.0.1", self.server_port)).await
    }

    async fn ask(&self, request: &Request) -> std::io::Result<Vec<u8>> {
        let mut server = self.server().await?;
        server.write_all(closing(&request.head).as_bytes()).await?;
        server.write_all(&request.body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

/// The head up to the empty line; none if the connection ended before.
async fn read_head(stream: &mut TcpStream) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        // One byte at a time: what follows the head stays in the socket.
        if head.len() > 64 * 1024 || stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    Ok(String::from_utf8(head).ok())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The same request, after whose answer the server closes.
fn closing(head: &str) -> String {
    head.replacen("\r\n", "\r\nconnection: close\r\n", 1)
}
