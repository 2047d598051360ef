//! How much one caller may ask, and how often it may fail to log in.

use std::num::NonZeroU32;

use clap::Args;
use forewarm_api::GateSettings;

#[derive(Debug, Clone, Args)]
pub struct LimitArgs {
    /// Requests a second that each user and each API token may make over a while, and ten times as many at once; more
    /// are answered 429. 0: unlimited.
    #[arg(long, env = "FOREWARM_REQUESTS_PER_SECOND", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub requests_per_second: u32,

    /// Failed logins a minute from one address, after which it is answered 429 until the minute is over. Names have half as
    /// many.
    #[arg(long, env = "FOREWARM_LOGIN_FAILURES", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub login_failures: u32,
}

impl LimitArgs {
    pub fn settings(&self) -> GateSettings {
        GateSettings {
            requests_per_second: NonZeroU32::new(self.requests_per_second),
            failures_per_address: self.login_failures,
            failures_per_name: self.login_failures / 2,
        }
    }
}
