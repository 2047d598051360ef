//! What a hint is about, before anybody looked.

use forewarm_domain::event::EventKind::Push;

use super::scene::hint;

#[test]
fn a_hint_without_digest_is_one_for_each_tag() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let split = hint(Push, "shop/web", None, &["v1", "latest"], "id").split();
    let tags: Vec<&[String]> = split.iter().map(|hint| &hint.tags[..]).collect();
    assert_eq!(tags, [["v1"], ["latest"]]);
    assert_ne!(split[0].key, split[1].key);
    assert_eq!(hint(Push, "shop/web", Some(&digest), &["v1", "latest"], "id").split().len(), 1);
    assert_eq!(hint(Push, "shop/web", None, &["v1"], "id").split()[0].key.text, "id");
}

#[test]
fn a_hint_is_about_its_tag_or_its_digest() {
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(hint(Push, "shop/web", Some(&digest), &["v1"], "").about(), "shop/web:v1");
    assert_eq!(hint(Push, "shop/web", Some(&digest), &["v1", "v2"], "").about(), "shop/web:{v1,v2}");
    assert_eq!(hint(Push, "shop/web", Some(&digest), &[], "").about(), format!("shop/web@{digest}"));
    assert_eq!(hint(Push, "shop/web", Some(&digest), &["v1"], "").subject(), digest);
    assert_eq!(hint(Push, "shop/web", None, &["v1"], "").subject(), "v1");
}
