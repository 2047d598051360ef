//! Character classes: reading doublestar's grammar, writing globset's.

use super::GlobError;
use super::token::Reader;

/// One character out of a set, or one that is not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    negated: bool,
    /// Sorted, without repeats, never empty.
    members: Vec<u8>,
}

/// Reads a class whose `[` was just read.
pub(super) fn parse(reader: &mut Reader<'_>, in_brace: bool) -> Result<Class, GlobError> {
    let at = reader.next - 1;
    let negated = matches!(reader.peek(), Some(b'!' | b'^'));
    if negated {
        reader.next += 1;
    }
    if reader.peek() == Some(b']') {
        return Err(GlobError::at(
            at,
            "the class is empty; write '\\]' for a ']' in a class, or '\\[' for the character itself",
        ));
    }
    let mut members = Vec::new();
    while reader.peek() != Some(b']') {
        add_member(reader, &mut members, at, in_brace)?;
    }
    reader.next += 1;
    members.sort_unstable();
    members.dedup();
    Ok(Class { negated, members })
}

/// Reads one character or one range. A `-` that ends the class, or follows a range, is a character.
fn add_member(
    reader: &mut Reader<'_>,
    members: &mut Vec<u8>,
    at: usize,
    in_brace: bool,
) -> Result<(), GlobError> {
    let start = reader.next;
    let low = character(reader, at, in_brace)?;
    let is_range =
        reader.peek() == Some(b'-') && reader.text.get(reader.next + 1).is_some_and(|&b| b != b']');
    if !is_range {
        members.push(low);
        return Ok(());
    }
    reader.next += 1;
    let high = character(reader, at, in_brace)?;
    if low > high {
        let (low, high) = (char::from(low), char::from(high));
        return Err(GlobError::at(
            start,
            format!("the range '{low}-{high}' runs backwards; write '{high}-{low}'"),
        ));
    }
    members.extend(low..=high);
    Ok(())
}

fn character(reader: &mut Reader<'_>, class_at: usize, in_brace: bool) -> Result<u8, GlobError> {
    let at = reader.next;
    match reader.bump() {
        None => Err(GlobError::at(
            class_at,
            "'[' is not closed; add ']', or write '\\[' for the character itself",
        )),
        Some(b'\\') => reader.escaped(at),
        // doublestar looks for a brace's commas and end without regard to classes.
        Some(byte @ (b',' | b'{' | b'}')) if in_brace => {
            let c = char::from(byte);
            Err(GlobError::at(at, format!("'{c}' in a class within braces is ambiguous; write '\\{c}'")))
        }
        Some(byte) => Ok(byte),
    }
}

impl Class {
    /// Writes the class so that globset reads the same set: there, a backslash in a class is a character, `]` is one
    /// only in the first place, `-` only in the first or the last, and `!` and `^` negate in the first.
    pub fn write(&self, out: &mut String) {
        match self.members.as_slice() {
            [only] if !self.negated => write_literal(out, *only),
            b"!^" if !self.negated => out.push_str("{!,^}"),
            members => {
                out.push_str(if self.negated { "[^" } else { "[" });
                out.extend(in_safe_order(members).map(char::from));
                out.push(']');
            }
        }
    }
}

/// `]` first, then what has no meaning to globset. Where only `-`, `!` and `^` are left the `-` goes first.
fn in_safe_order(members: &[u8]) -> impl Iterator<Item = u8> {
    let plain = |byte: u8| !matches!(byte, b']' | b'-' | b'!' | b'^');
    let has_head = members.iter().any(|&byte| plain(byte) || byte == b']');
    let place = move |byte: u8| match byte {
        b']' => 0,
        b'!' | b'^' => 3,
        b'-' if has_head => 4,
        b'-' => 2,
        _ => 1,
    };
    let mut ordered = members.to_vec();
    ordered.sort_by_key(|&byte| place(byte));
    ordered.into_iter()
}

/// Writes one character that means itself.
pub(super) fn write_literal(out: &mut String, byte: u8) {
    if matches!(byte, b'*' | b'?' | b'[' | b']' | b'{' | b'}' | b'\\' | b',') {
        out.push('\\');
    }
    out.push(char::from(byte));
}
