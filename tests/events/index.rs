//! Which of many policies an event could be about.

use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::glob::{Glob, Patterns};
use forewarm_domain::policy_index::{Indexed, PolicyIndex, within};

fn repository(pattern: &str) -> Filter {
    Filter::Repository { pattern: pattern.to_owned() }
}

fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.to_owned() }
}

fn index(policies: &[(&str, Vec<Filter>)]) -> PolicyIndex {
    let indexed = policies.iter().enumerate().map(|(id, (namespace, filters))| Indexed {
        id: i64::try_from(id).unwrap(),
        namespace,
        filters,
    });
    PolicyIndex::build(indexed).unwrap()
}

fn candidates(index: &PolicyIndex, repository: &str, tags: &[&str]) -> Vec<i64> {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    index.candidates(repository, &tags)
}

#[test]
fn a_pattern_sees_the_name_without_the_namespace_of_its_project() {
    let index = index(&[
        ("shop", vec![repository("cart")]),
        ("shop", vec![repository("shop/cart")]),
        ("", vec![repository("shop/cart")]),
        ("shop/cart", vec![]),
        ("sho", vec![]),
        ("shop", vec![]),
    ]);
    assert_eq!(index.of_repository("shop/cart"), [0, 2, 5]);
    assert_eq!(index.of_repository("shop/cart/api"), [3, 5]);
    assert_eq!(index.of_repository("shopping"), [] as [i64; 0]);
}

#[test]
fn all_patterns_of_a_policy_must_match_and_all_tag_patterns_the_same_tag() {
    let index = index(&[
        ("", vec![repository("shop/**"), repository("**/cart")]),
        ("", vec![tag("v*"), tag("*-rc")]),
        ("", vec![repository(""), tag("")]),
    ]);
    assert_eq!(candidates(&index, "shop/cart", &["v1"]), [0, 2]);
    assert_eq!(candidates(&index, "shop/web", &["v1", "1-rc"]), [2], "no one tag matches both");
    assert_eq!(candidates(&index, "shop/web", &["v1-rc"]), [1, 2]);
}

#[test]
fn any_of_the_tags_will_do_and_without_a_tag_there_is_no_candidate() {
    let index = index(&[("", vec![tag("v*")]), ("", vec![])]);
    assert_eq!(candidates(&index, "a", &["latest", "v1"]), [0, 1]);
    assert_eq!(candidates(&index, "a", &["latest"]), [1]);
    assert_eq!(candidates(&index, "a", &[]), [] as [i64; 0]);
}

#[test]
fn no_policies_are_no_candidates() {
    assert_eq!(candidates(&index(&[]), "a", &["v1"]), [] as [i64; 0]);
}

#[test]
fn the_namespace_ends_at_a_slash() {
    assert_eq!(within("shop/cart", "shop"), Some("cart"));
    assert_eq!(within("shop/cart", ""), Some("shop/cart"));
    assert_eq!(within("shopping/cart", "shop"), None);
    assert_eq!(within("shop", "shop"), None);
}

#[test]
fn many_patterns_at_once_answer_like_one_at_a_time() {
    let rows: Vec<Vec<&str>> =
        include_str!("../data/doublestar-vectors.tsv").lines().map(|row| row.split('\t').collect()).collect();
    let valid: Vec<&str> =
        rows.iter().map(|row| row[0]).filter(|pattern| Glob::new(pattern).is_ok()).collect();
    let globs: Vec<Glob> = valid.iter().map(|pattern| Glob::new(pattern).unwrap()).collect();
    let mut patterns = Patterns::default();
    let numbers: Vec<usize> = valid.iter().map(|pattern| patterns.add(pattern).unwrap()).collect();
    let set = patterns.compile().unwrap();
    for name in rows.iter().map(|row| row[1]) {
        let matching = set.matching(name);
        for (glob, number) in globs.iter().zip(&numbers) {
            assert_eq!(matching[*number], glob.is_match(name), "{} against {name}", glob.pattern());
        }
    }
}

#[test]
fn many_policies_are_indexed_and_agree_with_their_filters() {
    let filters: Vec<Vec<Filter>> = (0..1_500)
        .map(|n| match n % 4 {
            0 => vec![repository(&format!("team-{n}/**")), tag("v*")],
            1 => vec![repository(&format!("*-{}/app*", n % 97)), tag(&format!("v{}.*", n % 13))],
            2 => vec![repository("**/app-{a,b,c}*"), tag("{latest,v?.*}")],
            _ => vec![tag(&format!("*-{n}"))],
        })
        .collect();
    let indexed = filters.iter().enumerate().map(|(n, filters)| Indexed {
        id: i64::try_from(n).unwrap(),
        namespace: "shop",
        filters,
    });
    let index = PolicyIndex::build(indexed).unwrap();

    let found = candidates(&index, "shop/team-96/app-b1", &["v5.1", "rel-99"]);

    let passes = |filters: &Vec<Filter>| {
        let selector = Selector::compile(filters).unwrap();
        let tagged = ["v5.1", "rel-99"].iter().any(|tag| selector.tag(tag).is_ok());
        selector.repository("team-96/app-b1").is_ok() && tagged
    };
    // The first of them, since compiling one by one takes its time.
    let expected: Vec<i64> = (0..200).filter(|n| passes(&filters[usize::try_from(*n).unwrap()])).collect();
    let first: Vec<i64> = found.into_iter().filter(|id| *id < 200).collect();
    assert!(expected.contains(&96) && expected.len() > 20, "{expected:?}");
    assert_eq!(first, expected);
}
