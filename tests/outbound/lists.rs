//! What is allowed and denied by those who run the program, and which wins.

use forewarm_http::Rules;
use forewarm_http::guard::Entry;

use crate::support::binary::forewarm;

fn entries(texts: &[&str]) -> Vec<Entry> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

struct Lists {
    rules: Rules,
}

impl Lists {
    fn new(allow: &[&str], deny: &[&str]) -> Self {
        Self { rules: Rules::new(false, entries(allow), entries(deny)) }
    }

    fn with_loopback(allow: &[&str], deny: &[&str]) -> Self {
        Self { rules: Rules::new(true, entries(allow), entries(deny)) }
    }

    /// Whether a name that leads to this address may be used.
    fn lets(&self, host: &str, address: &str) -> bool {
        let by_name = self.rules.judge_name(host);
        by_name.and_then(|()| self.rules.judge_address(host, address.parse().unwrap())).is_ok()
    }

    fn lets_url(&self, url: &str) -> bool {
        self.rules.judge(&url.parse().unwrap()).is_ok()
    }
}

#[test]
fn with_a_list_of_what_is_allowed_nothing_else_is() {
    let lists = Lists::new(&["10.0.0.0/8", "fd00:1::/32", "registry.example", "*.corp.example"], &[]);

    assert!(lists.lets_url("http://10.1.2.3") && lists.lets_url("http://[fd00:1::5]"));
    assert!(lists.lets_url("http://[::ffff:10.1.2.3]"), "judged by the IPv4 address inside");
    assert!(!lists.lets_url("http://11.1.2.3") && !lists.lets_url("http://[fd00:2::5]"));
    // A listed name may lead anywhere that is not refused, any name to a listed network.
    assert!(lists.lets("registry.example", "192.0.2.1"));
    assert!(lists.lets("Registry.Example.", "192.0.2.1"));
    assert!(lists.lets("a.corp.example", "192.0.2.1") && lists.lets("a.b.corp.example", "192.0.2.1"));
    assert!(lists.lets("other.example", "10.1.2.3"));
    assert!(!lists.lets("other.example", "192.0.2.1"));
    assert!(!lists.lets("corp.example", "192.0.2.1"), "the pattern means what is below");
    assert!(!lists.lets("evilcorp.example", "192.0.2.1"));
    assert!(!lists.lets("a.registry.example", "192.0.2.1"));
}

#[test]
fn a_list_of_hosts_alone_refuses_other_names_before_they_are_resolved() {
    let lists = Lists::new(&["registry.example"], &[]);

    assert!(lists.lets_url("https://registry.example"));
    assert!(!lists.lets_url("https://other.example") && !lists.lets_url("http://10.0.0.1"));
}

#[test]
fn no_listed_name_and_no_wide_network_opens_what_is_refused_by_default() {
    let lists = Lists::new(&["0.0.0.0/0", "::/0", "registry.example", "160.0.0.0/4"], &[]);

    assert!(lists.lets("registry.example", "192.0.2.1") && lists.lets_url("http://[2001:db8::1]"));
    for address in ["169.254.169.254", "169.254.1.1", "127.0.0.1", "0.0.0.0", "fe80::1", "::1"] {
        assert!(!lists.lets("registry.example", address), "{address}");
    }
}

#[test]
fn an_entry_within_a_refused_range_opens_that_part_and_limits_nothing_else() {
    let lists = Lists::new(&["169.254.20.0/24", "fe80::7", "127.0.0.2"], &[]);

    assert!(lists.lets_url("http://169.254.20.10") && lists.lets_url("http://[fe80::7]"));
    assert!(lists.lets_url("http://127.0.0.2") && lists.lets_url("http://[64:ff9b::a9fe:140a]"));
    assert!(lists.lets_url("http://10.0.0.1") && lists.lets("any.example", "192.0.2.1"));
    assert!(!lists.lets_url("http://169.254.21.1") && !lists.lets_url("http://[fe80::8]"));
    assert!(!lists.lets_url("http://127.0.0.1"));
}

#[test]
fn a_metadata_service_is_opened_by_nobody_who_does_not_name_it() {
    assert!(!Lists::new(&["169.254.0.0/16"], &[]).lets_url("http://169.254.169.254"));
    assert!(!Lists::with_loopback(&["metadata.google.internal"], &[]).lets_url("http://169.254.169.254"));

    let named = Lists::new(&["169.254.169.254"], &[]);

    assert!(named.lets_url("http://169.254.169.254"));
    assert!(named.lets("metadata.google.internal", "169.254.169.254"));
    assert!(!named.lets_url("http://100.100.100.200"));
}

#[test]
fn loopback_is_allowed_by_its_own_flag_beside_any_list() {
    let lists = Lists::with_loopback(&["10.0.0.0/8"], &[]);

    assert!(lists.lets_url("http://127.0.0.1:5000") && lists.lets_url("http://[::1]"));
    assert!(lists.lets("localhost", "127.0.0.1") && lists.lets_url("http://[::ffff:127.0.0.1]"));
    assert!(!lists.lets_url("http://192.0.2.1") && !lists.lets_url("http://169.254.169.254"));
}

#[test]
fn what_is_denied_is_denied_whatever_else_allows_it() {
    let allow = ["10.0.0.0/8", "*.corp.example", "169.254.20.0/24"];
    let deny = ["10.9.0.0/16", "db.corp.example", "*.secret.corp.example", "169.254.20.7", "127.0.0.0/8"];
    let lists = Lists::with_loopback(&allow, &deny);

    assert!(lists.lets_url("http://10.8.0.1") && lists.lets("web.corp.example", "192.0.2.1"));
    for url in ["http://10.9.1.1", "http://[::ffff:10.9.1.1]", "http://169.254.20.7", "http://127.0.0.1"] {
        assert!(!lists.lets_url(url), "{url}");
    }
    assert!(!lists.lets("web.corp.example", "10.9.1.1"), "the name is allowed, the address denied");
    assert!(!lists.lets_url("http://DB.corp.example.") && !lists.lets_url("http://a.secret.corp.example"));
    assert!(!lists.lets("localhost", "127.0.0.1"));

    let form = Lists::new(&[], &["64:ff9b::/96"]);
    assert!(!form.lets_url("http://[64:ff9b::808:808]") && form.lets_url("http://8.8.8.8"));
}

#[test]
fn a_refusal_by_a_list_names_the_entry_or_what_to_add() {
    let text = |lists: &Lists, url: &str| lists.rules.judge(&url.parse().unwrap()).unwrap_err().to_string();

    let denied = Lists::new(&[], &["10.9.0.0/16", "*.secret.example"]);
    assert_eq!(text(&denied, "http://10.9.1.1"), "10.9.1.1 is refused by --deny-address 10.9.0.0/16");
    let name = text(&denied, "http://a.secret.example");
    assert_eq!(name, "a.secret.example is refused by --deny-address *.secret.example");
    let listed = Lists::new(&["10.0.0.0/8"], &[]);
    let unlisted = "192.0.2.1 is none of those that --allow-address lists; 192.0.2.1 would add it";
    assert_eq!(text(&listed, "http://192.0.2.1"), unlisted);
}

#[test]
fn entries_are_networks_addresses_names_and_patterns_of_names() {
    for (written, shown) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fd00::/8", "fd00::/8"),
        (" Registry.Example. ", "registry.example"),
        ("*.Corp.example", "*.corp.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("my_host", "my_host"),
    ] {
        assert_eq!(written.parse::<Entry>().unwrap().to_string(), shown);
    }
    for text in [
        "",
        "*",
        "10.0.0.0/33",
        "http://host",
        "host:80",
        "a.*.example",
        "*.10.0.0.1",
        "0x7f.1",
        "*.",
        "a..b",
    ] {
        assert!(text.parse::<Entry>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn the_program_refuses_to_start_with_an_entry_that_means_nothing() {
    for (flag, entry) in [("--allow-address", "10.0.0.0/33"), ("--deny-address", "10.0.0.0/8,http://x")] {
        let mut command = tokio::process::Command::new(forewarm());
        let output = command.args(["serve", flag, entry]).output().await.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{shown}");
        assert!(shown.contains("is neither a network like 10.0.0.0/8"), "{shown}");
    }
}
