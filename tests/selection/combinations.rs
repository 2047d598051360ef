//! How filters combine: Harbor's own table (goharbor/harbor c50c7ddd, `policy/filter_test.go` and what follows from
//! the code), with the rows marked where Forewarm decides otherwise.

use forewarm_domain::filter::{Filter, Selector, split_labels};
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::{Scheme, Signature};

struct Candidate {
    repository: &'static str,
    tag: &'static str,
    labels: &'static [&'static str],
    signed: bool,
    worst: Severity,
}

const BOTH: &[&str] = &["prod_ready", "approved"];

/// Numbered from 1 in the table.
const CANDIDATES: [Candidate; 7] = [
    candidate("sub/busybox", "prod", BOTH, true, Severity::Medium),
    candidate("sub/busybox", "qa", BOTH, true, Severity::Medium),
    candidate("portal", "prod", BOTH, true, Severity::Medium),
    candidate("sub/busybox", "prod2", BOTH, true, Severity::Critical),
    candidate("sub/busybox", "prod3", BOTH, false, Severity::Medium),
    candidate("sub/busybox", "prod4", &["prod_ready"], true, Severity::Medium),
    candidate("portal", "qa", &["staged"], false, Severity::High),
];

const fn candidate(
    repository: &'static str,
    tag: &'static str,
    labels: &'static [&'static str],
    signed: bool,
    worst: Severity,
) -> Candidate {
    Candidate { repository, tag, labels, signed, worst }
}

fn repository(pattern: &str) -> Filter {
    Filter::Repository { pattern: pattern.to_owned() }
}

fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.to_owned() }
}

/// Labels as Harbor writes them, in one text; an empty one is no filter.
fn label(text: &str) -> Vec<Filter> {
    let labels = split_labels(text);
    if labels.is_empty() { vec![] } else { vec![Filter::Label { labels }] }
}

fn signature(signed: bool) -> Filter {
    Filter::Signature { signed }
}

fn vulnerability(max_severity: Severity) -> Filter {
    Filter::Vulnerability { max_severity }
}

/// Numbers of the candidates that pass.
fn passing(filters: &[Filter]) -> Vec<usize> {
    let selector = Selector::compile(filters).unwrap();
    let passes = |candidate: &Candidate| {
        let labels: Vec<String> = candidate.labels.iter().map(|label| (*label).to_owned()).collect();
        let signature = Signature { scheme: Scheme::CosignTag, of_index: false };
        let signatures = if candidate.signed { vec![signature] } else { vec![] };
        selector.repository(candidate.repository).is_ok()
            && selector.tag(candidate.tag).is_ok()
            && selector.labels(&labels).is_ok()
            && selector.signatures(&signatures).is_ok()
            && selector.scan(&Scan::Worst(candidate.worst)).is_ok()
    };
    CANDIDATES.iter().zip(1..).filter(|(candidate, _)| passes(candidate)).map(|(_, number)| number).collect()
}

#[test]
fn filters_combine_as_in_harbors_table() {
    let all = vec![1, 2, 3, 4, 5, 6, 7];
    let path = [repository("sub/**"), tag("prod*")];
    let with = |more: Vec<Filter>| [path.to_vec(), more].concat();
    let labelled = label("prod_ready,approved");
    let signed = [labelled.clone(), vec![signature(true)]].concat();
    let everything = [signed.clone(), vec![vulnerability(Severity::High)]].concat();
    let table: [(&str, Vec<Filter>, Vec<usize>); 16] = [
        ("all five", with(everything), vec![1]),
        ("** and **", vec![repository("**"), tag("**")], all.clone()),
        ("** and *", vec![repository("**"), tag("*")], all.clone()),
        ("repository and tag", with(vec![]), vec![1, 4, 5, 6]),
        ("and labels", with(labelled), vec![1, 4, 5]),
        ("and signature", with(signed), vec![1, 4]),
        ("one label", label("approved"), vec![1, 2, 3, 4, 5]),
        // Harbor neither trims nor unwraps, and finds nothing here.
        ("a blank after the comma", label("prod_ready, approved"), vec![1, 2, 3, 4, 5]),
        ("in braces", label("{prod_ready,approved}"), vec![1, 2, 3, 4, 5]),
        ("an empty label", label(""), all.clone()),
        ("medium", vec![vulnerability(Severity::Medium)], vec![]),
        ("critical", vec![vulnerability(Severity::Critical)], vec![1, 2, 3, 5, 6, 7]),
        ("none", vec![vulnerability(Severity::None)], vec![]),
        ("unsigned", vec![signature(false)], vec![5, 7]),
        ("two tag filters", vec![tag("prod*"), tag("*2")], vec![4]),
        ("empty patterns", vec![repository(""), tag("")], all),
    ];
    for (name, filters, expected) in table {
        assert_eq!(passing(&filters), expected, "{name}");
    }
}

#[test]
fn labels_may_be_given_one_by_one_or_wrapped() {
    for labels in [vec![" prod_ready ", "approved"], vec!["{prod_ready, approved}"]] {
        let labels = labels.into_iter().map(str::to_owned).collect();
        assert_eq!(passing(&[Filter::Label { labels }]), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn what_was_not_scanned_counts_as_vulnerable_and_says_so() {
    let selector = Selector::compile(&[vulnerability(Severity::Critical)]).unwrap();
    let why = selector.scan(&Scan::Unscanned("there is no report".to_owned())).unwrap_err();
    assert_eq!(why.filter, "vulnerability");
    assert_eq!(
        why.reason,
        "it counts as vulnerable: there is no report; the policy allows none of critical or above"
    );
}
