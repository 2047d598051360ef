//! The disks of the origins, and the downloads on their way there.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::clock::delta;

/// Origins remember for this long that a blob was not to be had.
const REMEMBERED: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
pub(crate) struct Cache {
    blobs: BTreeMap<(usize, String), Blob>,
    missing: HashMap<String, DateTime<Utc>>,
    /// Scripted numbers of 202s.
    pending: HashMap<String, u32>,
    /// Scripted refusals, and how many are left.
    refusals: HashMap<String, (u16, u32)>,
}

/// A blob at one origin, once its download has begun.
#[derive(Debug, Clone)]
struct Blob {
    size: u64,
    ready_at: DateTime<Utc>,
    /// 202s still to be given.
    pending: u32,
}

impl Cache {
    pub(crate) fn pending(&mut self, digest: &str, times: u32) {
        self.pending.insert(digest.to_owned(), times);
    }

    pub(crate) fn refuse(&mut self, digest: &str, status: u16, times: u32) {
        self.refusals.insert(digest.to_owned(), (status, times));
    }

    pub(crate) fn clear(&mut self) {
        self.blobs.clear();
    }

    /// The scripted refusal of this prefetch, if there is one left.
    pub(crate) fn refusal(&mut self, digest: &str) -> Option<u16> {
        let (status, left) = self.refusals.get_mut(digest).filter(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(*status)
    }

    pub(crate) fn is_known(&self, origin: usize, digest: &str) -> bool {
        self.blobs.contains_key(&(origin, digest.to_owned()))
    }

    /// A prefetch of a known blob: true when it is there now.
    pub(crate) fn poll(&mut self, origin: usize, digest: &str, now: DateTime<Utc>) -> bool {
        let Some(blob) = self.blobs.get_mut(&(origin, digest.to_owned())) else {
            return false;
        };
        if blob.pending > 0 {
            blob.pending -= 1;
            return false;
        }
        blob.ready_at <= now
    }

    /// The size of a blob on this origin's disk.
    pub(crate) fn local(&self, origin: usize, digest: &str, now: DateTime<Utc>) -> Option<u64> {
        let blob = self.blobs.get(&(origin, digest.to_owned()))?;
        (blob.pending == 0 && blob.ready_at <= now).then_some(blob.size)
    }

    pub(crate) fn is_local(&self, origin: usize, digest: &str, now: DateTime<Utc>) -> bool {
        self.local(origin, digest, now).is_some()
    }

    /// Begins a download at these origins; the first one was asked and counts the 202s.
    pub(crate) fn begin(
        &mut self,
        origins: &[usize],
        digest: &str,
        size: u64,
        pending: u32,
        ready_at: DateTime<Utc>,
    ) {
        let pending = self.pending.get(digest).copied().unwrap_or(pending);
        for (position, origin) in origins.iter().enumerate() {
            let pending = if position == 0 { pending } else { 0 };
            let blob = Blob { size, ready_at, pending };
            self.blobs.entry((*origin, digest.to_owned())).or_insert(blob);
        }
    }

    pub(crate) fn is_missing(&self, digest: &str, now: DateTime<Utc>) -> bool {
        self.missing.get(digest).is_some_and(|until| now < *until)
    }

    pub(crate) fn remember_missing(&mut self, digest: &str, now: DateTime<Utc>) {
        self.missing.insert(digest.to_owned(), now + delta(REMEMBERED));
    }

    pub(crate) fn all(&self, now: DateTime<Utc>) -> Vec<String> {
        let there = self.blobs.keys().filter(|(origin, digest)| self.local(*origin, digest, now).is_some());
        let mut digests: Vec<String> = there.map(|(_, digest)| digest.clone()).collect();
        digests.sort();
        digests.dedup();
        digests
    }
}
