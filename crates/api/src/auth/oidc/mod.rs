//! Tokens of an issuer (OpenID Connect): who may come in with them, and with which rights.

mod claims;
mod discovery;
mod groups;
mod issuer;
mod key;
mod keys;
mod refusal;
mod settings;
mod signatures;
mod token;

use std::sync::Arc;

use forewarm_domain::Secret;
use forewarm_domain::access::Rights;
use forewarm_http::Outbound;
use forewarm_store::{Store, StoreError};

pub use groups::RoleRule;
pub use issuer::Issuer;
pub use keys::PAUSE_AFTER_FAILURE;
pub use refusal::Refusal;
pub use settings::OidcSettings;

use self::claims::Claims;
use self::keys::Keys;

/// Longer names are nobody's.
const LONGEST_NAME: usize = 255;

/// Cheap to clone.
#[derive(Clone)]
pub struct Oidc {
    settings: Arc<OidcSettings>,
    keys: Keys,
}

/// Whose token was verified.
pub struct Identity {
    /// Begins with `oidc:`, so that nobody takes it for one of our users.
    pub name: String,
    rules: Vec<RoleRule>,
}

impl Oidc {
    /// The issuer is asked through the same clients, and by the same rules, as everything else.
    pub fn new(settings: OidcSettings, outbound: Outbound) -> Self {
        signatures::install();
        Self { keys: Keys::of(settings.issuer.clone(), outbound), settings: Arc::new(settings) }
    }

    /// Fetches the keys before the first token comes. What goes wrong stands in the log, and is tried again.
    pub async fn prepare(&self) {
        self.keys.refresh().await;
    }

    pub async fn verify(&self, token: &Secret) -> Result<Identity, Refusal> {
        let claims = token::verify(token, &self.settings, &self.keys).await?;
        let name = self.name(&claims).ok_or(Refusal::Nameless)?;
        let groups = claims.texts(&self.settings.groups_claim);
        let applies = |rule: &&RoleRule| rule.applies_to(claims.text("sub"), &groups);
        Ok(Identity { name, rules: self.settings.roles.iter().filter(applies).cloned().collect() })
    }

    fn name(&self, claims: &Claims) -> Option<String> {
        let name = claims.text(&self.settings.username_claim).or_else(|| claims.text("sub"))?;
        let well_formed =
            !name.trim().is_empty() && name.len() <= LONGEST_NAME && !name.contains(char::is_control);
        well_formed.then(|| format!("oidc:{name}"))
    }
}

impl Identity {
    /// Names of projects mean what has them now.
    pub async fn rights(&self, store: &Store) -> Result<Rights, StoreError> {
        let names = groups::projects(&self.rules);
        let existing = match names.is_empty() {
            true => Default::default(),
            false => store.projects().named(&names).await?,
        };
        Ok(groups::rights(&self.rules, &existing))
    }
}
