//! Holds processes to a share of a core by stopping and continuing them, which works on every machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::Program;

/// Long against the cost of a signal, short against anything that a process waits for.
const PERIOD: Duration = Duration::from_millis(5);

/// As long as this lives. The processes go on freely afterwards.
pub struct Throttle {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Throttle {
    pub fn start(programs: &[Program], share: f64) -> anyhow::Result<Self> {
        let mut pids = Vec::new();
        for program in programs {
            pids.extend(Pid::from_raw(i32::try_from(program.pid()?)?));
        }
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                signal(&pids, Signal::CONT);
                thread::sleep(PERIOD.mul_f64(share));
                signal(&pids, Signal::STOP);
                thread::sleep(PERIOD.mul_f64(1.0 - share));
            }
            signal(&pids, Signal::CONT);
        });
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It can only fail by a panic, which has been reported.
            let _ = thread.join();
        }
    }
}

fn signal(pids: &[Pid], signal: Signal) {
    for pid in pids {
        // One that has ended is noticed by whoever waits for its work.
        let _ = kill_process(*pid, signal);
    }
}
