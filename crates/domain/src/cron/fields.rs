//! All fields of a schedule, and what they mean together.

use super::field::{Field, Written};
use super::kind::{DAY_OF_MONTH, DAY_OF_WEEK, HOUR, Kind, MINUTE, MONTH};
use super::piece::Piece;
use crate::Invalid;

/// The values of all fields, as bits: bit n is set for the value n. None is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fields {
    pub minutes: u64,
    pub hours: u64,
    pub days_of_month: u64,
    pub months: u64,
    /// Bit 0 is Sunday.
    pub days_of_week: u64,
    /// Either of the two days is enough. Both are restricted then; otherwise at least one holds all its values.
    pub either_day: bool,
    /// The schedule repeats over the hours, and so is no schedule at fixed hours.
    pub repeats: bool,
}

const KINDS: [&Kind; 5] = [&MINUTE, &HOUR, &DAY_OF_MONTH, &MONTH, &DAY_OF_WEEK];

/// What may be written for five fields.
const NAMED: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

impl Fields {
    pub fn parse(text: Piece<'_>) -> Result<Self, Invalid> {
        let words = text.words();
        match words.as_slice() {
            [first, rest @ ..] if first.text.starts_with('@') => Self::named(*first, rest.first()),
            [_, _, _, _, _] => Self::of(&words, 1),
            [second, rest @ ..] if rest.len() == 5 => {
                check_second(*second)?;
                Self::of(rest, 2)
            }
            _ => Err(wrong_count(&words)),
        }
    }

    fn named(name: Piece<'_>, next: Option<&Piece<'_>>) -> Result<Self, Invalid> {
        let known = NAMED.iter().find(|(known, _)| *known == name.text);
        match (known, next) {
            (None, _) => Err(unknown_name(name)),
            (Some((_, fields)), None) => Self::of(&Piece::whole(fields).words(), 1),
            (Some((known, _)), Some(next)) => {
                let (at, text) = (next.position(), next.text);
                Err(invalid(format!("at position {at}: nothing may follow '{known}'; leave out '{text}'")))
            }
        }
    }

    /// The five fields, of which the first is number `first` of the text.
    fn of(pieces: &[Piece<'_>], first: usize) -> Result<Self, Invalid> {
        let written = KINDS.iter().zip(pieces).zip(first..);
        let written: Vec<_> =
            written.map(|((kind, piece), number)| Written { kind, number, piece: *piece }).collect();
        let values = written.iter().map(Written::parse).collect::<Result<Vec<_>, _>>()?;
        let [minute, hour, day_of_month, month, day_of_week] = values[..] else {
            return Err(wrong_count(pieces));
        };
        let (days_of_month, days_of_week, either_day) = days(day_of_month, day_of_week);
        let fields = Self {
            minutes: minute.bits,
            hours: hour.bits,
            days_of_month,
            months: month.bits,
            days_of_week,
            either_day,
            repeats: hour.repeats || hour.bits == HOUR.all(),
        };
        fields.check_fires(&written[2])?;
        Ok(fields)
    }

    /// Every month has each day of the week, so only a day of month can be one that never comes.
    fn check_fires(&self, day_of_month: &Written<'_>) -> Result<(), Invalid> {
        const LONGEST: [u32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let first = self.days_of_month.trailing_zeros();
        let longest =
            (1..=12).filter(|month| self.months >> month & 1 == 1).map(|month| LONGEST[month]).max();
        match longest {
            Some(longest) if first > longest && !self.either_day => Err(day_of_month.wrong(
                day_of_month.piece,
                format!(
                    "none of the months has a day {first}, so this never fires; write a day up to {longest}"
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// The bits of both days, and whether either is enough. robfig's rule: it is where neither is a star; where one of them
/// names all its values, that is every day.
fn days(of_month: Field, of_week: Field) -> (u64, u64, bool) {
    let either = !of_month.star && !of_week.star;
    if either && (of_month.bits == DAY_OF_MONTH.all() || of_week.bits == DAY_OF_WEEK.all()) {
        return (DAY_OF_MONTH.all(), DAY_OF_WEEK.all(), false);
    }
    (of_month.bits, of_week.bits, either)
}

/// Harbor takes the literal `0` only.
fn check_second(second: Piece<'_>) -> Result<(), Invalid> {
    if second.text == "0" {
        return Ok(());
    }
    let (at, text) = (second.position(), second.text);
    Err(invalid(format!(
        "second (field 1, at position {at}): '{text}' is not 0; write 0, or leave the field out"
    )))
}

fn wrong_count(words: &[Piece<'_>]) -> Invalid {
    let expected =
        "write 5 (minute, hour, day of month, month, day of week), or 6 with a 0 for the second in front";
    match words {
        [] => invalid(format!("there are no fields; {expected}")),
        [.., last] => {
            let (count, at) = (words.len(), last.position());
            invalid(format!("there are {count} fields, the last at position {at}; {expected}"))
        }
    }
}

fn unknown_name(name: Piece<'_>) -> Invalid {
    let (at, text) = (name.position(), name.text);
    if text == "@every" {
        return invalid(format!(
            "at position {at}: '@every' counts from the start of a program, and there are several; \
             write a step, such as '*/15 * * * *' or '0 */2 * * *'"
        ));
    }
    let known = NAMED.map(|(name, _)| name).join(", ");
    invalid(format!("at position {at}: '{text}' is not known; write one of {known}, or 5 fields"))
}

fn invalid(reason: String) -> Invalid {
    Invalid::new("cron", reason)
}
