//! Verifies a JSON Web Token: signature first, then what it says (RFC 7519, RFC 8725).

use forewarm_domain::Secret;
use jsonwebtoken::dangerous::insecure_decode_claims;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};

use super::claims::Claims;
use super::keys::Keys;
use super::refusal::Refusal;
use super::settings::OidcSettings;
use super::signatures::ALGORITHMS;

/// Kinds of tokens that speak for their bearer. The same keys sign others, like logout tokens, with the same audience.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

pub async fn verify(token: &Secret, settings: &OidcSettings, keys: &Keys) -> Result<Claims, Refusal> {
    let header = decode_header(token.expose()).map_err(|_| Refusal::Unreadable)?;
    check_header(&header)?;
    check_issuer(token, settings)?;
    let key = keys.find(header.kid.as_deref(), header.alg).await?;
    if !key.verifies(header.alg) {
        return Err(Refusal::Algorithm);
    }
    let validation = validation(header.alg, settings);
    let verified = decode::<Claims>(token.expose(), &key.material, &validation);
    let claims = verified.map_err(|error| refusal(error.kind()))?.claims;
    claims.check_times(keys.now(), settings.leeway)?;
    Ok(claims)
}

fn check_header(header: &Header) -> Result<(), Refusal> {
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Refusal::Algorithm);
    }
    let is_known = |kind: &String| TYPES.contains(&kind.to_ascii_lowercase().as_str());
    if header.crit.is_some() || !header.typ.as_ref().is_none_or(is_known) {
        return Err(Refusal::Header);
    }
    Ok(())
}

/// Before any key is looked for, so that tokens of others make nobody fetch keys. `iss` must be one text, to the letter.
fn check_issuer(token: &Secret, settings: &OidcSettings) -> Result<(), Refusal> {
    let said: Claims = insecure_decode_claims(token.expose()).map_err(|_| Refusal::Unreadable)?;
    match said.text("iss") == Some(settings.issuer.as_str()) {
        true => Ok(()),
        false => Err(Refusal::OtherIssuer),
    }
}

fn validation(algorithm: Algorithm, settings: &OidcSettings) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.set_required_spec_claims(&["iss", "aud"]);
    validation.set_issuer(&[settings.issuer.as_str()]);
    validation.set_audience(&[&settings.audience]);
    // By the library they would be judged by the machine's own clock, and `iat` not at all.
    validation.validate_exp = false;
    validation
}

fn refusal(error: &ErrorKind) -> Refusal {
    match error {
        ErrorKind::InvalidSignature => Refusal::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => Refusal::Algorithm,
        ErrorKind::InvalidIssuer => Refusal::OtherIssuer,
        ErrorKind::InvalidAudience => Refusal::Audience,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => Refusal::Audience,
        _ => Refusal::Unreadable,
    }
}
