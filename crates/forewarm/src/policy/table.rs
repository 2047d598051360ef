//! A preview as a table.

use std::fmt::Write as _;

use serde_json::Value;

/// What it comes to, a page of the tasks, and a page of what is left out.
pub fn text(preview: &Value, page: u32) -> String {
    let mut text = totals(preview);
    for warning in strings(&preview["warnings"]) {
        let _ = writeln!(text, "warning: {warning}");
    }
    if let Some(note) = preview["note"].as_str() {
        let _ = writeln!(text, "not complete: {note}");
    }
    let tasks = preview["tasks"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !tasks.is_empty() {
        let _ = writeln!(text, "\nwould be preheated (page {page}):");
        tasks.iter().for_each(|task| text.push_str(&task_line(task)));
    }
    let left_out = preview["left_out"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !left_out.is_empty() {
        let _ = writeln!(text, "\nleft out (page {page}):");
        left_out.iter().for_each(|missed| text.push_str(&left_out_line(missed)));
    }
    text
}

fn totals(preview: &Value) -> String {
    let totals = &preview["totals"];
    let number = |name: &str| totals[name].as_i64().unwrap_or_default();
    let mut text = format!(
        "{} artifacts, {} tasks, {} for each instance; {} left out",
        number("artifacts"),
        number("tasks"),
        size(number("bytes")),
        number("left_out"),
    );
    let by: Vec<String> = totals["left_out_by"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(filter, count)| format!("{count} by {filter}"))
        .collect();
    if !by.is_empty() {
        let _ = write!(text, " ({})", by.join(", "));
    }
    text.push('\n');
    text
}

fn task_line(task: &Value) -> String {
    let word = |name: &str| task[name].as_str().unwrap_or("-").to_owned();
    let name = format!("{}:{}", word("repository"), strings(&task["tags"]).join(","));
    let size = task["size"].as_i64().map_or_else(|| "-".to_owned(), size);
    let digest: String = word("digest").chars().take(19).collect();
    format!("  {name:<40} {:<14} {digest}  {size:>10}  {}\n", word("platform"), word("instance"))
}

fn left_out_line(missed: &Value) -> String {
    let tags = strings(&missed["tags"]);
    let repository = missed["repository"].as_str().unwrap_or_default();
    let name = match tags.is_empty() {
        true => repository.to_owned(),
        false => format!("{repository}:{}", tags.join(",")),
    };
    let word = |name: &str| missed[name].as_str().unwrap_or_default();
    format!("  {name:<40} {}: {}\n", word("filter"), word("reason"))
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn size(bytes: i64) -> String {
    let bytes = bytes as f64;
    match bytes {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        bytes => format!("{:.1} kB", bytes / 1e3),
    }
}
