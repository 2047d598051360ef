//! The fakes as a process of their own, for tries by hand: a full registry, a Dragonfly manager and a Kraken.
//!
//! `cargo run -p forewarm-fake --example serve -- --seconds 600 --images 500`
//! ends by itself, and then says how often each URL was submitted.

use std::net::SocketAddr;
use std::time::Duration;

use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{self, Dragonfly, TEST_TOKEN};
use forewarm_fake::kraken::{self, Kraken};
use forewarm_fake::registry::{self, ImageSpec, Registry};

struct Options {
    seconds: u64,
    factor: f64,
    images: usize,
    registry: SocketAddr,
    dragonfly: SocketAddr,
    kraken: SocketAddr,
    proxy: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    let registry =
        Registry::start_at(options.registry, registry::Knobs { clock: Clock::real(), ..Default::default() })
            .await?;
    forewarm_fake::demo::fill(&registry);
    for number in 0..options.images {
        registry.push_image(&format!("load/app-{number:04}"), "v1", ImageSpec::default());
    }
    let clock = Clock::scaled(options.factor);
    let dragonfly = Dragonfly::start_at(options.dragonfly, dragonfly::Knobs::from(clock.clone())).await?;
    let knobs = kraken::Knobs { clock, ..kraken::Knobs::default() };
    let kraken = Kraken::start_at(options.kraken, options.proxy, knobs).await?;
    println!("registry   {}", registry.url());
    println!(
        "dragonfly  {}   token {TEST_TOKEN}   time runs {} times as fast",
        dragonfly.url(),
        options.factor
    );
    println!("kraken     {}   proxy {}", kraken.url(), kraken.proxy_url());
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(options.seconds)) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    report(&dragonfly, &registry);
    Ok(())
}

fn report(dragonfly: &Dragonfly, registry: &Registry) {
    let submissions = dragonfly.submissions();
    let twice: Vec<_> = submissions.iter().filter(|(_, count)| **count > 1).collect();
    println!("{} URLs submitted to Dragonfly, {} of them more than once", submissions.len(), twice.len());
    for (url, count) in twice {
        println!("  {count} times {url}");
    }
    println!("{} manifests and {} blobs read", registry.total_manifest_gets(), registry.total_blob_gets());
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn std::error::Error>> {
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut options = Self {
            seconds: 600,
            factor: 10.0,
            images: 0,
            registry: any,
            dragonfly: any,
            kraken: any,
            proxy: any,
        };
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name.as_str() {
                "--seconds" => options.seconds = value.parse()?,
                "--factor" => options.factor = value.parse()?,
                "--images" => options.images = value.parse()?,
                "--registry" => options.registry = value.parse()?,
                "--dragonfly" => options.dragonfly = value.parse()?,
                "--kraken" => options.kraken = value.parse()?,
                "--proxy" => options.proxy = value.parse()?,
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        Ok(options)
    }
}
