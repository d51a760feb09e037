//! A workstation and a call page that talk to the real server over real sockets.

use std::time::Duration;

use chinhchu_protocol::agent::{
    AgentActivity, AgentProfile, AgentToServer, AgentView, ServerToAgent, SignedIn, WantedStatus,
};
use chinhchu_protocol::caller::{CallerToServer, CallerView, ServerToCaller};
use chinhchu_protocol::ids::{AgentId, CallId, CompanyCode, WorkstationId};
use chinhchu_protocol::problem::Problem;
use chinhchu_server::agents::{password, sql};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::edge_world::World;
use crate::spine_seal;

const PATIENCE: Duration = Duration::from_secs(15);
const PASSWORD: &str = "mật khẩu thử";

/// A socket of either side.
pub struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Line {
    pub async fn open(world: &World, path: &str, token: Option<&str>) -> Self {
        Self::at(&world.url, path, token).await
    }

    /// At a server whose address is known.
    pub async fn at(server: &str, path: &str, token: Option<&str>) -> Self {
        let url = format!("{}{path}", server.replace("http://", "ws://"));
        let mut request = url.into_client_request().expect("request");
        if let Some(token) = token {
            let value = format!("Bearer {token}").parse().expect("header");
            request.headers_mut().insert("authorization", value);
        }
        let (socket, _) = connect_async(request).await.expect("socket");
        Self { socket }
    }

    pub async fn send(&mut self, frame: &impl Serialize) {
        let text = serde_json::to_string(frame).expect("json");
        self.socket.send(Message::Text(text.into())).await.expect("sent");
    }

    /// Sends, if the socket is still open.
    pub async fn try_send(&mut self, frame: &impl Serialize) {
        let text = serde_json::to_string(frame).expect("json");
        let _ = self.socket.send(Message::Text(text.into())).await;
    }

    /// The next frame; none once the socket is closed.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Option<T> {
        // In all: pings come for ever.
        tokio::time::timeout(PATIENCE, self.frame()).await.expect("a frame in time")
    }

    async fn frame<T: DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).expect("frame")),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Frame(_) | Message::Close(_)) | Err(_)) | None => {
                    return None;
                }
            }
        }
    }
}

/// A signed-in agent.
pub struct Workstation {
    pub line: Line,
    pub signed_in: SignedIn,
}

impl Workstation {
    /// Makes the agent, signs in, connects and becomes available.
    pub async fn available(world: &World, company: &str, username: &str) -> Self {
        add_agent(world, company, username).await;
        let mut workstation = Self::sign_in(world, username).await;
        workstation.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
        workstation.until(|view| matches!(view.activity, AgentActivity::Available { .. })).await;
        workstation
    }

    /// Makes the agent, signs in, connects and becomes available while a call waits: it rings.
    pub async fn rung(world: &World, company: &str, username: &str) -> Self {
        add_agent(world, company, username).await;
        let mut workstation = Self::sign_in(world, username).await;
        workstation.line.send(&AgentToServer::SetStatus { status: WantedStatus::Available }).await;
        workstation
    }

    /// Signs in at an approved workstation.
    pub async fn sign_in(world: &World, username: &str) -> Self {
        let id = WorkstationId(world.clock.new_id());
        let answer = try_sign_in_at(world, username, PASSWORD, id).await;
        assert_eq!(answer.status(), 201);
        let signed_in: SignedIn = answer.json().await.expect("signed in");
        spine_seal::enrol(world, &signed_in, id).await;
        let mut line = Line::open(world, "/v1/agent/socket", Some(&signed_in.session_token)).await;
        line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await;
        Self { line, signed_in }
    }

    /// Connects again with the same sign-in.
    pub async fn reconnect(self, world: &World) -> Self {
        drop(self.line);
        Self::again(world, self.signed_in).await
    }

    /// Connects with a sign-in of before.
    pub async fn again(world: &World, signed_in: SignedIn) -> Self {
        let mut line = Line::open(world, "/v1/agent/socket", Some(&signed_in.session_token)).await;
        line.send(&AgentToServer::Hello { version: chinhchu_protocol::VERSION, ring_device: false }).await;
        Self { line, signed_in }
    }

    /// Waits until everything that was sent has been taken.
    pub async fn taken(&mut self, world: &World) {
        self.line.send(&AgentToServer::Ping { sent_at: world.clock.now() }).await;
        while !matches!(
            self.line.next::<ServerToAgent>().await.expect("the socket is open"),
            ServerToAgent::Pong { .. }
        ) {}
    }

    /// Accepts the next ring.
    pub async fn accept(&mut self) -> CallId {
        let (call_id, offer) = self.ring().await;
        self.line.send(&AgentToServer::Accept { call_id, offer }).await;
        self.until(|view| matches!(view.activity, AgentActivity::Connecting { .. })).await;
        call_id
    }

    /// Reads until a view fits.
    pub async fn until(&mut self, fits: impl Fn(&AgentView) -> bool) -> AgentView {
        tokio::time::timeout(PATIENCE, self.view(fits)).await.expect("such a view in time")
    }

    async fn view(&mut self, fits: impl Fn(&AgentView) -> bool) -> AgentView {
        loop {
            match self.line.next::<ServerToAgent>().await.expect("the socket is open") {
                ServerToAgent::View { view, .. } if fits(&view) => return view,
                ServerToAgent::Problem { problem } => panic!("{problem:?}"),
                _ => {}
            }
        }
    }

    /// Reads until something is refused.
    pub async fn problem(&mut self) -> Problem {
        let read = async {
            loop {
                if let ServerToAgent::Problem { problem } =
                    self.line.next().await.expect("the socket is open")
                {
                    return problem;
                }
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a refusal in time")
    }

    /// Waits for the ring, confirms it (I7), and gives call and offer.
    pub async fn ring(&mut self) -> (CallId, u32) {
        let view = self.until(|view| matches!(view.activity, AgentActivity::Ringing { .. })).await;
        let AgentActivity::Ringing { offer } = view.activity else { unreachable!("just matched") };
        let (call_id, offer) = (offer.call_id, offer.offer);
        let proof = chinhchu_protocol::agent::RingProof::Visual;
        self.line.send(&AgentToServer::Rang { call_id, offer, proof }).await;
        (call_id, offer)
    }
}

pub async fn try_sign_in(world: &World, username: &str, password: &str) -> reqwest::Response {
    try_sign_in_at(world, username, password, WorkstationId(world.clock.new_id())).await
}

pub async fn try_sign_in_at(
    world: &World,
    username: &str,
    password: &str,
    id: WorkstationId,
) -> reqwest::Response {
    let body = json!({"username": username, "password": password, "workstation":
        {"workstation_id": id, "version": "0.1.0", "os": "linux"}});
    let url = format!("{}/v1/agent/sessions", world.url);
    world.client.post(url).json(&body).send().await.expect("answer")
}

pub async fn add_agent(world: &World, company: &str, username: &str) {
    let profile = AgentProfile {
        agent_id: AgentId(world.clock.new_id()),
        username: username.to_owned(),
        name: format!("NVHT {username}"),
        company: CompanyCode(company.to_owned()),
        partner: None,
    };
    let (hash, now) = (password::hash(PASSWORD).expect("hash"), world.clock.now());
    let write = world.server.app().db.write(move |tx| sql::insert_agent(tx, &profile, &hash, now));
    write.await.expect("agent");
}

/// The call page of one call.
pub struct Page {
    pub line: Line,
}

impl Page {
    /// Opens the page of a call just taken in.
    pub async fn open(world: &World, created: &Value, device: &str) -> Self {
        let mut line = Line::open(world, "/v1/caller/socket", None).await;
        let hello = CallerToServer::Hello {
            version: chinhchu_protocol::VERSION,
            call_token: created["call_token"].as_str().expect("token").to_owned(),
            device_secret: device.repeat(32),
            page_id: device.to_owned(),
        };
        line.send(&hello).await;
        Self { line }
    }

    /// Opens the page and says that it is ready.
    pub async fn ready(world: &World, created: &Value) -> Self {
        let mut page = Self::open(world, created, "a").await;
        page.line.send(&CallerToServer::Ready { consent: None }).await;
        page
    }

    /// Reads until a view fits.
    pub async fn until(&mut self, fits: impl Fn(&CallerView) -> bool) -> CallerView {
        tokio::time::timeout(PATIENCE, self.view(fits)).await.expect("such a view in time")
    }

    async fn view(&mut self, fits: impl Fn(&CallerView) -> bool) -> CallerView {
        loop {
            match self.line.next::<ServerToCaller>().await.expect("the socket is open") {
                ServerToCaller::View { view, .. } if fits(&view) => return view,
                ServerToCaller::Problem { problem } => panic!("{problem:?}"),
                _ => {}
            }
        }
    }
}
