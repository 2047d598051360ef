//! The vendor `dragonfly`: what the manager is asked for, and how it and its peers are let in at the origin.

use std::collections::BTreeMap;

use forewarm_domain::Secret;
use forewarm_domain::instance::InstanceSettings;
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};
use forewarm_domain::scope::Scope;
use forewarm_fake::dragonfly::{Outcome as Registry, Script, TEST_TOKEN};
use forewarm_provider::{Subject, vendor};
use serde_json::{Value, json};
use url::Url;

use crate::support::manager::{Rig, manager};
use crate::support::preheats::{child, connect, failed, proven, text};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::new(*value));
    pairs.iter().map(pair).collect()
}

#[tokio::test]
async fn a_plain_image_is_asked_for_by_digest_and_nothing_empty_is_sent() {
    let mut rig = Rig::start().await;

    rig.submit().await;

    let asked = rig.asked();
    assert_eq!(keys(&asked), ["type", "bio", "args"]);
    assert_eq!(asked["bio"], "forewarm execution=812 task=4410 attempt=1");
    assert_eq!(keys(&asked["args"]), ["type", "url"]);
    let url = format!("{}/v2/shop/cart/manifests/{}", rig.registry.url(), rig.pushed.digest);
    assert_eq!(asked["args"]["url"], url);
}

#[tokio::test]
async fn every_option_is_sent_in_the_managers_spelling_and_units() {
    let mut rig = Rig::start().await;
    rig.task.options = PreheatOptions {
        scope: Some(Scope::AllSeedPeers),
        count: Some(3),
        scheduler_cluster_ids: vec![1],
        piece_length: Some(4 << 20),
        tag: Some("t".into()),
        application: Some("a".into()),
        filtered_query_params: vec!["ns".into(), "X-Sig".into()],
        concurrent_task_count: Some(4),
        concurrent_peer_count: Some(50),
        timeout_seconds: Some(1800),
        ..PreheatOptions::default()
    };

    rig.submit().await;

    let asked = rig.asked();
    assert_eq!(asked["scheduler_cluster_ids"], json!([1]));
    let mut args = asked["args"].clone();
    args.as_object_mut().unwrap().remove("url");
    let expected = json!({
        "type": "image", "scope": "all_seed_peers", "count": 3, "piece_length": 4_194_304, "tag": "t",
        "application": "a", "filtered_query_params": "ns&X-Sig", "concurrent_task_count": 4,
        "concurrent_peer_count": 50, "timeout": 1_800_000_000_000_u64,
    });
    assert_eq!(args, expected);
    // The manager ignores what it does not know: its echo shows that it understood.
    let echo = &rig.dragonfly.jobs()[0].args;
    assert!(expected.as_object().unwrap().iter().all(|(key, value)| echo[key] == *value), "{echo}");
}

#[tokio::test]
async fn chosen_peers_are_sent_as_a_list_of_addresses() {
    let mut rig = Rig::start().await;
    rig.task.options = PreheatOptions {
        scope: Some(Scope::AllPeers),
        ips: vec!["10.1.0.8".parse().unwrap()],
        ..PreheatOptions::default()
    };

    let (done, _) = rig.run().await;

    assert_eq!(rig.asked()["args"]["ips"], json!(["10.1.0.8"]));
    assert_eq!(done.report.peers, ["host-8 (10.1.0.8)"]);
}

#[tokio::test]
async fn the_children_of_an_index_are_jobs_of_their_own() {
    let mut rig = Rig::start().await;
    let platforms = ["linux/amd64", "linux/arm64"];
    let index = rig.registry.push_index("shop/multi", "v1", &platforms, true);
    for platform in platforms {
        rig.task.subject = Subject::Image(child(&rig.registry, &index, platform));
        rig.submit().await;
    }

    let asked: Vec<String> = rig.dragonfly.jobs().iter().flat_map(|job| job.urls.clone()).collect();

    let url = |platform: &str| {
        let digest = &index.child(platform).unwrap().digest;
        format!("{}/v2/shop/multi/manifests/{digest}", rig.registry.url())
    };
    assert_eq!(asked, platforms.map(url));
}

#[tokio::test]
async fn the_registrys_address_can_be_the_one_that_nodes_see() {
    let mut rig = Rig::start().await;
    let blobs = rig.pushed.blobs.clone();
    rig.dragonfly.script_registry(Script::always(Registry::Blobs(blobs)));
    let mut instance = manager(&rig.dragonfly.url(), TEST_TOKEN);
    instance.settings.registry_url = Some(Url::parse("https://registry.nodes.test/").unwrap());
    rig.provider = connect(&instance);

    let (done, _) = rig.run().await;

    proven(&done.outcome);
    let url = format!("https://registry.nodes.test/v2/shop/cart/manifests/{}", rig.pushed.digest);
    assert_eq!(rig.asked()["args"]["url"], url);
}

#[tokio::test]
async fn files_are_one_job_of_many_urls_each_once() {
    let mut rig = Rig::start().await;
    let urls = ["http://files.test/a?x=1", "http://files.test/b", "http://files.test/a?x=1"];
    let urls = urls.map(|url| Url::parse(url).unwrap()).to_vec();
    rig.task.subject = Subject::Files { urls };
    rig.task.origin.headers = headers(&[("X-Key", "open-sesame")]);

    let (done, _) = rig.run().await;

    assert!(proven(&done.outcome).starts_with("2 of 2 files confirmed"));
    let asked = rig.asked();
    assert_eq!(asked["args"]["type"], "file");
    assert_eq!(asked["args"]["urls"], json!(["http://files.test/a?x=1", "http://files.test/b"]));
    assert_eq!(asked["args"]["headers"], json!({"X-Key": "open-sesame"}));
}

#[tokio::test]
async fn the_registrys_access_is_handed_over_as_a_header() {
    let mut rig = Rig::start().await;
    let Subject::Image(image) = &mut rig.task.subject else { unreachable!() };
    image.access = Some(Secret::new("Bearer short-lived-token"));

    rig.submit().await;

    let headers = rig.asked()["args"]["headers"].clone();
    assert_eq!(headers, json!({"Authorization": "Bearer short-lived-token"}));
}

#[tokio::test]
async fn what_the_user_gave_for_the_origin_wins_over_our_access() {
    let mut rig = Rig::start().await;
    let Subject::Image(image) = &mut rig.task.subject else { unreachable!() };
    image.access = Some(Secret::new("Bearer short-lived-token"));
    rig.task.origin.headers = headers(&[("authorization", "Bearer of-the-user"), ("X-Site", "b")]);

    rig.submit().await;

    let headers = rig.asked()["args"]["headers"].clone();
    assert_eq!(headers, json!({"X-Site": "b", "authorization": "Bearer of-the-user"}));
}

#[tokio::test]
async fn name_and_password_reach_the_peers_of_a_registry_that_knows_basic_alone() {
    let mut rig = Rig::start().await;
    let blobs = rig.pushed.blobs.clone();
    rig.dragonfly.script_registry(Script::always(Registry::BasicOnly(blobs)));
    rig.task.origin = OriginAccess {
        username: Some("robot".into()),
        password: Some(Secret::new("wet-paint-7")),
        ..OriginAccess::default()
    };

    let (done, _) = rig.run().await;

    // With `username` and `password` the manager would report success, and no peer would have got a blob.
    proven(&done.outcome);
    let args = rig.asked()["args"].clone();
    assert_eq!(args["headers"], json!({"Authorization": "Basic cm9ib3Q6d2V0LXBhaW50LTc="}));
    assert!(args.get("username").is_none() && args.get("password").is_none());
}

#[tokio::test]
async fn no_secret_is_written_down_even_if_the_engine_repeats_it() {
    let mut rig = Rig::start().await;
    rig.task.origin.headers = headers(&[("Authorization", "Bearer of-the-user"), ("X-Key", "open-sesame")]);
    let words = "denied: you sent Bearer of-the-user and open-sesame as test-pat";
    let behaviour = forewarm_fake::dragonfly::Behaviour::Fail(words.to_owned());
    rig.dragonfly.behave_all(&behaviour);
    rig.task.options.scope = Some(Scope::AllPeers);

    let (done, _) = rig.run().await;

    let all = format!("{done:?}{}", text(&rig.log));
    assert!(failed(&done.outcome).0.contains("denied: you sent Bearer ***"), "{all}");
    for secret in ["of-the-user", "open-sesame", TEST_TOKEN] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn the_permission_in_a_presigned_address_reaches_the_engine_and_nobody_else() {
    let mut rig = Rig::start().await;
    let url =
        |name: &str| format!("http://files.test/{name}?X-Signature=open%2Fsesame&sig=s3cr3t&plain-token");
    rig.task.subject = Subject::Files { urls: vec![url("a").parse().unwrap(), url("b").parse().unwrap()] };
    rig.submit().await;
    let task = |name: &str, description: &str| json!({"url": url(name), "hostname": "seed", "ip": "10.0.0.1", "description": description});
    let failure = task("b", &format!("GET {} failed; open/sesame", url("b")));
    let row = json!({"id": 1, "state": "SUCCESS", "result": {"job_states": [{"state": "SUCCESS", "results": [
        {"scheduler_cluster_id": 1, "success_tasks": [task("a", "")], "failure_tasks": [failure]}]}]}});
    let answer = forewarm_fake::Answer::new(200).json(&row);
    rig.dragonfly.faults().on("GET", "/oapi/v1/jobs/1").inject(forewarm_fake::Fault::Answer(answer));

    let done = rig.look_at(32).await;

    assert_eq!(rig.asked()["args"]["urls"], json!([url("a"), url("b")]));
    let shown = |name: &str| format!("http://files.test/{name}?X-Signature=***&sig=***&***");
    assert_eq!(done.report.missing, [shown("b")]);
    assert_eq!(done.report.failures[0].url, shown("b"));
    assert!(failed(&done.outcome).0.contains("1 of 2 files confirmed"), "{done:?}");
    let all = format!("{done:?}{}", text(&rig.log));
    for secret in ["open%2Fsesame", "open/sesame", "s3cr3t", "plain-token"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_known_any_more_when_the_job_ends_is_not_written_down_either() {
    let mut rig = Rig::start().await;
    let words =
        r#"denied: {"Authorization":"Bearer eyJhbGciOi.J9-x_y"} and Basic cm9ib3Q6d2V0; Bearer is short"#;
    let behaviour = forewarm_fake::dragonfly::Behaviour::Fail(words.to_owned());
    rig.dragonfly.behave_all(&behaviour);
    rig.task.options.scope = Some(Scope::AllPeers);

    let (done, _) = rig.run().await;

    let (message, _) = failed(&done.outcome);
    let shown = r#"denied: {"Authorization":"Bearer ***"} and Basic ***; Bearer is short"#;
    assert!(message.contains(shown), "{message}");
}

#[test]
fn dragonfly_honours_every_option_for_images_and_files() {
    let dragonfly = vendor("dragonfly").unwrap();
    assert_eq!(dragonfly.kinds, [Kind::Image, Kind::File]);
    let all = PreheatOptions {
        scope: Some(Scope::AllPeers),
        count: Some(1),
        percentage: Some(1),
        ips: vec!["10.0.0.1".parse().unwrap()],
        scheduler_cluster_ids: vec![1],
        platforms: vec!["linux/arm64".parse().unwrap()],
        piece_length: Some(4 << 20),
        tag: Some("t".into()),
        application: Some("a".into()),
        filtered_query_params: vec!["ns".into()],
        concurrent_task_count: Some(1),
        concurrent_peer_count: Some(1),
        timeout_seconds: Some(1),
    };
    assert_eq!(all.set().len(), 13);
    assert_eq!(dragonfly.check(Kind::Image, &all), Ok(()));
    let origin = OriginAccess {
        headers: headers(&[("A", "b")]),
        username: Some("u".into()),
        password: Some(Secret::new("p")),
    };
    assert_eq!(dragonfly.check_origin(&origin), Ok(()));
    let settings = InstanceSettings {
        registry_url: Some(Url::parse("https://r.test").unwrap()),
        ..InstanceSettings::default()
    };
    assert_eq!(dragonfly.check_settings(&settings), Ok(()));
}
