//! Braces: `a{b,c}` stands for `ab` and `ac`.

use super::token::{Kind, Token};
use super::{GlobError, MAX_ALTERNATIVES};

/// All alternatives of a pattern, without braces. Where a brace began stays marked.
pub(super) fn expand(tokens: &[Token]) -> Result<Vec<Vec<Token>>, GlobError> {
    // Counted before anything is built: forty pairs of braces stand for a million million alternatives.
    if count(tokens) > MAX_ALTERNATIVES {
        return Err(GlobError::whole(format!(
            "the braces stand for more than {MAX_ALTERNATIVES} alternatives; split the pattern, or use '*'"
        )));
    }
    Ok(alternatives(tokens))
}

fn count(tokens: &[Token]) -> usize {
    tokens.iter().fold(1, |product: usize, token| match &token.kind {
        Kind::Brace(members) => {
            let sum = members.iter().map(|member| count(member)).fold(0, usize::saturating_add);
            product.saturating_mul(sum)
        }
        _ => product,
    })
}

fn alternatives(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut found = vec![Vec::new()];
    for token in tokens {
        let Kind::Brace(members) = &token.kind else {
            found.iter_mut().for_each(|alternative| alternative.push(token.clone()));
            continue;
        };
        let start = Token { at: token.at, kind: Kind::BraceStart };
        found.iter_mut().for_each(|alternative| alternative.push(start.clone()));
        let endings: Vec<_> = members.iter().flat_map(|member| alternatives(member)).collect();
        found = found
            .iter()
            .flat_map(|head| endings.iter().map(move |ending| [head.as_slice(), ending].concat()))
            .collect();
    }
    found
}
