//! The time zone of a schedule: a prefix of its text, or a name beside it.

use chrono_tz::{TZ_VARIANTS, Tz};

use super::piece::Piece;
use crate::Invalid;

/// Takes a `TZ=` or `CRON_TZ=` prefix off the text of a schedule.
pub(super) fn split(text: Piece<'_>) -> Result<(Option<Tz>, Piece<'_>), Invalid> {
    let Some(first) = text.words().first().copied() else { return Ok((None, text)) };
    let Some((key, name)) = first.split_once('=') else { return Ok((None, text)) };
    if !matches!(key.text, "TZ" | "CRON_TZ") {
        return Err(Invalid::new(
            "cron",
            format!(
                "at position {}: '{}=' is not known; only 'TZ=' or 'CRON_TZ=' may stand there",
                key.position(),
                key.text
            ),
        ));
    }
    let zone = find(name.text).map_err(|reason| {
        Invalid::new("cron", format!("time zone (at position {}): {reason}", name.position()))
    })?;
    Ok((Some(zone), text.after(first)))
}

/// The zone of the prefix and the zone beside the text, which must agree.
pub(super) fn choose(prefix: Option<Tz>, name: Option<&str>) -> Result<Tz, Invalid> {
    let Some(name) = name else { return Ok(prefix.unwrap_or(Tz::UTC)) };
    let zone = find(name).map_err(|reason| Invalid::new("time_zone", reason))?;
    match prefix {
        Some(prefix) if prefix != zone => Err(Invalid::new(
            "time_zone",
            format!("the schedule's prefix says {prefix}, and this says {zone}; leave one of them out"),
        )),
        _ => Ok(zone),
    }
}

fn find(name: &str) -> Result<Tz, String> {
    if let Ok(zone) = name.parse() {
        return Ok(zone);
    }
    let known = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
    let advice = known.map_or("an IANA name such as Europe/Berlin or UTC", |zone| zone.name());
    Err(format!("'{name}' is not a known time zone; write {advice}"))
}
