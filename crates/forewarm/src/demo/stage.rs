//! The demo's registry and engines.

use std::path::Path;

use anyhow::Context as _;
use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{self, Dragonfly};
use forewarm_fake::kraken::{self, Kraken};
use forewarm_fake::registry::{self, Registry};

use super::mirror::Mirror;

pub struct Stage {
    pub registry: Registry,
    pub dragonfly: Dragonfly,
    pub kraken: Kraken,
    /// None where the docker-registry program is missing.
    pub mirror: Option<Mirror>,
    /// What the registry proves itself with when it tells of a push.
    pub secret: String,
}

impl Stage {
    /// Starts them all on loopback ports.
    pub async fn set(speed: f64, folder: &Path) -> anyhow::Result<Self> {
        let registry = Registry::start_with(registry::Knobs { clock: Clock::real(), ..Default::default() });
        let registry = registry.await.context("the demo registry")?;
        forewarm_fake::demo::fill(&registry);
        let knobs = dragonfly::Knobs { clock: Clock::scaled(speed), ..Default::default() };
        let dragonfly = Dragonfly::start_with(knobs).await.context("the fake Dragonfly")?;
        let knobs = kraken::Knobs { clock: Clock::real(), ..Default::default() };
        let kraken = Kraken::start_with(knobs).await.context("the fake Kraken")?;
        let mirror = Mirror::start(&registry.url(), folder).await?;
        let secret = uuid::Uuid::new_v4().simple().to_string();
        Ok(Self { registry, dragonfly, kraken, mirror, secret })
    }

    pub fn announce(&self, speed: f64) {
        println!("  registry   {}  (a fake with images of a small shop)", self.registry.url());
        println!(
            "  dragonfly  {}  (a fake that lives {speed} times as fast as a real one)",
            self.dragonfly.url()
        );
        println!("  kraken     {}  (a fake)", self.kraken.url());
        match &self.mirror {
            Some(mirror) => {
                println!("  mirror     {}  (a real docker-registry as pull-through cache)", mirror.url())
            }
            None => {
                println!(
                    "  mirror     left out: the program docker-registry is not installed (`make setup`)"
                );
            }
        }
    }
}
