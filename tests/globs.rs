//! The dialect of repository and tag patterns.

use forewarm_domain::glob::{Glob, MAX_ALTERNATIVES, MAX_LENGTH};

/// doublestar's own test table: pattern, name, expected answer.
const VECTORS: &str = include_str!("data/doublestar-vectors.tsv");

/// Rows that doublestar answers and the dialect refuses: their patterns are not ASCII. There must be no others.
const REFUSED: [(&str, &str); 3] = [("[a-ζ]*", "α"), ("*[a-ζ]", "A"), ("**/【*", "abc/【test】.txt")];

#[test]
fn every_row_of_doublestars_own_table_is_answered_alike() {
    let mut rows = 0;
    let mut refused = Vec::new();
    for row in VECTORS.lines() {
        let [pattern, name, expected] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not three columns: {row:?}");
        };
        rows += 1;
        match (Glob::new(pattern), expected) {
            (Ok(glob), "true" | "false") => {
                assert_eq!(glob.is_match(name).to_string(), expected, "{pattern} against {name}");
            }
            (Err(_), "err") => {}
            (Err(_), _) => refused.push((pattern, name)),
            (Ok(_), _) => panic!("{pattern} is not valid but was taken"),
        }
    }
    assert_eq!(rows, 166);
    assert_eq!(refused, REFUSED);
}

#[test]
fn a_star_takes_any_characters_but_slashes() {
    matches("*", &["web", "a.b-c_d", ""], &["shop/web"]);
    matches("v*", &["v", "v1.2"], &["1v", "v1/x"]);
    matches("shop/*", &["shop/web", "shop/"], &["shop", "shop/web/api"]);
    matches("*/web", &["shop/web"], &["web", "a/shop/web"]);
}

#[test]
fn a_question_mark_takes_one_character_but_no_slash() {
    matches("v?", &["v1", "v☺"], &["v", "v10", "v/"]);
}

#[test]
fn two_stars_as_a_segment_take_any_number_of_segments() {
    matches("**", &["web", "shop/web", "a/b/c/d"], &[]);
    matches("**/web", &["web", "shop/web", "a/b/web"], &["shopweb", "shop/web/api"]);
    matches("shop/**/web", &["shop/web", "shop/a/web", "shop/a/b/web"], &["shop/aweb", "web"]);
}

#[test]
fn two_stars_beside_other_text_are_one_star() {
    for pattern in ["a**", "a***"] {
        matches(pattern, &["a", "abc"], &["ab/c", "ba"]);
    }
    matches("**a", &["a", "cba"], &["c/ba"]);
    matches("***", &["abc"], &["a/b"]);
    matches("a**/b", &["a/b", "abc/b"], &["a/c/b", "abc/d/b"]);
    matches("a/**b", &["a/b", "a/cb"], &["a/c/b"]);
}

#[test]
fn two_stars_at_the_end_also_take_nothing() {
    matches("shop/**", &["shop", "shop/", "shop/web", "shop/a/b"], &["shopping", "shop2/web"]);
    matches("shop/**/", &["shop", "shop/", "shop/web/"], &["shop/web", "shopping"]);
    matches("**/", &["web/", "a/b/"], &["web", "a/b"]);
    matches("{shop,team}/{**,x}", &["shop", "team", "team/x", "shop/a/b"], &["other"]);
}

/// globset would take these for file names with an extension, or for directories.
#[test]
fn dots_mean_nothing_special() {
    matches("**/v1.", &["v1.", "a/v1."], &["v1", "v1.x"]);
    matches("**/*.txt", &["a.txt", ".txt", "a/b.txt"], &["atxt", "a.txt."]);
    matches("*.", &["v1.", "."], &["v1"]);
    matches("v[.-]1", &["v.1", "v-1"], &["v11"]);
    matches("v[^.]1", &["v-1"], &["v.1"]);
    matches("v?1", &["v.1"], &["v1"]);
}

#[test]
fn a_star_before_two_stars_at_the_end_takes_at_least_one_character() {
    matches("app*/**", &["app-x", "app-x/web", "app/web"], &["app", "ap"]);
    matches("*/**", &["app", "app/web"], &[""]);
    matches("app/**", &["app"], &[]);
}

#[test]
fn braces_stand_for_each_of_their_members() {
    matches("web-{a,b}", &["web-a", "web-b"], &["web-", "web-c", "web-a,b"]);
    matches("v1{,-rc}", &["v1", "v1-rc"], &["v1-"]);
    matches("{a,b{c,{d,e}f}}", &["a", "bc", "bdf", "bef"], &["b", "bd", "f"]);
    matches("{shop/**,web}", &["shop", "shop/a/b", "web"], &["web/a"]);
    matches("shop{/**,}", &["shop", "shop/a/b"], &["shops"]);
    matches("{a,b}{1,2}", &["a1", "a2", "b1", "b2"], &["a", "ab", "12"]);
    matches("{a}{}", &["a"], &[""]);
    matches("{*}*", &["a", "a/b"], &[]);
    matches("a{\\,,\\}}b", &["a,b", "a}b"], &["ab"]);
    matches("a,b", &["a,b"], &["a", "b"]);
}

#[test]
fn a_class_takes_one_of_its_characters() {
    matches("v[123]", &["v1", "v3"], &["v4", "v12", "v"]);
    matches("v[0-9]", &["v0", "v9"], &["va", "v10"]);
    matches("v[^0-9]", &["va", "v-"], &["v1", "v"]);
    matches("v[!0-9]", &["va", "v!"], &["v1", "v"]);
}

#[test]
fn a_hyphen_at_either_end_of_a_class_or_after_a_range_is_itself() {
    matches("[a-]", &["a", "-"], &["b"]);
    matches("[-a]", &["a", "-"], &["b"]);
    matches("[^-a]", &["b"], &["a", "-"]);
    matches("[a-b-d]", &["a", "b", "-", "d"], &["c"]);
}

#[test]
fn a_backslash_makes_any_character_itself() {
    matches("\\*\\?\\[\\{\\\\", &["*?[{\\"], &["ab[{\\"]);
    matches("\\v\\1", &["v1"], &["\\v\\1"]);
    matches("[\\]]", &["]"], &["\\"]);
    matches("[\\-]", &["-"], &["\\"]);
    matches("[a\\-z]", &["a", "-", "z"], &["m", "\\"]);
    matches("[\\\\]", &["\\"], &["a"]);
    matches("[\\a-c]", &["b"], &["\\", "d"]);
}

/// Each of these has a place in which globset reads it as something else.
#[test]
fn characters_that_mean_something_to_globset_mean_themselves_in_a_class() {
    matches("[\\!]", &["!"], &["\\", "^"]);
    matches("[\\^]", &["^"], &["\\", "!"]);
    matches("[\\^!]", &["!", "^"], &["\\", "a"]);
    matches("[\\!\\-]", &["!", "-"], &["\\", "^", "a"]);
    matches("[\\!^\\]-]", &["!", "-", "^", "]"], &["\\", "a"]);
    matches("[^!^]", &["a", "-"], &["!", "^"]);
    matches("[^\\]]", &["a", "["], &["]"]);
    matches("[*?{,}]", &["*", "?", "{", ",", "}"], &["a", "\\"]);
}

#[test]
fn slashes_at_the_ends_and_double_ones_count() {
    matches("/web", &["/web"], &["web", "//web"]);
    matches("web/", &["web/"], &["web", "web//"]);
    matches("a//b", &["a//b"], &["a/b", "a/x/b"]);
}

#[test]
fn case_counts() {
    matches("Web", &["Web"], &["web", "WEB"]);
}

#[test]
fn a_character_of_a_name_is_one_character_however_many_bytes_it_has() {
    matches("a?b", &["a☺b"], &["a☺☺b"]);
    matches("a[^x]b", &["a☺b"], &["a☺☺b"]);
    matches("a*b", &["a☺☺b"], &[]);
    matches("a\\*b", &[], &["a☺b"]);
}

#[test]
fn a_refusal_names_the_position_and_what_to_write_instead() {
    let cases = [
        ("web-ü", "at position 5: 'ü' is not a printable ASCII character", "write '?' or '*'"),
        ("a\tb", "at position 2: '\\t' is not a printable ASCII character", "write '?' or '*'"),
        ("web[ab", "at position 4: '[' is not closed", "write '\\['"),
        ("web[", "at position 4: '[' is not closed", "write '\\['"),
        ("a{b,c", "at position 2: '{' is not closed", "write '\\{'"),
        ("a{b,{c}", "at position 2: '{' is not closed", "write '\\{'"),
        ("a}b", "at position 2: '}' closes no '{'", "write '\\}'"),
        ("ab\\", "at position 3: '\\' escapes nothing", "write '\\\\'"),
        ("[a\\", "at position 3: '\\' escapes nothing", "write '\\\\'"),
        ("x[]a]", "at position 2: the class is empty", "write '\\]'"),
        ("[]", "at position 1: the class is empty", "write '\\]'"),
        ("[^]a]", "at position 1: the class is empty", "write '\\]'"),
        ("[!]", "at position 1: the class is empty", "write '\\]'"),
        ("v[9-0]", "at position 3: the range '9-0' runs backwards", "write '0-9'"),
        ("{[,],a}", "at position 3: ',' in a class within braces is ambiguous", "write '\\,'"),
        ("{[}],a}", "at position 3: '}' in a class within braces is ambiguous", "write '\\}'"),
        ("a{**/b}", "at position 3: a brace may not join '**'", "patterns of their own"),
        ("a{,x}**", "at position 6: a brace may not join '**'", "patterns of their own"),
        ("*{*,x}", "at position 1: a brace may not join '**'", "patterns of their own"),
        ("a/**{/b,}", "at position 3: a brace may not join '**'", "patterns of their own"),
        ("a/**/**", "at position 6: '**' follows a '**'", "write it once"),
        ("**/**/a", "at position 4: '**' follows a '**'", "write it once"),
        ("{a/**,b}/**", "at position 10: '**' follows a '**'", "write it once"),
        ("a\\/b", "at position 2: '/' needs no escape", "write '/' alone"),
    ];
    for (pattern, complaint, advice) in cases {
        let message = refusal(pattern);
        assert!(message.starts_with(complaint), "{pattern}: {message}");
        assert!(message.contains(advice), "{pattern}: {message}");
    }
}

#[test]
fn every_alternative_is_checked_not_only_the_first_that_matches() {
    refusal("{web,a/**/**}");
    refusal("{web,x{,y}**}");
}

#[test]
fn a_pattern_that_costs_too_much_is_refused() {
    Glob::new(&"a".repeat(MAX_LENGTH)).unwrap();
    let message = refusal(&"a".repeat(MAX_LENGTH + 1));
    assert!(message.contains("longer than 1024 characters"), "{message}");

    matches(&"{a,b}".repeat(10), &["abababbbba"], &["ababab"]);
    assert_eq!(2_usize.pow(10), MAX_ALTERNATIVES);
    for pattern in ["{a,b}".repeat(11), "{a,b}".repeat(200), "{a{b,c},d}".repeat(50)] {
        let message = refusal(&pattern);
        assert!(message.contains("more than 1024 alternatives"), "{message}");
    }
    let message = refusal(&format!("{}{}", "{a,b}".repeat(10), "[a-z]?*".repeat(90)));
    assert!(message.contains("too many long alternatives"), "{message}");
    matches(&format!("{}a{}", "{".repeat(500), "}".repeat(500)), &["a"], &[""]);
}

#[test]
fn a_glob_keeps_its_pattern_as_it_was_written() {
    assert_eq!(Glob::new("{a,b}/**").unwrap().pattern(), "{a,b}/**");
}

fn matches(pattern: &str, wanted: &[&str], unwanted: &[&str]) {
    let glob = Glob::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    for name in wanted {
        assert!(glob.is_match(name), "'{pattern}' must match '{name}'");
    }
    for name in unwanted {
        assert!(!glob.is_match(name), "'{pattern}' must not match '{name}'");
    }
}

fn refusal(pattern: &str) -> String {
    match Glob::new(pattern) {
        Ok(_) => panic!("'{pattern}' must be refused"),
        Err(error) => error.to_string(),
    }
}
