"""What the steps of harbor_lifecycle.py share: the client as its users set it up, and what it is expected to answer."""

import json
import time

import harbor_client

# Far more than anything takes; a test that needs it has failed.
PATIENCE_SECONDS = 60


class Client:
    """The APIs of one user. Notes which operations of the preheat API were called."""

    def __init__(self, url, username, password):
        configuration = harbor_client.Configuration()
        configuration.host = f"{url}/api/v2.0"
        configuration.username = username
        configuration.password = password
        self.raw = harbor_client.ApiClient(configuration)
        self.preheat = Noted(harbor_client.PreheatApi(self.raw))
        self.project = harbor_client.ProjectApi(self.raw)
        self.user = harbor_client.UserApi(self.raw)
        self.ping = harbor_client.PingApi(self.raw)
        self.health = harbor_client.HealthApi(self.raw)
        self.system = harbor_client.SysteminfoApi(self.raw)

    def as_it_came(self, operation, *arguments):
        """The answer to an operation: the client's models drop what they do not know."""
        getattr(self.preheat, operation)(*arguments)
        return json.loads(self.raw.last_response.data)

    def last_header(self, name):
        return self.raw.last_response.getheader(name)


class Noted:
    """The preheat API, with the names of the operations that were called through it."""

    def __init__(self, api):
        self._api = api
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name.removesuffix("_with_http_info"))
        return getattr(self._api, name)

    def operations(self):
        names = [name for name in dir(type(self._api)) if not name.startswith("_")]
        return {name for name in names if not name.endswith("_with_http_info")}


def same(found, expected, what):
    assert found == expected, f"{what}: expected {expected!r}, found {found!r}"


def fields(model, expected, what):
    """Checks the named attributes of a model."""
    for name, value in expected.items():
        same(getattr(model, name), value, f"{what}.{name}")


def refused(status, code, words, call, *arguments, **named):
    """The call fails with this status and, in Harbor's body of errors, this code and these words."""
    try:
        call(*arguments, **named)
    except harbor_client.rest.ApiException as error:
        same(error.status, status, f"the status of {call.__name__} ({error.body})")
        errors = json.loads(error.body)["errors"]
        same(errors[0]["code"], code, f"the code of {call.__name__}")
        assert words in errors[0]["message"], f"{call.__name__}: no {words!r} in {errors[0]['message']!r}"
        return
    raise AssertionError(f"{call.__name__} should have been refused with {status}")


def until(look, is_reached, what):
    """Looks again and again, as Harbor's console does, and returns what was found at last."""
    begun = time.monotonic()
    while True:
        found = look()
        if is_reached(found):
            return found
        assert time.monotonic() - begun < PATIENCE_SECONDS, f"{what} does not come: {found}"
        time.sleep(0.1)


def step(words):
    print(words, flush=True)
