//! Logs of tasks, as text and followed live.

use super::*;
use crate::support::access;

#[tokio::test]
async fn a_log_can_be_read_as_text() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1"]).await;
    step(&app, tasks[0], Stage::Submit, failed("no"), &["asked for it", "it said no"]).await;

    let log = app.get(&format!("/api/v1/tasks/{}/log", tasks[0])).await;

    assert_eq!((log.status, log.header("content-type")), (200, "text/plain; charset=utf-8"));
    let lines: Vec<&str> = log.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", log.text);
    assert!(lines[0].ends_with(" INFO    asked for it"), "{}", log.text);
    assert!(lines[1].ends_with(" INFO    it said no"), "{}", log.text);
    assert_eq!(app.get("/api/v1/tasks/999/log").await.status, 404);
}

/// One server-sent event.
#[derive(Debug, PartialEq)]
struct Sent {
    id: String,
    event: String,
    data: Value,
}

fn events(text: &str) -> Vec<Sent> {
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    text.split("\n\n")
        .filter(|block| block.contains("data:"))
        .map(|block| Sent {
            id: field(block, "id:"),
            event: field(block, "event:"),
            data: serde_json::from_str(&field(block, "data:")).unwrap(),
        })
        .collect()
}

#[tokio::test]
async fn a_log_that_is_followed_ends_with_the_final_status() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1"]).await;
    let running = Step::Running {
        engine_job: Some("7".to_owned()),
        check_in: Duration::ZERO,
        message: String::new(),
        report: forewarm_domain::task::Report::default(),
    };
    step(&app, tasks[0], Stage::Submit, running, &["asked"]).await;
    let path = format!("/api/v1/tasks/{}/log/stream", tasks[0]);
    let mut asked = request(Method::GET, &path);
    access::introduce(&mut asked);
    let response = app.endpoint.get_response(asked).await;
    assert_eq!(response.content_type(), Some("text/event-stream"));
    let mut body = Box::pin(response.into_body().into_bytes_stream());

    // The first line is there while the task still runs; the rest comes when it happens.
    let mut text = String::new();
    while events(&text).is_empty() {
        text.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(events(&text)[0].data["message"], "asked");
    step(&app, tasks[0], Stage::Check, failed("no"), &["it said no"]).await;
    while let Some(chunk) = body.next().await {
        text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
    }

    let events = events(&text);
    let names: Vec<(&str, &str)> =
        events.iter().map(|event| (event.id.as_str(), event.event.as_str())).collect();
    assert_eq!(names, [("1", "line"), ("2", "line"), ("2", "end")]);
    assert_eq!(events[1].data["message"], "it said no");
    assert_eq!(events[2].data, json!({ "status": "error" }));
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_only_what_it_missed() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1"]).await;
    step(&app, tasks[0], Stage::Submit, failed("no"), &["one", "two", "three"]).await;
    let mut request = request(Method::GET, &format!("/api/v1/tasks/{}/log/stream", tasks[0]));
    request.headers_mut().insert("last-event-id", "2".parse().unwrap());

    let answer = app.send(request).await;

    let events = events(&answer.text);
    assert_eq!(events.len(), 2, "{}", answer.text);
    assert_eq!((events[0].id.as_str(), &events[0].data["message"]), ("3", &json!("three")));
    assert_eq!(events[1].event, "end");
}

#[tokio::test]
async fn a_stream_ends_when_the_process_is_about_to_end() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1"]).await;
    let follow = app.get(&*format!("/api/v1/tasks/{}/log/stream", tasks[0]).leak());

    let (answer, ()) = tokio::join!(follow, async { app.draining.cancel() });

    assert_eq!(events(&answer.text), []);
}
