//! The parameters of Harbor's lists: `q`, `sort`, and the way to the pages beside.

use chrono::{TimeZone, Utc};
use forewarm_domain::harbor::page::Page;
use forewarm_domain::harbor::query::{Pattern, Sort, Term, Value, parse, parse_sort};

fn exact(text: &str) -> Pattern {
    Pattern::Exact(text.to_owned())
}

fn fuzzy(text: &str) -> Pattern {
    Pattern::Fuzzy(text.to_owned())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn range(min: Option<i64>, max: Option<i64>) -> Pattern {
    Pattern::Range { min: min.map(Value::Int), max: max.map(Value::Int) }
}

#[test]
fn a_query_reads_as_harbors_table_says() {
    let time = || Value::Time(Utc.with_ymd_and_hms(2020, 3, 4, 17, 8, 23).unwrap());
    let ints = |numbers: &[i64]| numbers.iter().copied().map(Value::Int).collect::<Vec<_>>();
    let table: Vec<(&str, Vec<(&str, Pattern)>)> = vec![
        ("", vec![]),
        ("k=v", vec![("k", exact("v"))]),
        ("q=tags%3Dnil", vec![("q", exact("tags=nil"))]),
        ("k=~a", vec![("k", fuzzy("a"))]),
        ("k=[1~]", vec![("k", range(Some(1), None))]),
        ("k=[~2]", vec![("k", range(None, Some(2)))]),
        ("k=[1~2]", vec![("k", range(Some(1), Some(2)))]),
        ("k={}", vec![("k", Pattern::AnyOf(vec![]))]),
        ("k=()", vec![("k", Pattern::AllOf(vec![]))]),
        ("k={1 2 3}", vec![("k", Pattern::AnyOf(ints(&[1, 2, 3])))]),
        ("k=(1 3)", vec![("k", Pattern::AllOf(ints(&[1, 3])))]),
        ("k={2020-03-04T17:08:23}", vec![("k", Pattern::AnyOf(vec![time()]))]),
        ("k=[2020-03-04T17:08:23~]", vec![("k", Pattern::Range { min: Some(time()), max: None })]),
        (r#"k={"abc"}"#, vec![("k", Pattern::AnyOf(vec![text("abc")]))]),
        (r#"k=[~"abc"]"#, vec![("k", Pattern::Range { min: None, max: Some(text("abc")) })]),
        (r"k=\~abc", vec![("k", exact("~abc"))]),
        ("k=12", vec![("k", exact("12"))]),
        ("k=a=b", vec![("k", exact("a=b"))]),
        ("k=v,name=~w", vec![("k", exact("v")), ("name", fuzzy("w"))]),
        ("k=v,k=w", vec![("k", exact("w"))]),
        ("k%3D%7Ea%2Cl%3Db+c", vec![("k", fuzzy("a")), ("l", exact("b c"))]),
        ("k=100%", vec![("k", exact("100%"))]),
        ("k=%é", vec![("k", exact("%é"))]),
    ];
    for (q, expected) in table {
        let terms = expected.into_iter().map(|(key, pattern)| Term { key: key.to_owned(), pattern });
        assert_eq!(parse(q).unwrap(), terms.collect::<Vec<_>>(), "{q}");
    }
}

#[test]
fn a_wrong_query_is_refused_and_its_wrong_condition_named() {
    for value in ["", "~", "[", "[]", "[~]", "[~~]", "[1~2~3]", "}{", ")(", "{", "(", "{1 2", "[1~2", "(1}"] {
        let wrong = parse(&format!("a=b,k={value}")).unwrap_err();
        assert_eq!(wrong.field, "q");
        assert!(wrong.reason.starts_with(&format!("'k={value}' ")), "{wrong}");
    }
    for q in [",", "k", "=v", "k=v,"] {
        assert_eq!(parse(q).unwrap_err().field, "q", "{q}");
    }
}

#[test]
fn a_sort_reads_as_harbors_table_says() {
    let sort = |key: &str, descending| Sort { key: key.to_owned(), descending };
    assert_eq!(parse_sort(""), []);
    assert_eq!(parse_sort("key1"), [sort("key1", false)]);
    assert_eq!(parse_sort("-key1"), [sort("key1", true)]);
    assert_eq!(parse_sort("key1,-key2"), [sort("key1", false), sort("key2", true)]);
}

#[test]
fn links_lead_to_the_pages_that_there_are() {
    let link = |page, size, total| Page::new(Some(page), Some(size)).unwrap().link("/p", "", total);
    let prev = |page| format!("</p?page={page}&page_size=10>; rel=\"prev\"");
    let next = |page| format!("</p?page={page}&page_size=10>; rel=\"next\"");
    let table = [
        (1, Some(next(2))),
        (2, Some(format!("{} , {}", prev(1), next(3)))),
        (3, Some(prev(2))),
        (4, None),
        (i64::MAX, None),
    ];
    for (page, expected) in table {
        assert_eq!(link(page, 10, 25), expected, "page {page}");
        assert_eq!(link(page, 0, 25), None, "page {page}, page_size 0");
        assert_eq!(Page::new(Some(page), Some(101)).unwrap_err().field, "page_size");
    }
    assert_eq!(link(2, 10, 20), Some(prev(1)));
}

#[test]
fn a_page_that_nobody_names_is_the_first_of_ten() {
    assert_eq!(Page::new(None, None).unwrap(), Page { number: 1, size: 10 });
    // Some clients send 0 for what is not set.
    assert_eq!(Page::new(Some(0), Some(0)).unwrap(), Page { number: 1, size: 0 });
    // Harbor takes a negative size for "all rows".
    assert_eq!(Page::new(None, Some(-1)).unwrap_err().field, "page_size");
    assert_eq!(Page::new(Some(-1), None).unwrap_err().field, "page");
}

#[test]
fn a_link_repeats_the_query_unescaped_but_for_what_would_break_it() {
    let page = Page::new(Some(1), Some(10)).unwrap();
    let link = |query| page.link("/api/v2.0/p2p/preheat/instances", query, 11).unwrap();
    let around = |query| format!("</api/v2.0/p2p/preheat/instances?{query}>; rel=\"next\"");
    assert_eq!(link("sort=-id&q=name%3D~a&page=1"), around("page=2&page_size=10&q=name=~a&sort=-id"));
    assert_eq!(
        link("q=a%3D%3E%0D%0AX:%20y%26%25%C3%A9"),
        around("page=2&page_size=10&q=a=%3E%0D%0AX:%20y%26%25%C3%A9")
    );
}
