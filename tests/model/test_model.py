"""Random changes: after each, the gateway shows what a plain model of it holds, and it refuses what that refuses.

The environment variable GATEWAY_TEST_EXAMPLES multiplies how many sequences are tried on each database.
"""

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.databases import Databases
from tests.model import inputs
from tests.model.machine import Draw, GatewayMachine
from tests.model.model import Row

EXAMPLES = 5 * int(os.environ.get("GATEWAY_TEST_EXAMPLES", "1"))


class Changes(GatewayMachine):
    steps = 0

    @rule(number=st.integers(0, 10_000), data=st.data())
    def change_something(self, number: int, data: st.DataObject) -> None:
        """Make any change, in one rule: hypothesis tries only some rules in an example, and some hardly ever."""
        self.steps += 1
        choices = [*CHANGES.items(), None]
        # Its favourite number is 0, which is not to be the same change at every step.
        chosen = choices[(number + self.steps) % len(choices)]
        if chosen:
            name, input_of = chosen
            self.change(name, data.draw(inputs.callers), input_of(self, data.draw))
        elif self.requests:
            self.send_a_request_with_its_key_again(data.draw)

    def send_a_request_with_its_key_again(self, draw: Draw) -> None:
        """Send it from the same caller, or from any."""
        name, sender, input_ = self.requests[-1 - draw(st.integers(0, 3)) % len(self.requests)]
        self.change(name, draw(inputs.callers) if draw(st.booleans()) else sender, input_)

    def create_device(self, draw: Draw) -> Row:
        return {
            **draw(inputs.new_devices),
            "deviceGroupIds": [self.a_group(draw) for _ in range(draw(st.integers(0, 2)))],
        }

    def update_device(self, draw: Draw) -> Row:
        input_ = {"device": self.a_device(draw), **draw(inputs.device_updates)}
        return {**input_, **self.expected_version(draw, input_)}

    def delete_device(self, draw: Draw) -> Row:
        input_ = {"device": self.a_device(draw)}
        return {**input_, **self.expected_version(draw, input_)}

    def add_network_adapter(self, draw: Draw) -> Row:
        return {
            "device": self.a_device(draw),
            "networkAdapter": draw(inputs.adapters),
            "idempotencyKey": draw(inputs.keys),
        }

    def update_network_adapter(self, draw: Draw) -> Row:
        """Draw an update which, as often as not, is to what the adapter is already."""
        device = self.a_device(draw)
        id_ = self.an_adapter(draw, device)
        adapter = draw(inputs.adapters) if draw(st.booleans()) else self.as_is(id_)
        return {"device": device, "networkAdapterId": id_, "networkAdapter": adapter}

    def delete_network_adapter(self, draw: Draw) -> Row:
        device = self.a_device(draw)
        return {"device": device, "networkAdapterId": self.an_adapter(draw, device)}

    def create_device_group(self, draw: Draw) -> Row:
        input_: Row = draw(inputs.new_groups)
        return input_

    def update_device_group(self, draw: Draw) -> Row:
        input_ = {"id": self.a_group(draw), **draw(inputs.group_updates)}
        return {**input_, **self.expected_version(draw, input_)}

    def delete_device_group(self, draw: Draw) -> Row:
        input_ = {"id": self.a_group(draw)}
        return {**input_, **self.expected_version(draw, input_)}

    def membership(self, draw: Draw) -> Row:
        return {"device": self.a_device(draw), "deviceGroupId": self.a_group(draw)}


CHANGES: dict[str, Callable[[Changes, Draw], Row]] = {
    "createDevice": Changes.create_device,
    "updateDevice": Changes.update_device,
    "deleteDevice": Changes.delete_device,
    "addNetworkAdapter": Changes.add_network_adapter,
    "updateNetworkAdapter": Changes.update_network_adapter,
    "deleteNetworkAdapter": Changes.delete_network_adapter,
    "createDeviceGroup": Changes.create_device_group,
    "updateDeviceGroup": Changes.update_device_group,
    "deleteDeviceGroup": Changes.delete_device_group,
    "addDeviceToGroup": Changes.membership,
    "removeDeviceFromGroup": Changes.membership,
}


def test_the_gateway_and_the_model_agree_after_every_change(databases: Databases) -> None:
    def start() -> Changes:
        return Changes(databases)

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
