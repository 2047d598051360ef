//! The checked-in OpenAPI documents, judged by a validator that is not ours.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::python;

#[test]
fn every_checked_in_document_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let documents: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|e| e == "json")).collect();
    assert!(!documents.is_empty());
    let output = validate(&documents);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_document_that_is_not_valid_would_be_noticed() {
    let mut document = forewarm_api::document::get().clone();
    document["paths"]["/livez"]["get"].as_object_mut().unwrap().remove("responses");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.json");
    std::fs::write(&file, document.to_string()).unwrap();

    let output = validate(&[file]);

    assert!(!output.status.success());
    assert!(told(&output).contains("\"responses\" is a required property"), "{}", told(&output));
}

fn validate(files: &[PathBuf]) -> Output {
    let mut command = Command::new(python::programs().join("openapi-spec-validator"));
    command.args(files).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
