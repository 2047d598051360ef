//! Triggers of policies, as users write and read them.

use chrono::{DateTime, Utc};
use forewarm_domain::Invalid;
use forewarm_domain::cron::Cron;
use forewarm_domain::event::EventKind;
use forewarm_domain::trigger::{Missed, Schedule, Trigger};
use poem_openapi::{Enum, Object, Union};

/// What starts a policy's executions. Besides, every policy can be run by hand.
#[derive(Union, Debug)]
#[oai(rename = "Trigger", one_of = true, discriminator_name = "type", rename_all = "snake_case")]
pub enum TriggerObject {
    Manual(ManualTrigger),
    Schedule(ScheduleTrigger),
    Event(EventTrigger),
}

/// Only when somebody asks for it.
#[derive(Object, Debug)]
pub struct ManualTrigger {}

/// At the times of a cron expression.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct ScheduleTrigger {
    /// Minute, hour, day of the month, month, day of the week (0 = Sunday), like `0 2 * * MON-FRI`; or six fields that
    /// begin with the second, which must be 0; or `@hourly`, `@daily`, `@weekly`, `@monthly`.
    #[oai(validator(min_length = 1, max_length = 200))]
    cron: String,
    /// IANA name like `Europe/Berlin`. Left out: UTC.
    #[oai(validator(max_length = 100))]
    time_zone: Option<String>,
    /// What becomes of times that passed while no process was there to see them. Left out: run.
    missed: Option<MissedWord>,
}

#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "Missed", rename_all = "snake_case")]
enum MissedWord {
    /// One run makes up for all of them.
    Run,
    /// They are skipped.
    Skip,
}

/// When something happens to an artifact that the filters let through. The registry must send its events to
/// `/api/v1/events/{registry}`, or be watched.
#[derive(Object, Debug)]
pub struct EventTrigger {
    /// Any of these starts it.
    #[oai(validator(min_items = 1, max_items = 4, unique_items))]
    events: Vec<EventKindWord>,
}

/// What happened to an artifact.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[oai(rename = "EventKind", rename_all = "snake_case")]
pub enum EventKindWord {
    /// A tag was pushed, or moved to another digest.
    Push,
    /// A vulnerability scan ended well.
    ScanCompleted,
    /// A label was put on an artifact.
    LabelAdded,
    /// A signature arrived beside an artifact.
    Signed,
}

/// When a schedule is due.
#[derive(Object, Debug)]
#[oai(rename = "Schedule")]
pub struct ScheduleView {
    /// The expression in plain English.
    in_words: String,
    /// IANA name of the time zone that counts.
    time_zone: String,
    /// The next five times, in UTC; none while the policy is disabled.
    next: Vec<DateTime<Utc>>,
}

impl ScheduleView {
    /// None for a policy without a schedule.
    pub fn of(trigger: &Trigger, enabled: bool, now: DateTime<Utc>) -> Option<Self> {
        let Trigger::Schedule(schedule) = trigger else { return None };
        let cron = Cron::parse(&schedule.cron, schedule.time_zone.as_deref()).ok()?;
        let next = if enabled { cron.upcoming(now, 5) } else { vec![] };
        Some(Self { in_words: cron.in_words(), time_zone: cron.time_zone().to_owned(), next })
    }
}

impl TriggerObject {
    /// The trigger that is meant; complaints name fields like `trigger.cron`.
    pub fn resolve(&self) -> Result<Trigger, Invalid> {
        match self {
            Self::Manual(_) => Ok(Trigger::Manual),
            Self::Schedule(schedule) => schedule.resolve().map_err(|invalid| invalid.within("trigger")),
            Self::Event(event) => Ok(Trigger::Event {
                events: event.events.iter().map(|word| EventKind::from(*word)).collect(),
            }),
        }
    }
}

impl ScheduleTrigger {
    fn resolve(&self) -> Result<Trigger, Invalid> {
        Cron::parse(&self.cron, self.time_zone.as_deref())?;
        Ok(Trigger::Schedule(Schedule {
            cron: self.cron.clone(),
            time_zone: self.time_zone.clone(),
            missed: self.missed.map(Missed::from).unwrap_or_default(),
        }))
    }
}

impl From<&Trigger> for TriggerObject {
    fn from(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Manual => Self::Manual(ManualTrigger {}),
            Trigger::Schedule(schedule) => Self::Schedule(ScheduleTrigger {
                cron: schedule.cron.clone(),
                time_zone: schedule.time_zone.clone(),
                missed: Some(schedule.missed.into()),
            }),
            Trigger::Event { events } => Self::Event(EventTrigger {
                events: events.iter().map(|kind| EventKindWord::from(*kind)).collect(),
            }),
        }
    }
}

impl From<MissedWord> for Missed {
    fn from(word: MissedWord) -> Self {
        match word {
            MissedWord::Run => Self::Run,
            MissedWord::Skip => Self::Skip,
        }
    }
}

impl From<Missed> for MissedWord {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Run => Self::Run,
            Missed::Skip => Self::Skip,
        }
    }
}

impl From<EventKindWord> for EventKind {
    fn from(word: EventKindWord) -> Self {
        match word {
            EventKindWord::Push => Self::Push,
            EventKindWord::ScanCompleted => Self::ScanCompleted,
            EventKindWord::LabelAdded => Self::LabelAdded,
            EventKindWord::Signed => Self::Signed,
        }
    }
}

impl From<EventKind> for EventKindWord {
    fn from(kind: EventKind) -> Self {
        match kind {
            EventKind::Push => Self::Push,
            EventKind::ScanCompleted => Self::ScanCompleted,
            EventKind::LabelAdded => Self::LabelAdded,
            EventKind::Signed => Self::Signed,
        }
    }
}
