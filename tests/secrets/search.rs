//! Searches texts for secrets, as they are and encoded.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sqlx::{PgPool, Row};

/// What to search for.
pub struct Needles(Vec<Needle>);

struct Needle {
    what: String,
    how: &'static str,
    text: String,
}

/// How much is shown around what was found.
const CONTEXT: usize = 100;

impl Needles {
    pub fn of(secrets: &[(&str, &str)]) -> Self {
        let mut needles = Self(Vec::new());
        for (what, secret) in secrets {
            needles.add(what, secret);
        }
        needles
    }

    pub fn add(&mut self, what: &str, secret: &str) {
        let mut add = |how, text| self.0.push(Needle { what: what.to_owned(), how, text });
        add("as it is", secret.to_owned());
        add("in hexadecimal", hex::encode(secret));
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        add("percent-encoded", encoded);
        for shift in 0..3 {
            let (standard, url_safe) = base64_within(secret, shift);
            add("in base64", standard);
            add("in URL-safe base64", url_safe);
        }
    }

    /// One line for each secret that is in the text.
    pub fn find(&self, place: &str, text: &str) -> Vec<String> {
        let lines = self.0.iter().filter_map(|needle| {
            let at = text.find(&needle.text)?;
            let from = text.floor_char_boundary(at.saturating_sub(CONTEXT));
            let to = text.ceil_char_boundary((at + needle.text.len() + CONTEXT).min(text.len()));
            Some(format!("{place} holds the {} {}: …{}…", needle.what, needle.how, &text[from..to]))
        });
        lines.collect()
    }
}

/// What is always there of the base64 of a text that holds the secret after `shift` other bytes.
fn base64_within(secret: &str, shift: usize) -> (String, String) {
    let text = [&b"\0\0"[..shift], secret.as_bytes()].concat();
    // The first and the last characters also depend on what is around the secret.
    let skip = [0, 2, 3][shift];
    let core = |encoded: String| encoded[skip..encoded.len() - 2].to_owned();
    (core(STANDARD_NO_PAD.encode(&text)), core(URL_SAFE_NO_PAD.encode(&text)))
}

/// Every row of every table of every schema, the queue's too, as text; binary columns in hexadecimal.
pub async fn dump(pool: &PgPool) -> String {
    let tables = sqlx::query(
        "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')",
    );
    let mut dump = String::new();
    for table in tables.fetch_all(pool).await.unwrap() {
        let name: String = table.get("name");
        let rows = format!("SELECT row_to_json(t)::text FROM {name} t");
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(pool).await.unwrap();
        dump += &format!("{name}\n{}\n", rows.join("\n"));
    }
    dump
}
