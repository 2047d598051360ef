//! The issuer whose tokens are accepted (OpenID Connect).

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use forewarm_api::{Issuer, OidcSettings, RoleRule};

/// Its JSON Web Tokens are accepted as bearer tokens, beside passwords and API tokens of our own.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "OpenID Connect")]
pub struct OidcArgs {
    /// Address of the issuer, to the letter as its tokens name it (iss). Its keys are found by discovery.
    #[arg(long, env = "FOREWARM_OIDC_ISSUER", value_name = "URL")]
    pub oidc_issuer: Option<Issuer>,

    /// What tokens for this service have as their audience (aud): often the id of a client.
    #[arg(long, env = "FOREWARM_OIDC_AUDIENCE", value_name = "AUDIENCE")]
    pub oidc_audience: Option<String>,

    /// Claim with the groups, a text or a list; with dots for one inside others, like realm_access.roles.
    #[arg(long, env = "FOREWARM_OIDC_GROUPS_CLAIM", value_name = "CLAIM", default_value = "groups")]
    pub oidc_groups_claim: String,

    /// Claim with the name for logs and the audit log; sub where a token lacks it.
    #[arg(
        long,
        env = "FOREWARM_OIDC_USERNAME_CLAIM",
        value_name = "CLAIM",
        default_value = "preferred_username"
    )]
    pub oidc_username_claim: String,

    /// A role of a group, everywhere or in projects; again (in the variable: with semicolons) for more. `sub:` instead of
    /// a group names one subject. The roles: project_viewer, project_admin, system_admin.
    #[arg(
        long,
        env = "FOREWARM_OIDC_ROLE",
        value_name = "GROUP=ROLE[:PROJECT,PROJECT]",
        value_delimiter = ';'
    )]
    pub oidc_role: Vec<RoleRule>,

    /// Seconds by which the issuer's clock may differ from ours.
    #[arg(long, env = "FOREWARM_OIDC_LEEWAY_SECONDS", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub oidc_leeway_seconds: u64,
}

impl OidcArgs {
    /// None = no issuer is accepted.
    pub fn settings(&self) -> anyhow::Result<Option<OidcSettings>> {
        let Some(issuer) = self.oidc_issuer.clone() else {
            let nothing = self.oidc_audience.is_none() && self.oidc_role.is_empty();
            ensure!(nothing, "--oidc-audience and --oidc-role need --oidc-issuer (FOREWARM_OIDC_ISSUER)");
            return Ok(None);
        };
        let audience = self.oidc_audience.clone().filter(|audience| !audience.trim().is_empty());
        let audience = audience.context(
            "--oidc-issuer needs --oidc-audience (FOREWARM_OIDC_AUDIENCE): without it, the issuer's tokens for any other service would be accepted",
        )?;
        ensure!(
            !self.oidc_role.is_empty(),
            "--oidc-issuer needs at least one --oidc-role (FOREWARM_OIDC_ROLE), like --oidc-role platform-team=system_admin: otherwise no token may do anything"
        );
        Ok(Some(OidcSettings {
            issuer,
            audience,
            groups_claim: self.oidc_groups_claim.clone(),
            username_claim: self.oidc_username_claim.clone(),
            roles: self.oidc_role.clone(),
            leeway: Duration::from_secs(self.oidc_leeway_seconds),
        }))
    }
}
