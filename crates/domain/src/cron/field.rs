//! One field of a schedule: lists, ranges, steps and names.

use super::kind::{Kind, number};
use super::piece::Piece;
use crate::Invalid;

/// The values of a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// Bit n is set for the value n; Sunday is 0.
    pub bits: u64,
    /// An item is `*` or `?`, without a step above 1: robfig's rule for a day that is not restricted.
    pub star: bool,
    /// An item is `*` or `?`, or has a step.
    pub repeats: bool,
}

/// A field as it was written.
pub(super) struct Written<'a> {
    pub kind: &'static Kind,
    /// Which field of the text it is, counted from 1.
    pub number: usize,
    pub piece: Piece<'a>,
}

impl Written<'_> {
    pub fn parse(&self) -> Result<Field, Invalid> {
        let mut field = Field::default();
        for item in self.piece.split(',') {
            let item = self.item(item)?;
            field.bits |= item.bits;
            field.star |= item.star;
            field.repeats |= item.repeats;
        }
        Ok(field)
    }

    fn item(&self, item: Piece<'_>) -> Result<Field, Invalid> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (item, None),
        };
        let all = matches!(range.text, "*" | "?");
        let (start, end) =
            if all { (self.kind.min, self.kind.max) } else { self.range(range, step.is_some())? };
        let step = step.unwrap_or(1);
        let bits = (start..=end).step_by(step).fold(0, |bits, value| bits | 1 << self.kind.folded(value));
        Ok(Field { bits, star: all && step == 1, repeats: all || item.text.contains('/') })
    }

    fn step(&self, step: Piece<'_>) -> Result<usize, Invalid> {
        match number(step.text) {
            Some(0) => Err(self.wrong(step, "a step of 0 does not move; write 1 or more")),
            Some(step) => Ok(step as usize),
            None => Err(self
                .wrong(step, format!("the step '{}' is not a number; write '*/5' or '10-40/5'", step.text))),
        }
    }

    /// The two ends of a range; a single value with a step runs to the end, as in robfig.
    fn range(&self, range: Piece<'_>, has_step: bool) -> Result<(u32, u32), Invalid> {
        let Some((start, end)) = range.split_once('-') else {
            let start = self.value(range)?;
            if has_step && start > self.kind.max {
                return Err(self.wrong(range, "a step cannot begin with 7; write 0 to begin with Sunday"));
            }
            return Ok((start, if has_step { self.kind.max } else { start }));
        };
        let ends = (self.value(start)?, self.value(end)?);
        if ends.0 > ends.1 {
            let instead = self.kind.split_backwards(start.text, end.text);
            return Err(
                self.wrong(range, format!("the range '{}' runs backwards; write '{instead}'", range.text))
            );
        }
        Ok(ends)
    }

    fn value(&self, value: Piece<'_>) -> Result<u32, Invalid> {
        let kind = self.kind;
        if let Some(at) = kind.names.iter().position(|name| name.eq_ignore_ascii_case(value.text)) {
            return Ok(kind.min + at as u32);
        }
        let Some(number) = number(value.text) else {
            return Err(self.wrong(value, kind.not_a_value(value.text)));
        };
        if number < kind.min || number > kind.last {
            let side = if number < kind.min { "below" } else { "above" };
            let limit = if number < kind.min { kind.min } else { kind.last };
            return Err(self.wrong(value, format!("{number} is {side} {limit}; write {}", kind.values())));
        }
        Ok(number)
    }

    /// A complaint about a part of this field.
    pub fn wrong(&self, part: Piece<'_>, reason: impl std::fmt::Display) -> Invalid {
        let (name, number, position) = (self.kind.name, self.number, part.position());
        Invalid::new("cron", format!("{name} (field {number}, at position {position}): {reason}"))
    }
}
