//! The rules for what users write: preheat options, platforms, names, digests, addresses, filters.

mod filters;

mod words;

use forewarm_domain::digest::Digest;
use forewarm_domain::filter::{Filter, MAX_FILTERS, Selector};
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};
use forewarm_domain::platform::Platform;
use forewarm_domain::scope::Scope;
use forewarm_domain::{Invalid, Secret, name, url};

const MIB: u64 = 1024 * 1024;

#[test]
fn nothing_set_is_fine_and_means_the_engines_own_way() {
    let options = PreheatOptions::default();
    assert_eq!(options.check(Kind::Image), Ok(()));
    assert_eq!(options.check(Kind::File), Ok(()));
    assert_eq!(options.set(), [""; 0]);
    assert_eq!(options.timeout_seconds(), 3600);
    assert_eq!(options.warnings(Kind::Image), [""; 0]);
}

#[test]
fn numbers_are_taken_within_their_ranges_only() {
    type Set = fn(&mut PreheatOptions, u32);
    let ranges: [(&str, u32, u32, Set); 5] = [
        ("count", 1, 200, |o, n| o.count = Some(n)),
        ("percentage", 1, 100, |o, n| o.percentage = Some(n)),
        ("concurrent_task_count", 1, 100, |o, n| {
            o.concurrent_task_count = Some(n);
        }),
        ("concurrent_peer_count", 1, 1000, |o, n| {
            o.concurrent_peer_count = Some(n);
        }),
        ("timeout_seconds", 1, 3720, |o, n| o.timeout_seconds = Some(n)),
    ];
    for (name, low, high, set) in ranges {
        let complaints = |n| complaints_of(Kind::Image, |o| set(peers(o), n));
        assert_eq!(complaints(low), [""; 0], "{name} {low}");
        assert_eq!(complaints(high), [""; 0], "{name} {high}");
        let complaint = format!("{name}: must be {low} to {high}");
        assert_eq!(complaints(low - 1), [complaint.as_str()]);
        assert_eq!(complaints(high + 1), [complaint.as_str()]);
    }
}

#[test]
fn pieces_are_whole_mebibytes() {
    for (length, fine) in [
        (4 * MIB, true),
        (5 * MIB, true),
        (64 * MIB, true),
        (3 * MIB, false),
        (65 * MIB, false),
        (4 * MIB + 1, false),
        (0, false),
        (u64::MAX, false),
    ] {
        let complaints = complaints_of(Kind::Image, |o| o.piece_length = Some(length));
        assert_eq!(complaints.is_empty(), fine, "{length}: {complaints:?}");
    }
}

#[test]
fn peers_are_chosen_in_one_way_and_only_where_there_is_a_choice() {
    let needs_scope = |name: &str| format!("{name}: needs scope all_seed_peers or all_peers");
    for scope in [None, Some(Scope::SingleSeedPeer)] {
        let complaints = complaints_of(Kind::Image, |o| {
            o.scope = scope;
            o.ips = vec!["10.0.0.1".parse().unwrap()];
            o.count = Some(1);
            o.percentage = Some(1);
        });
        assert_eq!(complaints, ["ips", "count", "percentage"].map(needs_scope));
    }
    for scope in [Scope::AllSeedPeers, Scope::AllPeers] {
        let with_ips = |o: &mut PreheatOptions| {
            o.scope = Some(scope);
            o.ips = vec!["10.0.0.1".parse().unwrap(), "fd00::1".parse().unwrap()];
        };
        assert_eq!(complaints_of(Kind::Image, with_ips), [""; 0]);
        let complaints = complaints_of(Kind::Image, |o| {
            with_ips(o);
            o.count = Some(1);
        });
        assert_eq!(complaints, ["ips: excludes count and percentage"]);
        let complaints = complaints_of(Kind::Image, |o| {
            o.scope = Some(scope);
            o.count = Some(1);
            o.percentage = Some(1);
        });
        assert_eq!(complaints, ["count: excludes percentage"]);
    }
}

#[test]
fn lists_and_texts_are_bounded() {
    type Set = fn(&mut PreheatOptions);
    let cases: [(Set, &str); 10] = [
        (|o| peers(o).ips = vec!["10.0.0.1".parse().unwrap(); 101], "ips: must have at most 100 addresses"),
        (|o| o.scheduler_cluster_ids = vec![1; 101], "scheduler_cluster_ids: must have at most 100 entries"),
        (|o| o.scheduler_cluster_ids = vec![1, 0], "scheduler_cluster_ids: must be numbers from 1"),
        (|o| o.platforms = vec![platform("linux/amd64"); 51], "platforms: must have at most 50 entries"),
        (|o| o.tag = Some(String::new()), "tag: must have 1 to 400 characters"),
        (|o| o.application = Some("a".repeat(401)), "application: must have 1 to 400 characters"),
        (
            |o| o.filtered_query_params = vec!["a&b".into()],
            "filtered_query_params: must be names of query parameters",
        ),
        (
            |o| o.filtered_query_params = vec![String::new()],
            "filtered_query_params: must be names of query parameters",
        ),
        (
            |o| o.filtered_query_params = vec!["a".repeat(401)],
            "filtered_query_params: must be names of query",
        ),
        (
            |o| o.filtered_query_params = vec!["a".into(); 101],
            "filtered_query_params: must have at most 100 entries",
        ),
    ];
    for (set, complaint) in cases {
        let complaints = complaints_of(Kind::Image, set);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with(complaint), "{complaints:?}");
    }
}

#[test]
fn all_complaints_come_at_once() {
    let complaints = complaints_of(Kind::File, |o| {
        o.count = Some(0);
        o.timeout_seconds = Some(0);
        o.piece_length = Some(1);
        o.platforms = vec![platform("linux/amd64")];
    });
    let fields: Vec<&str> = complaints.iter().filter_map(|c| c.split_once(':').map(|c| c.0)).collect();
    assert_eq!(fields, ["count", "timeout_seconds", "count", "piece_length", "platforms"]);
}

#[test]
fn every_option_is_named_when_it_is_set() {
    let options = PreheatOptions {
        scope: Some(Scope::AllPeers),
        count: Some(1),
        percentage: Some(1),
        ips: vec!["10.0.0.1".parse().unwrap()],
        scheduler_cluster_ids: vec![1],
        platforms: vec![platform("linux/amd64")],
        piece_length: Some(4 * MIB),
        tag: Some("t".into()),
        application: Some("a".into()),
        filtered_query_params: vec!["X-Signature".into()],
        concurrent_task_count: Some(1),
        concurrent_peer_count: Some(1),
        timeout_seconds: Some(1),
    };
    // As they are stored, so that an option that is added later cannot be forgotten here.
    let stored = serde_json::to_value(&options).unwrap();
    let names: Vec<&String> = stored.as_object().unwrap().keys().collect();
    assert_eq!(options.set(), names);
    assert_eq!(serde_json::from_value::<PreheatOptions>(stored).unwrap(), options);
}

#[test]
fn options_that_break_cache_hits_of_images_carry_a_warning() {
    let options = PreheatOptions {
        tag: Some("t".into()),
        application: Some("a".into()),
        piece_length: Some(4 * MIB),
        ..PreheatOptions::default()
    };
    let warnings = options.warnings(Kind::Image);
    for (warning, name) in warnings.iter().zip(["tag", "application", "piece_length"]) {
        assert!(
            warning.starts_with(&format!("options.{name} is part of the engine's cache key")),
            "{warning}"
        );
    }
    assert_eq!(warnings.len(), 3);
    assert_eq!(options.warnings(Kind::File), [""; 0]);
}

#[test]
fn a_scope_is_one_of_dragonflys_words() {
    for (word, scope) in [
        ("single_seed_peer", Scope::SingleSeedPeer),
        ("all_seed_peers", Scope::AllSeedPeers),
        ("all_peers", Scope::AllPeers),
    ] {
        assert_eq!(serde_json::from_value::<Scope>(word.into()).unwrap(), scope);
        assert_eq!(scope.as_str(), word);
    }
    serde_json::from_value::<Scope>("single_peer".into()).unwrap_err();
}

#[test]
fn headers_for_the_origin_are_legal_and_their_values_stay_secret() {
    let with = |name: &str, value: &str| OriginAccess {
        headers: [(name.to_owned(), Secret::new(value))].into(),
        ..OriginAccess::default()
    };
    assert_eq!(with("X-Api-Key", "a b\tc~").check(), Ok(()));
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a:b", "x"),
        ("ä", "x"),
        ("a", "hunter2\r\nHost: x"),
        ("a", "hunter2ü"),
        ("a", &"hunter2".repeat(1200)),
    ] {
        let complaints = with(name, value).check().unwrap_err();
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0].field, "headers");
        assert!(!complaints[0].reason.contains("hunter2"), "{}", complaints[0]);
    }
    assert!(!format!("{:?}", with("a", "hunter2")).contains("hunter2"));
}

#[test]
fn a_username_for_the_origin_needs_a_password_and_no_colon() {
    let with = |username: Option<&str>, password: Option<&str>| OriginAccess {
        username: username.map(str::to_owned),
        password: password.map(Secret::new),
        ..OriginAccess::default()
    };
    assert_eq!(with(None, None).check(), Ok(()));
    assert_eq!(with(Some("u"), Some("p")).check(), Ok(()));
    assert!(with(None, None).is_empty() && !with(Some("u"), Some("p")).is_empty());
    for access in [with(Some("u"), None), with(None, Some("p")), with(Some("u:v"), Some("p"))] {
        assert_eq!(access.check().unwrap_err()[0].field, "username");
    }
}

fn complaints_of(kind: Kind, set: impl FnOnce(&mut PreheatOptions)) -> Vec<String> {
    let mut options = PreheatOptions::default();
    set(&mut options);
    options.check(kind).err().map_or(vec![], |complaints| texts(&complaints))
}

fn texts(complaints: &[Invalid]) -> Vec<String> {
    complaints.iter().map(ToString::to_string).collect()
}

/// Options with a scope that lets peers be chosen.
fn peers(options: &mut PreheatOptions) -> &mut PreheatOptions {
    options.scope = Some(Scope::AllPeers);
    options
}

fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

fn repository(pattern: &str) -> Filter {
    Filter::Repository { pattern: pattern.into() }
}

fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.into() }
}

fn labels(labels: &[&str]) -> Filter {
    Filter::Label { labels: labels.iter().map(|&label| label.into()).collect() }
}
