//! Where a request comes from, with and without proxies before the server.

use std::net::IpAddr;

use forewarm_api::{ClientAddress, Exposure};
use poem::endpoint::make_sync;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Request, Route};
use tokio::task::JoinHandle;

use crate::support::client::client;

/// Answers with the address that handlers see.
struct Mirror {
    url: String,
    task: JoinHandle<()>,
}

impl Mirror {
    async fn behind(trusted: &[&str]) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let seen = |request: Request| request.extensions().get::<ClientAddress>().unwrap().0.to_string();
        let routes = Route::new().at("/", make_sync(seen));
        let app = forewarm_api::around(routes, Exposure { trusted_proxies, ..Exposure::default() });
        let server = poem::Server::new_with_acceptor(acceptor).run(app);
        Self { url: format!("http://{address}/"), task: tokio::spawn(async move { server.await.unwrap() }) }
    }

    /// What the server sees of a client at 127.0.0.1 that sends these headers.
    async fn sees(&self, forwarded_for: &[&str]) -> IpAddr {
        let request = client().get(&self.url);
        let add = |request: reqwest::RequestBuilder, line: &&str| request.header("X-Forwarded-For", *line);
        let answer = forwarded_for.iter().fold(request, add).send().await.unwrap();
        answer.text().await.unwrap().parse().unwrap()
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn nobody_s_word_is_taken_for_another_address_where_no_proxy_is_trusted() {
    let server = Mirror::behind(&[]).await;

    assert_eq!(server.sees(&[]).await, ip("127.0.0.1"));
    assert_eq!(server.sees(&["192.0.2.1"]).await, ip("127.0.0.1"));
}

#[tokio::test]
async fn a_proxy_that_is_not_the_trusted_one_is_a_client() {
    let server = Mirror::behind(&["10.0.0.0/8", "127.0.0.2/32"]).await;

    assert_eq!(server.sees(&["192.0.2.1"]).await, ip("127.0.0.1"));
}

#[tokio::test]
async fn the_client_is_the_right_most_address_that_no_trusted_proxy_has() {
    let server = Mirror::behind(&["127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"]).await;

    let table: [(&[&str], &str); 11] = [
        (&[], "127.0.0.1"),
        (&["192.0.2.1"], "192.0.2.1"),
        // The client's own header lies to the left of what the proxy adds.
        (&["10.9.9.9, 198.51.100.7"], "198.51.100.7"),
        (&["192.0.2.1, 10.0.0.5"], "192.0.2.1"),
        (&["192.0.2.1, 10.0.0.5, 2001:db8::1"], "192.0.2.1"),
        // Several headers are one list.
        (&["192.0.2.1", "198.51.100.7, 10.0.0.5"], "198.51.100.7"),
        (&["10.0.0.4, 10.0.0.5"], "10.0.0.4"),
        (&["192.0.2.1:4711"], "192.0.2.1"),
        (&["[2001:470::1]:4711, [2001:db8::1]"], "2001:470::1"),
        (&["::ffff:192.0.2.1"], "192.0.2.1"),
        // What is no address ends the search with the one who wrote it.
        (&["192.0.2.1, unknown, 10.0.0.5"], "10.0.0.5"),
    ];
    for (headers, client) in table {
        assert_eq!(server.sees(headers).await, ip(client), "{headers:?}");
    }
}
