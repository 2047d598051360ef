"""What clients of Harbor ask before they trust an address, and who is let in."""

from harbor_support import Client, refused, same, step


def look_around(client, scene):
    step("look around")
    same(client.ping.get_ping(), "Pong", "ping")
    health = client.health.get_health()
    same(health.status, "healthy", "health")
    assert health.components, "health has components"
    assert all(component.status == "healthy" for component in health.components), health.components
    assert client.system.get_system_info().harbor_version.startswith("v2."), "a version of Harbor"

    step("who am I?")
    me = client.user.get_current_user_info()
    same((me.username, me.sysadmin_flag), (scene["username"], True), "the current user")
    assert me.user_id > 0, me

    step("strangers are turned away")
    for username, password in ((scene["username"], "wrong"), ("nobody", scene["password"])):
        stranger = Client(scene["url"], username, password)
        refused(401, "UNAUTHORIZED", "", stranger.user.get_current_user_info)
        refused(401, "UNAUTHORIZED", "", stranger.preheat.list_instances)
        refused(401, "UNAUTHORIZED", "", stranger.preheat.get_policy, "shop", "release")

    step("projects")
    projects, _, headers = client.project.list_projects_with_http_info(page=1, page_size=1)
    same([project.name for project in projects], ["shop"], "projects")
    same(headers["X-Total-Count"], "1", "X-Total-Count")
    by_name = client.project.get_project("shop", x_is_resource_name=True)
    by_id = client.project.get_project(by_name.project_id)
    same((by_name.name, by_id.name), ("shop", "shop"), "the project by name and by id")
    assert by_name.metadata is not None, "a project has metadata"
    refused(404, "NOT_FOUND", "nowhere", client.project.get_project, "nowhere")
