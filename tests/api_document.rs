//! The OpenAPI document keeps the rules that clients and generators rely on.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use forewarm_api::document;
use serde_json::Value;

use crate::support::app::TestApp;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every operation: path, method, operation.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document::get()["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

fn visit(value: &Value, look: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Object(object) => {
            for (key, value) in object {
                look(key, value);
                visit(value, look);
            }
        }
        _ => {}
    }
}

#[test]
fn the_checked_in_document_is_that_of_the_code() {
    let file = root().join("openapi/forewarm.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, document::text()).unwrap();
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == document::text(),
        "openapi/forewarm.json is stale; run: UPDATE=1 cargo test -p forewarm-tests api_document::"
    );
}

#[test]
fn every_operation_has_an_id_that_all_generators_can_use() {
    let mut seen = HashSet::new();
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
        assert!(
            id.starts_with(|c: char| c.is_ascii_uppercase()) && id.chars().all(|c| c.is_ascii_alphanumeric()),
            "{id}"
        );
        for ending in ["Raw", "WithHttpInfo", "Execute", "WithResponse"] {
            assert!(!id.ends_with(ending), "{id}");
        }
        assert!(seen.insert(id), "{id} is used twice");
    }
    assert!(seen.len() > 30, "only {} operations", seen.len());
}

#[test]
fn path_arguments_are_in_the_order_of_the_path() {
    for (path, method, operation) in operations() {
        let in_path: Vec<&str> =
            path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let empty = vec![];
        let declared: Vec<&str> = operation["parameters"]
            .as_array()
            .unwrap_or(&empty)
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(in_path, declared, "{method} {path}");
    }
}

#[test]
fn no_operation_hides_another_one_on_the_same_path() {
    let written = document::raw().matches("\"operationId\"").count();
    assert_eq!(written, operations().len());
}

#[test]
fn no_field_is_read_only_since_that_would_refuse_what_was_read_before() {
    visit(document::get(), &mut |key, value| {
        assert!(key != "readOnly" || value == &Value::Bool(false), "a read-only field");
    });
}

#[test]
fn no_prefix_holds_a_parameter_since_poem_would_not_find_it() {
    for file in sources(&root().join("crates/api/src")) {
        let text = std::fs::read_to_string(&file).unwrap();
        for prefix in text.split("prefix_path = \"").skip(1) {
            let prefix = prefix.split('"').next().unwrap();
            assert!(!prefix.contains([':', '{']), "{}: {prefix}", file.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document::get();
    visit(document, &mut |key, value| {
        if key == "$ref" {
            let pointer = value.as_str().unwrap().trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    });
}

#[test]
fn media_types_carry_no_charset_and_schemas_no_described_references() {
    visit(document::get(), &mut |key, value| {
        if key == "content" {
            for name in value.as_object().unwrap().keys() {
                assert!(!name.contains(';'), "{name}");
            }
        }
        if key == "allOf" {
            let described = value.as_array().unwrap().iter().any(|part| part.get("description").is_some());
            assert!(!described, "{value}");
        }
    });
}

#[test]
fn every_operation_says_which_errors_it_can_give() {
    for (path, method, operation) in operations() {
        let responses = operation["responses"].as_object().unwrap();
        let place = format!("{method} {path}");
        assert!(responses.contains_key("500"), "{place}");
        // Senders of events may call their JSON what they like, and must prove themselves.
        let is_receiver = path == "/api/v1/events/{registry}";
        let has_body = operation.get("requestBody").is_some();
        assert_eq!(has_body && !is_receiver, responses.contains_key("415"), "{place}");
        assert_eq!(has_body, responses.contains_key("413"), "{place}");
        let is_public = PUBLIC.contains(&path);
        assert_eq!(!is_public || is_receiver, responses.contains_key("401"), "{place}");
        assert_eq!(!is_public, responses.contains_key("403"), "{place}");
        assert_eq!(!is_public || is_receiver, responses.contains_key("429"), "{place}");
        // Some name a project in the query or the body.
        let names = path.contains('{')
            || matches!(place.as_str(), "get /api/v1/warm" | "post /api/v1/preheats" | "post /api/v1/tokens");
        assert_eq!(names, responses.contains_key("404"), "{place}");
    }
}

#[test]
fn fields_of_answers_that_may_be_absent_are_never_null() {
    let schemas = document::get()["components"]["schemas"].as_object().unwrap();
    let nullable: HashSet<&str> = schemas
        .iter()
        .filter(|(_, schema)| {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.into_iter().any(|(_, property)| property["nullable"] == true)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    // Only what goes in has a use for null: it clears a secret.
    assert_eq!(nullable, HashSet::from(["AccessWrite", "AuthWrite"]));
}

/// What needs no credentials of ours.
const PUBLIC: [&str; 4] = ["/livez", "/readyz", "/healthz", "/api/v1/events/{registry}"];

#[test]
fn everything_but_probes_and_receivers_wants_a_password_or_a_token() {
    for (path, _, operation) in operations() {
        let wanted = match PUBLIC.contains(&path) {
            true => serde_json::json!([]),
            false => serde_json::json!([{ "basic": [] }, { "bearer": [] }]),
        };
        assert_eq!(operation["security"], wanted, "{path}");
    }
    let schemes = &document::get()["components"]["securitySchemes"];
    assert_eq!(schemes["basic"]["scheme"], "basic");
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
}

#[tokio::test]
async fn the_server_publishes_the_polished_document() {
    let app = TestApp::start().await;

    let answer = app.get("/openapi.json").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), *document::get());
}

#[tokio::test]
async fn the_documentation_page_needs_nothing_from_elsewhere_and_runs_no_inline_script() {
    let app = TestApp::start().await;

    let page = app.get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    assert!(!page.text.contains("<script>"), "{}", page.text);

    for file in ["swagger-ui.css", "swagger-ui-bundle.js", "init.js"] {
        assert!(page.text.contains(file));
        assert_eq!(app.get(&format!("/docs/{file}")).await.status, 200, "{file}");
    }
    let moved = app.get("/docs").await;
    assert_eq!((moved.status, moved.header("location")), (308, "/docs/"));
}

#[tokio::test]
async fn the_console_answers_its_own_addresses_but_never_those_of_the_api() {
    let app = TestApp::start().await;

    for path in ["/", "/executions/17", "/some/page"] {
        let page = app.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("<title>Forewarm</title>"), "{path}");
        assert!(page.header("content-security-policy").contains("default-src 'self'"));
    }
    assert_eq!(app.get("/console.js").await.status, 200);
    assert_eq!(app.get("/no-such-file.js").await.status, 404);
    assert_eq!(app.get("/api/v1/nothing").await.status, 404);
    assert_eq!(app.get("/api/v2.0/nothing").await.status, 404);
}

#[tokio::test]
async fn a_file_that_a_browser_has_already_is_not_sent_again() {
    let app = TestApp::start().await;
    let first = app.get("/console.js").await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 66, "{etag}");

    for known in [etag.clone(), format!("\"old\", W/{etag}"), "*".to_owned()] {
        let mut request = crate::support::app::request(poem::http::Method::GET, "/console.js");
        request.headers_mut().insert("if-none-match", known.parse().unwrap());
        let again = app.send(request).await;
        assert_eq!((again.status, again.text.len()), (304, 0), "{known}");
        assert_eq!(again.header("etag"), etag);
    }
}
