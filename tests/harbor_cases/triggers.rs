//! The trigger of a policy of Harbor's, and what Forewarm calls it.

use forewarm_domain::harbor::trigger;
use forewarm_domain::trigger::{Missed, Schedule, Trigger};

#[test]
fn a_trigger_is_what_its_type_and_its_cron_say() {
    let schedule = |cron: &str| {
        Trigger::Schedule(Schedule { cron: cron.to_owned(), time_zone: None, missed: Missed::Run })
    };
    let event = Trigger::Event { events: trigger::EVENTS.to_vec() };
    let table = [
        (r#"{"type":"manual"}"#, Trigger::Manual),
        (r#"{"type":""}"#, Trigger::Manual),
        (r#"{"type":"manual","trigger_setting":{"cron":"bad"}}"#, Trigger::Manual),
        (r#"{"type":"event_based","trigger_setting":{"cron":"bad"}}"#, event),
        // Never fires: what Forewarm calls manual.
        (r#"{"type":"scheduled","trigger_setting":{"cron":""}}"#, Trigger::Manual),
        (r#"{"type":"scheduled"}"#, Trigger::Manual),
        (r#"{"type":"scheduled","trigger_setting":{"cron":"0 0 0 * * 0"}}"#, schedule("0 0 0 * * 0")),
        // Five fields are Forewarm's own extension.
        (r#"{"type":"scheduled","trigger_setting":{"cron":"0 0 * * *"}}"#, schedule("0 0 * * *")),
        (
            r#"{"type":"scheduled","trigger_setting":{"cron":"CRON_TZ=Asia/Tokyo 0 0 5 * * *"}}"#,
            schedule("CRON_TZ=Asia/Tokyo 0 0 5 * * *"),
        ),
    ];
    for (text, expected) in table {
        let read = trigger::decode(text).unwrap();
        assert_eq!(read, expected, "{text}");
        assert_eq!(trigger::decode(&trigger::encode(&read)).unwrap(), read, "{text}");
    }
    assert_eq!(trigger::encode(&Trigger::Manual), r#"{"type":"manual","trigger_setting":{}}"#);
}

#[test]
fn a_time_zone_beside_a_schedule_is_shown_as_its_prefix() {
    for cron in ["0 0 5 * * *", "CRON_TZ=Asia/Tokyo 0 0 5 * * *"] {
        let time_zone = Some("Asia/Tokyo".to_owned());
        let given = Trigger::Schedule(Schedule { cron: cron.to_owned(), time_zone, missed: Missed::Run });
        let expected = r#"{"type":"scheduled","trigger_setting":{"cron":"CRON_TZ=Asia/Tokyo 0 0 5 * * *"}}"#;
        assert_eq!(trigger::encode(&given), expected);
    }
}

#[test]
fn a_wrong_trigger_is_refused() {
    for text in [
        r#"{"type":"scheduled","trigger_setting":{"cron":"0 2 3"}}"#,
        r#"{"type":"scheduled","trigger_setting":{"cron":"1 0 0 1 1 *"}}"#,
        r#"{"type":"scheduled","trigger_setting":{"cron":5}}"#,
        r#"{"type":"manual","trigger_setting":"daily"}"#,
        // Harbor takes it for manual; its author waits for a schedule that never comes.
        r#"{"type":"schedule","trigger_setting":{"cron":"0 0 0 * * *"}}"#,
        r#"{"type":1}"#,
        r#"["manual"]"#,
        r#""manual""#,
    ] {
        assert_eq!(trigger::decode(text).unwrap_err().field, "trigger", "{text}");
    }
}
