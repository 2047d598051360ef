//! What a project and its registry demand beside a policy's filters: the stricter wins, and nothing is dropped.

use forewarm_domain::criteria::{Criteria, Demand, Source};
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::severity::Severity;

fn severity(max_severity: Severity) -> Filter {
    Filter::Vulnerability { max_severity }
}

fn selector(filters: &[Filter], project: Criteria, registry: Criteria) -> Selector {
    let selector = Selector::compile(filters).unwrap();
    selector.with(&project, Source::Project).with(&registry, Source::Registry)
}

fn demands(signed_only: bool, max_severity: Option<Severity>) -> Criteria {
    Criteria { signed_only, max_severity }
}

#[test]
fn the_lowest_severity_wins_and_is_named_with_its_source() {
    let nothing = Criteria::default();
    let table = [
        (None, None, None, None),
        (Some(Severity::High), None, None, Some((Severity::High, Source::Policy))),
        (None, Some(Severity::High), None, Some((Severity::High, Source::Project))),
        (None, None, Some(Severity::High), Some((Severity::High, Source::Registry))),
        // The policy is stricter than what Harbor's project demands: Harbor itself would drop the policy's.
        (
            Some(Severity::Negligible),
            None,
            Some(Severity::High),
            Some((Severity::Negligible, Source::Policy)),
        ),
        (Some(Severity::Critical), Some(Severity::Low), None, Some((Severity::Low, Source::Project))),
        (Some(Severity::High), Some(Severity::High), None, Some((Severity::High, Source::Policy))),
        (None, None, Some(Severity::None), Some((Severity::None, Source::Registry))),
    ];
    for (policy, project, registry, expected) in table {
        let filters: Vec<Filter> = policy.into_iter().map(severity).collect();
        let found = selector(
            &filters,
            Criteria { max_severity: project, ..nothing },
            Criteria { max_severity: registry, ..nothing },
        );
        let expected = expected.map(|(value, source)| Demand { value, source });
        assert_eq!(found.max_severity(), expected, "{policy:?} {project:?} {registry:?}");
    }
}

#[test]
fn a_signature_is_demanded_by_whoever_demands_it_first() {
    let nothing = Criteria::default();
    let signed = [Filter::Signature { signed: true }];
    let found = selector(&signed, demands(true, None), nothing);
    assert_eq!(found.signed(), Some(Demand { value: true, source: Source::Policy }));
    let found = selector(&[], demands(true, None), demands(true, None));
    assert_eq!(found.signed(), Some(Demand { value: true, source: Source::Project }));
    let found = selector(&[], nothing, demands(true, None));
    assert_eq!(found.signed(), Some(Demand { value: true, source: Source::Registry }));
    let why = found.signatures(&[]).unwrap_err();
    assert_eq!(why.reason, "it has no signature, which the registry's project demands");
}

#[test]
fn a_policy_for_unsigned_artifacts_in_a_signed_only_project_finds_nothing() {
    use forewarm_domain::signature::{Scheme, Signature};
    let found = selector(&[Filter::Signature { signed: false }], demands(true, None), Criteria::default());
    assert!(found.signatures(&[]).is_err());
    assert!(found.signatures(&[Signature { scheme: Scheme::Notation, of_index: false }]).is_err());
}
