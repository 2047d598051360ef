//! Clients for what tests run: everything of theirs is on the loopback addresses, which are refused by default.

use forewarm_http::{Options, Outbound, Rules};

pub fn outbound() -> Outbound {
    Outbound::with(options())
}

/// Options to adjust and hand to [`Outbound::with`].
pub fn options() -> Options {
    Options { rules: Some(Rules::new(true, vec![], vec![])), ..Options::default() }
}
