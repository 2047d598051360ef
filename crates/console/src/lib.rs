//! The web console: files built into the binary, and how they are served.

pub mod files;

use poem::Endpoint;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Console;

/// The console's page at every address that is not one of its files, so that its own addresses can be linked to.
pub fn console() -> impl Endpoint {
    files::Files::<Console>::new().with_page_everywhere()
}
