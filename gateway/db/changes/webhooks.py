"""Changes of webhooks that their owners make."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from gateway.db.changes import rows
from gateway.db.rows import WebhookRow
from gateway.db.session import Transaction
from gateway.db.statements.conditions import equals_parameter, within_reach
from gateway.db.statements.kept import kept
from gateway.db.statements.statement import Statement, parameter
from gateway.db.stores.store import ChangedMeanwhile
from gateway.db.tables import webhook
from gateway.domain.principal import Reach


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
    principal = transaction.principal
    statement = kept(transaction.dialect, _update_present, tuple(changed), principal.reach)
    present = {"present_id": row.id, "present_version": row.version, "reached": principal.reached}
    if await transaction.execute(statement, {**changed, **present}) != 1:
        raise ChangedMeanwhile
    return row._replace(**_attributes(changed))


async def delete_webhook(transaction: Transaction, row: WebhookRow) -> None:
    """Delete a webhook. Raise ChangedMeanwhile where `row` is not the present version."""
    await rows.delete_version(transaction, webhook, row)


def _update_present(names: tuple[str, ...], reach: Reach) -> Statement[Any]:
    values: dict[str, Any] = {name: parameter(webhook.c[name]) for name in names}
    if "secret" in names:
        values["former_secret"] = webhook.c.secret
    statement = update(webhook).where(
        equals_parameter(webhook.c.id, "present_id"),
        equals_parameter(webhook.c.version, "present_version"),
        within_reach(webhook.c.client_id, reach),
    )
    return Statement(statement.values(values))


def _attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row shows of the values of columns."""
    attributes = {name: value for name, value in values.items() if name in WebhookRow._fields}
    return {**attributes, "types_json": json.dumps(values["types"])} if "types" in values else attributes
