//! Every operation of the documents × every kind of caller × a project of theirs and a foreign one.

use std::collections::{BTreeMap, BTreeSet};

use poem::http::{HeaderValue, Method, header};
use serde_json::{Value, json};

use super::callers::{Callers, Who};
use crate::support::app::{Answer, TestApp, request, with_json};

/// Who may call an operation. An operation that is in no row fails the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Needs no credentials.
    Public,
    /// Wants a secret of the registry, and no credentials of ours do.
    Sender,
    /// Whoever is known; a list shows what the caller may see.
    Known,
    /// Only system administrators; it has no name that could be hidden.
    System,
    /// One thing of the system; it does not exist for others.
    SystemThing,
    /// Who sees the project.
    See,
    /// Who administers the project.
    Change,
}

const CLASSES: [(Class, &[&str]); 7] = [
    (Class::Public, &["GetLiveness", "GetReadiness", "GetHealth"]),
    (Class::Sender, &["ReceiveEvents"]),
    (Class::Known, &["ListVendors", "ListProjects", "ListExecutions", "GetCurrentUser", "ListTokens"]),
    (
        Class::System,
        &[
            "ListRegistries",
            "CreateRegistry",
            "ListInstances",
            "CreateInstance",
            "CreateProject",
            "ListUsers",
            "CreateUser",
            "ListAudit",
            "GetMetrics",
        ],
    ),
    (
        Class::SystemThing,
        &[
            "GetRegistry",
            "UpdateRegistry",
            "DeleteRegistry",
            "PingRegistry",
            "GetRegistryHealth",
            "GetInstance",
            "UpdateInstance",
            "DeleteInstance",
            "PingInstance",
            "GetInstanceHealth",
            "GetUser",
            "UpdateUser",
            "DeleteUser",
            "ListDeliveries",
            "GetDelivery",
        ],
    ),
    (
        Class::See,
        &[
            "GetProject",
            "ListProjectInstances",
            "ListPolicies",
            "GetPolicy",
            "PreviewPolicy",
            "GetExecution",
            "ListTasks",
            "GetTask",
            "GetTaskLog",
            "FollowTaskLog",
            "ListWarm",
        ],
    ),
    (
        Class::Change,
        &[
            "CreatePolicy",
            "UpdatePolicy",
            "DeletePolicy",
            "RunPolicy",
            "PreviewUnsavedPolicy",
            "StopExecution",
            "RetryExecution",
            "CreatePreheat",
        ],
    ),
];

/// Those whose answer depends on more than role and project; each has tests of its own.
const APART: [&str; 6] =
    ["CreateToken", "UpdateProject", "DeleteProject", "GetToken", "RevokeToken", "ChangePassword"];

/// What came of a request, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unauthorized,
    Forbidden,
    Unseen,
    Allowed,
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    has_body: bool,
}

#[tokio::test]
async fn every_operation_of_the_document_is_classified_once() {
    let classified: Vec<&str> =
        CLASSES.iter().flat_map(|(_, ids)| ids.iter()).chain(&APART).copied().collect();
    let unique: BTreeSet<&str> = classified.iter().copied().collect();
    assert_eq!(unique.len(), classified.len(), "an operation is in two classes");
    let operations = operations();
    let known: BTreeSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(known, unique, "say in this test who may call a new operation");
}

#[tokio::test]
async fn public_operations_are_open_and_receivers_only_to_their_senders() {
    walk(&[Class::Public, Class::Sender, Class::Known]).await;
}

#[tokio::test]
async fn registries_instances_users_and_the_audit_log_are_the_system_administrators() {
    walk(&[Class::System]).await;
}

#[tokio::test]
async fn things_of_the_system_do_not_exist_for_others() {
    walk(&[Class::SystemThing]).await;
}

#[tokio::test]
async fn a_project_is_seen_by_its_viewers_and_nobody_else() {
    walk(&[Class::See]).await;
}

#[tokio::test]
async fn a_project_is_changed_by_its_administrators_and_nobody_else() {
    walk(&[Class::Change]).await;
}

/// Every caller asks for every operation of these classes, for its own project and for a foreign one.
async fn walk(classes: &[Class]) {
    let mut wrong = Vec::new();
    for operation in operations() {
        let Some(class) = class(&operation.id).filter(|class| classes.contains(class)) else { continue };
        let mut app = TestApp::start().await;
        let callers = Callers::make(&mut app).await;
        for who in Who::ALL {
            for own in [true, false] {
                let answer = call(&app, &callers, &operation, who, own).await;
                let expected = expected(class, who, own);
                let found = verdict(&answer);
                if found != expected {
                    wrong.push(format!(
                        "{} by {who:?}, {}: {found:?} ({}), should be {expected:?}: {}",
                        operation.id,
                        if own { "own project" } else { "foreign project" },
                        answer.status,
                        answer.text
                    ));
                }
                if found == Verdict::Unauthorized && class != Class::Sender {
                    assert!(answer.header("www-authenticate").contains("Basic"), "{}", operation.id);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule itself, in one place.
fn expected(class: Class, who: Who, own: bool) -> Verdict {
    use Verdict::{Allowed, Forbidden, Unauthorized, Unseen};
    if class == Class::Public {
        return Allowed;
    }
    if class == Class::Sender {
        return if who == Who::Sender { Allowed } else { Unauthorized };
    }
    if matches!(who, Who::Nobody | Who::WrongPassword | Who::Disabled | Who::Sender | Who::ExpiredToken) {
        return Unauthorized;
    }
    if who == Who::SystemAdmin {
        return Allowed;
    }
    match class {
        Class::Public | Class::Sender | Class::Known => Allowed,
        Class::System => Forbidden,
        Class::SystemThing => Unseen,
        Class::See | Class::Change if !own || who == Who::WithoutRights => Unseen,
        Class::See => Allowed,
        Class::Change if matches!(who, Who::Viewer | Who::ViewerToken) => Forbidden,
        Class::Change => Allowed,
    }
}

fn verdict(answer: &Answer) -> Verdict {
    match answer.status {
        500 | 503 => panic!("{}", answer.text),
        401 => Verdict::Unauthorized,
        403 => Verdict::Forbidden,
        404 if answer.text.contains("that you may see") => Verdict::Unseen,
        _ => Verdict::Allowed,
    }
}

fn class(id: &str) -> Option<Class> {
    CLASSES.iter().find(|(_, ids)| ids.contains(&id)).map(|(class, _)| *class)
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&forewarm_api::document::text()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    operations
}

async fn call(app: &TestApp, callers: &Callers, operation: &Operation, who: Who, own: bool) -> Answer {
    let place = callers.place(own);
    let names: BTreeMap<&str, String> = BTreeMap::from([
        ("registry", "origin".to_owned()),
        ("instance", "edge".to_owned()),
        ("user", "viewer".to_owned()),
        ("delivery", "1".to_owned()),
        ("project", place.project.clone()),
        ("policy", "nightly".to_owned()),
        ("execution", place.execution.to_string()),
        ("task", place.task.to_string()),
    ]);
    let mut path = operation.path.clone();
    for (name, value) in &names {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    if operation.id == "ListWarm" {
        path.push_str(&format!("?project={}", place.project));
    }
    let mut asked = request(operation.method.clone(), &path);
    asked.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_str(&callers.header(who)).unwrap());
    if operation.has_body {
        asked = with_json(asked, &body(&operation.id, &place.project));
    }
    app.send(asked).await
}

/// Something that each operation takes; each request makes another thing.
fn body(operation: &str, project: &str) -> Value {
    let name = format!("x{}", uuid::Uuid::new_v4().simple());
    match operation {
        "CreateRegistry" | "UpdateRegistry" => {
            json!({ "name": "origin", "url": "http://registry.test:5000" })
        }
        "CreateInstance" | "UpdateInstance" => {
            json!({ "name": "edge", "vendor": "mirror", "endpoint": "http://mirror.test:5000" })
        }
        "CreateProject" => json!({ "name": name, "registry": "origin" }),
        "CreateUser" => json!({ "name": name, "password": "a long enough password" }),
        "UpdateUser" => {
            json!({ "name": "viewer", "grants": [{ "role": "project_viewer", "projects": ["shop"] }] })
        }
        "CreateToken" => json!({ "name": name, "role": "project_viewer" }),
        "CreatePreheat" => {
            json!({ "type": "image", "project": project, "images": [format!("{project}/web:v1")], "instances": ["edge"] })
        }
        "UpdatePolicy" => json!({ "name": "nightly", "filters": [], "instances": ["edge"] }),
        _ => json!({ "name": name, "filters": [], "instances": ["edge"] }),
    }
}
