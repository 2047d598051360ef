//! A worker on a machine of its own, as far as the network goes, whose cable is pulled.

use std::process::Command;
use std::time::Duration;

use super::break_while_running;
use super::crew::Worker;
use super::scene::{Scene, Setup};
use crate::support::binary::forewarm;
use crate::support::keys::KEY;

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_network_is_cut_is_replaced_and_does_no_harm_when_it_is_back() {
    let Some(network) = Network::new() else {
        eprintln!("skipped: network namespaces can be made by root only, where `ip` is installed");
        return;
    };
    // What was sent into the cut cable is sent again at ever longer intervals, and arrives long after both cuts.
    let setup = Setup { workers: 1, address: Some(network.ours()), on_its_way: 40.0, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        let worker = network.worker(scene);
        scene.crew.push(worker);
        for round in 0..2 {
            scene.until_jobs(20 + round * 50).await;
            network.set("down");
            // Longer than a lease and a sweep.
            tokio::time::sleep(Duration::from_secs(9)).await;
            network.set("up");
        }
    })
    .await;
    verdict.assert_clean();
}

/// Two ends of a cable: one with us, one in a namespace. Gone when dropped.
struct Network {
    namespace: String,
    /// The third number of its addresses.
    number: u32,
}

impl Network {
    fn new() -> Option<Self> {
        let pid = std::process::id();
        let network = Self { namespace: format!("fw{pid}"), number: pid % 250 };
        let Self { namespace, number } = &network;
        let made = ip(&format!("netns add {namespace}"))
            && ip(&format!("link add {namespace}h type veth peer name {namespace}w netns {namespace}"))
            && ip(&format!("addr add 10.213.{number}.1/24 dev {namespace}h"))
            && ip(&format!("link set {namespace}h up"))
            && ip(&format!("-n {namespace} addr add 10.213.{number}.2/24 dev {namespace}w"))
            && ip(&format!("-n {namespace} link set lo up"));
        made.then(|| {
            network.set("up");
            network
        })
    }

    /// Our end's address.
    fn ours(&self) -> String {
        format!("10.213.{}.1", self.number)
    }

    /// Pulls the cable at the far end, or plugs it in.
    fn set(&self, state: &str) {
        let namespace = &self.namespace;
        assert!(ip(&format!("-n {namespace} link set {namespace}w {state}")));
    }

    /// A worker at the far end.
    fn worker(&self, scene: &Scene) -> Worker {
        let mut command = tokio::process::Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(forewarm()).arg("worker");
        command.kill_on_drop(true).env("FOREWARM_KEY", KEY).envs(scene.variables(&[]));
        Worker::start_as(command)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Its end of the cable goes with it, and ours with that.
        ip(&format!("netns del {}", self.namespace));
    }
}

fn ip(arguments: &str) -> bool {
    Command::new("ip").args(arguments.split(' ')).output().is_ok_and(|output| output.status.success())
}
