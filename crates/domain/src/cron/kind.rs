//! The kinds of fields: what each may hold.

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Kind {
    pub name: &'static str,
    pub min: u32,
    /// Where `*`, and a step without an end, stop.
    pub max: u32,
    /// The greatest number that may be written: 7 for the day of week, where 0 and 7 are both Sunday.
    pub last: u32,
    /// Short names in capitals; the first stands for `min`.
    pub names: &'static [&'static str],
}

pub(super) static MINUTE: Kind = Kind { name: "minute", min: 0, max: 59, last: 59, names: &[] };
pub(super) static HOUR: Kind = Kind { name: "hour", min: 0, max: 23, last: 23, names: &[] };
pub(super) static DAY_OF_MONTH: Kind = Kind { name: "day of month", min: 1, max: 31, last: 31, names: &[] };
pub(super) static MONTH: Kind = Kind {
    name: "month",
    min: 1,
    max: 12,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
pub(super) static DAY_OF_WEEK: Kind = Kind {
    name: "day of week",
    min: 0,
    max: 6,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

impl Kind {
    /// The bits of all values.
    pub fn all(&self) -> u64 {
        (self.min..=self.max).fold(0, |bits, value| bits | 1 << value)
    }

    /// 7 is Sunday as 0 is; every other value stands for itself.
    pub fn folded(&self, value: u32) -> u32 {
        if value > self.max { self.min } else { value }
    }

    pub fn values(&self) -> String {
        let numbers = format!("a number from {} to {}", self.min, self.last);
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!("{numbers}, or a name from {first} to {last}"),
            _ => numbers,
        }
    }

    pub fn not_a_value(&self, text: &str) -> String {
        let values = self.values();
        match text {
            "" => format!("a value is missing; write {values}"),
            "*" | "?" => format!("'{text}' cannot be the end of a range; write {values}"),
            _ if is_foreign(text) => format!("'{text}' is not taken: there is no L, W or #; write {values}"),
            _ => format!("'{text}' is no {}; write {values}", self.name),
        }
    }

    /// What was meant by a range that runs over the end: two ranges, or one that begins with Sunday.
    pub fn split_backwards(&self, start: &str, end: &str) -> String {
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) if number(start).is_none() => format!("{start}-{last},{first}-{end}"),
            _ if number(start) > Some(self.max) => format!("{}-{end}", self.min),
            _ => format!("{start}-{},{}-{end}", self.max, self.min),
        }
    }
}

/// Signs of other dialects: `L`, `15W`, `5#2`.
fn is_foreign(text: &str) -> bool {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit()).to_ascii_uppercase();
    matches!(letters.as_str(), "L" | "W" | "LW") || letters.contains('#')
}

/// Digits only: a sign is no part of a schedule.
pub(super) fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
