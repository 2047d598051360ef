//! What Harbor takes and refuses, row by row.

use forewarm_domain::cron::Cron;

/// Text, `yes` or `no`, Harbor's reason. `\t` stands for a tab.
const ROWS: &str = include_str!("../data/harbor_cron.tsv");

/// Where Forewarm decides otherwise than Harbor: the text, whether Forewarm takes it, and why. There must be no others.
const DIFFERENT: [(&str, bool, &str); 5] = [
    ("0 0 0 * * 7", true, "7 is Sunday to most crons, and means nothing else"),
    ("@daily", true, "short, clear, and known from other crons"),
    ("0 0 * * *", true, "five fields are what most people write; there is no second to choose anyway"),
    ("0 0 0 31 2 *", false, "a schedule that never fires is a mistake"),
    ("CRON_TZ=Asia/Tokyo 5 0 0 * * *", false, "seconds other than 0 are refused, also behind a prefix"),
];

#[test]
fn every_row_of_harbors_table_is_answered_alike_but_for_those_named_here() {
    let mut different = Vec::new();
    let mut rows = 0;
    for row in ROWS.lines() {
        let mut columns = row.split('\t');
        let (Some(text), Some(accepted)) = (columns.next(), columns.next()) else { panic!("{row:?}") };
        rows += 1;
        let answer = Cron::parse(&text.replace("\\t", "\t"), None);
        if answer.is_ok() != (accepted == "yes") {
            different.push((text, answer.is_ok()));
        }
    }
    assert_eq!(rows, 47);
    assert_eq!(different, DIFFERENT.map(|(text, taken, _)| (text, taken)));
}

#[test]
fn odd_spacing_lets_no_other_second_slip_past() {
    for text in
        ["5  0 0 1 * *", " 5 0 0 * * *", "5\t0 0 * * *", "TZ=UTC  5 0 0 * * *", "00 0 0 * * *", "? 0 0 * * *"]
    {
        let wrong = Cron::parse(text, None).unwrap_err();
        assert!(wrong.reason.starts_with("second (field 1, at position "), "{text:?}: {wrong}");
    }
}

#[test]
fn white_space_of_any_kind_and_number_separates_fields() {
    for text in ["  0 2 * * *", "0  2 * * * ", "0\t2\t*\t*\t*", "\n0 0 2 * * *\n", " TZ=UTC\t0 2 * * *"] {
        assert_eq!(Cron::parse(text, None).unwrap().in_words(), "every day at 02:00", "{text:?}");
    }
}

#[test]
fn names_for_whole_schedules_stand_for_five_fields() {
    let named = [
        ("@hourly", "every hour"),
        ("@daily", "every day at 00:00"),
        ("@midnight", "every day at 00:00"),
        ("@weekly", "at 00:00 on Sunday"),
        ("@monthly", "at 00:00 on day 1 of the month"),
        ("@yearly", "at 00:00 on day 1 of January"),
        ("@annually", "at 00:00 on day 1 of January"),
        ("TZ=Asia/Tokyo @daily", "every day at 00:00 (Asia/Tokyo)"),
    ];
    for (text, words) in named {
        assert_eq!(Cron::parse(text, None).unwrap().in_words(), words, "{text}");
    }
}

#[test]
fn zero_and_seven_are_both_sunday() {
    for (text, words) in [
        ("0 8 * * 0", "at 08:00 on Sunday"),
        ("0 8 * * 7", "at 08:00 on Sunday"),
        ("0 8 * * 0,7", "at 08:00 on Sunday"),
        ("0 8 * * 5-7", "at 08:00 on Friday to Sunday"),
        ("0 8 * * 3-7/2", "at 08:00 on Wednesday, Friday and Sunday"),
        ("0 8 * * 0-7", "every day at 08:00"),
        ("0 8 * * 7,1,SAT", "at 08:00 on Saturday to Monday"),
    ] {
        assert_eq!(Cron::parse(text, None).unwrap().in_words(), words, "{text}");
    }
}

#[test]
fn a_schedule_that_can_never_fire_is_refused_and_one_that_seldom_fires_is_not() {
    for never in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 4-6/2 *", "0 0 30-31 FEB ?"] {
        let wrong = Cron::parse(never, None).unwrap_err();
        assert!(wrong.reason.contains("never fires"), "{never}: {wrong}");
    }
    for seldom in ["0 0 29 2 *", "0 0 31 2,3 *", "0 0 31 2 MON", "0 0 30,1 2 *"] {
        assert!(Cron::parse(seldom, None).is_ok(), "{seldom}");
    }
}
