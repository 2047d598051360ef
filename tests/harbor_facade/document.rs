//! The facade's document: checked in, and in every point that clients of Harbor rely on like Harbor's own.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use forewarm_api::harbor::document;
use serde_json::Value;

use crate::support::app::TestApp;

/// What Harbor's own document says; the file names its source.
static HARBORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../data/harbor/preheat-api.json")).unwrap());

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/harbor-preheat.json")
}

fn harbors_operations() -> &'static Vec<Value> {
    HARBORS["operations"].as_array().unwrap()
}

fn ours(operation: &Value) -> &'static Value {
    let (path, method) = (operation["path"].as_str().unwrap(), operation["method"].as_str().unwrap());
    let found = &document::get()["paths"][path][method];
    assert!(found.is_object(), "{method} {path} is not in our document");
    found
}

/// Harbor's word for the type of a schema of ours.
fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap().to_owned();
    }
    match schema["type"].as_str() {
        Some("array") => format!("{}[]", type_of(&schema["items"])),
        Some("object") if schema.get("additionalProperties").is_some() => "map".to_owned(),
        Some(word) => word.to_owned(),
        None => "anything".to_owned(),
    }
}

#[test]
fn the_checked_in_document_is_that_of_the_code() {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(file(), document::text()).unwrap();
    }
    let checked_in = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        checked_in == document::text(),
        "openapi/harbor-preheat.json is stale; run: UPDATE=1 cargo test -p forewarm-tests --test all api_document \
         harbor_facade::document"
    );
}

#[test]
fn all_operations_of_harbor_are_served_under_their_paths_and_ids() {
    assert_eq!(harbors_operations().len(), 19);
    for operation in harbors_operations() {
        assert_eq!(ours(operation)["operationId"], operation["id"]);
    }
}

#[test]
fn each_operation_has_harbors_parameters_with_their_types_and_limits() {
    for operation in harbors_operations() {
        let parameters = ours(operation)["parameters"].as_array().unwrap();
        let expected = operation["parameters"].as_array().unwrap();
        for parameter in expected {
            let name = &parameter["name"];
            let found = parameters.iter().find(|one| one["name"] == *name && one["in"] == parameter["in"]);
            let found = found.unwrap_or_else(|| panic!("{}: {name} is missing", operation["id"]));
            assert_eq!(found["required"].as_bool().unwrap_or(false), parameter["required"], "{name}");
            assert_eq!(type_of(&found["schema"]), parameter["type"].as_str().unwrap(), "{name}");
            for limit in ["default", "maximum"] {
                assert_eq!(found["schema"].get(limit), parameter.get(limit), "{name}: {limit}");
            }
        }
        assert_eq!(parameters.len(), expected.len(), "{}", operation["id"]);
    }
}

#[test]
fn each_operation_takes_and_answers_what_harbors_does() {
    for operation in harbors_operations() {
        let ours = ours(operation);
        let id = &operation["id"];
        let body = &ours["requestBody"]["content"]["application/json"]["schema"];
        let body = (!body.is_null()).then(|| type_of(body));
        assert_eq!(body.as_deref(), operation["body"].as_str(), "{id}");
        assert!(body.is_none() || ours["requestBody"]["required"] == true, "{id}");
        let success = &ours["responses"][operation["success"].to_string()];
        assert!(success.is_object(), "{id}");
        let media = success["content"].as_object().and_then(|content| content.values().next());
        let answer = media.map(|media| type_of(&media["schema"]));
        assert_eq!(answer.as_deref(), operation["answer"].as_str(), "{id}");
    }
}

#[test]
fn each_operation_tells_of_the_errors_that_harbors_does() {
    for operation in harbors_operations() {
        let responses = ours(operation)["responses"].as_object().unwrap();
        for status in operation["errors"].as_array().unwrap() {
            // Lists of the whole system and operations without parameters have nothing that could be missing or wrong.
            let has_none = matches!(status.as_i64(), Some(400 | 404))
                && matches!(
                    operation["id"].as_str(),
                    Some("ListProviders" | "ListInstances" | "CreateInstance")
                );
            assert!(has_none || responses.contains_key(&status.to_string()), "{}: {status}", operation["id"]);
        }
    }
}

#[test]
fn models_have_harbors_fields_and_types_and_scope() {
    for (name, fields) in HARBORS["models"].as_object().unwrap() {
        let schema = &document::get()["components"]["schemas"][name];
        let found = schema["properties"].as_object().unwrap_or_else(|| panic!("{name} is missing"));
        for (field, word) in fields.as_object().unwrap() {
            let property = found.get(field).unwrap_or_else(|| panic!("{name}.{field} is missing"));
            assert_eq!(type_of(property), word.as_str().unwrap(), "{name}.{field}");
        }
        let more: Vec<&String> = found.keys().filter(|field| fields.get(field.as_str()).is_none()).collect();
        // The scope of Harbor 2.12 stays a field of its own for its clients.
        let allowed: &[&str] = if name == "PreheatPolicy" { &["scope"] } else { &[] };
        assert_eq!(more, allowed, "{name}");
        assert!(schema.get("required").is_none(), "{name}: nothing is required in Harbor's models");
    }
}

#[test]
fn no_operation_hides_another_one_on_the_same_path() {
    let written = document::raw().matches("\"operationId\"").count();
    let paths = document::get()["paths"].as_object().unwrap();
    assert_eq!(written, paths.values().map(|methods| methods.as_object().unwrap().len()).sum::<usize>());
}

#[tokio::test]
async fn the_document_is_served_beside_the_native_one() {
    let app = TestApp::start().await;
    let served = app.get("/openapi-harbor.json").await;
    assert_eq!(served.text, document::text());
    let page = app.get("/docs/init.js").await;
    assert!(page.text.contains("../openapi-harbor.json"), "{}", page.text);
}
