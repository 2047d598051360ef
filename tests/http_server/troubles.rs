//! What goes wrong inside reaches the client as an answer.

use super::raw::Raw;
use super::running::{Running, limits};

#[tokio::test]
async fn a_panic_is_answered_with_500_and_the_request_s_id_and_the_connection_lives() {
    let server = Running::with_limits(limits()).await;
    let mut client = Raw::connect(server.address).await;

    let answer = client.get("/api/v1/panic").await;

    assert_eq!(answer.status, 500, "{answer:?}");
    let error = &answer.json()["errors"][0];
    let id = answer.header("x-request-id");
    assert_eq!(error["code"], "INTERNAL");
    assert!(id.len() == 36 && error["message"].as_str().unwrap().contains(id), "{answer:?}");
    assert!(!answer.body.contains("hidden"), "{answer:?}");
    assert_eq!(client.get("/api/v1/fine").await.body, "fine");
}

#[tokio::test]
async fn what_is_no_http_is_answered_with_400_or_nothing_and_others_go_on() {
    let server = Running::with_limits(limits()).await;
    let mut other = Raw::connect(server.address).await;
    assert_eq!(other.get("/api/v1/fine").await.status, 200);

    for text in
        ["\0\0\0\0\r\n\r\n", "\x16\x03\x01\x02\0\x01\0", "GET\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut client = Raw::connect(server.address).await;
        client.send(text).await;
        let (_, mut writer) = client.socket.split();
        tokio::io::AsyncWriteExt::shutdown(&mut writer).await.unwrap();
        let said = client.ends().await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400"), "{text:?}: {said}");
    }

    assert_eq!(other.get("/api/v1/fine").await.status, 200);
}
