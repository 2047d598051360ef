//! Is it a manager, and is our token good?

use super::client::Client;
use crate::ProviderError;

/// `/healthy` asks for no credentials, so the list of jobs is read too: it needs what a preheat needs.
pub(super) async fn ping(client: &Client) -> Result<String, ProviderError> {
    client.healthy().await?;
    client.jobs(1, 1).await?;
    Ok("a Dragonfly manager answered and accepts the access token".to_owned())
}
