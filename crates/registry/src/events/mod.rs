//! What registries send when something happened: one parser file per format; [`FORMATS`] is the list.

mod acr;
mod claim;
mod cloudevents;
mod distribution;
mod document;
mod ecr;
mod generic;
mod harbor;
mod key;
mod quay;
mod zot;

use std::collections::BTreeMap;

use forewarm_domain::hint::Notice;

use document::Document;

/// Every format that is understood. The first one that recognises a delivery reads it.
pub const FORMATS: &[Format] = &[
    distribution::FORMAT,
    harbor::FORMAT,
    zot::FORMAT,
    cloudevents::FORMAT,
    acr::FORMAT,
    ecr::FORMAT,
    quay::FORMAT,
];

/// The most notices of one delivery.
pub const MAX_NOTICES: usize = 1_000;

/// One format of deliveries.
#[derive(Debug)]
pub struct Format {
    /// The word for it in the API and the database.
    pub id: &'static str,
    pub name: &'static str,
    recognises: fn(&Document<'_>) -> bool,
    parse: fn(&Document<'_>) -> Result<Vec<Notice>, Malformed>,
}

/// A delivery as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Value of the header `Content-Type`; empty if there was none.
    pub content_type: &'a str,
    /// The headers that begin with `ce-` (CloudEvents 1.0, binary mode), names in lower case.
    pub attributes: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Id of the format it is in.
    pub format: &'static str,
    pub notices: Vec<Notice>,
}

/// A delivery that cannot be read. The text says what to send instead, and repeats nothing of the body but names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Reads a delivery in the format that is named, or else in the one that its content type and shape show.
pub fn parse(incoming: &Incoming<'_>, format: Option<&str>) -> Result<Parsed, Malformed> {
    let named = format.map(find).transpose()?;
    let document = Document::read(incoming)?;
    let recognised = || FORMATS.iter().find(|format| (format.recognises)(&document));
    let format = named.or_else(recognised).ok_or_else(|| {
        Malformed::new(format!(
            "this is no delivery in a format that is known ({}); name the format with the query 'format'",
            known()
        ))
    })?;
    let notices = (format.parse)(&document)?;
    if notices.len() > MAX_NOTICES {
        return Err(Malformed::new(format!(
            "holds {} notices, and at most {MAX_NOTICES} are taken in one delivery; send them in several",
            notices.len()
        )));
    }
    Ok(Parsed { format: format.id, notices })
}

fn find(id: &str) -> Result<&'static Format, Malformed> {
    let found = FORMATS.iter().find(|format| format.id == id);
    found.ok_or_else(|| Malformed::new(format!("format: must be one of {}", known())))
}

fn known() -> String {
    FORMATS.iter().map(|format| format.id).collect::<Vec<_>>().join(", ")
}
