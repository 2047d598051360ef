//! What whoever runs this program says about the issuer.

use std::time::Duration;

use super::groups::RoleRule;
use super::issuer::Issuer;

#[derive(Debug, Clone)]
pub struct OidcSettings {
    pub issuer: Issuer,
    /// What tokens for this service have in `aud`.
    pub audience: String,
    /// The claim that holds the groups.
    pub groups_claim: String,
    /// The claim that holds the name; `sub` where a token lacks it.
    pub username_claim: String,
    pub roles: Vec<RoleRule>,
    /// By how much the issuer's clock may differ from ours.
    pub leeway: Duration,
}
