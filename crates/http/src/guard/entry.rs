//! One entry of a list of addresses: a network, an address, a host name or a pattern of host names.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use url::Host;

use super::range;

/// For example `10.0.0.0/8`, `fd00::/8`, `192.0.2.7`, `registry.corp.example`, `*.corp.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Network(IpNet),
    /// This name and no other.
    Name(String),
    /// Every name below this one, at any depth, but not the name itself.
    Below(String),
}

/// A text that is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is neither a network like 10.0.0.0/8, an address, a host name, nor a pattern like *.corp.example"
)]
pub struct NoEntry(String);

impl Entry {
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(&address))
    }

    /// The name is in lower case and has no dot at its end.
    pub(super) fn has_name(&self, name: &str) -> bool {
        match self {
            Self::Network(_) => false,
            Self::Name(own) => own == name,
            Self::Below(own) => name.strip_suffix(own.as_str()).is_some_and(|rest| rest.ends_with('.')),
        }
    }

    /// Whether it names nothing but what is refused by default: on the list of what is allowed it opens that.
    pub(super) fn is_an_exception(&self) -> bool {
        match self {
            Self::Network(network) => range::is_refused_wholly(network),
            Self::Name(name) => range::of_name(name).is_some(),
            Self::Below(_) => false,
        }
    }
}

impl FromStr for Entry {
    type Err = NoEntry;

    fn from_str(text: &str) -> Result<Self, NoEntry> {
        let text = text.trim();
        let no_entry = || NoEntry(text.to_owned());
        if text.contains('/') {
            return text.parse().map(|network: IpNet| Self::Network(network.trunc())).map_err(|_| no_entry());
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.to_canonical().into()));
        }
        let (name, is_pattern) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        match Host::parse(name.trim_end_matches('.')) {
            Ok(Host::Domain(name)) if is_name(&name) && is_pattern => Ok(Self::Below(name)),
            Ok(Host::Domain(name)) if is_name(&name) => Ok(Self::Name(name)),
            // `0x7f.1` and the like, which nobody writes in earnest.
            _ => Err(no_entry()),
        }
    }
}

fn is_name(name: &str) -> bool {
    let fits = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.split('.').all(fits)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Self::Network(network) => network.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}
