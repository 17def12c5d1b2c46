"""`gateway token`."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from gateway.auth.embedded_key import embedded_secret
from gateway.auth.tokens import issue_token
from gateway.cli.app import app, as_option, fail, read_settings
from gateway.domain.enums import Scope
from gateway.domain.uuids import Uuid, parse_uuid
from gateway.settings import Settings

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not match:
        raise typer.BadParameter(f"{text!r} is not a duration; expected a number with s, m, h or d, such as 1h.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


@app.command()
def token(
    subject: Annotated[
        Uuid | None, typer.Option(parser=as_option(parse_uuid), help="A UUID; a random one where not given.")
    ] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given again; all scopes where not given.")] = None,
    client: Annotated[
        list[Uuid] | None, typer.Option(parser=as_option(parse_uuid), help="A client's UUID; may be given again.")
    ] = None,
    *,
    all_clients: Annotated[bool, typer.Option("--all-clients", help="Reach the devices of every client.")] = False,
    ttl: Annotated[str, typer.Option(help="For example 30m, 1h or 7d.")] = "1h",
) -> None:
    """Print a token that is signed with the embedded key."""
    if bool(client) is all_clients:
        raise typer.BadParameter("expected either --client or --all-clients.")
    lifetime = _duration(ttl)
    secret = signing_secret(read_settings())
    print(issue_token(secret, subject=subject, scopes=scope or list(Scope), clients=client or None, ttl=lifetime))


def signing_secret(settings: Settings) -> str:
    """Return the embedded key; exit where there is none, or it cannot be made or read."""
    if settings.has_own_key:
        fail("A key is configured, so tokens come from whoever holds its other half; there is no embedded key.")
    try:
        return embedded_secret(settings.embedded_key_file)
    except OSError as error:
        fail(f"The key {settings.embedded_key_file} cannot be made or read: {error.strerror}.")
