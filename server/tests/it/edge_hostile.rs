//! Requests that are not meant well, on the level of bytes; and TLS.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::edge_world::{World, refusal};

/// Writes raw bytes and reads the answer until the server closes.
async fn raw(world: &World, parts: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(world.server.address()).await.expect("connect");
    for part in parts {
        stream.write_all(part).await.expect("write");
    }
    read_answer(stream).await
}

async fn read_answer(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !complete(&answer) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn complete(answer: &[u8]) -> bool {
    answer.ends_with(b"}")
}

#[tokio::test]
async fn a_thousand_header_lines_are_refused_with_a_problem() {
    let world = World::start().await;
    let mut request = String::from("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for n in 0..1_000 {
        let _ = write!(request, "X-Line-{n}: {n}\r\n");
    }
    request.push_str("\r\n");
    let answer = raw(&world, &[request.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(answer.contains("\"headers_too_large\""), "{answer}");
}

/// Chunks without end: the picture's limit stops them, and the answer still arrives.
#[tokio::test]
async fn a_body_that_never_ends_is_refused_at_its_limit() {
    let world = World::start().await;
    let token = world.token("1", 600).await.token;
    let stream = TcpStream::connect(world.server.address()).await.expect("connect");
    let (mut reader, mut writer) = stream.into_split();
    let head = format!(
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let endless = tokio::spawn(async move {
        let begin = b"--b\r\nContent-Disposition: form-data; name=\"id_front\"; filename=\"a\"\r\n\r\n";
        let _ = writer.write_all(head.as_bytes()).await;
        let _ = writer.write_all(format!("{:x}\r\n", begin.len()).as_bytes()).await;
        let _ = writer.write_all(begin).await;
        let chunk = [b"\r\n10000\r\n".to_vec(), vec![7; 0x10000]].concat();
        while writer.write_all(&chunk).await.is_ok() {}
    });
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while !complete(&answer) {
        match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"picture_too_large\""), "{answer}");
    endless.abort();
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn a_body_that_does_not_arrive_in_time_is_a_timeout() {
    let world = World::start_with(|config| config.intake_time = Duration::from_millis(200)).await;
    let token = world.token("1", 600).await.token;
    let head = format!(
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
         Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\n"
    );
    let answer = raw(&world, &[head.as_bytes()]).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"request_timeout\""), "{answer}");
    assert_eq!(world.stored().await, 0);
}

/// A refused client that still sends learns why, instead of seeing a reset.
#[tokio::test]
async fn a_large_body_without_a_token_still_gets_its_answer() {
    let world = World::start().await;
    let answer = world
        .client
        .post(format!("{}/v1/calls", world.url))
        .header("Content-Type", "multipart/form-data; boundary=x")
        .body(vec![0; 8 * 1024 * 1024])
        .send()
        .await
        .expect("an answer, not a reset");
    let (status, code, _) = refusal(answer).await;
    assert_eq!((status, code.as_str()), (401, "token_missing"));
}

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems_too() {
    let world = World::start().await;
    let missing = world.client.get(format!("{}/nothing", world.url)).send().await.expect("answer");
    assert_eq!(refusal(missing).await.1, "not_found");
    let method = world.client.put(format!("{}/v1/calls", world.url)).send().await.expect("answer");
    assert_eq!(method.headers()["allow"], "POST");
    assert_eq!(refusal(method).await.1, "method_not_allowed");
}

#[tokio::test]
async fn pages_and_api_carry_their_security_headers() {
    let world = World::start().await;
    let api = world.client.get(format!("{}/healthz", world.url)).send().await.expect("answer");
    assert_eq!(api.headers()["x-content-type-options"], "nosniff");
    assert_eq!(api.headers()["permissions-policy"], "camera=(), microphone=(), geolocation=()");
    assert!(api.headers().get("strict-transport-security").is_none());
    assert!(api.headers().get("x-request-id").is_some());
    for path in ["/sandbox/", "/sandbox/api/companies"] {
        let sandbox = world.client.get(format!("{}{path}", world.url)).send().await.expect("answer");
        assert_eq!(sandbox.status(), 404, "the sandbox is served only when asked for");
    }
    let escape = world.client.get(format!("{}/pages/caller/..%2f..%2fpackage.json", world.url));
    assert_eq!(escape.send().await.expect("answer").status(), 404);
}

#[tokio::test]
async fn the_server_speaks_tls_by_itself() {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("certificate");
    let folder = tempfile::tempdir().expect("folder");
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, certificate.cert.pem()).expect("write");
    std::fs::write(&key, certificate.signing_key.serialize_pem()).expect("write");
    let world = World::start_with(|config| {
        config.tls = Some(chinhchu_server::config::TlsFiles { cert, key });
    })
    .await;
    assert!(world.url.starts_with("https://"));
    let answer = world.client.get(format!("{}/readyz", world.url)).send().await.expect("answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
}
