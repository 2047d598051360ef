//! Patterns of repositories and tags: Harbor's matcher (bmatcuk/doublestar v1.3.4) against ours, which is v4's.

use forewarm_domain::filter::{Filter, Selector};

/// Pattern, name, and what Harbor answers: `true`, `false`, or `err`.
const VECTORS: &str = include_str!("../data/harbor_globs.tsv");

/// Where we answer otherwise, and why.
const DIFFERENT: [(&str, &str, &str, &str); 8] = [
    ("*/**", "a", "true", "a trailing /** also matches nothing (v4)"),
    ("sub/**", "sub", "true", "a trailing /** also matches nothing (v4)"),
    ("{a,b/**}", "b", "true", "a trailing /** also matches nothing (v4)"),
    ("{nginx,redis}/**", "redis", "true", "a trailing /** also matches nothing (v4)"),
    ("v[!0-9]*", "va", "true", "[! negates, as [^ does (v4)"),
    ("a}", "a}", "err", "a lone } is most likely a mistake"),
    ("{*,**}", "a/b", "true", "members are spliced as they stand, so this ** is a whole segment (v4)"),
    ("é*", "éa", "err", "names have no such characters, so it could match nothing"),
];

/// What we answer; an invalid pattern is refused when it is stored.
fn ours(pattern: &str, name: &str) -> &'static str {
    match Selector::compile(&[Filter::Tag { pattern: pattern.to_owned() }]) {
        Err(_) => "err",
        Ok(selector) if selector.tag(name).is_ok() => "true",
        Ok(_) => "false",
    }
}

#[test]
fn patterns_match_as_in_harbor_but_for_a_visible_list() {
    let rows: Vec<Vec<&str>> = VECTORS.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows.len(), 85);
    let mut found = Vec::new();
    for row in rows {
        let answer = ours(row[0], row[1]);
        if answer != row[2] {
            found.push((row[0], row[1], answer));
        }
    }
    let expected: Vec<_> =
        DIFFERENT.iter().map(|(pattern, name, answer, _)| (*pattern, *name, *answer)).collect();
    assert_eq!(found, expected);
}
