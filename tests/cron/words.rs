//! Schedules in plain English.

use super::cron;

#[test]
fn times_that_repeat_are_said_as_steps() {
    say("* * * * *", "every minute");
    say("*/15 * * * *", "every 15 minutes");
    say("0,30 * * * *", "every 30 minutes");
    say("0 * * * *", "every hour");
    say("30 * * * *", "at minute 30 of every hour");
    say("5,20 * * * *", "at minutes 5 and 20 of every hour");
    say("*/7 * * * *", "at minutes 0, 7, 14 … 56 of every hour");
    say("0-10,40 * * * *", "at minutes 0 to 10 and 40 of every hour");
    say("0 */2 * * *", "every 2 hours from 00:00 to 22:00, every day");
    say("30 8-17 * * *", "every hour from 08:30 to 17:30, every day");
    say("*/20 8-17 * * 1-5", "every 20 minutes from 08:00 to 17:40 on Monday to Friday");
    say("* 2 * * *", "every minute from 02:00 to 02:59, every day");
}

#[test]
fn a_few_times_of_day_are_listed() {
    say("0 2 * * *", "every day at 02:00");
    say("0 */6 * * *", "every day at 00:00, 06:00, 12:00 and 18:00");
    say("15,45 7 * * *", "every day at 07:15 and 07:45");
    say("0 1,2,3,5,8 * * *", "every day at 01:00, 02:00, 03:00, 05:00 and 08:00");
    say("5,20 8-10,14 * * *", "every day at minutes 5 and 20 of hours 8 to 10 and 14");
}

#[test]
fn days_and_months_are_named() {
    say("0 8 * * 1-5", "at 08:00 on Monday to Friday");
    say("0 8 * * MON,wed,5", "at 08:00 on Monday, Wednesday and Friday");
    say("0 8 * * 0,6", "at 08:00 on Saturday and Sunday");
    say("0 8 * * 0-4", "at 08:00 on Sunday to Thursday");
    say("0 8 * * 5,6,0,1", "at 08:00 on Friday to Monday");
    say("0 8 * * 0,1,3", "at 08:00 on Monday, Wednesday and Sunday");
    say("0 0 1,15 * *", "at 00:00 on days 1 and 15 of the month");
    say("0 0 */2 * *", "at 00:00 on days 1, 3, 5 … 31 of the month");
    say("0 0 25 12 *", "at 00:00 on day 25 of December");
    say("0 0 1 1-3,10 *", "at 00:00 on day 1 of January to March and October");
    say("0 8 * 6-8 1", "at 08:00 on Monday in June to August");
    say("0 8 * 6,7 *", "every day at 08:00 in June and July");
    say("*/15 * * 12 *", "every 15 minutes in December");
}

#[test]
fn either_of_two_days_is_said_with_or() {
    say("0 0 1 * 1", "at 00:00 on day 1 of the month or on Monday");
    say("0 0 1 12 1", "at 00:00 on day 1 of the month or on Monday, in December");
    say("0 0 1 * */1", "at 00:00 on day 1 of the month");
    say("0 0 1-31 * 1", "every day at 00:00");
}

#[test]
fn a_zone_other_than_utc_is_named() {
    assert_eq!(cron("0 2 * * *", "Europe/Berlin").in_words(), "every day at 02:00 (Europe/Berlin)");
    assert_eq!(cron("0 2 * * *", "UTC").in_words(), "every day at 02:00");
}

#[track_caller]
fn say(text: &str, words: &str) {
    assert_eq!(cron(text, "UTC").in_words(), words, "{text}");
}
