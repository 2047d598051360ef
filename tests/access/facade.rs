//! Every operation of the facade for clients of Harbor × every kind of caller × a project of theirs and a foreign one.
//! Harbor tells 403 of what one may not see, whether it is there or not.

use std::collections::BTreeSet;

use forewarm_api::harbor::document;
use poem::http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::callers::{Callers, Who};
use crate::support::app::{Answer, TestApp, request, with_json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Needs no credentials.
    Public,
    /// Whoever is known; a list shows what the caller may see.
    Known,
    /// Only system administrators.
    System,
    /// Who sees the project.
    See,
    /// Who administers the project.
    Change,
}

const CLASSES: [(Class, &[&str]); 5] = [
    (Class::Public, &["GetPing", "GetHealth", "GetSystemInfo"]),
    (Class::Known, &["GetCurrentUserInfo", "ListProjects"]),
    (
        Class::System,
        &[
            "ListProviders",
            "ListInstances",
            "CreateInstance",
            "PingInstances",
            "GetInstance",
            "UpdateInstance",
            "DeleteInstance",
        ],
    ),
    (
        Class::See,
        &[
            "GetProject",
            "ListProvidersUnderProject",
            "ListPolicies",
            "GetPolicy",
            "ListExecutions",
            "GetExecution",
            "ListTasks",
            "GetPreheatLog",
        ],
    ),
    (Class::Change, &["CreatePolicy", "UpdatePolicy", "ManualPreheat", "DeletePolicy", "StopExecution"]),
];

struct Operation {
    id: &'static str,
    method: Method,
    path: &'static str,
    has_body: bool,
}

fn operations() -> Vec<Operation> {
    let paths = document::get()["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap(),
            method: method.to_uppercase().parse().unwrap(),
            path,
            has_body: operation.get("requestBody").is_some(),
        })
    });
    operations.collect()
}

fn class(id: &str) -> Class {
    CLASSES.iter().find(|(_, ids)| ids.contains(&id)).unwrap().0
}

/// Which refusal somebody gets; None = none.
fn expected(class: Class, who: Who, own: bool) -> Option<u16> {
    let is_stranger =
        matches!(who, Who::Nobody | Who::WrongPassword | Who::Disabled | Who::Sender | Who::ExpiredToken);
    let only_sees = matches!(who, Who::Viewer | Who::ViewerToken);
    match class {
        Class::Public => None,
        _ if is_stranger => Some(401),
        _ if who == Who::SystemAdmin => None,
        Class::Known => None,
        Class::System => Some(403),
        Class::See | Class::Change if !own || who == Who::WithoutRights => Some(403),
        Class::Change if only_sees => Some(403),
        Class::See | Class::Change => None,
    }
}

async fn call(app: &TestApp, callers: &Callers, operation: &Operation, who: Who, project: &str) -> Answer {
    let place = callers.place(project == "shop");
    let values = [
        ("project_name_or_id", project),
        ("project_name", project),
        ("preheat_policy_name", "nightly"),
        ("preheat_instance_name", "edge"),
        ("execution_id", &place.execution.to_string()),
        ("task_id", &place.task.to_string()),
    ];
    let path = values
        .iter()
        .fold(operation.path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value));
    let mut asked = request(operation.method.clone(), &path);
    let authorization = HeaderValue::from_str(&callers.header(who)).unwrap();
    asked.headers_mut().insert(header::AUTHORIZATION, authorization);
    if operation.has_body {
        asked = with_json(asked, &body(operation.id));
    }
    app.send(asked).await
}

fn body(operation: &str) -> Value {
    let name = format!("x{}", uuid::Uuid::new_v4().simple());
    match operation {
        "CreateInstance" | "UpdateInstance" | "PingInstances" => {
            let name = if operation == "UpdateInstance" { "edge".to_owned() } else { name };
            json!({ "name": name, "vendor": "mirror", "endpoint": "http://127.0.0.1:1", "enabled": true })
        }
        "StopExecution" => json!({ "status": "Stopped" }),
        _ => json!({
            "provider_id": 1, "filters": r#"[{"type":"tag","value":"v*"}]"#, "trigger": "{}",
            "name": if operation == "CreatePolicy" { name } else { "nightly".to_owned() },
        }),
    }
}

#[tokio::test]
async fn every_operation_of_the_facade_is_classified_once() {
    let classified: Vec<&str> = CLASSES.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let unique: BTreeSet<&str> = classified.iter().copied().collect();
    assert_eq!(unique.len(), classified.len(), "an operation is in two classes");
    let known: BTreeSet<&str> = operations().iter().map(|operation| operation.id).collect();
    assert_eq!(known, unique, "say in this test who may call a new operation");
}

#[tokio::test]
async fn every_caller_gets_from_every_operation_of_the_facade_what_its_rights_say() {
    let mut wrong = Vec::new();
    for operation in operations() {
        let class = class(operation.id);
        let mut app = TestApp::start().await;
        let callers = Callers::make(&mut app).await;
        for who in Who::ALL {
            for project in ["shop", "lab", "nowhere"] {
                let answer = call(&app, &callers, &operation, who, project).await;
                let found = matches!(answer.status, 401 | 403).then_some(answer.status);
                let expected = expected(class, who, project == "shop");
                if found != expected {
                    let (id, status) = (operation.id, answer.status);
                    wrong.push(format!(
                        "{id} by {who:?} in {project}: {status}, not {expected:?}: {}",
                        answer.text
                    ));
                }
                if found == Some(401) {
                    assert!(answer.header("www-authenticate").contains("Basic"), "{}", operation.id);
                    assert_eq!(answer.json()["errors"][0]["code"], "UNAUTHORIZED");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_foreign_project_looks_like_one_that_does_not_exist() {
    let mut app = TestApp::start().await;
    let callers = Callers::make(&mut app).await;
    for operation in operations().iter().filter(|operation| operation.path.contains("{project_name")) {
        for who in [Who::WithoutRights, Who::Viewer, Who::ProjectAdmin] {
            let foreign = call(&app, &callers, operation, who, "lab").await;
            let missing = call(&app, &callers, operation, who, "nowhere").await;
            assert_eq!(foreign.status, 403, "{} by {who:?}", operation.id);
            assert_eq!((foreign.status, &foreign.text), (missing.status, &missing.text), "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn a_refusal_for_the_system_names_only_the_caller() {
    let mut app = TestApp::start().await;
    let callers = Callers::make(&mut app).await;
    let header = callers.header(Who::ProjectAdmin);
    let answer = super::get(&app, &header, "/api/v2.0/p2p/preheat/instances/edge").await;
    assert_eq!(answer.json(), json!({ "errors": [{ "code": "FORBIDDEN", "message": "owner" }] }));
    assert_eq!(super::get(&app, &header, "/api/v2.0/p2p/preheat/instances/none").await.text, answer.text);
}

#[tokio::test]
async fn a_list_of_projects_shows_what_the_caller_may_see_with_its_role() {
    let mut app = TestApp::start().await;
    let callers = Callers::make(&mut app).await;
    let roles = async |who: Who| {
        let listed = super::get(&app, &callers.header(who), "/api/v2.0/projects").await;
        let rows = listed.json().as_array().unwrap().clone();
        assert_eq!(listed.header("x-total-count"), rows.len().to_string());
        let role =
            |row: &Value| (row["name"].as_str().unwrap().to_owned(), row["current_user_role_id"].clone());
        rows.iter().map(role).collect::<Vec<_>>()
    };
    let shop = |role: i64| ("shop".to_owned(), json!(role));
    assert_eq!(roles(Who::WithoutRights).await, []);
    assert_eq!(roles(Who::Viewer).await, [shop(3)]);
    assert_eq!(roles(Who::ProjectAdmin).await, [shop(1)]);
    assert_eq!(roles(Who::SystemAdmin).await, [("lab".to_owned(), json!(1)), shop(1)]);
}
