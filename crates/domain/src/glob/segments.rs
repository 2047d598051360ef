//! Segments: what a run of stars means, and writing an alternative for globset.

use super::GlobError;
use super::class::{Class, write_literal};
use super::token::{Kind, Token};

/// An element of an alternative whose meaning is settled.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Literal(u8),
    Separator,
    One,
    /// Any characters but `/`.
    Star,
    /// `**` as a whole segment: any number of segments.
    Segments,
    Class(&'a Class),
}

/// The globs that together mean one alternative of a pattern.
pub(super) fn write(alternative: &[Token]) -> Result<Vec<String>, GlobError> {
    let parts = settle(alternative)?;
    Ok(std::iter::once(text(&parts)).chain(without_segments(&parts)).collect())
}

/// `P/**` and `P/**/` also match `P`, which globset does not do by itself. A star at the end of `P` must take a
/// character then: doublestar compares what is left of the pattern by its text, and `*/**` is not `/**`.
fn without_segments(parts: &[Part<'_>]) -> Option<String> {
    let parts = parts.strip_suffix(&[Part::Separator]).unwrap_or(parts);
    let head = parts.strip_suffix(&[Part::Separator, Part::Segments])?;
    Some(match head {
        [head @ .., Part::Star] => text(head) + "?*",
        head => text(head),
    })
}

fn text(parts: &[Part<'_>]) -> String {
    if parts == [Part::Segments, Part::Separator] {
        // globset would let `**/` match a name without a slash at its end.
        return "**/*/".to_owned();
    }
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Literal(byte) => write_literal(&mut out, *byte),
            Part::Separator => out.push('/'),
            Part::One => out.push('?'),
            Part::Star => out.push('*'),
            Part::Segments => out.push_str("**"),
            Part::Class(class) => class.write(&mut out),
        }
    }
    out
}

fn settle(alternative: &[Token]) -> Result<Vec<Part<'_>>, GlobError> {
    let mut parts = Vec::new();
    let mut rest = alternative;
    while let Some(token) = rest.first() {
        let run = rest.iter().take_while(|token| is_star_or_mark(token)).count();
        // Marks at the ends of the run are looked at too: they are what makes doublestar read it differently.
        if rest[..run].iter().any(|token| token.kind == Kind::Star) {
            parts.push(stars(&rest[..run], &parts, rest.get(run))?);
        }
        if let Some(part) = single(&token.kind) {
            parts.push(part);
        }
        rest = &rest[run.max(1)..];
    }
    Ok(parts)
}

fn is_star_or_mark(token: &Token) -> bool {
    matches!(token.kind, Kind::Star | Kind::BraceStart)
}

fn single(kind: &Kind) -> Option<Part<'_>> {
    match kind {
        Kind::Literal(byte) => Some(Part::Literal(*byte)),
        Kind::Separator => Some(Part::Separator),
        Kind::One => Some(Part::One),
        Kind::Class(class) => Some(Part::Class(class)),
        Kind::Star | Kind::Brace(_) | Kind::BraceStart => None,
    }
}

/// What a run of stars, with the marks in and around it, means between what is before and after it.
fn stars<'a>(run: &[Token], before: &[Part<'_>], after: Option<&Token>) -> Result<Part<'a>, GlobError> {
    let stars = run.iter().filter(|token| token.kind == Kind::Star).count();
    if stars < 2 {
        return Ok(Part::Star);
    }
    let starts_segment = matches!(before.last(), None | Some(Part::Separator));
    let ends_segment = after.is_none_or(|token| token.kind == Kind::Separator);
    let is_segment = starts_segment && ends_segment && stars == 2;
    check_braces(run, starts_segment, is_segment)?;
    if !is_segment {
        return Ok(Part::Star);
    }
    if before.ends_with(&[Part::Segments, Part::Separator]) {
        return Err(GlobError::at(
            run[0].at,
            "'**' follows a '**'; write it once, it stands for any number of segments",
        ));
    }
    Ok(Part::Segments)
}

/// doublestar takes the start of a brace for the start of a segment, and reads a `**` only up to a brace. Where that
/// changes what a `**` means the pattern is refused.
fn check_braces(run: &[Token], starts_segment: bool, is_segment: bool) -> Result<(), GlobError> {
    let first = run.iter().position(|token| token.kind == Kind::Star).unwrap_or(0);
    let last = run.iter().rposition(|token| token.kind == Kind::Star).unwrap_or(0);
    let inside = run[first..=last].iter().any(|token| token.kind == Kind::BraceStart);
    let restarts = first > 0 && !starts_segment;
    let is_cut = last + 1 < run.len() && is_segment;
    if inside || restarts || is_cut {
        return Err(GlobError::at(
            run[first].at,
            "a brace may not join '**' to other text; write the alternatives as patterns of their own, or '*'",
        ));
    }
    Ok(())
}
