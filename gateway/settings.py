"""The settings: environment variables that start with `GATEWAY_`, each described in the README."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.addresses import LAST_PORT, Address, is_file, is_public_url, is_shared_storage, listener
from gateway.auth.keys import HMAC, SIGNATURES
from gateway.db.stores.postgresql_url import check_primary, check_replica, is_server
from gateway.db.stores.sqlite import sqlite_file
from gateway.db.stores.store import DEFAULTS, Options
from gateway.domain.hosts import canonical_host
from gateway.graphql.known_documents import DocumentsMode
from gateway.graphql.limits import Limits
from gateway.graphql.rate_limits import LARGEST_LIMIT
from gateway.web.connections import ConnectionLimits
from gateway.web.log_lines import LogFormat
from gateway.web.request_log import WhichRequests

Words = Annotated[tuple[str, ...], NoDecode]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]  # RFC 9110, section 5.6.2
_LIMITS = Limits()
_CONNECTIONS = ConnectionLimits()


class Settings(BaseSettings):
    """Raises pydantic's ValidationError, which names the variable and the rule."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True, hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=LAST_PORT)] = 8000
    database_url: str = "sqlite+aiosqlite:///gateway.db"
    database_pool_size: PositiveInt | None = None
    database_timeout: PositiveFloat = DEFAULTS.timeout_seconds
    pgbouncer: bool = DEFAULTS.pgbouncer
    replica_urls: Words = ()
    replica_max_lag: PositiveFloat = DEFAULTS.replica_max_lag_seconds
    history_days: PositiveInt | None = None

    key_file: Path | None = None
    jwt_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    jwt_public_key: str | None = None
    jwks: Annotated[str, Field(min_length=1)] | None = None
    jwt_algorithms: Words = ()
    jwt_issuer: Annotated[str, Field(min_length=1)] | None = None
    jwt_audience: Annotated[str, Field(min_length=1)] | None = None
    public_url: str | None = None

    executor: Literal["columns", "graphql-core"] = "columns"
    federation: bool = False
    introspection: bool = True
    graphiql: bool = True
    cors_origins: Words = ()
    cors_headers: Annotated[tuple[HeaderName, ...], NoDecode] = ()
    documents: Words = ()
    documents_mode: DocumentsMode = DocumentsMode.KNOWN
    log_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] = "INFO"
    log_format: LogFormat = "text"
    request_log: WhichRequests = "problems"
    slow_ms: PositiveFloat = 1_000.0
    metrics_address: str | None = None

    max_depth: PositiveInt = _LIMITS.depth
    max_aliases: PositiveInt = _LIMITS.aliases
    max_fields: PositiveInt = _LIMITS.fields
    # Python cannot walk what is nested much deeper.
    max_nesting: Annotated[int, Field(ge=1, le=200)] = _LIMITS.nesting
    max_tokens: PositiveInt = _LIMITS.tokens
    max_directives: PositiveInt = _LIMITS.directives
    max_input_depth: PositiveInt = _LIMITS.input_depth
    max_list_length: PositiveInt = _LIMITS.list_length
    max_body_bytes: PositiveInt = 1_048_576
    max_answer_bytes: PositiveInt = _LIMITS.answer_bytes
    request_timeout: PositiveFloat = _LIMITS.seconds
    max_cost: PositiveInt = _LIMITS.cost
    max_subscriptions: PositiveInt = _LIMITS.subscriptions
    rate_limit: Annotated[int, Field(ge=1, le=LARGEST_LIMIT)] | None = None
    rate_limit_url: str | None = None
    webhook_hosts: Words = ()

    http_protocol: Literal["gateway", "uvicorn"] = "gateway"
    max_connections: PositiveInt = _CONNECTIONS.connections
    max_head_bytes: Annotated[int, Field(ge=1_024)] = _CONNECTIONS.head_bytes
    head_timeout: PositiveFloat = _CONNECTIONS.head_seconds
    body_timeout: PositiveFloat = _CONNECTIONS.body_seconds
    unread_timeout: PositiveFloat = _CONNECTIONS.unread_seconds
    max_unread_bytes: PositiveInt = _CONNECTIONS.unread_bytes
    keep_alive: PositiveFloat = _CONNECTIONS.keep_alive_seconds
    connection_init_timeout: PositiveFloat = 10.0
    drain_seconds: NonNegativeFloat = 0.0
    shutdown_timeout: PositiveFloat = _CONNECTIONS.shutdown_seconds

    @field_validator(
        "jwt_algorithms", "cors_origins", "cors_headers", "documents", "replica_urls", "webhook_hosts", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if is_server(value):
            check_primary(value)
        elif not is_file(value):
            raise ValueError(
                "expected the URL of a database file, such as sqlite+aiosqlite:///gateway.db, "
                "or of a PostgreSQL server, such as postgresql+asyncpg://user:password@host/database"
            )
        return value

    @field_validator("replica_urls")
    @classmethod
    def _servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(is_server, value)):
            raise ValueError("expected URLs of PostgreSQL servers, with spaces between them")
        for url in value:
            check_replica(url)
        return value

    @field_validator("webhook_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        hosts = tuple(canonical_host(each) for each in value)
        if not all(hosts):
            raise ValueError(
                "expected names and addresses of hosts, such as localhost or ::1, with spaces between them"
            )
        return tuple(filter(None, hosts))

    @field_validator("jwt_public_key")
    @classmethod
    def _public_key(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                load_pem_public_key(value.encode())
            except (ValueError, UnsupportedAlgorithm) as error:
                raise ValueError("expected a public key in PEM") from error
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not is_public_url(value):
            raise ValueError("expected the URL of the API, such as https://devices.example/graphql")
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def _shared_storage(cls, value: str | None) -> str | None:
        if value is not None and not is_shared_storage(value):
            raise ValueError("expected the URL of a server of Redis or Valkey, such as redis://host:6379/0")
        return value

    @field_validator("metrics_address")
    @classmethod
    def _host_and_port(cls, value: str | None) -> str | None:
        if value is not None and listener(value) is None:
            raise ValueError("expected a host and a port, such as 127.0.0.1:9100 or [::1]:9100")
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

    @model_validator(mode="after")
    def _tokens_of_an_issuer(self) -> Self:
        named = [name for name in ("jwt_issuer", "jwt_audience") if getattr(self, name) is not None]
        if named and not self.has_own_key:
            raise ValueError(
                f"{named[0]} is set, but tokens are signed with the embedded key, which names none; "
                "expected jwt_secret, jwt_public_key or jwks beside it"
            )
        if self.jwt_issuer and self.audience is None:
            raise ValueError(
                "jwt_issuer is set, but not whom its tokens are for (RFC 9068, section 4); "
                "expected jwt_audience or public_url beside it"
            )
        return self

    @model_validator(mode="after")
    def _no_page_of_what_is_hidden(self) -> Self:
        if not self.introspection and self.graphiql and "graphiql" in self.model_fields_set:
            raise ValueError("graphiql is true, but introspection is false; expected a page of what is not hidden")
        return self

    @model_validator(mode="after")
    def _documents_of_manifests(self) -> Self:
        if self.documents_mode is DocumentsMode.ONLY and not self.documents:
            raise ValueError("documents_mode is only, but there are no documents; expected manifests in documents")
        return self

    @model_validator(mode="after")
    def _no_subgraph_of_what_is_hidden(self) -> Self:
        if not self.introspection and self.federation:
            raise ValueError(
                "federation is true, but introspection is false; expected a subgraph of what is not hidden"
            )
        return self

    @model_validator(mode="after")
    def _storage_of_a_limit(self) -> Self:
        if self.rate_limit_url and self.rate_limit is None:
            raise ValueError("rate_limit_url is set, but there is no limit; expected rate_limit beside it")
        return self

    @model_validator(mode="after")
    def _replicas_of_a_server(self) -> Self:
        if self.replica_urls and not is_server(self.database_url):
            raise ValueError("replica_urls are set, but database_url is a file's; expected that of their primary")
        return self

    @property
    def database_options(self) -> Options:
        return Options(
            pool_size=self.database_pool_size,
            timeout_seconds=self.database_timeout,
            pgbouncer=self.pgbouncer,
            replica_urls=self.replica_urls,
            replica_max_lag_seconds=self.replica_max_lag,
        )

    @property
    def metrics(self) -> Address | None:
        """Where metrics are served; None where they are not."""
        return listener(self.metrics_address or "")

    @property
    def has_page(self) -> bool:
        """Whether a browser gets GraphiQL, whose examples and documentation show the schema."""
        return self.graphiql and self.introspection

    @property
    def has_own_key(self) -> bool:
        return any((self.jwt_secret, self.jwt_public_key, self.jwks))

    @property
    def audience(self) -> str | None:
        """The `aud` that a token has to have; an issuer's tokens always have one (RFC 9068, section 4)."""
        return self.jwt_audience or (self.public_url if self.jwt_issuer else None)

    @property
    def resource_url(self) -> str | None:
        """Where clients ask, as an authorization server and they call it (RFC 8707); None where that is not known."""
        if self.public_url or self.jwt_audience is None:
            return self.public_url
        return self.jwt_audience if is_public_url(self.jwt_audience) else None

    @property
    def embedded_key_file(self) -> Path:
        """The file of the signing key of an installation without keys of its own, beside its embedded database.

        Where nothing is set and the database is a server's, it is in the folder that the gateway is started in.
        """
        return self.key_file or Path(f"{sqlite_file(self.database_url) or 'gateway'}.key")

    @property
    def limits(self) -> Limits:
        return Limits(
            depth=self.max_depth,
            aliases=self.max_aliases,
            fields=self.max_fields,
            nesting=self.max_nesting,
            tokens=self.max_tokens,
            directives=self.max_directives,
            input_depth=self.max_input_depth,
            list_length=self.max_list_length,
            cost=self.max_cost,
            seconds=self.request_timeout,
            answer_bytes=self.max_answer_bytes,
            subscriptions=self.max_subscriptions,
        )

    @property
    def connection_limits(self) -> ConnectionLimits:
        return ConnectionLimits(
            connections=self.max_connections,
            head_bytes=self.max_head_bytes,
            head_seconds=self.head_timeout,
            body_seconds=self.body_timeout,
            unread_seconds=self.unread_timeout,
            unread_bytes=self.max_unread_bytes,
            keep_alive_seconds=self.keep_alive,
            shutdown_seconds=self.shutdown_timeout,
        )
