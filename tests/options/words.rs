//! Platforms, names, digests and addresses as users write them.

use super::*;

#[test]
fn a_platform_is_os_architecture_and_perhaps_a_variant() {
    for text in ["linux/amd64", "linux/arm/v7", "windows/amd64"] {
        assert_eq!(platform(text).to_string(), text);
    }
    for text in
        ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/arm/", "li nux/arm", "linux/ä", "*/arm"]
    {
        let complaint = text.parse::<Platform>().unwrap_err();
        assert!(complaint.reason.contains("like linux/arm64"), "{complaint}");
    }
}

#[test]
fn a_platform_covers_the_same_platform_however_it_is_written() {
    for (wish, found, covered) in [
        ("linux/amd64", "linux/amd64", true),
        ("linux/amd64", "linux/amd64/v3", true),
        ("linux/amd64/v3", "linux/amd64", false),
        ("linux/amd64/v1", "linux/amd64", true),
        ("linux/amd64/v1", "linux/amd64/v3", false),
        ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/arm64/v8", "linux/arm64/v9", false),
        ("linux/arm", "linux/arm/v6", true),
        ("linux/arm/v7", "linux/arm", true),
        ("linux/arm/v6", "linux/arm", false),
        ("linux/arm/v6", "linux/arm/v7", false),
        ("linux/aarch64", "linux/arm64/v8", true),
        ("linux/x86_64", "linux/amd64", true),
        ("linux/armhf", "linux/arm/v7", true),
        ("linux/i386", "linux/386", true),
        ("macos/arm64", "darwin/arm64", true),
        ("linux/amd64", "windows/amd64", false),
        ("linux/amd64", "linux/arm64", false),
    ] {
        assert_eq!(platform(wish).covers(&platform(found)), covered, "{wish} of {found}");
    }
}

#[test]
fn attestations_of_buildkit_are_no_platform() {
    assert!(platform("unknown/unknown").is_unknown());
    assert!(!platform("linux/amd64").is_unknown());
}

#[test]
fn names_are_words_joined_by_single_signs() {
    let longest = "a".repeat(255);
    for fine in ["a", "Team-A.web_2", "0", &longest] {
        assert_eq!(name::check("name", fine), Ok(()));
    }
    let too_long = "a".repeat(256);
    for bad in ["", "-a", "a-", "a--b", "a._b", "a b", "a/b", "ä", "a\n", &too_long] {
        assert_eq!(name::check("name", bad).unwrap_err().field, "name", "{bad:?}");
    }
}

#[test]
fn digests_are_sha256_or_sha512_in_lower_case() {
    let hex = "0123456789abcdef".repeat(4);
    let digest = Digest::parse(&format!("sha256:{hex}")).unwrap();
    assert_eq!((digest.algorithm(), digest.hex()), ("sha256", hex.as_str()));
    assert_eq!(digest.to_string(), format!("sha256:{hex}"));
    Digest::parse(&format!("sha512:{hex}{hex}")).unwrap();
    for bad in [
        String::new(),
        hex.clone(),
        format!("sha256:{}", &hex[1..]),
        format!("sha256:{hex}0"),
        format!("sha512:{hex}"),
        format!("sha256:{}", hex.to_uppercase()),
        format!("SHA256:{hex}"),
        format!("md5:{}", &hex[..32]),
        format!("sha256:{}/", &hex[1..]),
    ] {
        Digest::parse(&bad).unwrap_err();
    }
    serde_json::from_value::<Digest>("sha256:x".into()).unwrap_err();
}

#[test]
fn an_endpoint_is_an_http_address_and_nothing_more() {
    for (text, taken) in [
        ("http://host", "http://host/"),
        ("https://host:8443/", "https://host:8443/"),
        ("https://host/behind/proxy/", "https://host/behind/proxy"),
        ("HTTP://HOST/a//", "http://host/a"),
        ("http://[::1]:80", "http://[::1]/"),
    ] {
        assert_eq!(url::endpoint("endpoint", text).unwrap().as_str(), taken);
    }
    for (text, reason) in [
        ("", "is not an http(s) URL"),
        ("host:8080", "must be an http or https URL, not 'host'"),
        ("/path", "is not an http(s) URL"),
        ("ftp://host", "must be an http or https URL, not 'ftp'"),
        ("http://", "is not an http(s) URL"),
        ("http://user:hunter2@host", "must not hold credentials"),
        ("http://user@host", "must not hold credentials"),
        ("http://host/?a=b", "must not have a query or a fragment"),
        ("http://host/#a", "must not have a query or a fragment"),
        (" http://host", "must not hold spaces"),
        ("http://ho\nst", "must not hold spaces or control characters"),
        ("http://host:99999", "is not an http(s) URL"),
    ] {
        let complaint = url::endpoint("endpoint", text).unwrap_err();
        assert!(complaint.reason.starts_with(reason), "{text}: {complaint}");
        assert!(!complaint.reason.contains("hunter2"), "{complaint}");
    }
    let long = format!("http://host/{}", "a".repeat(4096));
    assert!(url::endpoint("endpoint", &long).is_err());
}

#[test]
fn a_file_may_have_a_query() {
    let text = "https://host/a%20b.tar/?X-Signature=1";
    assert_eq!(url::file("urls[0]", text).unwrap().as_str(), text);
    for bad in ["s3://bucket/key", "https://u:p@host/file", "https://host/file#part", "host/file"] {
        assert_eq!(url::file("urls[0]", bad).unwrap_err().field, "urls[0]", "{bad}");
    }
}
