//! What is refused unless a rule opens it.

use std::fmt;
use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

/// Why a range is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// A cloud's metadata service, which hands credentials of the machine to whoever asks.
    Metadata,
    LinkLocal,
    Loopback,
    Multicast,
    Broadcast,
    Unspecified,
}

/// The first that fits counts.
const REFUSED: [(&str, Range); 19] = [
    // AWS, Azure, Google Cloud, DigitalOcean and most others; then AWS's for containers, and Tencent's.
    ("169.254.169.254/32", Range::Metadata),
    ("169.254.170.2/32", Range::Metadata),
    ("169.254.170.23/32", Range::Metadata),
    ("169.254.0.23/32", Range::Metadata),
    // AWS's services on the machine itself, of which fd00:ec2::254 is the metadata service; Google Cloud's; Scaleway's.
    ("fd00:ec2::/32", Range::Metadata),
    ("fd20:ce::254/128", Range::Metadata),
    ("fd00:42::42/128", Range::Metadata),
    // Alibaba Cloud; Oracle Cloud; Azure's wire server.
    ("100.100.100.200/32", Range::Metadata),
    ("192.0.0.192/32", Range::Metadata),
    ("168.63.129.16/32", Range::Metadata),
    ("169.254.0.0/16", Range::LinkLocal),
    ("fe80::/10", Range::LinkLocal),
    ("127.0.0.0/8", Range::Loopback),
    ("::1/128", Range::Loopback),
    ("224.0.0.0/4", Range::Multicast),
    ("ff00::/8", Range::Multicast),
    ("255.255.255.255/32", Range::Broadcast),
    ("0.0.0.0/8", Range::Unspecified),
    ("::/128", Range::Unspecified),
];

/// Names of metadata services: known to be nothing else, whatever a name server says of them.
const METADATA_NAMES: [&str; 6] = [
    "metadata.google.internal",
    "metadata.goog",
    "metadata",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.tencentyun.com",
];

static NETWORKS: LazyLock<Vec<(IpNet, Range)>> = LazyLock::new(|| {
    let parse = |(network, range): (&str, Range)| (network.parse().expect("a constant network"), range);
    REFUSED.into_iter().map(parse).collect()
});

/// The refused network that holds the address.
pub(super) fn refused(address: IpAddr) -> Option<(IpNet, Range)> {
    NETWORKS.iter().find(|(network, _)| network.contains(&address)).copied()
}

/// Whether all of a network lies in one that is refused: who writes it down means just that.
pub(super) fn is_refused_wholly(network: &IpNet) -> bool {
    NETWORKS.iter().any(|(refused, _)| refused.contains(network))
}

/// The range that a name stands for, in lower case and without a dot at its end.
pub(super) fn of_name(name: &str) -> Option<Range> {
    if METADATA_NAMES.contains(&name) {
        return Some(Range::Metadata);
    }
    // RFC 6761: these never mean another machine.
    (name == "localhost" || name.ends_with(".localhost")).then_some(Range::Loopback)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "a cloud metadata address",
            Self::LinkLocal => "a link-local address",
            Self::Loopback => "a loopback address",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Unspecified => "an unspecified address",
        })
    }
}
