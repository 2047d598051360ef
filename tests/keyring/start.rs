//! Which processes may use a database at all.

use forewarm_store::keyring::Unknown;

use super::{Rings, store_with};
use crate::support::postgres::database;

#[tokio::test]
async fn the_first_process_makes_its_key_known_and_others_with_it_may_start() {
    let (database, rings) = (database().await, Rings::draw());
    let first = store_with(&database, rings.old()).await;
    assert!(first.introduce_keys().await.unwrap().is_new);
    let second = store_with(&database, rings.old()).await;
    let introduced = second.introduce_keys().await.unwrap();
    assert!(!introduced.is_new && introduced.missing.is_empty(), "{introduced:?}");
}

#[tokio::test]
async fn a_process_with_another_key_is_refused_and_told_what_to_do() {
    let (database, rings) = (database().await, Rings::draw());
    store_with(&database, rings.old()).await.introduce_keys().await.unwrap();
    let stranger = store_with(&database, rings.new_one()).await;

    let refusal = stranger.introduce_keys().await.unwrap_err();
    assert!(matches!(refusal, Unknown::Foreign { .. }), "{refusal:?}");
    let text = refusal.to_string();
    for part in [
        rings.old().active_id().unwrap(),
        rings.new_one().active_id().unwrap(),
        "FOREWARM_KEY_FILE",
        "key forget",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(stranger.known_keys().await.unwrap(), [rings.old().active_id().unwrap()]);
}

#[tokio::test]
async fn a_process_with_both_keys_makes_the_new_one_known_and_the_old_one_still_gets_in() {
    let (database, rings) = (database().await, Rings::draw());
    let old = store_with(&database, rings.old()).await;
    old.introduce_keys().await.unwrap();
    assert!(store_with(&database, rings.both()).await.introduce_keys().await.unwrap().is_new);

    let introduced = old.introduce_keys().await.unwrap();
    assert_eq!(introduced.missing, [rings.new_one().active_id().unwrap()], "and is told what it lacks");
}

#[tokio::test]
async fn of_two_first_processes_with_two_keys_one_is_refused() {
    let (database, rings) = (database().await, Rings::draw());
    let (a, b) = (store_with(&database, rings.old()).await, store_with(&database, rings.new_one()).await);
    let (a, b) = tokio::join!(a.introduce_keys(), b.introduce_keys());
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1, "{a:?} {b:?}");
}

#[tokio::test]
async fn a_key_that_nothing_needs_is_retired_and_lets_nobody_in() {
    let (database, rings) = (database().await, Rings::draw());
    let old = store_with(&database, rings.old()).await;
    old.introduce_keys().await.unwrap();
    super::registry(&old, "hub").await;
    let both = store_with(&database, rings.both()).await;
    both.introduce_keys().await.unwrap();
    assert!(both.retire_keys(&both.census().await.unwrap()).await.unwrap().is_empty(), "its values remain");

    both.rotate().await.unwrap();
    let retired = both.retire_keys(&both.census().await.unwrap()).await.unwrap();
    assert_eq!(retired, [rings.old().active_id().unwrap()]);
    assert!(matches!(old.introduce_keys().await, Err(Unknown::Foreign { .. })));
}

#[tokio::test]
async fn a_lost_key_can_be_forgotten() {
    let (database, rings) = (database().await, Rings::draw());
    store_with(&database, rings.old()).await.introduce_keys().await.unwrap();
    let other = store_with(&database, rings.new_one()).await;
    assert!(other.forget_key(rings.old().active_id().unwrap()).await.unwrap());
    assert!(other.introduce_keys().await.unwrap().is_new);
    assert!(!other.forget_key("0000000000000000").await.unwrap());
}
