//! No secret is anywhere but where it must be: not in the database, not in the queue, not in a log, not in an answer.
//! A server with everything logged is taken through its whole life, and then all that it left behind is searched.

mod answers;
mod flow;
mod search;

use rustix::process::Signal;

use crate::support::access::ADMIN_TOKEN;
use crate::support::keys::KEY;
use crate::support::postgres::database;
use crate::support::server::Server;
use flow::Flow;
use search::{Needles, dump};

/// Everything that is secret, by what it is. Whoever adds a kind of secret adds one here, and uses it in `flow.rs`.
const SECRETS: &[(&str, &str)] = &[
    ("registry password", REGISTRY_PASSWORD),
    ("registry password that is wrong", WRONG_PASSWORD),
    ("password of a mirror", MIRROR_PASSWORD),
    ("token of a Dragonfly", DRAGONFLY_TOKEN),
    ("header value of an instance", HEADER_VALUE),
    ("event secret", EVENT_SECRET),
    ("event secret that is wrong", WRONG_EVENT_SECRET),
    ("header value for an origin", ORIGIN_HEADER),
    ("password for an origin", ORIGIN_PASSWORD),
    ("signature of a file's address", SIGNATURE),
    ("secret in a request that is refused", REFUSED),
    ("secret after a change", CHANGED),
    ("API token", ADMIN_TOKEN),
    ("password of a user", USER_PASSWORD),
    ("password of a user after a change", NEXT_PASSWORD),
    ("password that fails", FAILED_PASSWORD),
    ("API token that nobody knows", UNKNOWN_TOKEN),
    ("key of the database", KEY),
];

const REGISTRY_PASSWORD: &str = "Rj7-registry-password-x1";
const WRONG_PASSWORD: &str = "Kq2-wrong-password-x2";
const MIRROR_PASSWORD: &str = "Zt9-mirror-password-x3";
const DRAGONFLY_TOKEN: &str = "Wd4-dragonfly-token-x4";
const HEADER_VALUE: &str = "Lm6-instance-header-x5";
const EVENT_SECRET: &str = "Pf3-event-secret-x6";
const WRONG_EVENT_SECRET: &str = "Gh8-wrong-event-secret-x7";
const ORIGIN_HEADER: &str = "Vb5-origin-header-x8";
const ORIGIN_PASSWORD: &str = "Ny1-origin-password-x9";
const SIGNATURE: &str = "Sx0-presigned+signature/x10==";
const REFUSED: &str = "Uc4-refused-secret-x11";
const CHANGED: &str = "Ea7-changed-secret-x12";
const USER_PASSWORD: &str = "Ho3-password-of-a-user-x13";
const NEXT_PASSWORD: &str = "Ib5-next-password-x14";
const FAILED_PASSWORD: &str = "Jd8-failed-password-x15";
const UNKNOWN_TOKEN: &str = "fwm_dW5rbm93bi10b2tlbi1vZi1ub2JvZHkteDE2LXgxNng";

/// What every part of the program says, also what it says to its authors only.
const EVERYTHING: &str =
    "trace,sqlx=trace,apalis=trace,apalis_core=trace,apalis_postgres=trace,poem=trace,hyper=trace,h2=trace";

#[tokio::test(flavor = "multi_thread")]
async fn after_a_whole_life_no_secret_is_found_in_the_database_the_logs_or_any_answer() {
    let database = database().await;
    let variables = [("FOREWARM_DATABASE_URL", database.url.as_str()), ("FOREWARM_LOG", EVERYTHING)];
    let mut server = Server::start(&variables).await;
    let url = server.url.clone();
    // On its own, so that a server that is dropped in a panic does not print its whole log.
    let flow = tokio::spawn(async move { Flow::run(&url).await }).await;
    let flow = match flow {
        Ok(flow) => flow,
        Err(error) => {
            drop(server);
            panic!("the life broke off: {error}");
        }
    };
    let left = dump(&database.pool().await).await;
    server.signal(Signal::TERM);
    server.process.wait().await.unwrap();
    let log = server.log();
    // Or a failure would print it all.
    drop(server);

    assert!(log.contains("\"TRACE\"") && log.contains("sqlx::query"), "everything was logged");
    assert!(
        left.matches("v1:").count() > 10 && left.contains("apalis.jobs"),
        "the dump holds what it should"
    );
    let answers = flow.answers.all();
    assert!(answers.contains("secret_set") && answers.contains("?…"), "{answers}");

    let mut needles = Needles::of(SECRETS);
    let tokens = flow.tokens_handed_out();
    assert!(!tokens.is_empty(), "the token server had work");
    for token in &tokens {
        needles.add("token of a registry", token);
    }
    // Shown once, in the answer to whoever made it.
    assert_eq!(answers.matches(flow.made_token.as_str()).count(), 1);
    let mut made = Needles::of(&[]);
    made.add("API token that was made", &flow.made_token);
    let mut found = needles.find("the database", &left);
    found.extend(made.find("the database", &left));
    found.extend(made.find("the log", &log));
    found.extend(needles.find("the log", &log));
    found.extend(needles.find("an answer", &answers));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn the_search_finds_a_secret_in_any_column_and_in_any_disguise() {
    let database = database().await;
    let pool = database.pool().await;
    let needles = Needles::of(SECRETS);
    assert!(needles.find("the database", &dump(&pool).await).is_empty());
    let secret = format!("ann:{REGISTRY_PASSWORD}");
    for (n, disguise) in [
        "SELECT $1::text AS value",
        "SELECT $1::text::bytea AS value",
        "SELECT jsonb_build_object('deep', ARRAY[$1::text]) AS value",
        "SELECT encode($1::text::bytea, 'base64') AS value",
        "SELECT encode(('x' || $1::text)::bytea, 'base64') AS value",
        "SELECT encode(('xy' || $1::text)::bytea, 'hex') AS value",
    ]
    .into_iter()
    .enumerate()
    {
        let statement = format!(
            "CREATE SCHEMA s{n}; CREATE TABLE s{n}.t AS {}",
            disguise.replace("$1", &format!("'{secret}'"))
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
        let found = needles.find("the database", &dump(&pool).await);
        assert!(found.iter().any(|line| line.contains("registry password")), "{disguise}");
        let statement = format!("DROP SCHEMA s{n} CASCADE");
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    }
    let text = "GET /a?sig=Sx0-presigned%2Bsignature%2Fx10%3D%3D";
    assert!(!needles.find("a log", text).is_empty(), "percent-encoded");
}
