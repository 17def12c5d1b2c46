"""The settings: environment variables that start with `GATEWAY_`, each described in the README."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field, PositiveInt, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from gateway.auth.keys import HMAC, SIGNATURES
from gateway.db.engine import sqlite_file
from gateway.graphql.limits import Limits

Words = Annotated[tuple[str, ...], NoDecode]
_LIMITS = Limits()


class Settings(BaseSettings):
    """Raises pydantic's ValidationError, which names the variable and the rule."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    database_url: str = "sqlite+aiosqlite:///gateway.db"
    database_pool_size: PositiveInt = 2

    jwt_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    jwt_public_key: str | None = None
    jwks: Annotated[str, Field(min_length=1)] | None = None
    jwt_algorithms: Words = ()
    jwt_issuer: str | None = None
    jwt_audience: str | None = None

    executor: Literal["columns", "graphql-core"] = "columns"
    graphiql: bool = True
    cors_origins: Words = ()
    log_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] = "INFO"

    max_depth: PositiveInt = _LIMITS.depth
    max_aliases: PositiveInt = _LIMITS.aliases
    max_tokens: PositiveInt = _LIMITS.tokens
    max_directives: PositiveInt = _LIMITS.directives
    max_input_depth: PositiveInt = _LIMITS.input_depth
    max_list_length: PositiveInt = _LIMITS.list_length
    max_body_bytes: PositiveInt = 1_048_576
    max_nodes: PositiveInt = 500_000

    @field_validator("jwt_algorithms", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _embedded(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            url = None
        if url is None or url.drivername != "sqlite+aiosqlite" or url.database in {None, "", ":memory:"}:
            raise ValueError("expected the URL of a database file, such as sqlite+aiosqlite:///gateway.db")
        return value

    @field_validator("jwt_public_key")
    @classmethod
    def _public_key(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                load_pem_public_key(value.encode())
            except (ValueError, UnsupportedAlgorithm) as error:
                raise ValueError("expected a public key in PEM") from error
        return value

    @model_validator(mode="after")
    def _one_kind_of_key(self) -> Self:
        given = [name for name in ("jwt_secret", "jwt_public_key", "jwks") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} are both set; expected one source of keys")
        accepted = SIGNATURES if given and given != ["jwt_secret"] else HMAC
        if unknown := [name for name in self.jwt_algorithms if name not in accepted]:
            raise ValueError(
                f"jwt_algorithms: {', '.join(unknown)} cannot be used with this key; "
                f"expected some of {', '.join(sorted(accepted))}"
            )
        return self

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def has_own_key(self) -> bool:
        return any((self.jwt_secret, self.jwt_public_key, self.jwks))

    @property
    def embedded_key_file(self) -> Path:
        """Where the signing key of an installation without keys of its own lies: beside its embedded database."""
        return Path(f"{sqlite_file(self.database_url)}.key")

    @property
    def limits(self) -> Limits:
        return Limits(
            depth=self.max_depth,
            aliases=self.max_aliases,
            tokens=self.max_tokens,
            directives=self.max_directives,
            input_depth=self.max_input_depth,
            list_length=self.max_list_length,
        )


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
