//! An error in one line.

/// The error and its causes, without those that the words before already hold: sqlx and others repeat theirs.
pub fn explain(error: &anyhow::Error) -> String {
    let mut told = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}
