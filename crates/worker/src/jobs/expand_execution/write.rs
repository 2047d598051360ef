//! Collects tasks and writes them in chunks.

use forewarm_domain::artifact::Blob;
use forewarm_domain::instance::disabled;
use forewarm_domain::task::{ImageTarget, Target};
use forewarm_store::executions::Expansion;
use forewarm_store::tasks::NewTask;
use url::Url;

use super::{ExpandError, Recipient};
use crate::context::Context;

/// Tasks per transaction.
const CHUNK: usize = 1_000;

pub(super) struct Writer<'a> {
    context: &'a Context,
    expansion: &'a Expansion,
    recipients: &'a [Recipient],
    chunk: Vec<NewTask>,
    ordinal: i32,
    written: usize,
}

impl<'a> Writer<'a> {
    pub fn new(context: &'a Context, expansion: &'a Expansion, recipients: &'a [Recipient]) -> Self {
        Self { context, expansion, recipients, chunk: Vec::new(), ordinal: 0, written: 0 }
    }

    /// One task for each recipient. `blobs` are the image's, where they are known.
    pub async fn image(&mut self, target: ImageTarget, blobs: Option<Vec<Blob>>) -> Result<(), ExpandError> {
        self.push(&Target::Image(target), blobs.as_ref()).await
    }

    pub async fn files(&mut self, urls: Vec<Url>) -> Result<(), ExpandError> {
        self.push(&Target::Files { urls }, None).await
    }

    /// How many tasks there are now.
    pub fn written(&self) -> usize {
        self.written
    }

    pub async fn flush(&mut self) -> Result<(), ExpandError> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.chunk);
        if !self.context.store.tasks().create_many(self.expansion.lease, &chunk).await? {
            return Err(ExpandError::Lost);
        }
        self.written += chunk.len();
        Ok(())
    }

    async fn push(&mut self, target: &Target, blobs: Option<&Vec<Blob>>) -> Result<(), ExpandError> {
        let spec = &self.expansion.spec;
        for recipient in self.recipients {
            self.chunk.push(NewTask {
                ordinal: self.ordinal,
                instance_id: recipient.id,
                instance: recipient.name.clone(),
                vendor: recipient.vendor.clone(),
                target: target.clone(),
                blobs: blobs.cloned(),
                max_attempts: spec.max_attempts,
                timeout_seconds: i32::try_from(spec.options.timeout_seconds()).unwrap_or(i32::MAX),
                stopped: recipient.is_disabled.then(|| disabled(&recipient.name)),
                fresh_for: spec.skip_if_warm.then_some(recipient.fresh_for),
            });
        }
        self.ordinal += 1;
        if self.chunk.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }
}
