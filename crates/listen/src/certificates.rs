//! The server's certificate and key, from files that somebody renews.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use std::{fmt, io};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What a client may choose; the first is preferred.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files do not make a server.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("{path}: cannot be read: {cause}", path = path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{path}: holds no {what} in PEM: {cause}", path = path.display())]
    NoPem { path: PathBuf, what: &'static str, cause: String },
    #[error("{certificate} and {key} do not belong together or cannot be used: {cause}",
        certificate = certificate.display(), key = key.display())]
    Unusable { certificate: PathBuf, key: PathBuf, cause: rustls::Error },
}

/// What new connections use. The files are read again when they change; a connection keeps what it began with.
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    texts: Texts,
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Texts {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificates {
    pub async fn load(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let texts = Texts::read(certificate, key).await?;
        let config = Arc::new(config(certificate, key, &texts)?);
        let current = RwLock::new(Current { config, texts });
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// Looks at the files again. True: they have changed, and new connections use what they hold now. By content, since
    /// whoever renews them may keep the time, or swap a link.
    pub async fn look(&self) -> Result<bool, CertificateError> {
        let texts = Texts::read(&self.certificate, &self.key).await?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).texts == texts {
            return Ok(false);
        }
        let config = Arc::new(config(&self.certificate, &self.key, &texts)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Current { config, texts };
        Ok(true)
    }

    /// Looks at the files this often, for ever.
    pub async fn follow(&self, pause: Duration) {
        let mut said = None;
        loop {
            tokio::time::sleep(pause).await;
            match self.look().await {
                Ok(false) => said = None,
                Ok(true) => {
                    said = None;
                    tracing::info!(certificate = %self.certificate.display(), "the TLS certificate was read anew");
                }
                Err(error) => complain(&error, &mut said),
            }
        }
    }

    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }
}

/// Once for each kind of trouble, not at every look.
fn complain(error: &CertificateError, said: &mut Option<String>) {
    let text = error.to_string();
    if said.as_ref() != Some(&text) {
        tracing::error!("the TLS certificate that was read before stays in use: {text}");
        *said = Some(text);
    }
}

impl Texts {
    async fn read(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        Ok(Self { certificate: read(certificate).await?, key: read(key).await? })
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let read = tokio::fs::read(path).await;
    read.map_err(|cause| CertificateError::Unreadable { path: path.to_owned(), cause })
}

fn config(certificate: &Path, key: &Path, texts: &Texts) -> Result<ServerConfig, CertificateError> {
    let no_pem = |path: &Path, what, cause: &dyn fmt::Display| CertificateError::NoPem {
        path: path.to_owned(),
        what,
        cause: cause.to_string(),
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&texts.certificate).collect();
    let chain = chain.map_err(|error| no_pem(certificate, "certificate", &error))?;
    if chain.is_empty() {
        return Err(no_pem(certificate, "certificate", &"no such section"));
    }
    let private =
        PrivateKeyDer::from_pem_slice(&texts.key).map_err(|error| no_pem(key, "private key", &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private));
    let (certificate, key) = (certificate.to_owned(), key.to_owned());
    let mut config = config.map_err(|cause| CertificateError::Unusable { certificate, key, cause })?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}
