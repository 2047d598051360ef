//! Filters as users write them.

use super::*;

#[test]
fn no_filter_lets_everything_pass() {
    for filters in [vec![], vec![repository(""), tag("")]] {
        let selector = Selector::compile(&filters).unwrap();
        assert_eq!(selector.repository("any/thing"), Ok(()));
        assert_eq!(selector.tag("v1"), Ok(()));
        assert_eq!(selector.labels(&[]), Ok(()));
        assert!(!selector.needs_labels());
    }
}

#[test]
fn an_artifact_must_pass_every_filter_and_learns_which_it_failed() {
    let filters =
        [repository("web/**"), repository("**/api"), tag("v*"), labels(&["tier=1"]), labels(&[" eu "])];
    let selector = Selector::compile(&filters).unwrap();
    assert!(selector.needs_labels());

    assert_eq!(selector.repository("web/api"), Ok(()));
    assert_eq!(selector.tag("v1"), Ok(()));
    assert_eq!(selector.labels(&["eu".into(), "tier=1".into(), "x".into()]), Ok(()));

    let out = selector.repository("web/shop").unwrap_err();
    assert_eq!(
        (out.filter, out.reason.as_str()),
        ("repository", "repository 'web/shop' does not match '**/api'")
    );
    let out = selector.tag("latest").unwrap_err();
    assert_eq!((out.filter, out.reason.as_str()), ("tag", "tag 'latest' does not match 'v*'"));
    let out = selector.labels(&["tier=1".into()]).unwrap_err();
    assert_eq!((out.filter, out.reason.as_str()), ("label", "label 'eu' is missing"));
}

#[test]
fn every_bad_filter_is_named_by_its_place() {
    let filters = [repository("[a"), tag("v1"), labels(&[]), tag("{a"), labels(&["ok", " "])];
    let complaints = Selector::compile(&filters).unwrap_err();
    let fields: Vec<&str> = complaints.iter().map(|complaint| complaint.field.as_str()).collect();
    assert_eq!(
        fields,
        ["filters[0].pattern", "filters[2].labels", "filters[3].pattern", "filters[4].labels"]
    );
    assert!(complaints[0].reason.starts_with("at position 1: '[' is not closed"), "{}", complaints[0]);
}

#[test]
fn a_policy_has_a_bounded_number_of_filters() {
    Selector::compile(&vec![tag("v1"); MAX_FILTERS]).unwrap();
    // Refused without a look at the patterns: compiling them is what the limit is for.
    let complaints = Selector::compile(&vec![tag("[bad"); MAX_FILTERS + 1]).unwrap_err();
    assert_eq!(texts(&complaints), ["filters: must have at most 50 entries"]);
}
