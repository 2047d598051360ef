//! How a server ends: what was begun is finished, nothing else is begun.

use std::time::{Duration, Instant};

use forewarm_listen::Limits;
use tokio::net::TcpStream;

use super::raw::Raw;
use super::running::{Running, SOON, limits};

#[tokio::test]
async fn what_is_under_way_is_answered_and_idle_connections_end_at_once() {
    let mut server = Running::with_limits(limits()).await;
    let mut idle = Raw::connect(server.address).await;
    assert_eq!(idle.get("/api/v1/fine").await.status, 200);
    let mut busy = Raw::connect(server.address).await;
    busy.send("GET /api/v1/wait HTTP/1.1\r\nHost: x\r\n\r\n").await;
    server.signs.arrived.acquire().await.unwrap().forget();

    server.stop.cancel();

    assert_eq!(idle.ends().await, "");
    let begun = Instant::now();
    while TcpStream::connect(server.address).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it still takes connections");
        tokio::task::yield_now().await;
    }
    server.signs.released.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!((answer.status, &*answer.body), (200, "done"));
    assert_eq!(busy.ends().await, "", "no further request");
    tokio::time::timeout(Duration::from_secs(30), &mut server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_takes_longer_than_the_drain_time_is_cut_off() {
    let mut server = Running::with_limits(Limits { drain: SOON, ..limits() }).await;
    let mut client = Raw::connect(server.address).await;
    assert_eq!(client.get("/api/v1/fine").await.status, 200);
    client.send("GET /api/v1/endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.socket.readable().await.unwrap();

    server.stop.cancel();

    tokio::time::timeout(Duration::from_secs(30), &mut server.task).await.unwrap().unwrap();
    client.ends().await;
}
