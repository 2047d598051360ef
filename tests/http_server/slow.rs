//! Clients that are slow, or do nothing, lose their connection.

use std::time::Duration;

use forewarm_api::Times;
use forewarm_listen::Limits;
use tokio::io::AsyncWriteExt;

use super::raw::Raw;
use super::running::{NEVER, Running, SOON, limits, times};

#[tokio::test]
async fn a_request_head_that_does_not_come_in_time_ends_the_connection() {
    let server = Running::with_limits(Limits { head: SOON, ..limits() }).await;
    let mut client = Raw::connect(server.address).await;

    client.send("GET /api/v1/fine HTTP/1.1\r\nHost: x\r\n").await;
    client.ends().await;

    // Also the head of a later request, and one that goes on and on byte by byte.
    let mut client = Raw::connect(server.address).await;
    assert_eq!(client.get("/api/v1/fine").await.status, 200);
    let (mut reader, mut writer) = client.socket.split();
    let dribble = async {
        while writer.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut rest = Vec::new();
    let ends = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut rest);
    tokio::select! {
        _ = ends => {}
        () = dribble => {}
        () = tokio::time::sleep(Duration::from_secs(30)) => panic!("the connection is still open"),
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_loses_its_connection_before_and_after_a_request() {
    let server = Running::with_limits(Limits { silence: SOON, ..limits() }).await;

    Raw::connect(server.address).await.ends().await;

    let mut client = Raw::connect(server.address).await;
    assert_eq!(client.get("/api/v1/fine").await.status, 200);
    assert_eq!(client.get("/api/v1/fine").await.status, 200, "the same connection");
    client.ends().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_loses_its_connection() {
    let server = Running::with_limits(Limits { silence: SOON, ..limits() }).await;
    let mut client = Raw::connect(server.address).await;

    client.send("GET /api/v1/endless HTTP/1.1\r\nHost: x\r\n\r\n").await;

    // The stream is dropped, though its reader is still there.
    let dropped = tokio::time::timeout(Duration::from_secs(30), server.signs.dropped.acquire()).await;
    assert!(dropped.is_ok(), "the answer is still held");
    drop(client);
}

#[tokio::test]
async fn an_answer_that_comes_bit_by_bit_may_take_long() {
    let server = Running::with_limits(Limits { silence: SOON, head: SOON, ..limits() }).await;
    let mut client = Raw::connect(server.address).await;

    client.send("GET /api/v1/steps HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;

    assert!(client.ends().await.contains("step 9\n"), "to its end");
}

#[tokio::test]
async fn a_request_that_is_worked_on_keeps_its_connection() {
    let server = Running::with_limits(Limits { silence: SOON, head: SOON, ..limits() }).await;
    let mut client = Raw::connect(server.address).await;
    client.send("GET /api/v1/wait HTTP/1.1\r\nHost: x\r\n\r\n").await;

    // Far beyond both limits.
    tokio::time::sleep(SOON * 5).await;
    server.signs.released.add_permits(1);

    assert_eq!(client.answer().await.body, "done");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_answered_with_408() {
    let server = Running::with_times(Times { body: SOON, ..times() }).await;
    let mut client = Raw::connect(server.address).await;

    client.send("POST /api/v1/fine HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"name\":").await;

    let answer = client.answer().await;
    assert_eq!(answer.status, 408, "{answer:?}");
    assert_eq!(answer.json()["errors"][0]["code"], "REQUEST_TIMEOUT");
    assert_eq!(answer.json()["errors"][0]["message"], "body: did not arrive within 200ms");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_with_503_and_its_id() {
    let server = Running::with_times(Times { answer: SOON, ..times() }).await;
    let mut client = Raw::connect(server.address).await;

    let answer = client.get("/api/v1/wait").await;

    assert_eq!(answer.status, 503, "{answer:?}");
    let error = &answer.json()["errors"][0];
    assert_eq!(error["code"], "UNAVAILABLE");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("not done within 200ms and given up"), "{message}");
    assert!(message.contains(answer.header("x-request-id")), "{message}");
    assert!(!answer.header("retry-after").is_empty());
    // What it waited for is not taken away by a request that is gone.
    server.signs.released.add_permits(1);
    assert_eq!(server.signs.released.available_permits(), 1);
    assert_eq!(client.get("/api/v1/fine").await.status, 200, "the connection stays");
}

#[tokio::test]
async fn requests_that_wait_for_remote_systems_have_a_limit_of_their_own() {
    let server = Running::with_times(Times { answer: SOON, remote: NEVER, ..times() }).await;
    let mut client = Raw::connect(server.address).await;
    client.send("POST /api/v1/instances/edge/ping HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;

    tokio::time::sleep(SOON * 3).await;
    server.signs.released.add_permits(1);

    assert_eq!(client.answer().await.status, 200);

    let server = Running::with_times(Times { remote: SOON, ..times() }).await;
    let mut client = Raw::connect(server.address).await;
    client.send("POST /api/v1/instances/edge/ping HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 503);
}
