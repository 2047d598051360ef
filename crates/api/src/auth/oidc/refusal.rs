//! Why a token opens nothing: for the log, never for whoever came with it.

/// Holds nothing of the token but what the log needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it is no signed token of a kind that is accepted")]
    Unreadable,
    #[error("its signature's algorithm is not accepted, or not by the key that it names")]
    Algorithm,
    #[error("it asks for something in its header that we do not know")]
    Header,
    #[error("it is not of the configured issuer")]
    OtherIssuer,
    #[error("the issuer has no key with its key id")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("its audience (aud) is not the configured one")]
    Audience,
    #[error("it is expired, or has no time when it expires (exp)")]
    Expired,
    #[error("it is not valid yet (nbf, iat); do the clocks differ?")]
    Early,
    #[error("it has no name: neither the configured claim nor sub is a text without control characters")]
    Nameless,
    /// Our own look-up failed, so nothing is known about the token.
    #[error("the issuer's keys cannot be fetched: {0}")]
    Unreachable(String),
}
