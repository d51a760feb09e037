//! The loopback socket as a page sees it.

mod frames;

use std::time::Duration;

use chinhchu_screen::I420View;
use chinhchu_screen::socket::SocketSurfaces;
use frames::{BLUE, Flat, RED};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const ORIGIN: &str = "tauri://localhost";
type Page = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn start() -> SocketSurfaces {
    SocketSurfaces::start(vec![ORIGIN.into(), "http://tauri.localhost".into()]).await.expect("socket")
}

async fn connect(url: &str, origin: Option<&str>) -> Result<Page, Error> {
    let mut request = url.into_client_request().expect("url");
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().expect("origin"));
    }
    connect_async(request).await.map(|(page, _)| page)
}

async fn page(surfaces: &SocketSurfaces, stream: &str) -> Page {
    let url = format!("{}?stream={stream}", surfaces.url());
    let mut page = connect(&url, Some(ORIGIN)).await.expect("let in");
    page.send(Message::text(surfaces.token())).await.expect("sent");
    page
}

/// Width, height, number and planes of the next frame.
async fn frame(page: &mut Page) -> (u32, u32, u32, Vec<u8>) {
    let message = timeout(Duration::from_secs(5), page.next()).await.expect("a frame within 5 s");
    let bytes = message.expect("open").expect("sound").into_data();
    let word = |n: usize| u32::from_le_bytes(bytes[4 * n..4 * n + 4].try_into().expect("four bytes"));
    assert_eq!(word(0), 0x4343_4631);
    (word(1), word(2), word(3), bytes[16..].to_vec())
}

async fn ack(page: &mut Page, seq: u32) {
    page.send(Message::text(format!(r#"{{"ack":{seq}}}"#))).await.expect("sent");
}

/// Nothing arrives: proven by a pong, which the server answers in order.
async fn is_silent(page: &mut Page) {
    page.send(Message::Ping("still there".into())).await.expect("sent");
    let next = timeout(Duration::from_secs(5), page.next()).await.expect("an answer");
    assert!(matches!(next, Some(Ok(Message::Pong(_)))), "{next:?}");
}

async fn is_turned_away(mut page: Page) {
    let next = timeout(Duration::from_secs(10), page.next()).await.expect("an end");
    assert!(!matches!(next, Some(Ok(Message::Binary(_)))), "no picture: {next:?}");
    assert!(matches!(next, None | Some(Ok(Message::Close(_)) | Err(_))), "{next:?}");
}

#[tokio::test]
async fn a_frame_arrives_without_its_padding() {
    let surfaces = start().await;
    let mut page = page(&surfaces, "remote").await;
    let y: Vec<u8> = (0..20 * 5).map(|n| if n % 20 < 7 { 50 } else { 99 }).collect();
    let u: Vec<u8> = (0..9 * 3).map(|n| if n % 9 < 4 { 60 } else { 99 }).collect();
    let v: Vec<u8> = (0..9 * 3).map(|n| if n % 9 < 4 { 70 } else { 99 }).collect();
    let view = I420View { width: 7, height: 5, y: &y, u: &u, v: &v, y_stride: 20, uv_stride: 9 };
    surfaces.remote().push(view);
    let (width, height, seq, planes) = frame(&mut page).await;
    assert_eq!((width, height, seq), (7, 5, 1));
    assert_eq!(planes, [vec![50; 35], vec![60; 12], vec![70; 12]].concat());
    assert_eq!(surfaces.remote().stats().shown, 0, "not drawn yet");
    ack(&mut page, seq).await;
    is_silent(&mut page).await;
    let stats = surfaces.remote().stats();
    assert_eq!((stats.pushed, stats.shown, stats.skipped), (1, 1, 0));
    assert!(stats.latency_p50_us.is_some());
}

#[tokio::test]
async fn two_frames_are_in_flight_and_the_newest_wins() {
    let surfaces = start().await;
    let remote = surfaces.remote();
    let mut page = page(&surfaces, "remote").await;
    let red = Flat::new(64, 48, RED);
    for expected in 1..=2 {
        remote.push(red.view());
        assert_eq!(frame(&mut page).await.2, expected);
    }
    for _ in 3..=10 {
        remote.push(red.view());
    }
    is_silent(&mut page).await;
    ack(&mut page, 1).await;
    assert_eq!(frame(&mut page).await.2, 10, "3 to 9 were replaced");
    is_silent(&mut page).await;
    ack(&mut page, 10).await;
    is_silent(&mut page).await;
    let stats = remote.stats();
    assert_eq!((stats.pushed, stats.shown, stats.skipped), (10, 3, 7));
}

#[tokio::test]
async fn the_streams_are_apart() {
    let surfaces = start().await;
    let (mut remote, mut own) = (page(&surfaces, "remote").await, page(&surfaces, "own").await);
    surfaces.own().push(Flat::new(64, 48, BLUE).view());
    assert_eq!(frame(&mut own).await.3[0], BLUE.0);
    is_silent(&mut remote).await;
    surfaces.remote().push(Flat::new(32, 24, RED).view());
    assert_eq!(frame(&mut remote).await.0, 32);
}

#[tokio::test]
async fn other_origins_are_refused_before_anything_else() {
    let surfaces = start().await;
    let url = format!("{}?stream=remote", surfaces.url());
    for origin in [None, Some("https://evil.example"), Some("null"), Some("tauri://localhost.evil.example")] {
        let refused = connect(&url, origin).await.expect_err("refused");
        assert!(matches!(&refused, Error::Http(answer) if answer.status() == 403), "{origin:?}: {refused}");
    }
    assert!(connect(&url, Some("http://tauri.localhost")).await.is_ok());
}

#[tokio::test]
async fn unknown_streams_are_not_found() {
    let surfaces = start().await;
    for wrong in ["", "?stream=desk", "?stream=remote&stream=own", "else?stream=remote"] {
        let refused =
            connect(&format!("{}{wrong}", surfaces.url()), Some(ORIGIN)).await.expect_err("refused");
        assert!(matches!(&refused, Error::Http(answer) if answer.status() == 404), "{wrong}: {refused}");
    }
}

#[tokio::test]
async fn without_the_token_there_is_no_picture() {
    let surfaces = start().await;
    let old = surfaces.token();
    let new = surfaces.renew_token();
    assert_ne!(old, new);
    assert!(new.len() >= 43, "256 bits");
    surfaces.remote().push(Flat::new(64, 48, RED).view());
    let url = format!("{}?stream=remote", surfaces.url());
    let first_words =
        [Message::text(""), Message::text(old), Message::text(&new[1..]), Message::binary(new.clone())];
    for first in first_words {
        let mut page = connect(&url, Some(ORIGIN)).await.expect("handshake");
        page.send(first).await.expect("sent");
        is_turned_away(page).await;
    }
    let mut page = page(&surfaces, "remote").await;
    assert_eq!(frame(&mut page).await.2, 1, "the right one gets it");
}

#[tokio::test]
async fn a_page_that_talks_nonsense_or_too_much_is_cut_off() {
    let surfaces = start().await;
    for words in ["{}".to_owned(), r#"{"ack":-1}"#.to_owned(), "x".repeat(100_000)] {
        let mut page = page(&surfaces, "remote").await;
        page.send(Message::text(words)).await.expect("sent");
        is_turned_away(page).await;
    }
}

#[tokio::test]
async fn the_newer_viewer_stays_and_gets_the_last_picture_at_once() {
    let surfaces = start().await;
    let mut first = page(&surfaces, "remote").await;
    surfaces.remote().push(Flat::new(64, 48, RED).view());
    assert_eq!(frame(&mut first).await.2, 1);
    let mut second = page(&surfaces, "remote").await;
    assert_eq!(frame(&mut second).await.2, 1, "without a new frame");
    is_turned_away(first).await;
}

#[tokio::test]
async fn no_face_stays_after_clear() {
    let surfaces = start().await;
    let mut first = page(&surfaces, "remote").await;
    surfaces.remote().push(Flat::new(64, 48, RED).view());
    assert_eq!(frame(&mut first).await.3[0], RED.0);
    surfaces.remote().clear();
    let (_, _, _, planes) = frame(&mut first).await;
    assert!(planes[..16 * 12].iter().all(|luma| *luma == 16), "black");
    let mut later = page(&surfaces, "remote").await;
    assert_eq!(frame(&mut later).await.3[0], 16, "also for a page that comes later");
}

#[tokio::test]
async fn dropping_it_ends_the_connections_and_the_port() {
    let surfaces = start().await;
    let (url, remote) = (surfaces.url(), surfaces.remote());
    let page = page(&surfaces, "remote").await;
    drop(surfaces);
    is_turned_away(page).await;
    assert!(remote.stats().gone);
    remote.push(Flat::new(64, 48, RED).view());
    let refused = async || connect(&format!("{url}?stream=remote"), Some(ORIGIN)).await.is_err();
    assert!(timeout(Duration::from_secs(5), refused()).await.unwrap_or(true));
}
