//! The IPv4 address inside an IPv6 address, for forms that lead to it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IPv4 address that packets to this one may end at: IPv4-mapped and -compatible (RFC 4291), translated (RFC 2765),
/// NAT64 (RFC 6052, and the local prefix of RFC 8215 with its last 32 bits), 6to4 (RFC 3056).
pub(super) fn ipv4_within(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Some(last(address)),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => Some(last(address)),
        [0x2002, high, low, ..] => Some(joined(high, low)),
        _ => None,
    }
}

fn last(address: Ipv6Addr) -> Ipv4Addr {
    let [.., high, low] = address.segments();
    joined(high, low)
}

fn joined(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}
