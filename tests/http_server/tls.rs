//! TLS by files, which somebody renews while the server runs.

use std::path::PathBuf;
use std::sync::Arc;

use forewarm_api::Exposure;
use forewarm_listen::{Certificates, Limits, Options};
use poem::http::Version;
use reqwest::Client;
use reqwest::tls::TlsInfo;
use tempfile::TempDir;

use super::raw::Raw;
use super::running::{Running, SOON, limits, times};

/// A certificate and its key in files.
pub struct Files {
    folder: TempDir,
}

impl Files {
    pub fn new() -> Self {
        let files = Self { folder: TempDir::new().unwrap() };
        files.renew();
        files
    }

    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("tls.crt")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.path().join("tls.key")
    }

    /// Another certificate with another key; returns what clients see of it.
    pub fn renew(&self) -> Vec<u8> {
        let (certificate, key, seen) = pair();
        std::fs::write(self.certificate(), certificate).unwrap();
        std::fs::write(self.key(), key).unwrap();
        seen
    }
}

fn pair() -> (String, String, Vec<u8>) {
    let pair = rcgen::KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&pair).unwrap();
    (certificate.pem(), pair.serialize_pem(), certificate.der().to_vec())
}

struct Secure {
    running: Running,
    certificates: Arc<Certificates>,
}

impl Secure {
    async fn start(files: &Files, limits: Limits) -> Self {
        let certificates = Arc::new(Certificates::load(&files.certificate(), &files.key()).await.unwrap());
        let options = Options { limits, certificates: Some(certificates.clone()) };
        let exposure = Exposure { https: true, times: times(), ..Exposure::default() };
        Self { running: Running::start(exposure, options).await, certificates }
    }

    /// The answer, and the certificate that the client saw.
    async fn get(&self, client: &Client) -> (reqwest::Response, Vec<u8>) {
        let url = format!("https://{}/api/v1/fine", self.running.address);
        let answer = client.get(url).send().await.unwrap();
        let seen = answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec();
        (answer, seen)
    }
}

/// Takes any certificate and tells which it was; keeps its connections.
pub fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder().build().unwrap()
}

fn builder() -> reqwest::ClientBuilder {
    Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).tls_info(true)
}

#[tokio::test]
async fn http_2_and_http_1_are_spoken_over_tls_and_browsers_are_told_to_stay_with_it() {
    let files = Files::new();
    let server = Secure::start(&files, limits()).await;

    let (newer, _) = server.get(&client()).await;
    let (older, _) = server.get(&builder().http1_only().build().unwrap()).await;

    assert_eq!((newer.version(), newer.status().as_u16()), (Version::HTTP_2, 200));
    assert_eq!(newer.headers()["strict-transport-security"], "max-age=31536000");
    assert_eq!(newer.text().await.unwrap(), "fine");
    assert_eq!((older.version(), older.text().await.unwrap().as_str()), (Version::HTTP_11, "fine"));
    let plain = Running::with_limits(limits()).await;
    let answer = Raw::connect(plain.address).await.get("/api/v1/fine").await;
    assert_eq!(answer.header("strict-transport-security"), "", "not without TLS");
}

#[tokio::test]
async fn a_renewed_certificate_is_for_new_connections_and_old_ones_go_on() {
    let files = Files::new();
    let server = Secure::start(&files, limits()).await;
    let old = client();
    let (_, first) = server.get(&old).await;
    assert!(!server.certificates.look().await.unwrap(), "nothing has changed");

    let renewed = files.renew();
    assert!(server.certificates.look().await.unwrap());

    assert_ne!(first, renewed);
    assert_eq!(server.get(&client()).await.1, renewed);
    assert_eq!(server.get(&old).await.1, first, "its connection was kept");
}

#[tokio::test]
async fn broken_files_keep_the_certificate_and_say_why() {
    let files = Files::new();
    let first = files.renew();
    let server = Secure::start(&files, limits()).await;
    let (other, other_key, _) = pair();
    let (certificate, key) = (files.certificate(), files.key());
    let good = (std::fs::read(&certificate).unwrap(), std::fs::read(&key).unwrap());
    let table: [(&str, Option<&str>, Option<&str>); 5] = [
        ("tls.crt: holds no certificate in PEM", Some("rubbish"), None),
        ("tls.key: holds no private key in PEM", None, Some("")),
        ("do not belong together", Some(&other), None),
        ("do not belong together", None, Some(&other_key)),
        ("tls.crt: holds no certificate in PEM", Some(""), Some(&other_key)),
    ];
    for (why, broken_certificate, broken_key) in table {
        std::fs::write(&certificate, broken_certificate.map_or(&*good.0, str::as_bytes)).unwrap();
        std::fs::write(&key, broken_key.map_or(&*good.1, str::as_bytes)).unwrap();

        let error = server.certificates.look().await.unwrap_err().to_string();

        assert!(error.contains(why), "{error}");
        assert_eq!(server.get(&client()).await.1, first, "{why}");
    }
    std::fs::remove_file(&certificate).unwrap();
    let error = server.certificates.look().await.unwrap_err().to_string();
    assert!(error.contains("tls.crt: cannot be read"), "{error}");
    assert_eq!(server.get(&client()).await.1, first);

    let renewed = files.renew();
    assert!(server.certificates.look().await.unwrap(), "whole again");
    assert_eq!(server.get(&client()).await.1, renewed);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_to_an_end_ends_the_connection() {
    let files = Files::new();
    let server = Secure::start(&files, Limits { handshake: SOON, ..limits() }).await;

    Raw::connect(server.running.address).await.ends().await;

    let mut half = Raw::connect(server.running.address).await;
    half.send("\x16\x03\x01\x02").await;
    half.ends().await;
    let mut plain = Raw::connect(server.running.address).await;
    plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let said = plain.ends().await;
    assert!(!said.contains("HTTP/1.1"), "{said}");
}

#[tokio::test]
async fn an_idle_connection_over_tls_ends_too() {
    let files = Files::new();
    let server = Secure::start(&files, Limits { silence: SOON, ..limits() }).await;
    let client = client();
    server.get(&client).await;

    // A kept connection that was closed is not used again: the next request needs another handshake.
    let renewed = files.renew();
    server.certificates.look().await.unwrap();
    let begun = std::time::Instant::now();
    while server.get(&client).await.1 != renewed {
        assert!(begun.elapsed().as_secs() < 30, "the first connection is still open");
        tokio::time::sleep(SOON * 2).await;
    }
}
