//! What was stored before there were keys.

use super::{Vault, access, draft};

const PLAIN: &str = r#"
    UPDATE registries SET auth_secret = 'hidden-registry', event_secrets = '{hidden-event-one,hidden-event-two}';
    UPDATE instances SET auth_secret = 'hidden-instance';
    UPDATE executions SET origin_access = '{"headers": {"X-Pass": "hidden-header"}, "username": "ann", "password": "hidden-password"}',
        spec = jsonb_set(spec, '{work,urls}', '["http://files.test/model.bin?X-Signature=hidden-signature&part=1", "http://files.test/open.bin"]');
    UPDATE tasks SET urls = '{http://files.test/model.bin?X-Signature=hidden-signature&part=1,http://files.test/open.bin}';
"#;

impl Vault {
    /// As an older version left it.
    async fn in_plain() -> Self {
        let vault = Self::fill().await;
        sqlx::raw_sql(PLAIN).execute(vault.pool()).await.unwrap();
        vault
    }

    async fn everything(&self) -> String {
        let mut all = String::new();
        for (table, column) in [
            ("registries", "auth_secret"),
            ("registries", "event_secrets"),
            ("instances", "auth_secret"),
            ("executions", "origin_access"),
            ("executions", "spec"),
            ("tasks", "urls"),
        ] {
            all += &self.text(table, column).await;
        }
        all
    }

    async fn is_as_written(&self) {
        let hub = self.lab.store.registries().get("hub").await.unwrap().unwrap();
        assert_eq!((&hub.auth, &hub.event_secrets), (&draft("hub").auth, &draft("hub").event_secrets));
        let edge = self.lab.store.instances().get("edge").await.unwrap().unwrap();
        assert_eq!(edge.auth.secret().unwrap().expose(), "hidden-instance");
        let (spec, origin) = self.lab.store.executions().plan(self.execution).await.unwrap().unwrap();
        assert_eq!(origin, access());
        assert_eq!(spec.work, super::files(&self.instance).work);
        let tasks = self.lab.tasks(self.execution).await;
        assert_eq!(serde_json::json!(spec.work)["urls"], {
            let forewarm_domain::task::Target::Files { urls } = &tasks[0].target else { panic!("files") };
            serde_json::json!(urls)
        });
    }
}

#[tokio::test]
async fn plain_secrets_are_read_until_they_are_encrypted() {
    let vault = Vault::in_plain().await;
    vault.is_as_written().await;

    let sealed = vault.lab.store.seal_plain().await.unwrap();
    assert_eq!((sealed.rows, sealed.values, sealed.locked), (6, 8, 0));
    let everything = vault.everything().await;
    assert!(!everything.contains("hidden"), "{everything}");
    assert_eq!(everything.matches("v1:").count(), 8, "{everything}");
    vault.is_as_written().await;
    assert_eq!(vault.lab.store.census().await.unwrap().plain, 0);
}

#[tokio::test]
async fn encrypting_again_changes_nothing() {
    let vault = Vault::in_plain().await;
    assert_eq!(vault.lab.store.census().await.unwrap().plain, 8);
    vault.lab.store.seal_plain().await.unwrap();
    let before = vault.everything().await;
    assert_eq!(vault.lab.store.seal_plain().await.unwrap().values, 0);
    assert_eq!(vault.everything().await, before);
}

#[tokio::test]
async fn several_processes_encrypt_at_once_without_doing_it_twice() {
    let vault = Vault::in_plain().await;
    let store = &vault.lab.store;
    let (a, b, c) = tokio::join!(store.seal_plain(), store.seal_plain(), store.seal_plain());
    let values: u64 = [a, b, c].into_iter().map(|done| done.unwrap().values).sum();
    assert_eq!(values, 8);
    vault.is_as_written().await;
}

#[tokio::test]
async fn encrypting_is_no_edit() {
    let vault = Vault::in_plain().await;
    let before = vault.lab.store.registries().get("hub").await.unwrap().unwrap().updated_at;
    vault.lab.advance(60);
    vault.lab.store.seal_plain().await.unwrap();
    assert_eq!(vault.lab.store.registries().get("hub").await.unwrap().unwrap().updated_at, before);
}

#[tokio::test]
async fn a_password_that_only_begins_like_an_encrypted_value_is_a_password() {
    let vault = Vault::fill().await;
    for text in ["v1:", "v1:0123456789abcdef:", "v1:0123456789abcdef:AAAA:BBBB"] {
        vault.run(&format!("UPDATE instances SET auth_secret = '{text}'")).await;
        let read = vault.lab.store.instances().get("edge").await.unwrap().unwrap();
        assert_eq!(read.auth.secret().unwrap().expose(), text);
    }
}
