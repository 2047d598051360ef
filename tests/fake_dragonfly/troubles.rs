//! Connections that break, answers that are cut, and the record of it all.

use std::time::Duration;

use forewarm_fake::Fault;
use forewarm_fake::dragonfly::{Dragonfly, TEST_TOKEN};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::support::client::client;

fn post(fake: &Dragonfly) -> RequestBuilder {
    let body =
        json!({"type": "preheat", "bio": "mine", "args": {"type": "file", "url": "https://a.example.com/b"}});
    client().post(format!("{}/oapi/v1/jobs", fake.url())).bearer_auth(TEST_TOKEN).body(body.to_string())
}

#[tokio::test]
async fn a_connection_can_break_before_and_after_the_work_is_done() {
    let fake = Dragonfly::start().await.unwrap();
    fake.faults().next(Fault::DropBefore);
    assert!(post(&fake).send().await.is_err());
    assert!(fake.jobs().is_empty());
    fake.faults().next(Fault::DropAfter);
    assert!(post(&fake).send().await.is_err());
    assert_eq!(fake.jobs().len(), 1);
    assert_eq!(fake.jobs()[0].bio, "mine");
    assert!(post(&fake).send().await.is_ok());
    assert_eq!(fake.recorder().count("POST", "/oapi/v1/jobs"), 3);
}

#[tokio::test]
async fn a_body_can_be_cut_or_break_off() {
    let fake = Dragonfly::start().await.unwrap();
    fake.faults().next(Fault::BreakMidBody);
    let read = async |response: Result<reqwest::Response, reqwest::Error>| response?.bytes().await;
    assert!(read(post(&fake).send().await).await.is_err());
    fake.faults().next(Fault::Truncated);
    let response = post(&fake).header("accept-encoding", "identity").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.json::<serde_json::Value>().await.is_err());
}

#[tokio::test]
async fn other_servers_and_proxies_can_be_played() {
    let fake = Dragonfly::start().await.unwrap();
    fake.faults().on("POST", "/oapi").skip(1).times(2).inject(Fault::bad_gateway());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(post(&fake).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 502, 502, 200]);
    fake.faults().next(Fault::moved("https://elsewhere.example.com/"));
    assert_eq!(post(&fake).send().await.unwrap().status(), 301);
    fake.fail_next(1, Fault::Delay(Duration::from_millis(20)));
    assert_eq!(post(&fake).send().await.unwrap().status(), 200);
    fake.fail_next(1, Fault::Dribble(Duration::from_millis(1)));
    let text = post(&fake).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("PENDING"));
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let fake = Dragonfly::start().await.unwrap();
    let plain = post(&fake).header("accept-encoding", "identity").send().await.unwrap();
    assert!(!plain.headers().contains_key("content-encoding"));
    let raw = tokio::net::TcpStream::connect(fake.url().trim_start_matches("http://")).await.unwrap();
    let (mut read, mut write) = raw.into_split();
    let request = "GET /healthy HTTP/1.1\r\nhost: a\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut write, request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut read, &mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("content-encoding: gzip"));
}

#[tokio::test]
async fn everything_that_was_sent_is_on_record() {
    let fake = Dragonfly::start().await.unwrap();
    post(&fake).query(&[("a", "b c")]).send().await.unwrap();
    let request = fake.recorder().requests().remove(0);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/oapi/v1/jobs"));
    assert_eq!(request.parameter("a"), Some("b c"));
    assert_eq!(request.header("Authorization"), Some("Bearer test-pat"));
    assert_eq!(request.json().unwrap()["bio"], "mine");
    assert_eq!(fake.submissions()["https://a.example.com/b"], 1);
}

#[tokio::test]
async fn a_stopped_manager_refuses_connections() {
    let mut fake = Dragonfly::start().await.unwrap();
    post(&fake).send().await.unwrap();
    fake.stop().await;
    assert!(post(&fake).send().await.unwrap_err().is_connect());
}
