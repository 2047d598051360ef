//! The keys at hand, and whether they open what is there.

use forewarm_store::keyring::Census;
use forewarm_store::{Store, StoreError};

use super::DoctorArgs;
use super::findings::Findings;
use crate::explain::explain;

const CHECK: &str = "keys";

/// Returns the store with the keys, or without any.
pub async fn look(store: Store, args: &DoctorArgs, findings: &mut Findings) -> Result<Store, StoreError> {
    let state_dir = args.database.state_dir().ok();
    let keys = match args.keys.existing(state_dir.as_deref()) {
        Ok(keys) => keys,
        Err(error) => {
            findings.problem(CHECK, explain(&error));
            return Ok(store);
        }
    };
    let store = store.with_keys(keys);
    let census = store.census().await?;
    let opened = look_at_values(&store, &census, findings);
    if let Err(error) = store.check_keys().await {
        findings.problem(CHECK, error.to_string());
    } else if opened {
        let sealed: u64 = census.by_key.values().sum();
        findings.ok(CHECK, format!("open all {sealed} secrets in the database"));
    }
    for file in args.keys.readable_by_others(state_dir.as_deref()) {
        let file = file.display();
        findings.warning(CHECK, format!("{file} can be read by others: `chmod 600 {file}`"));
    }
    Ok(store)
}

/// Whether every value can be opened.
fn look_at_values(store: &Store, census: &Census, findings: &mut Findings) -> bool {
    let ours: Vec<&str> = store.keys().ids().collect();
    let mut opened = true;
    for (id, values) in &census.by_key {
        if !ours.contains(&id.as_str()) {
            opened = false;
            let message = format!(
                "{values} secrets are encrypted with key {id}, which is not at hand (there is {}): start with that key \
                 too (--key-file, FOREWARM_KEY_FILE, FOREWARM_KEY), or give the secrets again",
                ours.join(", ")
            );
            findings.problem(CHECK, message);
        }
    }
    if census.plain > 0 {
        let message = format!(
            "{} secrets lie in the database in plain: the next start of `forewarm serve` encrypts them",
            census.plain
        );
        findings.warning(CHECK, message);
    }
    opened
}
