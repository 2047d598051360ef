//! Values as a list: "1, 3 and 5 to 9".

/// The values of a field's bits, in order.
pub(super) fn values(bits: u64) -> Vec<u32> {
    (0..64).filter(|value| bits >> value & 1 == 1).collect()
}

/// The distance between the values, where it is the same throughout.
pub(super) fn step(values: &[u32]) -> Option<u32> {
    let step = values.get(1)? - values.first()?;
    values.windows(2).all(|pair| pair[1] - pair[0] == step).then_some(step)
}

/// Three or more in a row become a range, and a long row of equal steps is cut short.
pub(super) fn list(values: &[u32], name: impl Fn(u32) -> String) -> String {
    if let ([first, second, third, _, .., last], Some(2..)) = (values, step(values)) {
        return format!("{}, {}, {} … {}", name(*first), name(*second), name(*third), name(*last));
    }
    let runs = values.chunk_by(|one, next| next - one == 1);
    let words = runs.flat_map(|run| match run {
        [first, _, .., last] if run.len() > 2 => vec![format!("{} to {}", name(*first), name(*last))],
        few => few.iter().map(|value| name(*value)).collect(),
    });
    joined(&words.collect::<Vec<_>>())
}

/// "a, b and c"
pub(super) fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
