//! Globs over repository names and tags, in the dialect of doublestar v4.
//!
//! The dialect is that of bmatcuk/doublestar v4.9.1, which Harbor's documentation links to. `globset` does the
//! matching; this module reads a pattern, expands its braces and writes each alternative so that globset means the
//! same by it. What cannot be said exactly is refused, never matched approximately.

mod braces;
mod class;
mod error;
mod many;
mod segments;
mod token;

use std::borrow::Cow;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

pub use error::GlobError;
pub use many::{PatternSet, Patterns};

/// The longest pattern, in characters.
pub const MAX_LENGTH: usize = 1024;

/// The most alternatives that the braces of one pattern may stand for.
pub const MAX_ALTERNATIVES: usize = 1024;

/// The most characters that all alternatives of one pattern may have together; compiling takes memory and time with them.
const MAX_WRITTEN: usize = 64 * 1024;

/// A compiled pattern.
#[derive(Debug)]
pub struct Glob {
    pattern: String,
    set: GlobSet,
}

impl Glob {
    /// Compiles a pattern. An empty one matches only the empty name: whoever lets it mean "everything" asks first.
    pub fn new(pattern: &str) -> Result<Self, GlobError> {
        check_characters(pattern)?;
        let mut set = GlobSetBuilder::new();
        for text in written(pattern)? {
            set.add(compile(&text).map_err(|error| GlobError::whole(error.to_string()))?);
        }
        let set = set.build();
        Ok(Self {
            pattern: pattern.to_owned(),
            set: set.map_err(|error| GlobError::whole(error.to_string()))?,
        })
    }

    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn is_match(&self, name: &str) -> bool {
        self.set.is_match(folded(name).as_ref())
    }
}

fn check_characters(pattern: &str) -> Result<(), GlobError> {
    if let Some((at, c)) = pattern.chars().enumerate().find(|(_, c)| !matches!(c, ' '..='~')) {
        return Err(GlobError::at(
            at,
            format!(
                "{c:?} is not a printable ASCII character; names hold no others, write '?' or '*' for it"
            ),
        ));
    }
    if pattern.len() > MAX_LENGTH {
        return Err(GlobError::at(
            MAX_LENGTH,
            format!("the pattern is longer than {MAX_LENGTH} characters; split it into several"),
        ));
    }
    Ok(())
}

/// The globs of globset that together mean the pattern.
fn written(pattern: &str) -> Result<Vec<String>, GlobError> {
    let mut globs = Vec::new();
    let mut length = 0;
    for alternative in braces::expand(&token::parse(pattern)?)? {
        let texts = segments::write(&alternative)?;
        length += texts.iter().map(String::len).sum::<usize>();
        if length > MAX_WRITTEN {
            return Err(GlobError::whole(
                "the braces stand for too many long alternatives; split the pattern, or use '*'",
            ));
        }
        globs.extend(texts);
    }
    Ok(globs)
}

fn compile(text: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true)
        .allow_unclosed_class(false)
        .case_insensitive(false)
        .build()
}

/// globset counts bytes where doublestar counts characters. Patterns are ASCII, so one control character in place of
/// each other character of a name keeps `?`, `*` and negated classes right.
fn folded(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().map(|c| if c.is_ascii() { c } else { '\u{1}' }).collect())
}
