//! `forewarm key generate`: a new key.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use forewarm_store::keyring::Key;

use super::file;

/// Make a new key: print it, or write it into a file that only you can read.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The file. In one that holds keys already, the new one becomes the first: it will encrypt, and the others only
    /// decrypt.
    #[arg(long)]
    file: Option<PathBuf>,
}

pub fn run(args: &GenerateArgs) -> anyhow::Result<ExitCode> {
    let Some(path) = &args.file else {
        let key = Key::generate();
        println!("{}", key.text().as_str());
        eprintln!("key {}: keep a copy of it, without it the secrets are lost", key.id());
        return Ok(ExitCode::SUCCESS);
    };
    let shown = path.display();
    if path.exists() {
        let id = file::add(path)?;
        println!(
            "key {id} is the first of {shown} now. Restart every process with this file, one after the other, and then \
             run `forewarm key rotate`."
        );
    } else {
        let id = file::make(path)?;
        println!("key {id} is in {shown}. Keep a copy of it: without it the secrets are lost.");
    }
    Ok(ExitCode::SUCCESS)
}
