"""The use cases of webhooks."""

from datetime import timedelta
from typing import Any, NamedTuple

from gateway.db.changes import webhooks as changes
from gateway.db.queries.events import log_state, position_of
from gateway.db.queries.webhooks import numbers_of_webhooks, webhook_to_change, webhooks_by_id
from gateway.db.rows import WebhookRow
from gateway.db.session import Transaction
from gateway.domain.commands import CreateWebhook, DeleteWebhook, UpdateWebhook
from gateway.domain.enums import WebhookStatus
from gateway.domain.errors import BadUserInput, EventsGone
from gateway.domain.instants import Instant, shifted
from gateway.domain.user_errors import Refused, UserError, UserErrorCode
from gateway.domain.uuids import Uuid, new_uuid, uuid_or_none
from gateway.domain.validation import client_errors, idempotency_key_errors, missing_error, version_errors
from gateway.domain.webhooks import MOST_WEBHOOKS, new_secret, too_many_error, types_errors, url_errors
from gateway.services.idempotency import gone, made_before
from gateway.services.use_case import refuse

FORMER_SECRET_SIGNS = timedelta(days=1)


class ChangedWebhook(NamedTuple):
    webhook: WebhookRow
    secret: str | None = None
    """The new secret, which is shown this once; None where there is none."""


async def create_webhook(transaction: Transaction, command: CreateWebhook) -> ChangedWebhook:
    id_ = new_uuid()
    if earlier := await made_before(transaction, command, id_):
        return ChangedWebhook(await _reload(transaction, earlier))
    user_errors = [
        *client_errors(command.client_id, transaction.principal),
        *url_errors(command.url, command.private_hosts),
        *types_errors(command.types),
        *idempotency_key_errors(command.idempotency_key),
    ]
    position = await _position(transaction, command.after, "after", user_errors)
    numbers = await numbers_of_webhooks(transaction, command.client_id)
    free = sorted({*range(1, MOST_WEBHOOKS + 1)} - {*numbers})
    if not free and transaction.principal.reaches(command.client_id):
        user_errors.append(too_many_error(command.client_id))
    refuse(user_errors)
    by, at = transaction.principal.name, transaction.instant
    values = {
        "id": id_,
        "client_id": command.client_id,
        "number": free[0],
        "url": command.url,
        "types": command.types,
        "version": 1,
        "secret": new_secret(),
        "delivered_position": position,
        "leased_until": at,
        **_begins_again(at),
    }
    values |= {"created_at": at, "created_by": by, "modified_at": at, "modified_by": by}
    return ChangedWebhook(await changes.insert_webhook(transaction, values), values["secret"])


async def update_webhook(transaction: Transaction, command: UpdateWebhook) -> ChangedWebhook:
    """Change what was given. An update that changes nothing writes nothing."""
    user_errors: list[UserError] = []
    if "url" in command.changes:
        user_errors += url_errors(command.changes["url"], command.private_hosts)
    if "types" in command.changes:
        user_errors += types_errors(command.changes["types"])
    position = await _position(transaction, command.replay_after, "replayAfter", user_errors)
    id_ = uuid_or_none(command.id)
    webhook = await webhook_to_change(transaction, id_) if id_ else None
    if webhook is None:
        raise Refused(*user_errors, missing_error("webhook", command.id, ("id",)))
    refuse([*user_errors, *version_errors(command.expected_version, webhook)])
    values = _changed(webhook, command, transaction.instant)
    if command.replay_after is not None:
        values["delivered_position"] = position
    secret = None
    if command.rotate_secret:
        secret = new_secret()
        values |= {"secret": secret, "former_secret_until": shifted(transaction.instant, FORMER_SECRET_SIGNS)}
    return ChangedWebhook(await changes.update_webhook(transaction, webhook, values) if values else webhook, secret)


async def delete_webhook(transaction: Transaction, command: DeleteWebhook) -> WebhookRow:
    id_ = uuid_or_none(command.id)
    webhook = await webhook_to_change(transaction, id_) if id_ else None
    if webhook is None:
        raise Refused(missing_error("webhook", command.id, ("id",)))
    refuse(version_errors(command.expected_version, webhook))
    await changes.delete_webhook(transaction, webhook)
    return webhook


def _changed(webhook: WebhookRow, command: UpdateWebhook, at: Instant) -> dict[str, Any]:
    """Return the columns that get other values by what was given."""
    values = {name: value for name, value in command.changes.items() if value != getattr(webhook, name)}
    is_disabled = webhook.status == WebhookStatus.DISABLED
    if command.enabled is False and not is_disabled:
        values |= {**_begins_again(at), "status": WebhookStatus.DISABLED}
    elif (command.enabled and webhook.status != WebhookStatus.ACTIVE) or ("url" in values and not is_disabled):
        # Another address may be right where the one before was wrong.
        values |= _begins_again(at)
    return values


def _begins_again(at: Instant) -> dict[str, Any]:
    """Return the columns of a webhook of which no delivery has failed."""
    status = WebhookStatus.ACTIVE
    return {"status": status, "failing_since": None, "last_error": None, "attempts": 0, "next_attempt_at": at}


async def _position(transaction: Transaction, cursor: str | None, name: str, user_errors: list[UserError]) -> int:
    """Return the position of a cursor, or the newest one where there is none; add what is wrong to the user errors."""
    state = await log_state(transaction)
    if cursor is None:
        return state.head
    code = UserErrorCode.INVALID_FORMAT
    try:
        return position_of(cursor, state, name)
    except EventsGone as error:
        code, message = UserErrorCode.EVENTS_GONE, str(error)
    except BadUserInput as error:
        message = str(error)
    user_errors.append(UserError(code=code, message=message, field=(name,)))
    return state.head


async def _reload(transaction: Transaction, id_: Uuid) -> WebhookRow:
    found = await webhooks_by_id(transaction, transaction.principal, [id_])
    if id_ not in found:
        raise gone(id_)
    return found[id_]
