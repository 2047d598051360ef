//! `forewarm doctor`, the real program, in installations that are well and not so well.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::keyring::Key;
use serde_json::Value;

use crate::support::keys::KEY;
use crate::support::lab::Lab;
use crate::support::server::command;

/// Far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What it printed, and whether it found no problem.
struct Visit {
    ok: bool,
    text: String,
}

async fn doctor(variables: &[(&str, &str)]) -> Visit {
    let output = command("doctor", variables).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?} {text} {}", String::from_utf8_lossy(&output.stderr));
    Visit { ok: code == Some(0), text }
}

async fn doctor_of(lab: &Lab) -> Visit {
    doctor(&[("FOREWARM_DATABASE_URL", &lab.database.url)]).await
}

impl Visit {
    /// There is a line with this level and text.
    #[track_caller]
    fn says(&self, level: &str, text: &str) {
        let found = self.text.lines().any(|line| line.starts_with(level) && line.contains(text));
        assert!(found, "no {level} with '{text}' in:\n{}", self.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_that_works_has_no_problems() {
    let lab = Lab::in_real_time().await;
    let hub = FakeRegistry::start().await.unwrap();
    lab.registry("hub", &hub.url()).await;
    lab.instance(Lab::draft("edge", "mirror", &hub.url())).await;
    let variables = [("FOREWARM_DATABASE_URL", lab.database.url.as_str())];
    let mut worker = command("worker", &variables).spawn().unwrap();

    let begun = Instant::now();
    let visit = loop {
        let visit = doctor_of(&lab).await;
        if visit.text.contains("1 worker is alive") {
            break visit;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", visit.text);
    };

    assert!(visit.ok, "{}", visit.text);
    visit.says("ok", "is Postgres");
    visit.says("ok", "is that of this version");
    visit.says("ok", "this machine and the database's agree");
    visit.says("ok", "open all");
    visit.says("ok", "forewarm.tasks: 0 due");
    visit.says("ok", "edge: ");
    visit.says("ok", "hub: ");
    assert!(visit.text.ends_with("no problems, 1 warning\n"), "only that of fsync: {}", visit.text);
    worker.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_away_is_a_problem_and_named() {
    let lab = Lab::in_real_time().await;
    lab.instance(Lab::draft("seeds", "dragonfly", "http://127.0.0.1:1")).await;

    let visit = doctor_of(&lab).await;

    assert!(!visit.ok);
    visit.says("problem", "seeds: http://127.0.0.1:1: connection refused; is it running");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_behind_or_ahead_is_told_with_the_remedy() {
    let lab = Lab::in_real_time().await;
    let pool = lab.store.pool();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of a newer version', true, '', 1)";
    sqlx::query(newer).execute(pool).await.unwrap();
    let visit = doctor_of(&lab).await;
    visit.says("warning", "a newer version has changed it");

    sqlx::query("DELETE FROM _sqlx_migrations WHERE version >= 11").execute(pool).await.unwrap();
    let visit = doctor_of(&lab).await;

    assert!(!visit.ok);
    visit.says("problem", "is not up to date (migrations missing: ");
    visit.says("problem", "run `forewarm migrate`");
    assert!(!visit.text.contains("queue"), "tables of another version are left alone: {}", visit.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_the_key_at_hand_does_not_open_are_counted() {
    let lab = Lab::in_real_time().await;
    let auth = Auth::Bearer { token: Secret::new("hidden-token") };
    lab.registry_of("oci", "hub", "http://127.0.0.1:1", auth).await;
    let other = Key::generate();

    let text = other.text();
    let variables = [("FOREWARM_DATABASE_URL", lab.database.url.as_str()), ("FOREWARM_KEY", text.as_str())];
    let visit = doctor(&variables).await;

    assert!(!visit.ok);
    visit.says("problem", "secrets are encrypted with key");
    visit.says("problem", &format!("which is not at hand (there is {})", other.id()));
    assert!(!visit.text.contains("hidden-token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_in_seconds() {
    let lab = Lab::in_real_time().await;
    let pool = lab.store.pool();
    // A function of the same name that is found before Postgres's own.
    for statement in [
        "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql
         AS $$ SELECT pg_catalog.now() + interval '10 min' $$",
        "DO $$ BEGIN
             EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
         END $$",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }

    let visit = doctor_of(&lab).await;

    assert!(!visit.ok);
    let told = ["600.0 s apart", "599.9 s apart"].iter().any(|told| visit.text.contains(told));
    assert!(told, "{}", visit.text);
    visit.says("problem", "set both by NTP");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_without_a_worker_is_a_problem_and_no_work_only_a_warning() {
    let lab = Lab::in_real_time().await;
    let idle = doctor_of(&lab).await;
    assert!(idle.ok, "{}", idle.text);
    idle.says("warning", "no worker has given a sign of life");

    let hub = FakeRegistry::start().await.unwrap();
    let registry = lab.registry("hub", &hub.url()).await;
    let instance = lab.instance(Lab::draft("edge", "mirror", &hub.url())).await;
    lab.execute(Lab::select(&registry, vec![], &[&instance])).await;
    let visit = doctor_of(&lab).await;

    assert!(!visit.ok);
    visit.says("problem", "start `forewarm serve` or `forewarm worker`; tickets that wait for one: 1");
    visit.says("ok", "forewarm.executions: 1 due");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_is_all_that_is_told() {
    let url = "postgres://nobody:hidden-word@127.0.0.1:1/nothing";
    let visit = doctor(&[("FOREWARM_DATABASE_URL", url)]).await;

    assert!(!visit.ok);
    visit.says("problem", "it does not answer: ");
    assert!(visit.text.ends_with("1 problem, no warnings\n"), "{}", visit.text);
    assert!(!visit.text.contains("hidden-word"), "{}", visit.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_for_an_embedded_server_is_looked_at_without_starting_one() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    std::fs::create_dir_all(state.join("data")).unwrap();
    std::fs::write(state.join("data/postmaster.pid"), "4194303\n").unwrap();

    let visit = doctor(&[("FOREWARM_STATE_DIR", state.to_str().unwrap())]).await;

    assert!(!visit.ok);
    visit.says("ok", "is installed");
    visit.says("ok", "holds no data yet");
    visit.says("warning", "left its pid file (process 4194303)");
    visit.says("problem", "no Forewarm with an embedded Postgres runs on");
    assert!(state.join("data/postmaster.pid").exists(), "nothing is changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_work_and_are_dangerous_are_warned_about_also_as_json() {
    let lab = Lab::in_real_time().await;
    let mut draft = Lab::draft("open", "dragonfly", "http://engine.invalid:8080");
    draft.insecure_tls = true;
    lab.instance(draft).await;
    let keys = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(keys.path(), KEY).unwrap();
    std::fs::set_permissions(keys.path(), std::fs::Permissions::from_mode(0o644)).unwrap();

    let visit = doctor(&[
        ("FOREWARM_DATABASE_URL", &lab.database.url),
        ("FOREWARM_KEY_FILE", keys.path().to_str().unwrap()),
        ("FOREWARM_LISTEN", "0.0.0.0:8080"),
        ("FOREWARM_DOCTOR_OUTPUT", "json"),
    ])
    .await;

    let found: Value = serde_json::from_str(&visit.text).unwrap();
    assert_eq!((found["ok"].as_bool(), visit.ok), (Some(false), false), "the engine is away");
    let warnings: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == "warning")
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    for expected in [
        "by plain http: passwords",
        "accepts any certificate",
        "our credentials by plain http",
        "can be read by others",
    ] {
        assert!(warnings.iter().any(|warning| warning.contains(expected)), "{expected}: {warnings:#?}");
    }
    assert_eq!(found["warnings"], warnings.len());
}
