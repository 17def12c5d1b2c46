"""Requests that make something, and that may come again because their answer was lost."""

import json
from dataclasses import asdict, fields
from datetime import timedelta
from hashlib import blake2b

from gateway.db.changes.idempotency import claim_key
from gateway.db.queries.idempotency import made_under
from gateway.db.session import Transaction
from gateway.domain.commands import AddNetworkAdapter, CreateDevice, CreateDeviceGroup, CreateWebhook
from gateway.domain.quoting import quoted
from gateway.domain.user_errors import Refused, UserError, UserErrorCode
from gateway.domain.uuids import Uuid
from gateway.domain.validation import idempotency_key_errors

REMEMBERED = timedelta(hours=24)
FIELD = ("idempotencyKey",)

Creation = CreateDevice | AddNetworkAdapter | CreateDeviceGroup | CreateWebhook


async def made_before(transaction: Transaction, command: Creation, id_: Uuid) -> Uuid | None:
    """Return the id of what an earlier request with the same key made; where there was none, remember `id_` for it.

    Raise Refused where the earlier request was another one.
    """
    key = usable_key(command)
    if key is None:
        return None
    request = digest(command)
    if await claim_key(transaction, key, request, id_, REMEMBERED):
        return None
    earlier = await made_under(transaction, key)
    if earlier.request != request:
        raise Refused(reused_error(key))
    return earlier.made_id


def usable_key(command: Creation) -> str | None:
    """Return the key of a request, if it has one that is a key."""
    key = command.idempotency_key
    return None if key is None or any(idempotency_key_errors(key)) else key


def reused_error(key: str) -> UserError:
    message = f"idempotencyKey: {quoted(key)} was used for another input in the last 24 hours; expected a new key."
    return UserError(code=UserErrorCode.IDEMPOTENCY_KEY_REUSED, message=message, field=FIELD)


def gone(id_: Uuid) -> Refused:
    """Return the refusal of a key under which something was made that has been deleted since."""
    message = f"idempotencyKey: what was made under it, {id_}, does not exist any more."
    return Refused(UserError(code=UserErrorCode.NOT_FOUND, message=message, field=FIELD))


def digest(command: Creation) -> str:
    """Return a digest of a request, whose key does not matter: requests with another are never compared."""
    given = asdict(command)
    for field in fields(command):
        if not field.compare:
            del given[field.name]  # What is not the caller's.
    text = json.dumps([type(command).__name__, given], sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()
