//! Who sees what.

use forewarm_fake::harbor::Harbor;
use serde_json::Value;

use super::reader::{LIST, admin, answer, ask, each, harbor, json, refusal};

async fn with_robot() -> (Harbor, String) {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "other/x:v1"]);
    harbor.project("open").set("public", "true");
    let robot = harbor.robot("team", "puller", "secret");
    (harbor, robot)
}

#[tokio::test]
async fn a_robot_has_its_rights_on_its_own_project_alone() {
    let (harbor, robot) = with_robot().await;
    assert_eq!(robot, "robot$team+puller");
    let signed = |path: &str| ask(&harbor, path).basic_auth(&robot, Some("secret"));
    let others = "/projects/other/repositories/x/artifacts";
    for (path, status) in [(LIST, 200), ("/projects/team", 200), (others, 403), ("/projects/nothing", 403)] {
        assert_eq!(signed(path).send().await.unwrap().status(), status, "{path}");
    }
    let list: Value = signed("/projects?sort=name").send().await.unwrap().json().await.unwrap();
    assert_eq!(each(&list, "name"), ["open", "team"], "its own and the public ones");
    assert_eq!(answer(&harbor, "/projects/nothing").await.status(), 404);
}

#[tokio::test]
async fn a_robot_without_a_right_is_refused_what_it_is_for() {
    let (harbor, _) = with_robot().await;
    let robot = harbor.robot_with("team", "half", "secret", &["project:read", "repository:list"]);
    let signed = |path: &str| ask(&harbor, path).basic_auth(&robot, Some("secret"));
    assert_eq!(signed("/projects/team/repositories").send().await.unwrap().status(), 200);
    assert_eq!(refusal(signed(LIST)).await, (403, "FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn strangers_and_those_with_a_wrong_password_see_public_projects_alone() {
    let (harbor, robot) = with_robot().await;
    let wrong = || ask(&harbor, "/projects").basic_auth(&robot, Some("wrong"));
    for request in [ask(&harbor, "/projects"), wrong()] {
        let list: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(each(&list, "name"), ["open"]);
    }
    assert_eq!(refusal(ask(&harbor, LIST)).await, (401, "UNAUTHORIZED".to_owned()));
    assert_eq!(refusal(ask(&harbor, LIST).basic_auth(&robot, Some("wrong"))).await.0, 401);
}

#[tokio::test]
async fn the_version_is_told_to_those_who_have_signed_in() {
    let (harbor, robot) = with_robot().await;
    let version = |info: Value| info["harbor_version"].as_str().map(str::to_owned);
    let known = ask(&harbor, "/systeminfo").basic_auth(&robot, Some("secret")).send().await.unwrap();
    assert!(version(known.json().await.unwrap()).unwrap().starts_with("v2.16.0"));
    let stranger = ask(&harbor, "/systeminfo").send().await.unwrap();
    assert_eq!(version(stranger.json().await.unwrap()), None);
    assert_eq!(ask(&harbor, "/ping").send().await.unwrap().text().await.unwrap(), "Pong");
    assert_eq!(json(&harbor, "/health").await["status"], "healthy");
}

#[tokio::test]
async fn a_robot_is_no_current_user() {
    let (harbor, robot) = with_robot().await;
    let path = "/users/current";
    assert_eq!(json(&harbor, path).await["username"], "admin");
    let refused = refusal(ask(&harbor, path).basic_auth(&robot, Some("secret"))).await;
    assert_eq!(refused, (412, "PRECONDITION".to_owned()));
    assert_eq!(refusal(ask(&harbor, path)).await.0, 401);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let harbor = harbor().await;
    let url = admin(&harbor, LIST).build().unwrap().url().clone();
    let response = crate::support::client::client().post(url).send().await.unwrap();
    assert_eq!(response.status(), 405);
}
