"""Requests that make something, and that may come again because their answer was lost."""

import json
from dataclasses import asdict
from datetime import timedelta
from hashlib import blake2b

from gateway.db.changes import claim_key
from gateway.db.engine import Transaction
from gateway.db.queries.idempotency import made_under
from gateway.domain.commands import AddNetworkAdapter, CreateDevice, CreateDeviceGroup
from gateway.domain.faults import Fault, FaultCode, Refused
from gateway.domain.quoting import quoted
from gateway.domain.rules import key_faults
from gateway.domain.uuids import Uuid

REMEMBERED = timedelta(hours=24)
FIELD = ("idempotencyKey",)


async def made_before(
    transaction: Transaction, command: CreateDevice | AddNetworkAdapter | CreateDeviceGroup, id_: Uuid
) -> Uuid | None:
    """The id of what an earlier request with the same key made; where there was none, `id_` is remembered for it.

    Raises Refused where the earlier request was another one.
    """
    key = command.idempotency_key
    if key is None or any(key_faults(key)):
        return None
    request = _digest(command)
    if await claim_key(transaction, key, request, id_, REMEMBERED):
        return None
    earlier = await made_under(transaction, key)
    if earlier.request != request:
        message = f"idempotencyKey: {quoted(key)} was used for another input in the last 24 hours; expected a new key."
        raise Refused(Fault(code=FaultCode.IDEMPOTENCY_KEY_REUSED, message=message, field=FIELD))
    return earlier.made_id


def gone(id_: Uuid) -> Refused:
    """What was made under a key has been deleted since."""
    message = f"idempotencyKey: what was made under it, {id_}, does not exist any more."
    return Refused(Fault(code=FaultCode.NOT_FOUND, message=message, field=FIELD))


def _digest(command: CreateDevice | AddNetworkAdapter | CreateDeviceGroup) -> str:
    """The key itself does not matter: requests with another are never compared."""
    text = json.dumps([type(command).__name__, asdict(command)], sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
