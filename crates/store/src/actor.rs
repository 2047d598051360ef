//! Who changes something.

/// Somebody whose changes are written into the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `user`, `token`, `identity`, or `command` for who works on the machine itself.
    pub kind: &'static str,
    /// Name of the user, or the issuer's subject.
    pub name: String,
    /// Name of the token that was used.
    pub token: Option<String>,
    pub address: Option<String>,
    pub request_id: String,
}
