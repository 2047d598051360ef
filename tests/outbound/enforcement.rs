//! Nobody gets around the rules: only one crate makes clients.

use std::fs;
use std::path::{Path, PathBuf};

/// Makes the clients, with the rules.
const MAKER: &str = "http";
/// Only tests, the demo and developers run these, against what they started themselves.
const OWN: [&str; 2] = ["fake", "bench"];

#[test]
fn no_other_crate_makes_a_client_without_rules() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut looked_at = 0;
    for folder in fs::read_dir(&crates).unwrap().map(|entry| entry.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        if name == MAKER || OWN.contains(&name) || !folder.is_dir() {
            continue;
        }
        for file in sources(&folder.join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for maker in
                ["reqwest::Client", "reqwest::get", "ClientBuilder", "reqwest::{Client", "reqwest::*"]
            {
                assert!(!text.contains(maker), "{}: {maker}", file.display());
            }
            looked_at += 1;
        }
    }
    assert!(looked_at > 100, "only {looked_at} files");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
