//! What is refused unless somebody allows it, however it is written.

use std::net::IpAddr;

use forewarm_http::Rules;
use forewarm_http::guard::{Range, Reason};

fn refused(address: &str) -> Option<Range> {
    let address: IpAddr = address.parse().unwrap();
    let refusal = Rules::default().judge_address(&address.to_string(), address).err()?;
    match refusal.reason {
        Reason::Range(range) => Some(range),
        other => panic!("{address}: {other:?}"),
    }
}

fn judge(url: &str) -> Result<(), String> {
    Rules::default().judge(&url.parse().unwrap()).map_err(|refusal| refusal.to_string())
}

#[test]
fn every_range_in_which_no_engine_is_is_refused_from_its_first_address_to_its_last() {
    let table: [(Range, &[&str]); 6] = [
        (
            Range::Metadata,
            &[
                "169.254.169.254",
                "169.254.170.2",
                "169.254.170.23",
                "169.254.0.23",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16",
                "fd00:ec2::254",
                "fd00:ec2::23",
                "fd20:ce::254",
                "fd00:42::42",
            ],
        ),
        (Range::LinkLocal, &["169.254.0.0", "169.254.169.253", "169.254.255.255", "fe80::1", "febf:ffff::1"]),
        (Range::Loopback, &["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"]),
        (Range::Multicast, &["224.0.0.0", "224.0.0.251", "239.255.255.255", "ff00::", "ff02::1", "ffff::1"]),
        (Range::Broadcast, &["255.255.255.255"]),
        (Range::Unspecified, &["0.0.0.0", "0.0.0.1", "0.255.255.255", "::"]),
    ];
    for (range, addresses) in table {
        for address in addresses {
            assert_eq!(refused(address), Some(range), "{address}");
        }
    }
}

#[test]
fn private_networks_and_the_neighbours_of_what_is_refused_are_not() {
    let addresses = [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.201",
        "192.0.0.191",
        "168.63.129.17",
        "1.0.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "223.255.255.255",
        "255.255.255.254",
        "::2:0:0",
        "fd00::1",
        "fd12:3456::1",
        "fe00::1",
        "fec0::1",
        "2001:db8::1",
        "2600::1",
    ];
    for address in addresses {
        assert_eq!(refused(address), None, "{address}");
    }
}

#[test]
fn an_ipv6_address_with_an_ipv4_address_inside_is_judged_by_that_one() {
    let forms = |[a, b, c, d]: [u8; 4]| {
        let (high, low) = (format!("{a:x}{b:02x}"), format!("{c:x}{d:02x}"));
        [
            format!("::ffff:{a}.{b}.{c}.{d}"),
            format!("::ffff:{high}:{low}"),
            format!("::{a}.{b}.{c}.{d}"),
            format!("::ffff:0:{high}:{low}"),
            format!("64:ff9b::{high}:{low}"),
            format!("64:ff9b:1::{high}:{low}"),
            format!("2002:{high}:{low}::"),
            format!("2002:{high}:{low}:1::5"),
        ]
    };
    let table = [
        ([169, 254, 169, 254], Some(Range::Metadata)),
        ([169, 254, 1, 1], Some(Range::LinkLocal)),
        ([127, 0, 0, 1], Some(Range::Loopback)),
        ([224, 0, 0, 1], Some(Range::Multicast)),
        ([255, 255, 255, 255], Some(Range::Broadcast)),
        ([0, 0, 0, 7], Some(Range::Unspecified)),
        ([10, 0, 0, 1], None),
        ([93, 184, 216, 34], None),
    ];
    for (inner, range) in table {
        for address in forms(inner) {
            assert_eq!(refused(&address), range, "{address}");
        }
    }
}

#[test]
fn every_spelling_of_an_address_in_a_url_is_the_same_address() {
    let spellings = [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254:8443",
        "http://169.254.169.254./",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://025177524776/",
        "http://0251.0376.0251.0376/",
        "http://0xA9.0xFE.0xA9.0xFE/",
        "http://169.254.43518/",
        "http://169.16689662/",
        "http://%31%36%39.254.169.254/",
        "http://１６９.254.169.254/",
        "http://169。254。169。254/",
        "http://user@169.254.169.254/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::FFFF:A9FE:A9FE]/",
        "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[fd00:ec2::254]/",
        "http://[fd00:0ec2:0:0:0:0:0:0254]/",
    ];
    for url in spellings {
        let refusal = judge(url).expect_err(url);
        assert!(refusal.contains("a cloud metadata address"), "{url}: {refusal}");
    }
}

#[test]
fn names_that_stand_for_refused_addresses_are_refused_without_asking_where_they_lead() {
    for url in [
        "http://metadata.google.internal/",
        "http://METADATA.Google.Internal./computeMetadata/v1/",
        "http://metadata.goog",
        "http://instance-data",
    ] {
        assert!(judge(url).expect_err(url).contains("a cloud metadata address"), "{url}");
    }
    for url in ["http://localhost:5000", "http://LOCALHOST", "http://localhost.", "http://registry.localhost"]
    {
        assert!(judge(url).expect_err(url).contains("a loopback address"), "{url}");
    }
    for url in
        ["http://localhost.example", "http://mylocalhost", "http://metadata.example", "http://10.1.2.3"]
    {
        assert_eq!(judge(url), Ok(()), "{url}");
    }
}

#[test]
fn a_refusal_says_what_is_refused_why_and_what_would_allow_it() {
    let table = [
        ("http://127.0.0.1", "127.0.0.1 is a loopback address, refused without --allow-loopback"),
        ("http://[fe80::1]", "[fe80::1] is a link-local address, refused without --allow-address fe80::1"),
        (
            "http://[64:ff9b::a9fe:a9fe]",
            "[64:ff9b::a9fe:a9fe] is a cloud metadata address, refused without --allow-address 169.254.169.254",
        ),
        ("http://localhost", "localhost is a loopback address, refused without --allow-loopback"),
    ];
    for (url, text) in table {
        assert_eq!(judge(url), Err(text.to_owned()));
    }
}
