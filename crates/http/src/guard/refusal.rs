//! Why nothing is sent to an address, and what would change that.

use std::fmt;
use std::net::IpAddr;

use super::embedded::ipv4_within;
use super::entry::Entry;
use super::range::Range;

/// An address that must not be connected to. Its text is for whoever has to find out why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// As the URL writes it.
    pub host: String,
    /// Where the host leads; None where its name alone was enough.
    pub address: Option<IpAddr>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Refused by default.
    Range(Range),
    /// By this entry of the list of what is denied.
    Denied(Entry),
    /// There is a list of what is allowed, and it is not on it.
    Unlisted,
}

impl Refusal {
    /// What a rule would have to name: the address, the IPv4 address inside it, or the name where there is none.
    fn subject(&self) -> String {
        let judged = |address| ipv4_within(address).map_or(address, IpAddr::V4);
        self.address.map_or_else(|| self.host.clone(), |address| judged(address).to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) if !is_written(&self.host, address) => {
                write!(f, "{} leads to {address}, which ", self.host)?;
            }
            _ => write!(f, "{} ", self.host)?,
        }
        match &self.reason {
            Reason::Range(Range::Loopback) => {
                f.write_str("is a loopback address, refused without --allow-loopback")
            }
            Reason::Range(range) => {
                write!(f, "is {range}, refused without --allow-address {}", self.subject())
            }
            Reason::Denied(entry) => write!(f, "is refused by --deny-address {entry}"),
            Reason::Unlisted => {
                write!(f, "is none of those that --allow-address lists; {} would add it", self.subject())
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// Whether the host is this address itself.
fn is_written(host: &str, address: IpAddr) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse() == Ok(address)
}
