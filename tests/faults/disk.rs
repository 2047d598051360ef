//! An embedded Postgres whose disk is full.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::scene::{PATIENCE, POLL, Scene, Setup};

/// A file system of this size in memory; unmounted when dropped.
struct SmallDisk(TempDir);

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_database_whose_disk_is_full_goes_on_when_there_is_room_again() {
    let Some(disk) = SmallDisk::mount("130m") else {
        eprintln!("skipped: a small tmpfs can be mounted by root only, and not everywhere");
        return;
    };
    let setup = Setup { state: Some(disk.0.path().join("state")), max_in_flight: 20, ..Setup::default() };
    let mut scene = Scene::start(setup).await;
    scene.until_jobs(20).await;

    disk.fill();
    let begun = Instant::now();
    while !scene.crew.iter().any(|worker| worker.log().contains("No space left")) && scene.answers().await {
        assert!(begun.elapsed() < PATIENCE, "nobody notices that the disk is full");
        disk.fill();
        tokio::time::sleep(POLL).await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    disk.empty();
    // A Postgres that dies again and again ends its server, which somebody starts again.
    if scene.server.process.try_wait().unwrap().is_some() {
        eprintln!("the server gave up: {}", scene.server.log().lines().last().unwrap_or_default());
        scene.replace_server().await;
    }

    scene.until_done().await;
    scene.verdict().await.assert_clean();
    drop(scene);
}

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("forewarm-disk-").tempdir().unwrap();
        let options = format!("size={size},mode=0755");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder.path()).output();
        mount.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.0.path().join("ballast")
    }

    /// Takes what is left, to the last block.
    fn fill(&self) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(self.0.path());
    }
}

/// Lazily: the last process that writes there may still be about to end.
fn unmount(path: &Path) {
    let unmounted = Command::new("umount").arg("--lazy").arg(path).status();
    assert!(
        unmounted.is_ok_and(|status| status.success()) || std::thread::panicking(),
        "umount {}",
        path.display()
    );
}
