//! What lies in the columns, and that it opens nowhere else.

use forewarm_domain::execution::Work;
use forewarm_domain::instance::Instance;
use forewarm_domain::task::Target;
use forewarm_store::Keyring;
use forewarm_store::keyring::Key;

use super::{PRESIGNED, Vault, access, draft, registry};

const COLUMNS: [(&str, &str, usize); 6] = [
    ("registries", "auth_secret", 1),
    ("registries", "event_secrets", 2),
    ("instances", "auth_secret", 1),
    ("executions", "origin_access", 2),
    ("executions", "spec", 1),
    ("tasks", "urls", 1),
];

#[tokio::test]
async fn every_column_holds_values_of_the_active_key_and_nothing_of_the_secrets() {
    let vault = Vault::fill().await;
    let sealed = format!("v1:{}:", vault.lab.store.keys().active_id().unwrap());
    for (table, column, values) in COLUMNS {
        let text = vault.text(table, column).await;
        assert_eq!(text.matches(&sealed).count(), values, "{table}.{column}: {text}");
        assert!(!text.contains("hidden"), "{table}.{column}: {text}");
    }
    let urls = vault.text("tasks", "urls").await;
    assert!(urls.contains("http://files.test/model.bin?v1:"), "the place of a file is no secret: {urls}");
}

#[tokio::test]
async fn what_was_written_is_read_again() {
    let vault = Vault::fill().await;
    let store = &vault.lab.store;
    assert_eq!(vault.registry.auth, draft("hub").auth);
    assert_eq!(vault.registry.event_secrets, draft("hub").event_secrets);
    assert_eq!(vault.instance.auth.secret().unwrap().expose(), "hidden-instance");
    let (spec, origin) = store.executions().plan(vault.execution).await.unwrap().unwrap();
    assert_eq!(origin, access());
    let Work::Files { urls } = spec.work else { panic!("{spec:?}") };
    assert_eq!(urls[0].as_str(), PRESIGNED);
    let Target::Files { urls } = &vault.lab.tasks(vault.execution).await[0].target else { panic!("files") };
    assert_eq!((urls[0].as_str(), urls[1].as_str()), (PRESIGNED, "http://files.test/open.bin"));
}

#[tokio::test]
async fn the_same_secret_never_has_the_same_text_twice() {
    let vault = Vault::fill().await;
    let first = vault.text("registries", "auth_secret").await;
    registry(&vault.lab.store, "other").await;
    assert_ne!(vault.text("registries", "auth_secret").await, first);
}

#[tokio::test]
async fn a_value_copied_to_another_row_does_not_open() {
    let vault = Vault::fill().await;
    let other = registry(&vault.lab.store, "other").await;
    vault
        .run("UPDATE registries SET auth_secret = (SELECT auth_secret FROM registries WHERE name = 'hub')")
        .await;
    let read = vault.lab.store.registries().by_id(other.id).await.unwrap().unwrap();
    let reason = read.auth.locked().expect("it is locked");
    assert!(reason.starts_with(&format!("registries {}: auth_secret does not open", other.id)), "{reason}");
    assert_eq!(read.auth.secret().unwrap().expose(), "");
    let hub = vault.lab.store.registries().get("hub").await.unwrap().unwrap();
    assert_eq!(hub.auth, draft("hub").auth, "at home it opens");
}

#[tokio::test]
async fn a_value_copied_to_another_column_or_table_does_not_open() {
    let vault = Vault::fill().await;
    vault.run("UPDATE registries SET event_secrets = ARRAY[auth_secret]").await;
    let read = vault.lab.store.registries().get("hub").await.unwrap().unwrap();
    assert!(read.event_secrets[0].lock().is_some());

    vault
        .run(&format!(
            "UPDATE instances SET auth_secret = (SELECT auth_secret FROM registries WHERE id = {})",
            vault.registry.id
        ))
        .await;
    let read: Instance = vault.lab.store.instances().get("edge").await.unwrap().unwrap();
    assert_eq!(
        (vault.registry.id, vault.instance.id),
        (1, 1),
        "row and column are the same, the table is not"
    );
    assert!(read.auth.locked().is_some());
}

#[tokio::test]
async fn a_header_of_an_origin_does_not_open_under_another_name() {
    let vault = Vault::fill().await;
    vault.run(r#"UPDATE executions SET origin_access = replace(origin_access::text, 'X-Pass', 'X-Other')::jsonb"#).await;
    let (_, origin) = vault.lab.store.executions().plan(vault.execution).await.unwrap().unwrap();
    assert!(origin.headers["X-Other"].lock().is_some());
    assert_eq!(origin.password, access().password);
}

#[tokio::test]
async fn a_changed_value_does_not_open() {
    let vault = Vault::fill().await;
    let stored = vault.text("instances", "auth_secret").await;
    let last = if stored.ends_with('A') { 'B' } else { 'A' };
    let (kept, _) = stored.split_at(stored.len() - 2);
    vault.run(&format!("UPDATE instances SET auth_secret = '{kept}{last}A'")).await;
    let read = vault.lab.store.instances().get("edge").await.unwrap().unwrap();
    assert_ne!(read.auth.secret().unwrap().expose(), "hidden-instance");
}

#[test]
fn keys_show_their_id_and_nothing_else() {
    let key = Key::generate();
    let text = key.text().to_string();
    let ring = Keyring::parse(&text).unwrap();
    assert_eq!(format!("{key:?}"), format!("Key({})", key.id()));
    assert_eq!(format!("{ring:?}"), format!("[{:?}]", key.id()));
    assert_eq!(ring.active_id(), Some(key.id()), "the id is the key's own, wherever it is read");
    assert_ne!(Key::generate().id(), key.id());
}

#[test]
fn a_text_without_a_good_key_is_refused_and_not_repeated() {
    for text in
        ["", "# a note\n", "too-short-hidden", "aGlkZGVu", "aGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVuaGlkZGVu"]
    {
        let complaint = Keyring::parse(text).unwrap_err();
        assert!(!complaint.contains("hidden") && !complaint.contains("aGlk"), "{complaint}");
    }
    let key = Key::generate().text().to_string();
    let twice = Keyring::parse(&format!("# note\n{key}, {key}\n\n")).unwrap();
    assert_eq!(twice.ids().count(), 1);
}
