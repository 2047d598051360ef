"""Engines: the instances that the rest of the life cycle uses."""

import json
import time
import urllib.request

from harbor_client import Instance

from harbor_support import fields, refused, same, step


def instances(client, scene):
    """Makes the instance `quick`, whose engine is done at once, and `held`, whose engine never is."""
    kinds(client)
    quick = make(client, scene)
    pings(client, scene, quick)
    wrong(client, scene)
    quick = change(client, scene)
    client.preheat.create_instance(dragonfly("held", scene["held"], scene["token"]))
    held = client.preheat.get_instance("held")
    as_projects_see_them(client, scene, quick, held)
    return quick, held


def dragonfly(name, endpoint, token):
    return Instance(name=name, vendor="dragonfly", endpoint=endpoint, auth_mode="OAUTH",
                    auth_info={"token": token}, enabled=True, default=False, insecure=False)


def kinds(client):
    step("kinds of engines")
    found = {kind.id: kind for kind in client.preheat.list_providers()}
    assert {"dragonfly", "kraken"} <= found.keys(), found
    fields(found["dragonfly"], {"name": "Dragonfly", "version": "2.1.59"}, "dragonfly")
    assert found["kraken"].maintainers and found["kraken"].source, found["kraken"]


def make(client, scene):
    step("make an instance")
    api = client.preheat
    begun = int(time.time())
    instance = dragonfly("quick", scene["quick"], scene["token"])
    instance.description = "done at once"
    _, status, headers = api.create_instance_with_http_info(instance)
    same(status, 201, "the status of create_instance")
    same(headers["Location"], "/api/v2.0/p2p/preheat/instances/quick", "Location")

    step("read it")
    read = api.get_instance("quick")
    fields(read, {"name": "quick", "description": "done at once", "vendor": "dragonfly", "endpoint": scene["quick"],
                  "auth_mode": "OAUTH", "auth_info": None, "status": "Unknown", "enabled": True, "default": False,
                  "insecure": False}, "instance")
    assert abs(read.setup_timestamp - begun) < 60, read.setup_timestamp
    assert scene["token"] not in client.raw.last_response.data, "no secret in an answer"

    step("list it")
    found, _, headers = api.list_instances_with_http_info(q="name=quick", sort="-id", page=1, page_size=10)
    same([instance.id for instance in found], [read.id], "instances named quick")
    same(headers["X-Total-Count"], "1", "X-Total-Count")
    same(headers.get("Link"), None, "a Link where there is one page only")
    return read


def pings(client, scene, quick):
    step("ping")
    api = client.preheat
    for instance in (Instance(id=quick.id), dragonfly("unsaved", scene["held"], scene["token"])):
        _, status, _ = api.ping_instances_with_http_info(instance)
        same(status, 200, "the status of ping_instances")
    # Port 1 of this machine: nobody listens there.
    refused(400, "BAD_REQUEST", "connection refused", api.ping_instances,
            dragonfly("unsaved", "http://127.0.0.1:1", scene["token"]))
    refused(400, "BAD_REQUEST", "token", api.ping_instances, dragonfly("unsaved", scene["held"], "not-the-token"))


def wrong(client, scene):
    step("wrong instances")
    api = client.preheat
    right = dragonfly("quick", scene["quick"], scene["token"])
    refused(409, "CONFLICT", "quick already exists", api.create_instance, right)
    refused(400, "BAD_REQUEST", "name", api.create_instance, dragonfly("no spaces", scene["quick"], scene["token"]))
    refused(400, "BAD_REQUEST", "endpoint", api.create_instance, dragonfly("other", "ftp://x", scene["token"]))
    right.vendor = "unheard-of"
    right.name = "other"
    refused(400, "BAD_REQUEST", "vendor", api.create_instance, right)
    refused(404, "NOT_FOUND", "other", api.get_instance, "other")
    refused(404, "NOT_FOUND", "other", api.update_instance, "other", dragonfly("other", scene["quick"], scene["token"]))


def change(client, scene):
    """Sends it back as it was read, changed. What Harbor has no fields for is set and read in the native API."""
    step("change it as it was read")
    native(scene, "PUT", {"settings": {"check_seconds": 1}})
    read = client.preheat.get_instance("quick")
    read.description = "changed"
    read.default = True
    _, status, _ = client.preheat.update_instance_with_http_info("quick", read)
    same(status, 200, "the status of update_instance")
    changed = client.preheat.get_instance("quick")
    fields(changed, {"description": "changed", "default": True, "endpoint": scene["quick"], "auth_mode": "OAUTH",
                     "setup_timestamp": read.setup_timestamp, "id": read.id}, "changed instance")
    same(native(scene, "GET")["settings"], {"check_seconds": 1}, "what Harbor has no fields for")
    client.preheat.ping_instances(Instance(id=changed.id))  # with the token that was left out of the update
    return changed


def native(scene, method, changes=None):
    """The instance in the native API, with these changes."""
    address = f"{scene['url']}/api/v1/instances/quick"
    body = None
    if changes is not None:
        body = native(scene, "GET") | changes
        # What is left out of an update keeps the secret that is stored.
        body = json.dumps({name: value for name, value in body.items() if name != "auth"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": scene["authorization"]}
    request = urllib.request.Request(address, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def as_projects_see_them(client, scene, quick, held):
    step("the instances as a project sees them")
    found = client.preheat.list_providers_under_project("shop")
    same([(each.id, each.provider, each.enabled, each.default) for each in found],
         [(quick.id, f"dragonfly quick-{scene['quick']}", True, True),
          (held.id, f"dragonfly held-{scene['held']}", True, None)], "providers of the project")
    refused(404, "NOT_FOUND", "nowhere", client.preheat.list_providers_under_project, "nowhere")
