//! Names are judged by where they lead, at the moment of connecting.

use forewarm_http::{ErrorKind, Rules};

use super::script::{Listener, Script, get};

/// Nothing on this machine but 127.0.0.2.
fn only_the_second() -> Rules {
    Rules::new(false, vec!["127.0.0.2".parse().unwrap()], vec![])
}

#[tokio::test]
async fn a_name_that_leads_to_a_refused_address_is_not_connected_to() {
    let script = Script::of(&[&["127.0.0.1"]]);
    let listener = Listener::at("127.0.0.1:0").await;

    let url = format!("http://engine.test:{}/", listener.port);
    let error = get(&script.outbound(Rules::default()), &url).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress);
    assert!(!error.is_transient() && error.retry_after.is_none());
    let place = format!("http://engine.test:{}: not connected: ", listener.port);
    let why = "engine.test leads to 127.0.0.1, which is a loopback address, refused without --allow-loopback";
    assert_eq!(error.message, format!("{place}{why}"));
    assert_eq!(listener.connections(), 0);
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_after_it_was_good_is_refused_then() {
    let listener = Listener::at("127.0.0.1:0").await;
    let second = Listener::at(&format!("127.0.0.2:{}", listener.port)).await;
    let script = Script::of(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = script.outbound(only_the_second());
    let url = format!("http://engine.test:{}/", listener.port);

    // What is judged is what is connected to: there is no second look between.
    assert_eq!(get(&outbound, &url).await, Ok(204));
    assert_eq!(script.questions().len(), 1);
    let error = get(&outbound, &url).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{error}");
    assert_eq!((listener.connections(), second.connections()), (0, 1));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_are_allowed_are_tried() {
    let refused = Listener::at("127.0.0.1:0").await;
    let allowed = Listener::at(&format!("127.0.0.2:{}", refused.port)).await;
    let script = Script::of(&[&["169.254.169.254", "127.0.0.1", "127.0.0.2", "::1"]]);
    let url = format!("http://engine.test:{}/", refused.port);

    assert_eq!(get(&script.outbound(only_the_second()), &url).await, Ok(204));

    assert_eq!((refused.connections(), allowed.connections()), (0, 1));
}

#[tokio::test]
async fn an_address_in_the_url_itself_is_judged_without_a_name_server() {
    let listener = Listener::at("127.0.0.1:0").await;
    let script = Script::of(&[&["127.0.0.2"]]);
    let outbound = script.outbound(Rules::default());

    for host in ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost"] {
        let error = get(&outbound, &format!("http://{host}:{}/", listener.port)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{host}: {error}");
    }
    for insecure_tls in [false, true] {
        let url = "https://169.254.169.254/".parse().unwrap();
        assert!(outbound.client(insecure_tls).request(reqwest::Method::GET, &url).is_err());
        assert!(outbound.patient(insecure_tls).request(reqwest::Method::GET, &url).is_err());
    }

    assert!(script.questions().is_empty());
    assert_eq!(listener.connections(), 0);
}

#[tokio::test]
async fn a_denied_name_is_not_even_asked_for() {
    let script = Script::of(&[&["192.0.2.1"]]);
    let outbound = script.outbound(Rules::new(true, vec![], vec!["*.test".parse().unwrap()]));

    let error = get(&outbound, "http://engine.test/").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress);
    assert!(error.message.ends_with("engine.test is refused by --deny-address *.test"), "{error}");
    assert!(script.questions().is_empty());
}

#[tokio::test]
async fn a_name_without_addresses_is_a_name_that_cannot_be_resolved() {
    let script = Script::of(&[&[]]);

    let error = get(&script.outbound(Rules::default()), "http://engine.test/").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Dns, "{error}");
    assert!(error.is_transient());
}
