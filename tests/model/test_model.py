"""Random changes: after each, the gateway shows what a plain model of it holds, and it refuses what that refuses.

The environment variable GATEWAY_TEST_EXAMPLES multiplies how many sequences are tried.
"""

import os
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, initialize, multiple, precondition, rule, run_state_machine_as_test

from tests.model import inputs
from tests.model.machine import GatewayMachine, Reference
from tests.model.model import Caller, Row

EXAMPLES = 12 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))


class Changes(GatewayMachine):
    devices = Bundle("devices")
    groups = Bundle("groups")
    some_device = st.tuples(devices, inputs.device_forms)
    some_group = st.tuples(groups, inputs.group_forms)

    @initialize(target=groups)
    def the_first_groups(self) -> Any:
        return multiple(*self.first_groups)

    @initialize(target=devices)
    def the_first_devices(self) -> Any:
        return multiple(*self.first_devices)

    @rule(target=devices, caller=inputs.callers, input_=inputs.new_devices, groups=st.lists(some_group, max_size=2))
    def create_device(self, caller: Caller, input_: Row, groups: list[Reference]) -> Any:
        ids = [self.written(group) for group in groups]
        return self.made("createDevice", caller, {**input_, "deviceGroupIds": ids})

    @rule(caller=inputs.callers, device=some_device, changes=inputs.device_updates, off=inputs.expected_versions)
    def update_device(self, caller: Caller, device: Reference, changes: Row, off: int | None) -> None:
        input_ = {"device": self.written(device), **changes}
        self.change("updateDevice", caller, {**input_, **self.expected_version(input_, off)})

    @rule(target=devices, caller=inputs.callers, device=consumes(devices), off=inputs.expected_versions)
    def delete_device(self, caller: Caller, device: str, off: int | None) -> Any:
        input_ = {"device": device}
        done = self.change("deleteDevice", caller, {**input_, **self.expected_version(input_, off)})
        return multiple() if done else device

    @rule(caller=inputs.callers, device=some_device, adapter=inputs.adapters, key=inputs.keys)
    def add_network_adapter(self, caller: Caller, device: Reference, adapter: Row, key: str | None) -> None:
        input_ = {"device": self.written(device), "networkAdapter": adapter, "idempotencyKey": key}
        self.change("addNetworkAdapter", caller, input_)

    @rule(caller=inputs.callers, device=some_device, which=inputs.which, wanted=st.none() | inputs.adapters)
    def update_network_adapter(self, caller: Caller, device: Reference, which: int | str, wanted: Row | None) -> None:
        """To what it is already, where nothing else is wanted."""
        id_ = self.adapter_id(device, which)
        input_ = {"device": self.written(device), "networkAdapterId": id_, "networkAdapter": wanted or self.as_is(id_)}
        self.change("updateNetworkAdapter", caller, input_)

    @rule(caller=inputs.callers, device=some_device, which=inputs.which)
    def delete_network_adapter(self, caller: Caller, device: Reference, which: int | str) -> None:
        input_ = {"device": self.written(device), "networkAdapterId": self.adapter_id(device, which)}
        self.change("deleteNetworkAdapter", caller, input_)

    @rule(target=groups, caller=inputs.callers, input_=inputs.new_groups)
    def create_device_group(self, caller: Caller, input_: Row) -> Any:
        return self.made("createDeviceGroup", caller, input_)

    @rule(caller=inputs.callers, group=some_group, changes=inputs.group_updates, off=inputs.expected_versions)
    def update_device_group(self, caller: Caller, group: Reference, changes: Row, off: int | None) -> None:
        input_ = {"id": self.written(group), **changes}
        self.change("updateDeviceGroup", caller, {**input_, **self.expected_version(input_, off)})

    @rule(target=groups, caller=inputs.callers, group=consumes(groups), off=inputs.expected_versions)
    def delete_device_group(self, caller: Caller, group: str, off: int | None) -> Any:
        input_ = {"id": group}
        done = self.change("deleteDeviceGroup", caller, {**input_, **self.expected_version(input_, off)})
        return multiple() if done else group

    @rule(caller=inputs.callers, device=some_device, group=some_group)
    def add_device_to_group(self, caller: Caller, device: Reference, group: Reference) -> None:
        input_ = {"device": self.written(device), "deviceGroupId": self.written(group)}
        self.change("addDeviceToGroup", caller, input_)

    @rule(caller=inputs.callers, device=some_device, group=some_group)
    def remove_device_from_group(self, caller: Caller, device: Reference, group: Reference) -> None:
        input_ = {"device": self.written(device), "deviceGroupId": self.written(group)}
        self.change("removeDeviceFromGroup", caller, input_)

    @precondition(lambda self: self.requests)
    @rule(back=st.integers(0, 3), caller=st.none() | inputs.callers)
    def send_a_request_with_its_key_again(self, back: int, caller: Caller | None) -> None:
        """From the same caller, or from any."""
        name, sender, input_ = self.requests[-1 - back % len(self.requests)]
        self.change(name, caller or sender, input_)


def test_the_gateway_and_the_model_agree_after_every_change(migrated_file: Path) -> None:
    def start() -> Changes:
        return Changes(migrated_file)

    run_state_machine_as_test(
        start,  # type: ignore[arg-type]  # whatever makes a machine will do
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            # Starting a gateway takes a while, and so does each change, which waits for the disk.
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
