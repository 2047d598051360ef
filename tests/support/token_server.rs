//! A token server for a real registry (distribution's token authentication): signed tokens for one account.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoResponse as _, Request, Response, Server};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A running token server. It stops when dropped.
#[derive(Debug)]
pub struct TokenServer {
    address: SocketAddr,
    signer: Arc<Signer>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Signer {
    key: EcdsaKeyPair,
    certificate: rcgen::Certificate,
    /// What the account's `Authorization` header holds.
    account: String,
}

impl TokenServer {
    pub const SERVICE: &str = "forewarm-tests";
    pub const ISSUER: &str = "forewarm-tests";

    pub async fn start(username: &str, password: &str) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let signer = Arc::new(Signer::new(username, password));
        let front = Front(signer.clone());
        let task = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(front).await.unwrap() });
        Self { address, signer, task }
    }

    /// Where tokens are fetched.
    pub fn url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    /// What the registry must trust, in PEM.
    pub fn certificate(&self) -> String {
        self.signer.certificate.pem()
    }

    /// A token without asking, for whoever fills the registry.
    pub fn token(&self, scope: &str) -> String {
        self.signer.token(&[scope])
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Signer {
    fn new(username: &str, password: &str) -> Self {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&pair).unwrap();
        let random = SystemRandom::new();
        let pkcs8 = pair.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).unwrap();
        let account = format!("Basic {}", STANDARD.encode(format!("{username}:{password}")));
        Self { key, certificate, account }
    }

    /// A JSON Web Token that permits what the scopes say.
    fn token(&self, scopes: &[&str]) -> String {
        let chain = STANDARD.encode(self.certificate.der());
        let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [chain]});
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let access: Vec<Value> = scopes.iter().filter_map(|scope| permission(scope)).collect();
        let claims = json!({
            "iss": TokenServer::ISSUER, "aud": TokenServer::SERVICE, "sub": "", "jti": now.to_string(),
            "iat": now, "nbf": now - 60, "exp": now + 300, "access": access,
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// `repository:shop/web:pull,push` as a claim.
fn permission(scope: &str) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<&str> = actions.split(',').collect();
    Some(json!({"type": kind, "name": name, "actions": actions}))
}

struct Front(Arc<Signer>);

impl Endpoint for Front {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if request.header("authorization") != Some(&self.0.account) {
            return Ok(poem::http::StatusCode::UNAUTHORIZED.into_response());
        }
        let query = request.original_uri().query().unwrap_or_default();
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let scopes = query.iter().filter(|(key, _)| key == "scope");
        let scopes: Vec<&str> = scopes.flat_map(|(_, value)| value.split(' ')).collect();
        let answer = json!({"token": self.0.token(&scopes), "expires_in": 300});
        Ok(poem::web::Json(answer).into_response())
    }
}
