//! Compressed answers, as the manager gives to those who take them.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::{Answer, Recorded};

/// RFC 1952: deflate, no flags, no time, no hints, an unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// Head and trailer, and what deflate adds to bytes that do not compress.
const OVERHEAD: usize = 18 + 64;

thread_local! {
    /// Used again and again: a new one costs more than compressing an answer with it.
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

pub(crate) fn zipped(mut answer: Answer, request: &Recorded) -> Answer {
    let asked = request.header("accept-encoding").is_some_and(|value| value.contains("gzip"));
    if !asked || answer.body.is_empty() || answer.hang_up {
        return answer;
    }
    match COMPRESS.with_borrow_mut(|compress| gzip(compress, &answer.body)) {
        Some(body) => {
            answer.body = body;
            answer.header("content-encoding", "gzip").header("vary", "Accept-Encoding")
        }
        None => answer,
    }
}

/// None if the compressor refuses, which it does not.
fn gzip(compress: &mut Compress, body: &[u8]) -> Option<Vec<u8>> {
    compress.reset();
    // Bytes that do not compress are stored in blocks of at least 16 KiB, five bytes each.
    let mut zipped = Vec::with_capacity(body.len() + body.len() / 1024 + OVERHEAD);
    zipped.extend_from_slice(&HEAD);
    let ended = compress.compress_vec(body, &mut zipped, FlushCompress::Finish).ok()?;
    let mut sum = Crc::new();
    sum.update(body);
    zipped.extend_from_slice(&sum.sum().to_le_bytes());
    zipped.extend_from_slice(&sum.amount().to_le_bytes());
    (ended == Status::StreamEnd).then_some(zipped)
}
