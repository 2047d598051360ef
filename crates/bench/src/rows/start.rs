//! What a server costs that has nothing to do: its start, its memory, and the size of its binary.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::figure::Figure;
use crate::scene::{Scene, serve};
use crate::statistics::{median, milliseconds};
use crate::usage;

const MIB: f64 = 1024.0 * 1024.0;
/// Starts in each round, of which the median counts.
const STARTS: usize = 5;

pub async fn measure(bench: &mut Bench) -> anyhow::Result<Vec<Figure>> {
    let scene = Scene::set(bench, None).await?;
    let idle = Duration::from_secs(if bench.quick { 3 } else { 10 });
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let mut round = Vec::new();
        for _ in 0..STARTS {
            let begun = Instant::now();
            let (server, _) = serve(bench, &scene.database, &[]).await?;
            round.push(milliseconds(begun.elapsed()));
            server.stop().await?;
        }
        starts.push(median(&round));
        let (server, _) = serve(bench, &scene.database, &[]).await?;
        tokio::time::sleep(idle).await;
        memory.push(usage::resident_memory(server.pid()?)?);
        server.stop().await?;
    }
    scene.strike(bench).await?;
    let size = std::fs::metadata(&bench.binary.path)?.len() as f64 / MIB;
    Ok(vec![
        Figure::new("start of serve with a migrated database to ready", median(&starts), "ms")
            .at_most(150.0)
            .rounds(starts),
        Figure::new("memory of an idle serve, worker included", median(&memory), "MiB")
            .at_most(40.0)
            .rounds(memory),
        Figure::new("size of the binary", size, "MiB").at_most(40.0),
    ])
}
