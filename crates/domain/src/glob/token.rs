//! Reading a pattern: tokens, with braces as a tree.

use super::GlobError;
use super::class::{self, Class};

/// One element of a pattern and the index of its first character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub at: usize,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Literal(u8),
    /// `/`
    Separator,
    /// `?`
    One,
    /// One `*`; what a run of them means is decided when the segments are known.
    Star,
    Class(Class),
    /// `{…,…}`
    Brace(Vec<Vec<Token>>),
    /// Where a brace began, in an expanded alternative; stands for no text.
    BraceStart,
}

/// Reads a pattern of printable ASCII.
pub(super) fn parse(pattern: &str) -> Result<Vec<Token>, GlobError> {
    let mut reader = Reader { text: pattern.as_bytes(), next: 0 };
    let tokens = reader.sequence(0)?;
    if reader.next < reader.text.len() {
        // Only a brace that nobody opened ends the outermost sequence early.
        return Err(GlobError::at(reader.next, "'}' closes no '{'; write '\\}' for the character itself"));
    }
    Ok(tokens)
}

/// The pattern and how far it is read.
pub(super) struct Reader<'a> {
    pub text: &'a [u8],
    pub next: usize,
}

impl Reader<'_> {
    pub fn peek(&self) -> Option<u8> {
        self.text.get(self.next).copied()
    }

    pub fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.next += 1;
        Some(byte)
    }

    /// The character after a backslash at `at`.
    pub fn escaped(&mut self, at: usize) -> Result<u8, GlobError> {
        self.bump()
            .ok_or_else(|| GlobError::at(at, "'\\' escapes nothing; write '\\\\' for the character itself"))
    }

    /// Tokens up to the end, or to the `,` or `}` that ends a brace's member.
    fn sequence(&mut self, depth: usize) -> Result<Vec<Token>, GlobError> {
        let mut tokens = Vec::new();
        while let Some(byte) = self.peek() {
            if byte == b'}' || (byte == b',' && depth > 0) {
                break;
            }
            let at = self.next;
            let kind = self.token(depth)?;
            tokens.push(Token { at, kind });
        }
        Ok(tokens)
    }

    fn token(&mut self, depth: usize) -> Result<Kind, GlobError> {
        let at = self.next;
        Ok(match self.bump().unwrap_or_default() {
            b'/' => Kind::Separator,
            b'?' => Kind::One,
            b'*' => Kind::Star,
            b'[' => Kind::Class(class::parse(self, depth > 0)?),
            b'{' => Kind::Brace(self.members(depth)?),
            b'\\' => match self.escaped(at)? {
                b'/' => return Err(GlobError::at(at, "'/' needs no escape; write '/' alone")),
                byte => Kind::Literal(byte),
            },
            byte => Kind::Literal(byte),
        })
    }

    /// The members of a brace whose `{` was just read.
    fn members(&mut self, depth: usize) -> Result<Vec<Vec<Token>>, GlobError> {
        let at = self.next - 1;
        let mut members = Vec::new();
        loop {
            members.push(self.sequence(depth + 1)?);
            match self.bump() {
                Some(b',') => {}
                Some(_) => return Ok(members),
                None => {
                    return Err(GlobError::at(
                        at,
                        "'{' is not closed; add '}', or write '\\{' for the character itself",
                    ));
                }
            }
        }
    }
}
