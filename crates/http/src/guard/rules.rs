//! The rules by which addresses are judged. What is denied is denied; then what is refused by default, unless it was
//! opened; then what is not on the list, if there is one.

use std::net::IpAddr;

use url::{Host, Url};

use super::embedded::ipv4_within;
use super::entry::Entry;
use super::range::{self, Range};
use super::refusal::{Reason, Refusal};

/// The default refuses loopback, link-local, metadata, multicast, broadcast and unspecified addresses, and allows all
/// others.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    allow_loopback: bool,
    /// Nothing but these, unless it is empty.
    only: Vec<Entry>,
    /// Allowed although they are refused by default.
    exceptions: Vec<Entry>,
    deny: Vec<Entry>,
}

impl Rules {
    /// An entry of `allow` that names nothing but what is refused by default opens that, and only that. Any other entry
    /// makes the list the whole of what is allowed; it does not open what is refused by default, however wide it is.
    /// `deny` wins over everything.
    pub fn new(allow_loopback: bool, allow: Vec<Entry>, deny: Vec<Entry>) -> Self {
        let (exceptions, only) = allow.into_iter().partition(Entry::is_an_exception);
        Self { allow_loopback, only, exceptions, deny }
    }

    /// Judges what a URL shows by itself: an address, or a name that stands for a refused one. Names that lead
    /// elsewhere are judged when they have been resolved, so this is no permission.
    pub fn judge(&self, url: &Url) -> Result<(), Refusal> {
        let host = url.host_str().unwrap_or_default();
        match url.host() {
            Some(Host::Ipv4(address)) => self.judge_address(host, address.into()),
            Some(Host::Ipv6(address)) => self.judge_address(host, address.into()),
            Some(Host::Domain(name)) => self.judge_name(name),
            // Without a host nothing is sent.
            None => Ok(()),
        }
    }

    /// Judges an address that `host` leads to. An IPv6 address with an IPv4 address inside is judged by that one.
    pub fn judge_address(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let name = plain(host);
        let inner = ipv4_within(address).map(IpAddr::V4);
        let judged = inner.unwrap_or(address);
        let fits = |entry: &&Entry| entry.has_address(address) || entry.has_address(judged);
        let refuse = |reason| Err(Refusal { host: host.to_owned(), address: Some(address), reason });
        if let Some(entry) = self.deny.iter().find(|entry| fits(entry) || entry.has_name(&name)) {
            return refuse(Reason::Denied(entry.clone()));
        }
        if let Some((network, range)) = range::refused(judged) {
            let is_opened = |entry: &Entry| match entry {
                // One that names a wider range does not mean the metadata service in it.
                Entry::Network(own) => network.contains(own) && own.contains(&judged),
                _ => false,
            };
            let opened =
                self.exceptions.iter().any(is_opened) || range == Range::Loopback && self.allow_loopback;
            return if opened { Ok(()) } else { refuse(Reason::Range(range)) };
        }
        if self.only.is_empty() || self.only.iter().any(|entry| fits(&entry) || entry.has_name(&name)) {
            return Ok(());
        }
        refuse(Reason::Unlisted)
    }

    /// Judges a name before anybody resolves it.
    pub fn judge_name(&self, host: &str) -> Result<(), Refusal> {
        let name = plain(host);
        let refuse = |reason| Err(Refusal { host: host.to_owned(), address: None, reason });
        if let Some(entry) = self.deny.iter().find(|entry| entry.has_name(&name)) {
            return refuse(Reason::Denied(entry.clone()));
        }
        if let Some(range) = range::of_name(&name) {
            return if self.opens(&name, range) { Ok(()) } else { refuse(Reason::Range(range)) };
        }
        let is_network = |entry: &Entry| matches!(entry, Entry::Network(_));
        let may_be_listed = self.only.iter().any(|entry| is_network(entry) || entry.has_name(&name));
        if self.only.is_empty() || may_be_listed { Ok(()) } else { refuse(Reason::Unlisted) }
    }

    /// Whether a name of this range may be resolved; where it leads is judged after that.
    fn opens(&self, name: &str, range: Range) -> bool {
        let of_range = |entry: &Entry| match entry {
            Entry::Network(network) => range::refused(network.addr()).is_some_and(|(_, own)| own == range),
            entry => entry.has_name(name),
        };
        range == Range::Loopback && self.allow_loopback || self.exceptions.iter().any(of_range)
    }
}

/// How entries write names.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}
