//! A new key, while everything runs.

use super::{Rings, Vault, access, draft};
use crate::support::keys::KEY;
use forewarm_store::Keyring;

/// The tests' key becomes the second of two.
fn rotated() -> (Rings, Keyring) {
    let rings = Rings::draw();
    let keys = Keyring::parse(&format!("{}\n{KEY}", rings.new)).unwrap();
    (rings, keys)
}

#[tokio::test]
async fn the_first_of_two_keys_writes_and_both_read() {
    let vault = Vault::fill().await;
    let (rings, keys) = rotated();
    let store = vault.seen_with(keys);
    let hub = store.registries().get("hub").await.unwrap().unwrap();
    assert_eq!(hub.auth, draft("hub").auth, "the old key reads");

    super::registry(&store, "other").await;
    let text = vault.text("registries", "auth_secret").await;
    assert!(text.starts_with(&format!("v1:{}:", rings.new_one().active_id().unwrap())), "{text}");
}

#[tokio::test]
async fn after_a_rotation_the_new_key_reads_everything_and_the_old_one_nothing() {
    let vault = Vault::fill().await;
    let old = vault.lab.store.keys().active_id().unwrap().to_owned();
    let (rings, keys) = rotated();
    let both = vault.seen_with(keys);
    assert_eq!(both.census().await.unwrap().of(&old), 8);

    let done = both.rotate().await.unwrap();
    assert_eq!((done.rows, done.values, done.locked), (6, 8, 0));
    let census = both.census().await.unwrap();
    assert_eq!((census.of(&old), census.of(both.keys().active_id().unwrap()), census.plain), (0, 8, 0));

    let new = vault.seen_with(rings.new_one());
    let hub = new.registries().get("hub").await.unwrap().unwrap();
    assert_eq!((&hub.auth, &hub.event_secrets), (&draft("hub").auth, &draft("hub").event_secrets));
    let (spec, origin) = new.executions().plan(vault.execution).await.unwrap().unwrap();
    assert_eq!((&spec.work, &origin), (&super::files(&vault.instance).work, &access()));
    let hub = vault.lab.store.registries().get("hub").await.unwrap().unwrap();
    assert!(hub.auth.locked().is_some(), "the old key alone opens nothing");
}

#[tokio::test]
async fn rotating_again_finds_nothing_to_do() {
    let vault = Vault::fill().await;
    let (_, keys) = rotated();
    let both = vault.seen_with(keys);
    both.rotate().await.unwrap();
    assert_eq!(both.rotate().await.unwrap().values, 0);
}

#[tokio::test]
async fn rotating_leaves_what_it_cannot_open_and_says_so() {
    let vault = Vault::fill().await;
    let store = vault.seen_with(Rings::draw().new_one());
    let before = vault.text("registries", "auth_secret").await;
    let done = store.rotate().await.unwrap();
    assert_eq!((done.values, done.locked), (0, 8));
    assert_eq!(vault.text("registries", "auth_secret").await, before);
}

#[tokio::test]
async fn an_edit_under_a_new_key_keeps_the_health_of_what_has_the_same_secret() {
    let vault = Vault::fill().await;
    vault.run("UPDATE registries SET healthy = true, health_checked_at = now()").await;
    vault.run("UPDATE instances SET healthy = true, health_checked_at = now()").await;
    let (_, keys) = rotated();
    let store = vault.seen_with(keys);
    let is_known = async || {
        let hub = store.registries().by_id(vault.registry.id).await.unwrap().unwrap();
        let edge = store.instances().by_id(vault.instance.id).await.unwrap().unwrap();
        (hub.health.is_some(), edge.health.is_some())
    };

    let edge = |secret: &str| {
        let auth = forewarm_domain::auth::Auth::Header {
            name: "X-Token".to_owned(),
            value: secret.to_owned().into(),
        };
        let draft = crate::support::lab::Lab::draft("edge", "mirror", "http://mirror.test:5000");
        forewarm_store::instances::InstanceDraft { auth, ..draft }
    };
    store.registries().update(vault.registry.id, &draft("hub")).await.unwrap();
    store.instances().update(vault.instance.id, &edge("hidden-instance")).await.unwrap();
    assert_eq!(is_known().await, (true, true), "nothing that counts was changed");

    let mut other = draft("hub");
    other.auth = forewarm_domain::auth::Auth::Basic {
        username: "ann".to_owned(),
        password: "another".to_owned().into(),
    };
    store.registries().update(vault.registry.id, &other).await.unwrap();
    store.instances().update(vault.instance.id, &edge("another")).await.unwrap();
    assert_eq!(is_known().await, (false, false), "other credentials, other health");
}

#[tokio::test]
async fn an_edit_that_keeps_a_secret_keeps_its_text() {
    let vault = Vault::fill().await;
    let before =
        (vault.text("registries", "auth_secret").await, vault.text("registries", "event_secrets").await);
    vault.lab.store.registries().update(vault.registry.id, &draft("renamed")).await.unwrap();
    let after =
        (vault.text("registries", "auth_secret").await, vault.text("registries", "event_secrets").await);
    assert_eq!(after, before);
}
