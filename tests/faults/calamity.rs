//! Everything that can break while the clock runs as it does, each in one call.

use std::time::Duration;

use forewarm_fake::Fault;
use forewarm_fake::dragonfly::Behaviour;
use tokio::time::sleep;

use super::chance::Chance;
use super::scene::Scene;
use super::{database, time};

#[derive(Debug, Clone, Copy)]
pub enum Calamity {
    WorkerKilled,
    ServerKilled,
    WorkerDiesAtFailPoint,
    WorkerFrozen,
    WorkerStopped,
    WorkerWithWrongClock,
    PostgresRestarts,
    PostgresKilled,
    PostgresAway,
    ConnectionsCut,
    RowsLockedBackwards,
    NoConnectionLeft,
    EngineLimits,
    EngineErrors,
    EngineHalfAnswers,
    EngineDropsRequests,
    EngineSlow,
    EngineLosesBlobs,
    RegistrySlow,
    RegistryLimits,
}

impl Calamity {
    const ALL: [Self; 20] = [
        Self::WorkerKilled,
        Self::ServerKilled,
        Self::WorkerDiesAtFailPoint,
        Self::WorkerFrozen,
        Self::WorkerStopped,
        Self::WorkerWithWrongClock,
        Self::PostgresRestarts,
        Self::PostgresKilled,
        Self::PostgresAway,
        Self::ConnectionsCut,
        Self::RowsLockedBackwards,
        Self::NoConnectionLeft,
        Self::EngineLimits,
        Self::EngineErrors,
        Self::EngineHalfAnswers,
        Self::EngineDropsRequests,
        Self::EngineSlow,
        Self::EngineLosesBlobs,
        Self::RegistrySlow,
        Self::RegistryLimits,
    ];

    pub fn any(chance: &mut Chance) -> Self {
        Self::ALL[chance.below(Self::ALL.len())]
    }

    pub async fn strike(self, scene: &mut Scene) {
        let worker = scene.chance.below(scene.crew.len());
        match self {
            Self::WorkerKilled => scene.replace_worker(worker).await,
            Self::ServerKilled => scene.replace_server().await,
            Self::WorkerDiesAtFailPoint => self.arm(scene, worker).await,
            Self::WorkerFrozen => time::freeze(scene, worker).await,
            Self::WorkerStopped => {
                scene.crew[worker].ready().await;
                scene.crew.remove(worker).stopped().await;
                scene.hire(&[]);
            }
            Self::WorkerWithWrongClock => {
                if let Some(library) = time::faketime() {
                    scene.crew.remove(worker).kill().await;
                    time::hire_with_clock(scene, &library, if worker == 0 { "-1h" } else { "+1h" });
                }
            }
            Self::PostgresRestarts => {
                scene.cluster().stop().await;
                scene.cluster().up().await;
            }
            Self::PostgresKilled => {
                scene.cluster().kill().await;
                scene.cluster().up().await;
            }
            Self::PostgresAway => {
                scene.cluster().stop().await;
                sleep(Duration::from_secs(30)).await;
                scene.cluster().up().await;
            }
            Self::ConnectionsCut => database::cut_many(scene, 20).await,
            Self::RowsLockedBackwards => database::lock_backwards(scene, 5).await,
            Self::NoConnectionLeft => database::hog(scene, Duration::from_secs(5)).await,
            _ => self.befall(scene),
        }
    }

    /// In place of a worker, one that dies when it has done so much.
    async fn arm(self, scene: &mut Scene, worker: usize) {
        let point = ["submitted", "recording"][worker % 2];
        let armed = format!("{point}={}", 1 + scene.chance.below(60));
        scene.crew.remove(worker).kill().await;
        scene.hire(&[("FAILPOINTS", &armed)]);
        // It may die before the next fault, or at it, or never: somebody must be left to go on.
        if scene.crew.len() < 5 {
            scene.hire(&[]);
        }
    }

    /// What engine and registry do to the requests that come next.
    fn befall(self, scene: &Scene) {
        let jobs = |times: usize, fault: Fault| {
            scene.engine.faults().on("", "/oapi/v1/jobs").times(times).inject(fault);
        };
        // One storm takes the place of the one before: several at once would only make a round longer.
        let reads = |times: usize, fault: Fault| {
            scene.images.faults().clear();
            scene.images.faults().on("", "/v2/").times(times).inject(fault);
        };
        match self {
            Self::EngineLimits => jobs(50, Fault::too_many(2)),
            Self::EngineErrors => {
                jobs(20, Fault::status(500, "{\"message\":\"Internal Server Error\"}"));
                jobs(5, Fault::bad_gateway());
            }
            Self::EngineHalfAnswers => {
                [Fault::Truncated, Fault::BreakMidBody, Fault::DropAfter]
                    .into_iter()
                    .for_each(|fault| jobs(8, fault));
            }
            Self::EngineDropsRequests => jobs(8, Fault::DropBefore),
            Self::EngineSlow => jobs(20, Fault::Delay(Duration::from_secs(9))),
            Self::EngineLosesBlobs => scene.engine.behave_all(&Behaviour::Flaky(30)),
            Self::RegistrySlow => reads(50, Fault::Delay(Duration::from_secs(2))),
            _ => reads(50, Fault::too_many(1)),
        }
    }
}
