//! What a user is told about a schedule that is refused.

use forewarm_domain::cron::{Cron, MAX_LENGTH};

#[test]
fn the_wrong_field_its_number_and_the_position_are_named() {
    refused("0 24 * * *", "hour (field 2, at position 3): 24 is above 23; write a number from 0 to 23");
    refused("0 0 24 * * *", "hour (field 3, at position 5): 24 is above 23; write a number from 0 to 23");
    refused("60 0 * * *", "minute (field 1, at position 1): 60 is above 59; write a number from 0 to 59");
    refused("0 0 0 * *", "day of month (field 3, at position 5): 0 is below 1; write a number from 1 to 31");
    refused(
        "0 0 * 13 *",
        "month (field 4, at position 7): 13 is above 12; write a number from 1 to 12, or a name from JAN to DEC",
    );
    refused(
        "TZ=UTC  0 0 * * 1,8",
        "day of week (field 5, at position 19): 8 is above 7; write a number from 0 to 7, or a name from SUN to SAT",
    );
    refused(
        "10,20,x5 0 * * *",
        "minute (field 1, at position 7): 'x5' is no minute; write a number from 0 to 59",
    );
    refused("0 ä 1 * *", "hour (field 2, at position 3): 'ä' is no hour; write a number from 0 to 23");
}

#[test]
fn broken_lists_ranges_and_steps_say_what_to_write() {
    refused("0 1,,2 * * *", "hour (field 2, at position 5): a value is missing; write a number from 0 to 23");
    refused("0 1- * * *", "hour (field 2, at position 5): a value is missing; write a number from 0 to 23");
    refused("0 5-1 * * *", "hour (field 2, at position 3): the range '5-1' runs backwards; write '5-23,0-1'");
    refused(
        "0 0 * * FRI-MON",
        "day of week (field 5, at position 9): the range 'FRI-MON' runs backwards; write 'FRI-SAT,SUN-MON'",
    );
    refused(
        "0 0 * * 7-3",
        "day of week (field 5, at position 9): the range '7-3' runs backwards; write '0-3'",
    );
    refused("*/0 * * * *", "minute (field 1, at position 3): a step of 0 does not move; write 1 or more");
    refused(
        "*/x * * * *",
        "minute (field 1, at position 3): the step 'x' is not a number; write '*/5' or '10-40/5'",
    );
    refused(
        "*/2/3 * * * *",
        "minute (field 1, at position 3): the step '2/3' is not a number; write '*/5' or '10-40/5'",
    );
    refused(
        "*-5 * * * *",
        "minute (field 1, at position 1): '*' cannot be the end of a range; write a number from 0 to 59",
    );
    refused(
        "0 0 * * 7/2",
        "day of week (field 5, at position 9): a step cannot begin with 7; write 0 to begin with Sunday",
    );
    refused("+5 0 * * *", "minute (field 1, at position 1): '+5' is no minute; write a number from 0 to 59");
    refused(
        "99999999999 0 * * *",
        "minute (field 1, at position 1): '99999999999' is no minute; write a number from 0 to 59",
    );
}

#[test]
fn signs_of_other_dialects_are_refused_by_name() {
    for (text, sign) in [("0 0 L * *", "L"), ("0 0 15W * *", "15W"), ("0 0 LW * *", "LW")] {
        refused(
            text,
            &format!(
                "day of month (field 3, at position 5): '{sign}' is not taken: there is no L, W or #; write a number from 1 to 31"
            ),
        );
    }
    for sign in ["5#2", "FRI#2", "5L"] {
        refused(
            &format!("0 0 * * {sign}"),
            &format!(
                "day of week (field 5, at position 9): '{sign}' is not taken: there is no L, W or #; write a number from 0 to 7, or a name from SUN to SAT"
            ),
        );
    }
}

#[test]
fn a_second_other_than_zero_is_refused() {
    refused("5 0 0 * * *", "second (field 1, at position 1): '5' is not 0; write 0, or leave the field out");
    refused(
        "CRON_TZ=Asia/Tokyo */5 0 0 * * *",
        "second (field 1, at position 20): '*/5' is not 0; write 0, or leave the field out",
    );
}

#[test]
fn a_wrong_number_of_fields_says_which_are_expected() {
    let expected =
        "write 5 (minute, hour, day of month, month, day of week), or 6 with a 0 for the second in front";
    refused("", &format!("there are no fields; {expected}"));
    refused("TZ=UTC", &format!("there are no fields; {expected}"));
    refused("0 2 3", &format!("there are 3 fields, the last at position 5; {expected}"));
    refused("0 0 0 * * * 2030", &format!("there are 7 fields, the last at position 13; {expected}"));
}

#[test]
fn names_that_are_not_known_say_which_are() {
    refused(
        "@every 1h",
        "at position 1: '@every' counts from the start of a program, and there are several; write a step, such as '*/15 * * * *' or '0 */2 * * *'",
    );
    refused(
        "@Daily",
        "at position 1: '@Daily' is not known; write one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, or 5 fields",
    );
    refused("@daily 5", "at position 8: nothing may follow '@daily'; leave out '5'");
}

#[test]
fn a_schedule_that_never_fires_names_the_day() {
    refused(
        "0 0 0 31 2 *",
        "day of month (field 4, at position 7): none of the months has a day 31, so this never fires; write a day up to 29",
    );
}

#[test]
fn a_schedule_that_is_too_long_is_refused() {
    let long = format!("0{} 0 * * *", ",0".repeat(MAX_LENGTH / 2));
    refused(&long, "the schedule is longer than 512 characters; write ranges and steps instead of lists");
}

#[test]
fn a_time_zone_that_is_not_known_or_not_the_prefixs_is_refused() {
    zone_refused(
        "0 2 * * *",
        "Nowhere/X",
        "'Nowhere/X' is not a known time zone; write an IANA name such as Europe/Berlin or UTC",
    );
    zone_refused(
        "0 2 * * *",
        "europe/berlin",
        "'europe/berlin' is not a known time zone; write Europe/Berlin",
    );
    zone_refused(
        "0 2 * * *",
        "",
        "'' is not a known time zone; write an IANA name such as Europe/Berlin or UTC",
    );
    zone_refused(
        "TZ=Asia/Tokyo 0 2 * * *",
        "Europe/Berlin",
        "the schedule's prefix says Asia/Tokyo, and this says Europe/Berlin; leave one of them out",
    );
    refused(
        "TZ=Nowhere/X 0 2 * * *",
        "time zone (at position 4): 'Nowhere/X' is not a known time zone; write an IANA name such as Europe/Berlin or UTC",
    );
    refused(
        "tz=UTC 0 2 * * *",
        "at position 1: 'tz=' is not known; only 'TZ=' or 'CRON_TZ=' may stand there",
    );
}

#[track_caller]
fn refused(text: &str, reason: &str) {
    let wrong = Cron::parse(text, None).expect_err(text);
    assert_eq!((wrong.field.as_str(), wrong.reason.as_str()), ("cron", reason), "{text}");
}

#[track_caller]
fn zone_refused(text: &str, zone: &str, reason: &str) {
    let wrong = Cron::parse(text, Some(zone)).expect_err(text);
    assert_eq!((wrong.field.as_str(), wrong.reason.as_str()), ("time_zone", reason), "{text} in {zone}");
}
