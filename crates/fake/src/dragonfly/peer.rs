//! Peers, and what they do when they are asked to download.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Seed,
    Normal,
}

/// What a peer makes of each blob.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Downloads in this many milliseconds of fake time.
    Ok(u64),
    /// Fails everything at once with this description.
    Fail(String),
    /// Fails blobs whose URL contains the first text, with the second as description; the rest works.
    FailFor(Vec<(String, String)>),
    /// Never ends.
    Hang,
    /// Fails this many downloads, then works.
    Flaky(u32),
}

/// A host that runs a Dragonfly client.
#[derive(Debug, Clone)]
pub struct Peer {
    pub hostname: String,
    pub ip: String,
    pub kind: Kind,
    pub behaviour: Behaviour,
}

/// How long a download takes, and how it ends. `None`: it never does.
pub(crate) type Download = Option<(Duration, Result<(), String>)>;

const DEFAULT_TIME: Duration = Duration::from_secs(1);
const TIME_TO_FAIL: Duration = Duration::from_millis(100);

impl Peer {
    pub fn seed(hostname: &str, ip: &str) -> Self {
        Self::new(hostname, ip, Kind::Seed)
    }

    pub fn normal(hostname: &str, ip: &str) -> Self {
        Self::new(hostname, ip, Kind::Normal)
    }

    #[must_use]
    pub fn behaves(self, behaviour: Behaviour) -> Self {
        Self { behaviour, ..self }
    }

    pub(crate) fn is_seed(&self) -> bool {
        self.kind == Kind::Seed
    }

    pub(crate) fn download(&mut self, url: &str) -> Download {
        let fail = |text: &str| Some((TIME_TO_FAIL, Err(text.to_owned())));
        let fine = Some((DEFAULT_TIME, Ok(())));
        match &mut self.behaviour {
            Behaviour::Ok(milliseconds) => Some((Duration::from_millis(*milliseconds), Ok(()))),
            Behaviour::Fail(description) => fail(description),
            Behaviour::FailFor(table) => {
                let hit = table.iter().find(|(part, _)| url.contains(part));
                hit.map_or(fine, |(_, description)| fail(description))
            }
            Behaviour::Hang => None,
            Behaviour::Flaky(0) => fine,
            Behaviour::Flaky(left) => {
                *left -= 1;
                fail("connection reset by peer")
            }
        }
    }

    fn new(hostname: &str, ip: &str, kind: Kind) -> Self {
        let behaviour = Behaviour::Ok(u64::try_from(DEFAULT_TIME.as_millis()).unwrap_or(u64::MAX));
        Self { hostname: hostname.to_owned(), ip: ip.to_owned(), kind, behaviour }
    }
}
