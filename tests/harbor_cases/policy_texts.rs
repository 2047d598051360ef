//! The texts in a policy of Harbor's: filters, trigger and extra attributes. More of triggers is in `triggers`.

use forewarm_domain::filter::Filter;
use forewarm_domain::harbor::extra_attrs::ExtraAttrs;
use forewarm_domain::harbor::{filters, trigger};
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::scope::Scope;
use forewarm_domain::severity::Severity;

const THREE: &str =
    r#"[{"type":"repository","value":"**"},{"type":"tag","value":"**"},{"type":"label","value":"test"}]"#;
const EVENT: &str = r#"{"type":"event_based","trigger_setting":{}}"#;

/// Filters, trigger, extra attributes, and which of them Forewarm complains about. Harbor answers 500 where it does.
const ROWS: [(&str, &str, &str, &[&str]); 12] = [
    (THREE, r#"{"type":"event_based","trigger_setting":{"cron":""}}"#, r#"{"key":"value"}"#, &[]),
    // 400 here, and it says what is wrong.
    ("", "invalid", "", &["filters", "trigger"]),
    ("invalid", "", "", &["filters", "trigger"]),
    (THREE, "", "", &["trigger"]),
    // Harbor saves these, and fails when the policy runs; Forewarm refuses them at once.
    ("null", EVENT, "", &["filters"]),
    ("[]", EVENT, "", &["filters"]),
    (THREE, "null", "", &[]),
    (THREE, "{}", "", &[]),
    (THREE, EVENT, "", &[]),
    // 400 here.
    (THREE, EVENT, "not json", &["extra_attrs"]),
    (THREE, EVENT, r#"{"key":"value"}"#, &[]),
    (
        r#"[{"type":"repository","value":"zgila/alpine*"},{"type":"tag","value":"v1.0*"},{"type":"label","value":"release"}]"#,
        r#"{"type":"scheduled","trigger_setting":{"cron":"0 8 * * * *"}}"#,
        "",
        &[],
    ),
];

#[test]
fn every_row_of_harbors_table_is_taken_or_refused_as_it_says() {
    for (filters, trigger, attrs, expected) in ROWS {
        let complaints =
            [filters::decode(filters).err(), trigger::decode(trigger).err(), ExtraAttrs::decode(attrs).err()];
        let fields: Vec<String> = complaints.into_iter().flatten().map(|wrong| wrong.field).collect();
        assert_eq!(fields, expected, "{filters} {trigger} {attrs}");
    }
}

#[test]
fn a_policy_comes_back_in_exactly_harbors_form() {
    assert_eq!(filters::encode(&filters::decode(THREE).unwrap()), THREE);
    assert_eq!(trigger::encode(&trigger::decode(EVENT).unwrap()), EVENT);
    for attrs in [r#"{"key":"value"}"#, r#"{"a":{"b":1},"cluster_ids":[1,2,3],"scope":"all_peers"}"#, ""] {
        assert_eq!(ExtraAttrs::decode(attrs).unwrap().encode(), attrs);
    }
}

#[test]
fn each_type_of_filter_reads_its_own_kind_of_value() {
    let label = |labels: &[&str]| {
        vec![Filter::Label { labels: labels.iter().map(|label| (*label).to_owned()).collect() }]
    };
    let bar = |max_severity| vec![Filter::Vulnerability { max_severity }];
    let table = [
        (r#"{"type":"repository","value":"a/**"}"#, vec![Filter::Repository { pattern: "a/**".to_owned() }]),
        (r#"{"type":"tag","value":""}"#, vec![Filter::Tag { pattern: String::new() }]),
        (r#"{"type":"label","value":"a"}"#, label(&["a"])),
        // Harbor would look for labels named ' b', '{a' and 'b}'.
        (r#"{"type":"label","value":"a, b"}"#, label(&["a", "b"])),
        (r#"{"type":"label","value":"{a,b}"}"#, label(&["a", "b"])),
        (r#"{"type":"label","value":""}"#, vec![]),
        (r#"{"type":"signature","value":true}"#, vec![Filter::Signature { signed: true }]),
        (r#"{"type":"signature","value":false}"#, vec![Filter::Signature { signed: false }]),
        (r#"{"type":"vulnerability","value":0}"#, bar(Severity::None)),
        (r#"{"type":"vulnerability","value":3}"#, bar(Severity::Medium)),
        (r#"{"type":"vulnerability","value":5}"#, bar(Severity::Critical)),
    ];
    for (entry, expected) in table {
        let read = filters::decode(&format!("[{entry}]")).unwrap();
        assert_eq!(read, expected, "{entry}");
        if !read.is_empty() {
            assert_eq!(filters::decode(&filters::encode(&read)).unwrap(), read, "{entry}");
        }
    }
}

#[test]
fn a_wrong_filter_is_named_by_its_place() {
    for entry in [
        r#"{"type":"repository","value":100}"#,
        r#"{"type":"signature","value":"true"}"#,
        r#"{"type":"vulnerability","value":"3"}"#,
        r#"{"type":"vulnerability","value":6}"#,
        r#"{"type":"vulnerability","value":-1}"#,
        r#"{"type":"vulnerability","value":2.5}"#,
        r#"{"type":"repository","value":null}"#,
        r#"{"type":"tag","value":null}"#,
        r#"{"type":"label","value":null}"#,
        r#"{"type":"label","value":","}"#,
        r#"{"type":"signature","value":null}"#,
        r#"{"type":"vulnerability"}"#,
        r#"{"type":"foo","value":"a"}"#,
        r#"{"value":"a"}"#,
        "null",
        "1",
    ] {
        let wrong = filters::decode(&format!(r#"[{{"type":"tag","value":"*"}},{entry}]"#)).unwrap_err();
        assert_eq!(wrong.field, "filters");
        assert!(wrong.reason.starts_with("entry 2 "), "{entry}: {wrong}");
    }
    for text in [r#"{"type":"tag","value":"*"}"#, "1", "[1", " "] {
        assert_eq!(filters::decode(text).unwrap_err().field, "filters", "{text}");
    }
}

#[test]
fn a_policy_without_filters_is_shown_in_a_form_that_may_be_sent_back() {
    let shown = filters::encode(&[]);
    assert_eq!(shown, r#"[{"type":"repository","value":"**"},{"type":"tag","value":"**"}]"#);
    assert_eq!(filters::decode(&shown).unwrap().len(), 2);
}

#[test]
fn scope_and_clusters_become_options_and_the_rest_is_kept() {
    let attrs = r#"{"scope":"all_seed_peers","cluster_ids":[1,2],"key":"value"}"#;
    let read = ExtraAttrs::decode(attrs).unwrap();
    assert_eq!(read.other.len(), 1);
    let mut options = PreheatOptions { count: Some(3), ..PreheatOptions::default() };
    read.apply(&mut options);
    assert_eq!((options.scope, options.count), (Some(Scope::AllSeedPeers), Some(3)));
    assert_eq!(ExtraAttrs::of(&options).encode(), r#"{"cluster_ids":[1,2],"scope":"all_seed_peers"}"#);
    for nothing in ["", "null", "{}", r#"{"scope":"","cluster_ids":null}"#] {
        assert_eq!(ExtraAttrs::decode(nothing).unwrap(), ExtraAttrs::default(), "{nothing}");
    }
}

#[test]
fn a_wrong_scope_is_refused_and_does_not_wait_for_the_tasks_to_fail() {
    for attrs in [
        r#"{"scope":"foo"}"#,
        r#"{"scope":1}"#,
        r#"{"cluster_ids":["1"]}"#,
        r#"{"cluster_ids":[-1]}"#,
        r#"{"cluster_ids":1}"#,
        "[]",
    ] {
        assert_eq!(ExtraAttrs::decode(attrs).unwrap_err().field, "extra_attrs", "{attrs}");
    }
}
