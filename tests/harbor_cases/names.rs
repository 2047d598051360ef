//! Names of things: Harbor's rule, which answers 400 here and not 500.

use forewarm_domain::name;

#[test]
fn names_are_letters_and_digits_with_single_separators() {
    for good in ["abc", "a1.b-c_d", "A"] {
        assert!(name::check("name", good).is_ok(), "{good}");
    }
    for bad in ["abc/-.**", "_aa/*b", "", "-a", "a-", "a_", ".a", "a--b", "a._b", "a b", "ä", "a/b"] {
        assert!(name::check("name", bad).is_err(), "{bad}");
    }
}
