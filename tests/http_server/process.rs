//! The real program: its flags, its limits, its end.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};
use tokio::net::TcpStream;

use super::tls::{Files, client};
use crate::support::binary::forewarm;
use crate::support::postgres;
use crate::support::server::{Server, command, signal_to};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_server_with_a_certificate_speaks_https_and_ends_in_order() {
    let (database, files) = (postgres::database().await, Files::new());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut server = command("serve", &[("FOREWARM_DATABASE_URL", &database.url)])
        .args(["--no-worker", "--listen", &address.to_string(), "--tls-certificate"])
        .arg(files.certificate())
        .arg("--tls-key")
        .arg(files.key())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let client = client();
    let begun = Instant::now();
    let answer = loop {
        match client.get(format!("https://{address}/readyz")).send().await {
            Ok(answer) if answer.status() == 200 => break answer,
            other => assert!(begun.elapsed() < PATIENCE, "{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };

    assert!(answer.headers().contains_key("strict-transport-security"));
    assert!(client.get(format!("http://{address}/readyz")).send().await.is_err(), "nothing without TLS");
    signal_to(&server, Signal::TERM);
    assert!(server.wait().await.unwrap().success());
}

#[tokio::test]
async fn flags_that_make_no_server_are_refused_with_the_reason() {
    let files = Files::new();
    let (certificate, key) = (files.certificate(), files.key());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    for (args, why) in [
        (&["--tls-certificate", certificate][..], "--tls-key"),
        (&["--tls-key", key], "--tls-certificate"),
        (&["--tls-certificate", "/no/such/file", "--tls-key", key], "/no/such/file: cannot be read"),
        (&["--tls-certificate", key, "--tls-key", key], "tls.key: holds no certificate in PEM"),
        (&["--cors-origin", "*"], "'*' is not the origin of one site"),
        (&["--trusted-proxy", "10.0.0.0/33"], "must be a network like 10.0.0.0/8"),
        (&["--request-seconds", "0"], "0 is not in 1..=3600"),
    ] {
        let mut command = tokio::process::Command::new(forewarm());
        let output = command.args(["serve", "--listen", "127.0.0.1:0"]).args(args).output().await.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {shown}");
        assert!(shown.contains(why), "{args:?}: {shown}");
    }
}

#[tokio::test]
async fn a_server_that_is_out_of_file_descriptors_waits_and_goes_on() {
    let database = postgres::database().await;
    let variables = [("FOREWARM_DATABASE_URL", &*database.url), ("FOREWARM_NO_WORKER", "true")];
    let server = Server::start(&variables).await;
    let id = server.process.id().unwrap();
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count() as u64;
    let limit = Rlimit { current: Some(open + 10), maximum: Some(open + 10) };
    rustix::process::prlimit(Pid::from_raw(i32::try_from(id).unwrap()), Resource::Nofile, limit).unwrap();

    let address = server.url.strip_prefix("http://").unwrap();
    let mut connections = Vec::new();
    for _ in 0..40 {
        connections.push(TcpStream::connect(address).await.unwrap());
    }
    let complaint = "no connection can be accepted just now";
    let begun = Instant::now();
    while !server.log().contains(complaint) {
        assert!(begun.elapsed() < PATIENCE, "{}", server.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(connections);

    server.wait_until("/livez", |status, _| status == 200).await;
    let complaints = server.log().matches(complaint).count() as u64;
    assert!(complaints <= 2 + 2 * begun.elapsed().as_secs(), "{complaints}: it does not spin");
}
