//! How an instance of Harbor's lets us in, and what an update leaves of it.

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::harbor::credentials::{AuthInfo, decode, merge, mode};

/// The entries of `auth_info`, as a row gives them.
type Entries = &'static [(&'static str, &'static str)];

/// The credentials of before, mode and entries of the update, and what is stored then; None = it is refused.
type Update<'a> = (&'a Auth, &'a str, Option<Entries>, Option<Auth>);

fn info(entries: &[(&str, &str)]) -> AuthInfo {
    entries.iter().map(|(key, value)| ((*key).to_owned(), Secret::new(*value))).collect()
}

fn basic(username: &str, password: &str) -> Auth {
    Auth::Basic { username: username.to_owned(), password: Secret::new(password) }
}

fn bearer(token: &str) -> Auth {
    Auth::Bearer { token: Secret::new(token) }
}

fn header(name: &str, value: &str) -> Auth {
    Auth::Header { name: name.to_owned(), value: Secret::new(value) }
}

#[test]
fn each_mode_reads_its_own_entries() {
    let table: [(&str, Entries, Auth); 8] = [
        ("NONE", &[], Auth::None),
        ("NONE", &[("token", "a")], Auth::None),
        ("BASIC", &[("username", "password")], basic("username", "password")),
        ("OAUTH", &[("token", "my-token")], bearer("my-token")),
        ("CUSTOM", &[("api-key", "my-api-key")], header("api-key", "my-api-key")),
        // Harbor takes one of both entries at random, as user and password.
        ("BASIC", &[("username", "u"), ("password", "p")], basic("u", "p")),
        ("BASIC", &[("robot$a", "")], basic("robot$a", "")),
        ("CUSTOM", &[("b", "2"), ("a", "1")], header("a", "1")),
    ];
    for (word, entries, expected) in table {
        assert_eq!(decode(word, &info(entries)).unwrap(), expected, "{word} {entries:?}");
        assert_eq!(mode(&expected), word);
    }
}

#[test]
fn what_cannot_work_is_refused_when_it_is_stored() {
    let table: [(&str, Entries, &str); 16] = [
        ("BASIC", &[], "auth_info"),
        ("OAUTH", &[], "auth_info"),
        ("CUSTOM", &[], "auth_info"),
        ("OAUTH", &[("t", "x")], "auth_info"),
        // Harbor stores these, and finds no handler for them later.
        ("none", &[], "auth_mode"),
        ("", &[], "auth_mode"),
        ("FOO", &[], "auth_mode"),
        ("basic", &[("u", "p")], "auth_mode"),
        ("OAUTH", &[("token", "")], "auth_info"),
        ("OAUTH", &[("token", "a\nb")], "auth_info"),
        ("BASIC", &[("u", "p"), ("v", "q")], "auth_info"),
        ("BASIC", &[("", "p")], "auth_info"),
        ("BASIC", &[("u:v", "p")], "auth_info"),
        ("BASIC", &[("u", "p\r\nX: y")], "auth_info"),
        ("CUSTOM", &[("bad name", "v")], "auth_info"),
        ("CUSTOM", &[("a", "v\r\nX: y")], "auth_info"),
    ];
    for (word, entries, field) in table {
        let wrong = decode(word, &info(entries)).unwrap_err();
        assert_eq!(wrong.field, field, "{word} {entries:?}");
    }
}

#[test]
fn an_update_keeps_replaces_or_clears_as_harbors_table_says() {
    let stored = bearer("a");
    let table: [Update<'_>; 10] = [
        (&stored, "OAUTH", None, Some(bearer("a"))),
        (&stored, "OAUTH", Some(&[]), Some(bearer("a"))),
        // Harbor writes the empty mode besides, and then finds no handler for it.
        (&stored, "", None, Some(bearer("a"))),
        (&stored, "OAUTH", Some(&[("token", "b")]), Some(bearer("b"))),
        (&stored, "NONE", None, Some(Auth::None)),
        (&stored, "BASIC", None, Some(basic("token", "a"))),
        // Harbor stores it empty and fails later.
        (&Auth::None, "OAUTH", None, None),
        (&stored, "", Some(&[("token", "b")]), Some(bearer("b"))),
        (&stored, "FOO", None, None),
        (&basic("u", "p"), "OAUTH", None, None),
    ];
    for (before, word, entries, expected) in table {
        let given = entries.map(info);
        assert_eq!(merge(before, word, given.as_ref()).ok(), expected, "{word} {entries:?}");
    }
}

#[test]
fn no_complaint_tells_a_secret() {
    for (word, entries) in [
        ("OAUTH", info(&[("t", "s3cret")])),
        ("BASIC", info(&[("u", "s3cret\n")])),
        ("CUSTOM", info(&[("a b", "s3cret")])),
        ("FOO", info(&[("a", "s3cret")])),
    ] {
        let wrong = decode(word, &entries).unwrap_err();
        assert!(!format!("{wrong} {wrong:?} {entries:?}").contains("s3cret"), "{word}");
    }
}
