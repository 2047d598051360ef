//! Finds what the documents say about an address, for answers that have to tell.

use serde_json::Value;

use crate::{document, harbor};

/// One path of a document.
pub struct Place {
    document: &'static Value,
    /// For example `/api/v1/tasks/{task}`.
    template: &'static str,
    operations: &'static Value,
}

impl Place {
    pub fn of(path: &str) -> Option<Self> {
        let document = if harbor::owns(path) { harbor::document::get() } else { document::get() };
        let paths = document["paths"].as_object()?;
        // A literal segment wins over a parameter, as in the router.
        let fits = paths.iter().filter(|(template, _)| matches(template, path));
        fits.min_by_key(|(template, _)| template.matches('{').count()).map(|(template, operations)| Self {
            document,
            template,
            operations,
        })
    }

    pub fn template(&self) -> &'static str {
        self.template
    }

    /// The methods that are served here, for `Allow`.
    pub fn methods(&self) -> String {
        let mut methods: Vec<String> = self
            .operations
            .as_object()
            .into_iter()
            .flatten()
            .map(|(method, _)| method.to_uppercase())
            .collect();
        if methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".to_owned());
        }
        methods.push("OPTIONS".to_owned());
        methods.join(", ")
    }

    /// The name of the path parameter that poem calls `param<n>`.
    pub fn path_parameter(&self, poem_name: &str) -> Option<&'static str> {
        let position: usize = poem_name.strip_prefix("param")?.parse().ok()?;
        let names = self.template.split('/').filter_map(parameter);
        names.into_iter().nth(position)
    }

    /// The schema of a parameter, wherever in the request it is.
    pub fn schema(&self, method: &str, parameter: &str) -> Option<&'static Value> {
        let parameters = self.operations[method.to_lowercase()]["parameters"].as_array()?;
        let found = parameters.iter().find(|candidate| candidate["name"] == parameter)?;
        let schema = &found["schema"];
        let name = schema["$ref"].as_str().and_then(|text| text.rsplit('/').next());
        Some(name.map_or(schema, |name| &self.document["components"]["schemas"][name]))
    }
}

fn matches(template: &str, path: &str) -> bool {
    let mut expected = template.split('/');
    let mut found = path.split('/');
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return true,
            (Some(word), Some(segment)) if parameter(word).is_some() => {
                if segment.is_empty() {
                    return false;
                }
            }
            (Some(word), Some(segment)) if word == segment => {}
            _ => return false,
        }
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}
