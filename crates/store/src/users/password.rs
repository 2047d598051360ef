//! Passwords: Argon2id, with the parameters that OWASP recommends (19 MiB, 2 passes), which are the library's own.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};
use forewarm_domain::Secret;
use tokio::sync::Semaphore;

use crate::StoreError;

/// Each computation takes 19 MiB and tens of milliseconds of a core: a flood of logins must not take all of them.
static ROOM: Semaphore = Semaphore::const_new(4);

/// A hash that no password has: asked for unknown names, so that they take as long as known ones.
static NOBODY: LazyLock<String> = LazyLock::new(|| encode("nobody"));

/// The hash of a password, in PHC form with a salt of its own.
pub async fn hash(password: &Secret) -> Result<String, StoreError> {
    let password = password.expose().to_owned();
    compute(move || encode(&password)).await
}

/// Whether this is the password; `stored` is None for a user that there is not.
pub(super) async fn verify(stored: Option<String>, password: &Secret) -> Result<bool, StoreError> {
    let password = password.expose().to_owned();
    compute(move || {
        let known = stored.is_some();
        fits(stored.as_deref().unwrap_or(&NOBODY), &password) && known
    })
    .await
}

async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let _room = ROOM.acquire().await;
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Computation(error.to_string()))
}

fn encode(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    // It fails for passwords of more than 4 GiB and without randomness; no such hash fits anything.
    hash.map(|hash| hash.to_string()).unwrap_or_default()
}

fn fits(stored: &str, password: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}
