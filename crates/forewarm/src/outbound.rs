//! Which addresses this process may connect to on behalf of its users.

use clap::Args;
use forewarm_http::guard::Entry;
use forewarm_http::{Options, Outbound, Rules};

/// Users name the addresses of engines and registries, and those name others. Refused are link-local, multicast,
/// broadcast and unspecified addresses, and clouds' metadata services; private networks are not.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Outbound addresses")]
pub struct OutboundArgs {
    /// Engines and registries may be on this machine: 127.0.0.0/8, ::1 and localhost are no longer refused.
    #[arg(long, env = "FOREWARM_ALLOW_LOOPBACK")]
    pub allow_loopback: bool,

    /// Networks and hosts that engines, registries and files may have, like 10.0.0.0/8, registry.corp.example or
    /// *.corp.example; again or with commas for more. With it nothing else may be connected to. Only an entry that lies
    /// wholly in a range that is refused by default (169.254.20.0/24) opens that part of it, and limits nothing else.
    #[arg(long, env = "FOREWARM_ALLOW_ADDRESS", value_name = "NETWORK|HOST", value_delimiter = ',')]
    pub allow_address: Vec<Entry>,

    /// Networks and hosts that may never be connected to, whatever --allow-address and --allow-loopback say.
    #[arg(long, env = "FOREWARM_DENY_ADDRESS", value_name = "NETWORK|HOST", value_delimiter = ',')]
    pub deny_address: Vec<Entry>,

    /// Go through the proxies that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name, except for what NO_PROXY names. They
    /// resolve host names themselves, so where a name leads must be limited there.
    #[arg(long, env = "FOREWARM_USE_PROXIES")]
    pub use_proxies: bool,
}

impl OutboundArgs {
    pub fn outbound(&self) -> Outbound {
        let rules = Rules::new(self.allow_loopback, self.allow_address.clone(), self.deny_address.clone());
        Outbound::with(Options { rules: Some(rules), proxies: self.use_proxies, ..Options::default() })
    }
}
