"""The gateway beside the model: each change goes to both, and then every caller has to read the same from both."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid
from gateway.settings import Settings
from tests.client import GatewayClient
from tests.databases import Databases
from tests.model import inputs
from tests.model.inputs import (
    CLIENT_A,
    CLIENT_B,
    DEV_EUIS,
    DVN_UUIDS,
    EVERY,
    IDENTIFIERS,
    IMEIS,
    ONLY_A,
    PROJECT,
    SPECIFICATIONS,
    UNKNOWN,
    cellular,
    generic,
    lora,
)
from tests.model.model import ADAPTERS, Caller, Learned, Model, Row
from tests.model.user_errors import Judge
from tests.model.view import View, everything, mutation, normal

MADE = {"createDevice": "device", "addNetworkAdapter": "networkAdapter", "createDeviceGroup": "deviceGroup"}


FIRST_DEVICE = {"name": "Pump", "status": "ACTIVE", "projectId": PROJECT, "deviceSpecificationId": SPECIFICATIONS[0]}
FIRST_DEVICES: tuple[Row, ...] = (
    # In no groups, so that it can move to another client.
    {"clientId": CLIENT_B, "networkAdapters": [], "deviceGroupIds": []},
    {"clientId": CLIENT_A, "networkAdapters": [cellular(IMEIS[0]), lora(DEV_EUIS[0])]},
    {"clientId": CLIENT_B, "networkAdapters": [generic(DVN_UUIDS[0])]},
)

Draw = Callable[[st.SearchStrategy[Any]], Any]


class GatewayMachine(RuleBasedStateMachine):
    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.model = Model()
        self.requests: list[tuple[str, Caller, Row]] = []
        """Those with an idempotency key, which may come again."""
        self.changed = True
        """Whether anything may have changed since the last comparison."""
        self.resources = ExitStack()
        url = self.resources.enter_context(databases.copy())
        key_file = Path(self.resources.enter_context(TemporaryDirectory())) / "gateway.key"
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.gateway = GatewayClient(Settings(database_url=url, key_file=key_file, max_cost=10**9))
        self.tokens = {caller: self._token(caller) for caller in (EVERY, ONLY_A)}
        for client in (CLIENT_A, CLIENT_B):
            self.change("createDeviceGroup", EVERY, {"name": "Group", "clientId": client, "projectId": PROJECT})
        for values in FIRST_DEVICES:
            ids = [id_ for id_, group in self.model.groups.items() if group["clientId"] == values["clientId"]]
            self.change("createDevice", EVERY, {**FIRST_DEVICE, "deviceGroupIds": ids, **values})
        first = next(iter(self.model.devices))
        self.change("updateDevice", EVERY, {"device": first, "clientId": CLIENT_A, "name": "Moved"})

    def teardown(self) -> None:
        self.runner.run(self.gateway.close())
        self.runner.close()
        self.resources.close()

    def change(self, name: str, caller: Caller, input_: Row) -> Row | None:
        """Return the payload of a mutation, or None where it is refused; assert that both are as the model predicts."""
        if input_.get("idempotencyKey"):
            self.requests.append((name, caller, input_))
        expected = sorted(
            Judge(self.model, caller).user_errors(name, input_),
            key=lambda user_error: (user_error.code, user_error.field),
        )
        started = _now()
        payload: Row = self._ask(caller, mutation(name), {"input": input_})[name]
        ended = _now()

        refused = sorted(payload.pop("userErrors"), key=lambda error: (error["code"], error["field"]))
        assert [(error["code"], tuple(error["field"])) for error in refused] == [
            (each.code, each.field) for each in expected
        ]
        for error, user_error in zip(refused, expected, strict=True):
            node = error["conflictingNode"]
            assert (node and node["id"]) in user_error.conflicting
        if refused:
            assert set(payload.values()) == {None}
            return None

        made = payload[MADE[name]] if name in MADE else {}
        learned = Learned(
            id=made.get("id", ""),
            adapter_ids=[adapter["id"] for adapter in made.get("networkAdapters", [])],
            instant=self._instant(name, input_, payload),
            during=(started, ended),
        )
        touched = self.model.change(caller, name, input_, learned)
        self.changed = True
        assert normal(payload) == View(self.model, caller).payload(name, touched)
        return payload

    def a_device(self, draw: Draw) -> str:
        return self._written(draw, [*self.model.devices], draw(inputs.device_forms))

    def a_group(self, draw: Draw) -> str:
        return self._written(draw, [*self.model.groups], draw(inputs.group_forms))

    def _written(self, draw: Draw, ids: list[str], form: str) -> str:
        """Return one of these in some form, or anything else in its place."""
        if form not in {"id", "ID", "urn"}:
            return form
        if not ids:
            return UNKNOWN
        # The oldest are most likely to have something.
        id_ = ids[draw(st.integers(0, len(ids) - 1) | st.integers(0, min(1, len(ids) - 1)))]
        adapters = self.model.adapters_of(id_)
        if form == "urn" and adapters:
            return str(adapters[0]["urn"])
        return id_.upper() if form == "ID" else id_

    def expected_version(self, draw: Draw, input_: Row) -> Row:
        off = draw(inputs.expected_versions)
        if off is None:
            return {}
        found = (
            self.model.device(EVERY, input_["device"]) if "device" in input_ else self.model.group(EVERY, input_["id"])
        )
        return {"expectedVersion": (found["version"] if found else 1) + off}

    def an_adapter(self, draw: Draw, device: str) -> str:
        """Return the id of one of the device's adapters if there are any, or else of another's."""
        which = draw(inputs.which)
        if isinstance(which, str):
            return which
        found = self.model.device(EVERY, device)
        adapters = (found and self.model.adapters_of(found["id"])) or list(self.model.adapters.values())
        return str(adapters[which % len(adapters)]["id"]) if adapters else UNKNOWN

    def as_is(self, adapter_id: str) -> Row:
        """Return the input that says what an adapter is, in the other letter case where there is one."""
        adapter = self.model.adapters.get(adapter_id.lower(), {"type": "GENERIC", "identifier": UNKNOWN})
        key, field = next((key, field) for key, (field, type_, _) in ADAPTERS.items() if type_ == adapter["type"])
        return {key: {field: adapter["identifier"].swapcase()}}

    @invariant()
    def every_caller_reads_the_same_from_both(self) -> None:
        self._compare(EVERY)
        # What nobody changed, and who reaches all of it still reads the same, is the same for the other too.
        if self.changed:
            self._compare(ONLY_A)
        self.changed = False

    def _compare(self, caller: Caller) -> None:
        view = View(self.model, caller)
        past = view.past()[:2]
        variables = {"identifiers": IDENTIFIERS} | {f"past{n}": id_ for n, id_ in enumerate(past)}
        assert normal(self._ask(caller, everything(len(past)), variables)) == view.everything(IDENTIFIERS, past)

    def _instant(self, name: str, input_: Row, payload: Row) -> str:
        """Return the instant at which the gateway says that the change was made."""
        if name == "deleteDevice":
            query = "query ($id: ID!) { deviceHistory(deviceId: $id, last: 1) { nodes { occurredAt } } }"
            [event] = self._ask(EVERY, query, {"id": payload["deletedDeviceId"]})["deviceHistory"]["nodes"]
            return str(event["occurredAt"])
        if name == "deleteDeviceGroup":
            group_id = input_["id"].lower()
            query = "query ($id: DeviceIdentifier!) { device(identifier: $id) { modifiedAt } }"
            member = next((device_id for device_id, of in self.model.links if of == group_id), UNKNOWN)
            device = self._ask(EVERY, query, {"id": member})["device"]
            return device["modifiedAt"] if device else ""
        changed = payload.get("link", payload)
        return str(changed[next(field for field in ("device", "deviceGroup") if field in changed)]["modifiedAt"])

    def _ask(self, caller: Caller, query: str, variables: Row | None = None) -> Any:
        answer = self.runner.run(self.gateway.ask(query, variables, token=self.tokens[caller]))
        assert answer.errors == []
        return answer.data

    def _token(self, caller: Caller) -> str:
        clients = None if caller.clients is None else [Uuid(client) for client in caller.clients]
        secret = embedded_secret(self.gateway.settings.embedded_key_file)
        ttl = timedelta(hours=1)
        return issue_token(secret, subject=Uuid(caller.subject), scopes=Scope, clients=clients, ttl=ttl)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
