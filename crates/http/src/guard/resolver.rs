//! Resolves names and drops what must not be connected to. The client connects to what comes out here and asks nobody
//! again, so that a name cannot lead to one address when it is judged and to another when it is used.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::refusal::Refusal;
use super::rules::Rules;

/// What is said of a name that leads nowhere.
pub(crate) const NO_ADDRESS: &str = "the name has no address";

/// Where names lead.
#[async_trait]
pub trait Names: Debug + Send + Sync {
    /// The addresses of a host; the port may be 0.
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The machine's own way to resolve names.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.collect())
    }
}

/// Names under the rules.
#[derive(Debug, Clone)]
pub(crate) struct GuardedNames {
    pub(crate) names: Arc<dyn Names>,
    /// None: everything is allowed.
    pub(crate) rules: Option<Arc<Rules>>,
    /// Proxies, which are the operator's own choice.
    pub(crate) exempt: Vec<String>,
}

impl GuardedNames {
    /// What is left of a host's addresses; the error tells about the first that is not.
    fn permitted(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refusal> {
        let Some(rules) = self.rules.as_ref().filter(|_| !self.exempt.iter().any(|own| own == host)) else {
            return Ok(found);
        };
        rules.judge_name(host)?;
        let mut first = None;
        let mut permitted = Vec::new();
        for address in found {
            match rules.judge_address(host, address.ip()) {
                Ok(()) => permitted.push(address),
                Err(refusal) => {
                    tracing::warn!(host, address = %address.ip(), "not connected to: {refusal}");
                    first.get_or_insert(refusal);
                }
            }
        }
        match first {
            Some(refusal) if permitted.is_empty() => Err(refusal),
            _ => Ok(permitted),
        }
    }
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let own = self.clone();
        Box::pin(async move {
            let found = own.names.addresses(name.as_str()).await?;
            if found.is_empty() {
                return Err(NO_ADDRESS.into());
            }
            let permitted = own.permitted(name.as_str(), found)?;
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}
