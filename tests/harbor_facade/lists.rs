//! Pages, conditions and orders of Harbor's lists.

use serde_json::{Value, json};

use super::scene::{
    INSTANCES, POLICIES, dragonfly, instance_id, made, nightly, patch, policy, read, refused, shop, with,
};
use crate::api_runs::{expand, failed, step};
use crate::support::app::TestApp;
use forewarm_store::tasks::Stage;

async fn many(count: usize) -> TestApp {
    let app = TestApp::start().await;
    for i in 0..count {
        made(&app, INSTANCES, &dragonfly(&format!("i{i:02}"))).await;
    }
    app
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn pages_lead_to_their_neighbours_in_harbors_form() {
    let app = many(25).await;
    let link = |page: i64, rel: &str| format!("<{INSTANCES}?page={page}&page_size=10>; rel=\"{rel}\"");
    let table = [
        ("", 10, link(2, "next")),
        ("?page=2", 10, format!("{} , {}", link(1, "prev"), link(3, "next"))),
        ("?page=3", 5, link(2, "prev")),
        ("?page=4", 0, String::new()),
    ];
    for (query, count, links) in table {
        let answer = app.get(&format!("{INSTANCES}{query}")).await;
        assert_eq!(answer.json().as_array().unwrap().len(), count, "{query}");
        assert_eq!(answer.header("link"), links, "{query}");
        assert_eq!(answer.header("x-total-count"), "25");
    }
}

#[tokio::test]
async fn a_page_size_of_0_is_the_largest_page_and_page_0_the_first() {
    let app = many(12).await;
    for query in ["?page=0&page_size=0", "?page_size=0", "?page=7&page_size=0"] {
        let answer = app.get(&format!("{INSTANCES}{query}")).await;
        assert_eq!(answer.json().as_array().unwrap().len(), 12, "{query}");
        assert_eq!((answer.header("link"), answer.header("x-total-count")), ("", "12"));
    }
    assert_eq!(names(&read(&app, &format!("{INSTANCES}?page=0&page_size=2")).await), ["i00", "i01"]);
}

#[tokio::test]
async fn pages_that_make_no_sense_cannot_be_read() {
    let app = shop().await;
    nightly(&app).await;
    let executions = format!("{POLICIES}/nightly/executions");
    for list in [INSTANCES, POLICIES, executions.as_str(), "/api/v2.0/projects"] {
        for query in ["page_size=101", "page_size=-1", "page=-1", "page=first", "page_size="] {
            let answer = app.get(&format!("{list}?{query}")).await;
            refused(&answer, 422, "UNPROCESSABLE_ENTITY", "validation failure list:\npage");
        }
    }
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let app = TestApp::start().await;
    let answer = app.get(INSTANCES).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "[]"));
    assert_eq!((answer.header("x-total-count"), answer.header("link")), ("0", ""));
}

#[tokio::test]
async fn instances_are_found_by_every_form_of_condition() {
    let app = many(4).await;
    let off = with(dragonfly("off"), json!({ "enabled": false, "vendor": "kraken", "auth_mode": "NONE" }));
    made(&app, INSTANCES, &off).await;
    let second = instance_id(&app, "i01").await;
    let table = [
        ("name=i02".to_owned(), vec!["i02"]),
        ("name=~I0".to_owned(), vec!["i00", "i01", "i02", "i03"]),
        ("name=\\off".to_owned(), vec!["off"]),
        (format!("id=[{second}~]"), vec!["i01", "i02", "i03", "off"]),
        (format!("id=[~{second}]"), vec!["i00", "i01"]),
        ("name={i00 i03}".to_owned(), vec!["i00", "i03"]),
        ("name={}".to_owned(), vec![]),
        ("enabled=false".to_owned(), vec!["off"]),
        ("vendor=dragonfly,name=~3".to_owned(), vec!["i03"]),
        ("AuthMode=NONE".to_owned(), vec!["off"]),
        ("nonsense=x,name=i00".to_owned(), vec!["i00"]),
        ("name=(i00 i01),name=i03".to_owned(), vec!["i03"]),
    ];
    for (q, expected) in table {
        let q = q.replace('[', "%5B").replace(']', "%5D").replace(' ', "%20").replace('\\', "%5C");
        let q = q.replace('{', "%7B").replace('}', "%7D");
        let answer = app.get(&format!("{INSTANCES}?q={q}")).await;
        assert_eq!(names(&answer.json()), expected, "{q}");
        assert_eq!(answer.header("x-total-count"), expected.len().to_string(), "{q}");
    }
}

#[tokio::test]
async fn conditions_are_decoded_once_more_as_harbors_console_encodes_them_twice() {
    let app = many(2).await;
    assert_eq!(names(&read(&app, &format!("{INSTANCES}?q=name%253Di01")).await), ["i01"]);
}

#[tokio::test]
async fn conditions_that_cannot_be_read_are_refused_and_never_reach_the_database() {
    let app = shop().await;
    nightly(&app).await;
    let executions = format!("{POLICIES}/nightly/executions");
    for list in [INSTANCES, executions.as_str()] {
        for q in [
            "id",
            "id=",
            "id=~",
            "id=%5B~%5D",
            "id=%5B1~2~3%5D",
            "id=%7D",
            ",",
            "id=x",
            "id=%7Bx%7D",
            "status%2500=x",
        ] {
            let answer = app.get(&format!("{list}?q={q}")).await;
            refused(&answer, 400, "BAD_REQUEST", "q: ");
        }
    }
    for time in ["%5Byesterday~%5D", "-9000-01-01T00:00:00", "%5B%2B99999-01-01T00:00:00~%5D"] {
        let answer = app.get(&format!("{executions}?q=start_time={time}")).await;
        refused(&answer, 400, "BAD_REQUEST", "q: the values of start_time must be times like");
    }
}

#[tokio::test]
async fn lists_are_sorted_by_fields_and_unknown_ones_do_not_count() {
    let app = many(3).await;
    made(&app, INSTANCES, &with(dragonfly("k"), json!({ "vendor": "kraken", "auth_mode": "NONE" }))).await;
    let table = [
        ("-name", ["k", "i02", "i01", "i00"]),
        ("vendor,-name", ["i02", "i01", "i00", "k"]),
        ("nonsense,-vendor,name", ["k", "i00", "i01", "i02"]),
    ];
    for (sort, expected) in table {
        assert_eq!(names(&read(&app, &format!("{INSTANCES}?sort={sort}")).await), expected, "{sort}");
    }
}

#[tokio::test]
async fn policies_come_in_the_order_of_their_changes() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    for name in ["a", "b", "c"] {
        made(&app, POLICIES, &policy(name, df)).await;
    }
    let path = format!("{POLICIES}/a");
    app.put(&path, &policy("a", df)).await;

    assert_eq!(names(&read(&app, POLICIES).await), ["b", "c", "a"]);
    assert_eq!(names(&read(&app, &format!("{POLICIES}?sort=-creation_time")).await), ["c", "b", "a"]);
    assert_eq!(names(&read(&app, &format!("{POLICIES}?q=name=b")).await), ["b"]);
    let other = json!({ "name": "other", "registry": "origin", "namespace": "other" });
    app.create("/api/v1/projects", &other).await;
    assert_eq!(read(&app, "/api/v2.0/projects/other/preheat/policies").await, json!([]));
}

#[tokio::test]
async fn executions_come_newest_first_and_are_found_by_harbors_words() {
    let app = shop().await;
    let path = nightly(&app).await;
    let list = format!("{path}/executions");
    for _ in 0..3 {
        made(&app, &path, &json!({})).await;
    }
    let all = ids(&read(&app, &list).await);
    assert!(all.is_sorted_by(|one, other| one > other), "{all:?}");
    let stopped = all[1];
    let stop = app.send(patch(&format!("{list}/{stopped}"), &json!({ "status": "Stopped" }))).await;
    assert_eq!(stop.status, 200);

    let table = [
        ("q=status=Stopped".to_owned(), vec![stopped]),
        ("q=status=Running".to_owned(), vec![all[0], all[2]]),
        ("q=status=~STOP".to_owned(), vec![stopped]),
        ("q=status%3D%7BStopped%20Error%7D".to_owned(), vec![stopped]),
        (format!("q=id=~{stopped}"), vec![stopped]),
        (format!("q=id=%5B{}~%5D", all[1]), vec![all[0], all[1]]),
        ("q=trigger=manual".to_owned(), all.clone()),
        ("q=extra_attrs.trigger=scheduled".to_owned(), vec![]),
        ("q=vendor_type=P2P_PREHEAT".to_owned(), all.clone()),
        ("q=start_time=%5B2020-01-01T00:00:00~%5D".to_owned(), all.clone()),
        ("q=start_time=~2019-".to_owned(), vec![]),
        ("sort=id".to_owned(), all.iter().copied().rev().collect()),
        ("sort=end_time,-id".to_owned(), vec![all[0], all[2], stopped]),
        ("page_size=1&page=2".to_owned(), vec![stopped]),
    ];
    for (query, expected) in table {
        let answer = app.get(&format!("{list}?{query}")).await;
        assert_eq!(ids(&answer.json()), expected, "{query}");
    }
    let page = app.get(&format!("{list}?page_size=1&page=2")).await;
    assert_eq!(page.header("x-total-count"), "3");
}

#[tokio::test]
async fn tasks_are_found_by_harbors_words_and_come_in_the_order_of_their_starts() {
    let app = shop().await;
    let path = nightly(&app).await;
    let at = made(&app, &path, &json!({})).await;
    let id: i64 = at.rsplit('/').next().unwrap().parse().unwrap();
    let tasks = expand(&app, id, &["v1", "v2", "v3"]).await;
    for task in [tasks[1], tasks[0]] {
        step(&app, task, Stage::Submit, failed("no"), &[]).await;
    }
    let list = format!("/api/v2.0{at}/tasks");
    let digest = read(&app, &list).await[2]["extra_attrs"]["digest"].as_str().unwrap().to_owned();

    let table = [
        (String::new(), vec![tasks[0], tasks[1], tasks[2]]),
        ("q=status=Error".to_owned(), vec![tasks[0], tasks[1]]),
        ("q=status=Pending".to_owned(), vec![tasks[2]]),
        ("q=extra_attrs.artifact=shop/web:v2".to_owned(), vec![tasks[1]]),
        (format!("q=extra_attrs.digest={digest}"), vec![tasks[2]]),
        ("q=run_count=1,status_message=no".to_owned(), vec![tasks[0], tasks[1]]),
        ("sort=-id".to_owned(), vec![tasks[2], tasks[1], tasks[0]]),
        ("page_size=2&page=2".to_owned(), vec![tasks[2]]),
    ];
    for (query, expected) in table {
        let answer = app.get(&format!("{list}?{query}")).await;
        assert_eq!(ids(&answer.json()), expected, "{query}");
    }
}
