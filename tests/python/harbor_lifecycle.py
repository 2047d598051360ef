"""The whole life of instances, policies and executions, as a user of the package harbor-api-client lives it.

tests/harbor_client.rs starts the server and tells this program of it in its only argument, a JSON object. The server
has a registry with the project `shop`: shop/web with v1 and v2, shop/db with v1.
"""

import json
import re
import sys

from harbor_client import Execution, PreheatPolicy

import harbor_instances
import harbor_surroundings
from harbor_support import Client, fields, refused, same, step, until

MANUAL = '{"type":"manual","trigger_setting":{"cron":""}}'
WEB = '[{"type":"repository","value":"web"},{"type":"tag","value":"v*"}]'
FINAL = ("Success", "Error", "Stopped")


def policies(client, quick):
    """Makes the policy `release`, and changes it."""
    step("make a policy")
    api = client.preheat
    policy = PreheatPolicy(
        name="release", description="what is released", provider_id=quick.id, filters=WEB, trigger=MANUAL,
        enabled=True, scope="single_seed_peer")
    _, status, headers = api.create_policy_with_http_info("shop", policy)
    same(status, 201, "the status of create_policy")
    same(headers["Location"], "/api/v2.0/projects/shop/preheat/policies/release", "Location")
    refused(409, "CONFLICT", "release already exists", api.create_policy, "shop", policy)

    step("read it")
    read = api.get_policy("shop", "release")
    fields(read, {
        "name": "release", "description": "what is released", "provider_id": quick.id, "provider_name": "quick",
        "project_id": client.project.get_project("shop").project_id, "filters": WEB, "trigger": MANUAL,
        "enabled": True, "scope": "single_seed_peer"}, "policy")
    same(json.loads(client.as_it_came("get_policy", "shop", "release")["extra_attrs"]),
         {"scope": "single_seed_peer"}, "extra_attrs")
    assert read.creation_time == read.update_time and read.creation_time.year > 2020, read.creation_time

    step("list it")
    found, _, headers = api.list_policies_with_http_info("shop", q="name=release")
    same([policy.name for policy in found], ["release"], "policies named release")
    same(headers["X-Total-Count"], "1", "X-Total-Count")
    same(api.list_policies("shop", q="name=~nothing"), [], "policies named like nothing")

    step("change it as it was read")
    read.description = "changed"
    read.scope = "all_seed_peers"
    _, status, _ = api.update_policy_with_http_info("shop", "release", read)
    same(status, 200, "the status of update_policy")
    changed = api.get_policy("shop", "release")
    fields(changed, {"description": "changed", "scope": "all_seed_peers", "filters": WEB, "id": read.id,
                     "creation_time": read.creation_time}, "changed policy")
    assert changed.update_time > read.update_time, "update_time moves on"

    step("wrong policies")
    def wrong(**named):
        return PreheatPolicy(**{"name": "wrong", "provider_id": quick.id, "filters": WEB, "trigger": MANUAL} | named)
    refused(400, "BAD_REQUEST", "name", api.create_policy, "shop", wrong(name="no spaces"))
    refused(400, "BAD_REQUEST", "filters", api.create_policy, "shop", wrong(filters="not JSON"))
    refused(400, "BAD_REQUEST", "cron", api.create_policy, "shop", wrong(
        trigger='{"type":"scheduled","trigger_setting":{"cron":"every day"}}'))
    refused(404, "NOT_FOUND", "instance 999999", api.create_policy, "shop", wrong(provider_id=999999))
    refused(404, "NOT_FOUND", "nowhere", api.create_policy, "nowhere", wrong())
    refused(404, "NOT_FOUND", "wrong", api.get_policy, "shop", "wrong")


def run(client, policy):
    """Runs a policy by hand, as the console does, and returns the id of the execution."""
    _, status, headers = client.preheat.manual_preheat_with_http_info("shop", policy, PreheatPolicy())
    same(status, 201, "the status of manual_preheat")
    # Without /api/v2.0, as Harbor writes it.
    found = re.fullmatch(rf"/projects/shop/preheat/policies/{policy}/executions/(\d+)", headers["Location"])
    assert found, headers["Location"]
    return int(found[1])


def ended(client, policy, execution_id):
    return until(lambda: client.preheat.get_execution("shop", policy, execution_id),
                 lambda execution: execution.status in FINAL, "the end of the execution")


def executions(client):
    """Runs `release` to its end, and looks at all that is left of it."""
    step("run it to the end")
    api = client.preheat
    execution_id = run(client, "release")
    execution = ended(client, "release", execution_id)
    policy = api.get_policy("shop", "release")
    fields(execution, {"id": execution_id, "status": "Success", "vendor_type": "P2P_PREHEAT", "vendor_id": policy.id,
                       "trigger": "manual"}, "execution")
    fields(execution.metrics, {"task_count": 2, "success_task_count": 2, "error_task_count": None}, "metrics")
    raw = client.as_it_came("get_execution", "shop", "release", execution_id)
    same(raw["extra_attrs"], {"totalCount": 2, "trigger": "manual", "triggerSetting": "-"}, "extra_attrs")
    second = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(second, execution.start_time) and re.fullmatch(second, execution.end_time), execution

    step("list executions and tasks")
    found, _, headers = api.list_executions_with_http_info("shop", "release", q="status=Success", sort="-id")
    same([execution.id for execution in found], [execution_id], "executions of release")
    same(headers["X-Total-Count"], "1", "X-Total-Count")
    tasks, _, headers = api.list_tasks_with_http_info("shop", "release", execution_id, page=1, page_size=1, sort="id")
    same((len(tasks), headers["X-Total-Count"]), (1, "2"), "a page of tasks and their number")
    assert 'page=2' in headers["Link"] and 'rel="next"' in headers["Link"], headers["Link"]
    tasks = api.list_tasks("shop", "release", execution_id)
    attributes = [task["extra_attrs"] for task in client.as_it_came("list_tasks", "shop", "release", execution_id)]
    same(sorted(each["artifact"] for each in attributes), ["shop/web:v1", "shop/web:v2"], "artifacts")
    assert all(each["kind"] == "image" and each["digest"].startswith("sha256:") for each in attributes), attributes
    for task in tasks:
        fields(task, {"status": "Success", "execution_id": execution_id, "run_count": 1}, "task")

    step("read a log")
    log = api.get_preheat_log("shop", "release", execution_id, tasks[0].id)
    line = rf"^{second} \[(DEBUG|INFO|WARNING|WARN|ERROR)\] \[[^\]]+\]: .+$"
    lines = log.strip().split("\n")
    assert len(lines) > 2 and all(re.match(line, each) for each in lines), log
    same(client.last_header("Content-Type").split(";")[0], "text/plain", "Content-Type of a log")

    step("what is not there")
    refused(404, "NOT_FOUND", "execution 999999", api.get_execution, "shop", "release", 999999)
    refused(404, "NOT_FOUND", "task 999999", api.get_preheat_log, "shop", "release", execution_id, 999999)
    refused(422, "UNPROCESSABLE_ENTITY", "execution_id", api.get_execution, "shop", "release", "text")

    step("a run without a match")
    policy.filters = '[{"type":"repository","value":"nothing"}]'
    api.update_policy("shop", "release", policy)
    empty = ended(client, "release", run(client, "release"))
    fields(empty, {"status": "Success"}, "empty execution")
    assert empty.status_message.startswith("no artifacts to preheat"), empty.status_message
    same(empty.metrics.task_count, None, "its number of tasks")

    step("a disabled policy does not run")
    policy.enabled = False
    api.update_policy("shop", "release", policy)
    refused(412, "PRECONDITION", "disabled", api.manual_preheat, "shop", "release", PreheatPolicy())


def stop(client, held):
    """An engine that never finishes holds its execution, until somebody stops it."""
    step("stop an execution")
    api = client.preheat
    api.create_policy("shop", PreheatPolicy(
        name="endless", provider_id=held.id, filters=WEB, trigger=MANUAL, enabled=True))
    execution_id = run(client, "endless")
    until(lambda: api.list_tasks("shop", "endless", execution_id),
          lambda tasks: [task.status for task in tasks] == ["Running"] * 2, "tasks at the engine")
    same(api.get_execution("shop", "endless", execution_id).status, "Running", "the status of the execution")
    refused(404, "NOT_FOUND", str(execution_id), api.get_execution, "shop", "release", execution_id)
    refused(412, "PRECONDITION", "endless", api.delete_policy, "shop", "endless")
    refused(400, "BAD_REQUEST", "Stopped", api.stop_execution, "shop", "endless", execution_id,
            Execution(status="Running"))

    read = api.get_execution("shop", "endless", execution_id)
    read.status = "Stopped"
    for _ in range(2):  # one that has ended stays as it is
        _, status, _ = api.stop_execution_with_http_info("shop", "endless", execution_id, read)
        same(status, 200, "the status of stop_execution")
        stopped = ended(client, "endless", execution_id)
        fields(stopped, {"status": "Stopped"}, "stopped execution")
        fields(stopped.metrics, {"task_count": 2, "stopped_task_count": 2}, "its metrics")


def farewell(client):
    """Deletes everything; what is in use stays."""
    step("delete everything")
    api = client.preheat
    refused(412, "PRECONDITION", "Provider [quick] cannot be deleted", api.delete_instance, "quick")
    instance = api.get_instance("quick")
    instance.enabled = False
    refused(412, "PRECONDITION", "Provider [quick] cannot be disabled", api.update_instance, "quick", instance)
    for policy in ("release", "endless"):
        _, status, _ = api.delete_policy_with_http_info("shop", policy)
        same(status, 200, "the status of delete_policy")
        refused(404, "NOT_FOUND", policy, api.get_policy, "shop", policy)
        refused(404, "NOT_FOUND", policy, api.list_executions, "shop", policy)
    for name in ("quick", "held"):
        _, status, _ = api.delete_instance_with_http_info(name)
        same(status, 200, "the status of delete_instance")
        refused(404, "NOT_FOUND", name, api.delete_instance, name)
    same(api.list_instances(), [], "instances at the end")


def main():
    scene = json.loads(sys.argv[1])
    client = Client(scene["url"], scene["username"], scene["password"])
    harbor_surroundings.look_around(client, scene)
    quick, held = harbor_instances.instances(client, scene)
    policies(client, quick)
    executions(client)
    stop(client, held)
    farewell(client)
    missing = client.preheat.operations() - client.preheat.called
    same(len(client.preheat.operations()), 19, "the number of Harbor's operations")
    same(missing, set(), "operations that were not called")
    step("all 19 operations work")


main()
