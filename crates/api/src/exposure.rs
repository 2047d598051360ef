//! How the server stands in the network.

use ipnet::IpNet;

/// What stands between the server and its clients. The default: nothing.
#[derive(Debug, Clone, Default)]
pub struct Exposure {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}
