//! Where a request comes from: the other end of its connection, or whom a trusted proxy names.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use poem::http::HeaderMap;
use poem::{Endpoint, Request, Response, Result};

use super::exposure;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address, as every handler and layer finds it in the request's extensions. An IPv4 address is one,
/// however the socket writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

pub async fn client_address<E: Endpoint<Output = Response>>(
    next: Arc<E>,
    mut request: Request,
) -> Result<Response> {
    let exposure = exposure(&request);
    let connected = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
    // A request without a socket comes from within this process.
    let connected = connected.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let client = behind_proxies(connected, request.headers(), &exposure.trusted_proxies);
    request.extensions_mut().insert(ClientAddress(client));
    next.call(request).await
}

/// The right-most address that no trusted proxy has: everything to its left is hearsay.
fn behind_proxies(connected: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut client = connected;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.iter().any(|network| network.contains(&client)) {
            break;
        }
        match address(hop.trim()) {
            Some(address) => client = address,
            // Whoever wrote this is the last one that is known.
            None => break,
        }
    }
    client
}

/// Some proxies write a port, too: `192.0.2.1:443`, `[2001:db8::1]:443`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let plain = bare.parse::<IpAddr>().ok();
    let address = plain.or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}
