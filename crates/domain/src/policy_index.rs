//! Which of many policies an artifact could be about, by the cheap filters alone: repository and tag.
//!
//! All repository patterns are one set and all tag patterns another, so that an event costs two looks however many
//! policies there are, not one for each.

use std::collections::HashMap;

use crate::filter::Filter;
use crate::glob::{GlobError, PatternSet, Patterns};

/// What the index must know of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Indexed<'a> {
    pub id: i64,
    /// That of its project; taken off a repository's name before a pattern sees it.
    pub namespace: &'a str,
    pub filters: &'a [Filter],
}

/// The cheap filters of any number of policies, compiled.
#[derive(Debug, Default)]
pub struct PolicyIndex {
    namespaces: Vec<String>,
    repositories: PatternSet,
    tags: PatternSet,
    policies: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    id: i64,
    /// Place in the list of namespaces.
    namespace: usize,
    /// Numbers of its patterns, all of which must match.
    repositories: Vec<usize>,
    tags: Vec<usize>,
}

impl PolicyIndex {
    /// Compiles the filters, which takes about 50 µs for each pattern that no other policy has. A pattern that cannot
    /// be used narrows nothing here; whoever looks closer at its policy finds out.
    pub fn build<'a>(policies: impl IntoIterator<Item = Indexed<'a>>) -> Result<Self, GlobError> {
        let (mut repositories, mut tags) = (Patterns::default(), Patterns::default());
        let mut namespaces = Namespaces::default();
        let mut entries = Vec::new();
        for policy in policies {
            entries.push(Entry {
                id: policy.id,
                namespace: namespaces.place(policy.namespace),
                repositories: numbers(&mut repositories, policy.filters, repository_pattern),
                tags: numbers(&mut tags, policy.filters, tag_pattern),
            });
        }
        Ok(Self {
            namespaces: namespaces.names,
            repositories: repositories.compile()?,
            tags: tags.compile()?,
            policies: entries,
        })
    }

    /// The policies, in the order in which they were given, whose namespace holds the repository and whose repository
    /// patterns match it.
    pub fn of_repository(&self, repository: &str) -> Vec<i64> {
        self.passing(repository).map(|entry| entry.id).collect()
    }

    /// Those of them with at least one of the tags matching all their tag patterns. None without tags.
    pub fn candidates(&self, repository: &str, tags: &[String]) -> Vec<i64> {
        let mut passing = self.passing(repository).peekable();
        if passing.peek().is_none() {
            return vec![];
        }
        let by_tag: Vec<Vec<bool>> = tags.iter().map(|tag| self.tags.matching(tag)).collect();
        let has_tag = |entry: &&Entry| by_tag.iter().any(|matching| all(&entry.tags, matching));
        passing.filter(has_tag).map(|entry| entry.id).collect()
    }

    fn passing(&self, repository: &str) -> impl Iterator<Item = &Entry> {
        // A namespace that does not hold the repository costs no look.
        let names = self.namespaces.iter().map(|namespace| within(repository, namespace));
        let matching: Vec<Option<Vec<bool>>> =
            names.map(|name| name.map(|name| self.repositories.matching(name))).collect();
        self.policies.iter().filter(move |entry| {
            matching[entry.namespace].as_ref().is_some_and(|matching| all(&entry.repositories, matching))
        })
    }
}

/// The part of a repository's name that patterns see; None when the namespace does not hold it.
pub fn within<'a>(repository: &'a str, namespace: &str) -> Option<&'a str> {
    match namespace {
        "" => Some(repository),
        _ => repository.strip_prefix(namespace)?.strip_prefix('/'),
    }
}

#[derive(Default)]
struct Namespaces {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Namespaces {
    fn place(&mut self, name: &str) -> usize {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }
}

fn numbers(patterns: &mut Patterns, filters: &[Filter], pattern: fn(&Filter) -> Option<&str>) -> Vec<usize> {
    // An empty pattern means everything.
    let wanted = filters.iter().filter_map(pattern).filter(|pattern| !pattern.is_empty());
    wanted.filter_map(|pattern| patterns.add(pattern).ok()).collect()
}

fn repository_pattern(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Repository { pattern } => Some(pattern),
        _ => None,
    }
}

fn tag_pattern(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::Tag { pattern } => Some(pattern),
        _ => None,
    }
}

fn all(numbers: &[usize], matching: &[bool]) -> bool {
    numbers.iter().all(|number| matching[*number])
}
