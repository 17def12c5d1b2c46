"""Changes of webhooks that their owners make."""

import json
from collections.abc import Mapping
from typing import Any

from gateway.db.changes import rows
from gateway.db.rows import WebhookRow
from gateway.db.session import Transaction
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import webhook


async def insert_webhook(transaction: Transaction, values: Mapping[str, Any]) -> WebhookRow:
    """Return a new webhook. Raise ChangedMeanwhile where another one of the client has got its number meanwhile."""
    if not await rows.insert(transaction, webhook, values, unique=("client_id", "number")):
        raise ChangedMeanwhile
    return WebhookRow(**_attributes(values))


async def update_webhook(transaction: Transaction, row: WebhookRow, values: Mapping[str, Any]) -> WebhookRow:
    """Return the next version of a webhook, with new `values`; a secret becomes the former one where there is another.

    Raise ChangedMeanwhile where `row` is not the present version.
    """
    changed = rows.next_version(transaction, row, values)
    copied = (("former_secret", "secret"),) if "secret" in changed else ()
    await rows.update_present(transaction, webhook, row, changed, copied)
    return row._replace(**_attributes(changed))


async def delete_webhook(transaction: Transaction, row: WebhookRow) -> None:
    """Delete a webhook. Raise ChangedMeanwhile where `row` is not the present version."""
    await rows.delete_version(transaction, webhook, row)


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row shows of the values of columns."""
    attributes = {name: value for name, value in values.items() if name in WebhookRow._fields}
    return {**attributes, "types_json": json.dumps(values["types"])} if "types" in values else attributes
