//! Times as people write them: `90s`, `10m`, `1h30m`.

/// Reads a time in whole seconds; a number alone means seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let complaint = || format!("'{text}' is not a time like 90s, 10m or 1h30m");
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(complaint());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| complaint())?;
        rest = &rest[digits..];
        let unit = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let factor = match &rest[..unit] {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(complaint()),
        };
        rest = &rest[unit..];
        let part = number.checked_mul(factor).ok_or_else(complaint)?;
        total = total.checked_add(part).ok_or_else(complaint)?;
    }
    Ok(total)
}
