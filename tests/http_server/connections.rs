//! How many connections there may be, and how large a request's head.

use std::time::Duration;

use forewarm_listen::Limits;
use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::raw::Raw;
use super::running::{Running, limits};

#[tokio::test]
async fn connections_beyond_the_limit_wait_until_one_ends() {
    let server = Running::with_limits(Limits { connections: 2, ..limits() }).await;
    let mut first = Raw::connect(server.address).await;
    let mut second = Raw::connect(server.address).await;
    assert_eq!(first.get("/api/v1/fine").await.status, 200);
    assert_eq!(second.get("/api/v1/fine").await.status, 200);

    let mut third = Raw::connect(server.address).await;
    third.send("GET /api/v1/fine HTTP/1.1\r\nHost: x\r\n\r\n").await;
    for _ in 0..20 {
        assert_eq!(first.get("/api/v1/fine").await.status, 200);
    }
    let waited = timeout(Duration::from_millis(100), third.socket.peek(&mut [0])).await;
    assert!(waited.is_err(), "there is no room for it");
    drop(second);

    assert_eq!(third.answer().await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_with_431() {
    let server = Running::with_limits(limits()).await;
    let long = format!("X-Long: {}\r\n", "x".repeat(40 * 1024));
    let many: String = (0..150).map(|n| format!("X-{n}: y\r\n")).collect();
    for headers in [long, many] {
        let mut client = Raw::connect(server.address).await;
        // The server may close before it has read everything.
        let head = format!("GET /api/v1/fine HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut client.socket, head.as_bytes()).await;
        let mut begin = [0; 12];
        client.socket.read_exact(&mut begin).await.unwrap();
        assert_eq!(&begin, b"HTTP/1.1 431");
    }
    let mut client = Raw::connect(server.address).await;
    let fits = format!("X-Long: {}\r\n", "x".repeat(20 * 1024));
    client.send(&format!("GET /api/v1/fine HTTP/1.1\r\nHost: x\r\n{fits}\r\n")).await;
    assert_eq!(client.answer().await.status, 200);
}
