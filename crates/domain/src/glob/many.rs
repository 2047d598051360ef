//! Many patterns matched against one name in one go: an event is held against the patterns of every policy.

use std::collections::HashMap;

use globset::{Candidate, GlobSet, GlobSetBuilder};

use super::{GlobError, check_characters, compile, folded, written};

/// The most globs of one set, and the most text of them: what one set compiles to stays far below globset's limit.
const MAX_GLOBS: usize = 1_000;
const MAX_TEXT: usize = 64 * 1024;

/// Patterns, each with a number from 0. The same pattern has the same number.
#[derive(Debug, Default)]
pub struct Patterns {
    numbers: HashMap<String, usize>,
    globs: Vec<(globset::Glob, usize)>,
}

/// The same, compiled.
#[derive(Debug, Default)]
pub struct PatternSet {
    sets: Vec<(GlobSet, Vec<usize>)>,
    count: usize,
}

impl Patterns {
    /// The number of a pattern.
    pub fn add(&mut self, pattern: &str) -> Result<usize, GlobError> {
        if let Some(number) = self.numbers.get(pattern) {
            return Ok(*number);
        }
        check_characters(pattern)?;
        let number = self.numbers.len();
        for text in written(pattern)? {
            let glob = compile(&text).map_err(|error| GlobError::whole(error.to_string()))?;
            self.globs.push((glob, number));
        }
        self.numbers.insert(pattern.to_owned(), number);
        Ok(number)
    }

    pub fn compile(self) -> Result<PatternSet, GlobError> {
        let mut sets = Vec::new();
        let mut rest = &self.globs[..];
        while !rest.is_empty() {
            let (some, others) = rest.split_at(fitting(rest));
            sets.push(set_of(some)?);
            rest = others;
        }
        let set = PatternSet { sets, count: self.numbers.len() };
        // The first look fills the matchers' caches, which takes longer than any look after it.
        set.matching("warm/up");
        Ok(set)
    }
}

impl PatternSet {
    /// For each pattern whether it matches the name.
    pub fn matching(&self, name: &str) -> Vec<bool> {
        let mut found = vec![false; self.count];
        let name = folded(name);
        let candidate = Candidate::new(name.as_ref());
        let mut places = Vec::new();
        for (set, numbers) in &self.sets {
            set.matches_candidate_into(&candidate, &mut places);
            places.iter().for_each(|place| found[numbers[*place]] = true);
        }
        found
    }
}

/// How many of the globs make the next set; at least one.
fn fitting(globs: &[(globset::Glob, usize)]) -> usize {
    let mut text = 0;
    let fits = globs.iter().take(MAX_GLOBS).take_while(|(glob, _)| {
        text += glob.glob().len();
        text <= MAX_TEXT
    });
    fits.count().max(1)
}

fn set_of(globs: &[(globset::Glob, usize)]) -> Result<(GlobSet, Vec<usize>), GlobError> {
    let mut set = GlobSetBuilder::new();
    for (glob, _) in globs {
        set.add(glob.clone());
    }
    let set = set.build().map_err(|error| GlobError::whole(error.to_string()))?;
    Ok((set, globs.iter().map(|(_, number)| *number).collect()))
}
