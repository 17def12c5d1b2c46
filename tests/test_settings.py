"""Settings: what is made of them, and that those which cannot work are refused by name with the rule."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.db.stores.store import Options
from gateway.graphql.limits import Limits
from gateway.settings import Settings
from gateway.web.connections import ConnectionLimits

SECRET = "0123456789abcdef" * 2
PASSWORD = "correct-horse"  # noqa: S105  # of no database
SERVER = f"postgresql+asyncpg://gateway:{PASSWORD}@primary.example/devices"
DATABASE_RULE = (
    "expected the URL of a database file, such as sqlite+aiosqlite:///gateway.db, "
    "or of a PostgreSQL server, such as postgresql+asyncpg://user:password@host/database"
)
NO_DATABASES = (
    "",
    "gateway.db",
    "sqlite:///gateway.db",
    "sqlite+aiosqlite://",
    "sqlite+aiosqlite:///:memory:",
    SERVER.replace("+asyncpg", ""),
    SERVER.replace("asyncpg", "psycopg"),
    SERVER.removesuffix("/devices"),
    SERVER.removesuffix("devices"),
    "mysql+asyncmy://gateway@localhost/devices",
)
REPLICA_RULE = "expected URLs of PostgreSQL servers, with spaces between them"
STORAGE_RULE = "expected the URL of a server of Redis or Valkey, such as redis://host:6379/0"
NO_STORAGES = ("", "host:6379", "redis://", "redis:///0", "memcached://host", "redis://host:port")
HOSTS_RULE = "expected names and addresses of hosts, such as localhost or ::1, with spaces between them"
NO_SERVERS = ("replica.example", "sqlite+aiosqlite:///gateway.db", f"{SERVER} replica.example")

SEVERAL = SERVER.replace("primary.example", "h1:5432,h2")
UNUSABLE = {
    SERVER.replace("correct", "correct@"): "%40 for an @ in a password",
    SERVER.replace("primary.example", "h1:5432,h2:x"): "a host cannot be read",
    SERVER.replace("primary.example", "h1,h2:0"): "a port is not valid; expected a number from 1 to 65535",
    f"{SEVERAL}?target_session_attrs=standby": "expected one of any, primary, read-write",
}

ISSUER = "https://issuer.example"
API = "https://devices.example/graphql"
NO_ADDRESSES = (
    "",
    "devices.example",
    "/graphql",
    "ftp://devices.example/graphql",
    "https:///graphql",
    "https://user@devices.example/graphql",
    f"{API}?a=b",
    f"{API}#a",
    f"{API} ",
    f'{API}"',
    f"{API}\\",
    "https://geräte.example/graphql",
)

NO_LISTENERS = ("", "9100", "localhost", "localhost:", ":9100", "localhost:0", "localhost:65536", "::1:9100", "a b:1")

Configure = Callable[..., Settings]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Return what reads the settings of an environment with these variables of the gateway's and no others."""
    for name in os.environ:
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(f"GATEWAY_{name}", value)
        return Settings()

    return read


@pytest.mark.parametrize(
    ("variables", "setting", "rule"),
    [
        ({"PORT": "http"}, "port", "should be a valid integer"),
        ({"PORT": "-1"}, "port", "greater than or equal to 0"),
        ({"PORT": "65536"}, "port", "less than or equal to 65535"),
        ({"DATABASE_POOL_SIZE": "0"}, "database_pool_size", "greater than 0"),
        ({"DATABASE_POOL_SIZE": "many"}, "database_pool_size", "should be a valid integer"),
        ({"DATABASE_TIMEOUT": "0"}, "database_timeout", "greater than 0"),
        ({"DATABASE_TIMEOUT": "soon"}, "database_timeout", "should be a valid number"),
        ({"REPLICA_MAX_LAG": "-1"}, "replica_max_lag", "greater than 0"),
        ({"HISTORY_DAYS": "0"}, "history_days", "greater than 0"),
        ({"PGBOUNCER": "perhaps"}, "pgbouncer", "should be a valid boolean"),
        *(({"DATABASE_URL": url}, "database_url", DATABASE_RULE) for url in NO_DATABASES),
        *(({"DATABASE_URL": url}, "database_url", rule) for url, rule in UNUSABLE.items()),
        *(({"DATABASE_URL": SERVER, "REPLICA_URLS": urls}, "replica_urls", REPLICA_RULE) for urls in NO_SERVERS),
        ({"DATABASE_URL": SERVER, "REPLICA_URLS": SEVERAL}, "replica_urls", "expected one URL for each of them"),
        *(({"WEBHOOK_HOSTS": hosts}, "webhook_hosts", HOSTS_RULE) for hosts in ("a/b", "localhost 127.1", "host:80")),
        ({"REPLICA_URLS": SERVER}, "replica_urls are set, but database_url is a file's", "that of their primary"),
        ({"GRAPHIQL": "perhaps"}, "graphiql", "should be a valid boolean"),
        (
            {"JWT_ISSUER": ISSUER, "JWT_AUDIENCE": "devices"},
            "jwt_issuer is set, but tokens are signed",
            "expected jwt_",
        ),
        ({"JWT_AUDIENCE": "devices"}, "jwt_audience is set, but tokens are signed with the embedded key", "or jwks"),
        ({"JWKS": "keys.json", "JWT_ISSUER": ISSUER}, "jwt_issuer is set, but not whom", "jwt_audience or public_url"),
        ({"JWKS": "keys.json", "JWT_ISSUER": ""}, "jwt_issuer", "at least 1"),
        *(({"PUBLIC_URL": url}, "public_url", "expected the URL of the API") for url in NO_ADDRESSES),
        ({"INTROSPECTION": "false", "GRAPHIQL": "true"}, "graphiql is true, but introspection is false", "not hidden"),
        ({"INTROSPECTION": "false", "FEDERATION": "true"}, "federation is true, but introspection is", "not hidden"),
        ({"LOG_LEVEL": "CHATTY"}, "log_level", "INFO"),
        ({"LOG_FORMAT": "xml"}, "log_format", "'text' or 'json'"),
        ({"REQUEST_LOG": "some"}, "request_log", "'all', 'problems' or 'off'"),
        ({"SLOW_MS": "0"}, "slow_ms", "greater than 0"),
        *(({"METRICS_ADDRESS": address}, "metrics_address", "expected a host and a port") for address in NO_LISTENERS),
        ({"JWT_SECRET": ""}, "jwt_secret", "at least 32"),
        ({"JWT_SECRET": SECRET[:-1]}, "jwt_secret", "at least 32"),
        ({"JWT_PUBLIC_KEY": ""}, "jwt_public_key", "PEM"),
        ({"JWT_PUBLIC_KEY": "public.pem"}, "jwt_public_key", "PEM"),
        ({"JWKS": ""}, "jwks", "at least 1"),
        ({"JWT_SECRET": SECRET, "JWKS": "keys.json"}, "jwt_secret and jwks", "expected one source of keys"),
        ({"JWT_ALGORITHMS": "none"}, "jwt_algorithms: none", "expected some of HS256, HS384, HS512"),
        ({"JWT_SECRET": SECRET, "JWT_ALGORITHMS": "HS256 RS256"}, "jwt_algorithms: RS256", "expected some of HS256,"),
        ({"JWKS": "keys.json", "JWT_ALGORITHMS": "HS256"}, "jwt_algorithms: HS256", "expected some of ES256, ES384,"),
        ({"JWKS": "keys.json", "JWT_ALGORITHMS": "none"}, "jwt_algorithms: none", "expected some of ES256, ES384,"),
        *(({"RATE_LIMIT": "9", "RATE_LIMIT_URL": url}, "rate_limit_url", STORAGE_RULE) for url in NO_STORAGES),
        ({"RATE_LIMIT_URL": "redis://host"}, "rate_limit_url is set, but there is no limit", "expected rate_limit"),
        ({"RATE_LIMIT": "0"}, "rate_limit", "greater than or equal to 1"),
        ({"RATE_LIMIT": "2147483648"}, "rate_limit", "less than or equal to 2147483647"),
        ({"DRAIN_SECONDS": "-1"}, "drain_seconds", "greater than or equal to 0"),
        ({"MAX_HEAD_BYTES": "1023"}, "max_head_bytes", "greater than or equal to 1024"),
        ({"HTTP_PROTOCOL": "h2c"}, "http_protocol", "'gateway' or 'uvicorn'"),
        *(
            ({name: "0"}, name.lower(), "greater than 0")
            for name in ("HEAD_TIMEOUT", "BODY_TIMEOUT", "UNREAD_TIMEOUT", "KEEP_ALIVE", "SHUTDOWN_TIMEOUT")
        ),
        *(({name: "0"}, name.lower(), "greater than 0") for name in ("MAX_CONNECTIONS", "MAX_UNREAD_BYTES")),
        *(
            ({f"MAX_{limit}": "0"}, f"max_{limit.lower()}", "greater than 0")
            for limit in ("DEPTH", "ALIASES", "TOKENS", "DIRECTIVES", "INPUT_DEPTH", "LIST_LENGTH", "BODY_BYTES")
        ),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_its_name_and_the_rule(
    configure: Configure, variables: dict[str, str], setting: str, rule: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        configure(**variables)
    (error,) = raised.value.errors()
    told = f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
    assert setting in told
    assert rule in told


@pytest.mark.parametrize(
    "variables",
    [
        {"JWT_SECRET": SECRET[:-1]},
        {"JWT_SECRET": SECRET, "JWT_ALGORITHMS": "none"},
        {"DATABASE_URL": SERVER.replace("+asyncpg", "")},
        {"DATABASE_URL": SERVER, "REPLICA_URLS": f"{SERVER} replica.example"},
        *({"DATABASE_URL": url} for url in UNUSABLE),
        {"DATABASE_URL": SERVER, "JWT_ALGORITHMS": "none"},
        {"RATE_LIMIT_URL": f"redis://:{PASSWORD}@host"},
    ],
)
def test_a_message_about_the_settings_holds_no_secret(configure: Configure, variables: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        configure(**variables)
    assert not [secret for secret in (SECRET[:8], PASSWORD) if secret in str(raised.value)]


def test_nothing_has_to_be_set(configure: Configure) -> None:
    settings = configure()
    assert settings.embedded_key_file == Path("gateway.db.key")
    assert settings.database_options == Options()
    assert not settings.has_own_key
    assert settings.limits == Limits()
    assert settings.connection_limits == ConnectionLimits()


def test_the_embedded_key_lies_beside_the_embedded_database(configure: Configure) -> None:
    settings = configure(DATABASE_URL="sqlite+aiosqlite:////var/lib/gateway/devices.db")
    assert settings.embedded_key_file == Path("/var/lib/gateway/devices.db.key")


def test_the_embedded_key_of_a_server_lies_where_the_gateway_is_started(configure: Configure) -> None:
    assert configure(DATABASE_URL=SERVER).embedded_key_file == Path("gateway.key")


@pytest.mark.parametrize("database_url", ["sqlite+aiosqlite:////var/lib/gateway/devices.db", SERVER, SEVERAL])
def test_the_embedded_key_lies_where_it_is_said_to(configure: Configure, database_url: str) -> None:
    settings = configure(DATABASE_URL=database_url, KEY_FILE="/run/secrets/gateway.key")
    assert settings.embedded_key_file == Path("/run/secrets/gateway.key")
    assert not settings.has_own_key


@pytest.mark.parametrize(
    "database_url",
    ["sqlite+aiosqlite:///gateway.db", SERVER, SEVERAL, "postgresql+asyncpg:///devices?host=/run/postgresql"],
)
def test_a_database_is_a_file_or_one_of_a_server(configure: Configure, database_url: str) -> None:
    assert configure(DATABASE_URL=database_url).database_url == database_url


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [("127.0.0.1:9100", "127.0.0.1", 9100), ("localhost:60999", "localhost", 60999), ("[::1]:65535", "::1", 65535)],
)
def test_metrics_are_served_at_a_host_and_a_port(configure: Configure, address: str, host: str, port: int) -> None:
    assert configure(METRICS_ADDRESS=address).metrics == (host, port)


def test_private_hosts_of_webhooks_have_one_form(configure: Configure) -> None:
    assert configure(WEBHOOK_HOSTS=" Hooks.Internal.  0:0::1 10.0.0.1").webhook_hosts == (
        "hooks.internal",
        "::1",
        "10.0.0.1",
    )


def test_each_option_of_a_database_has_a_setting(configure: Configure) -> None:
    replicas = (SERVER.replace("primary", "first"), SERVER.replace("primary", "second"))
    settings = configure(
        DATABASE_URL=SERVER,
        DATABASE_POOL_SIZE="7",
        DATABASE_TIMEOUT="2.5",
        PGBOUNCER="true",
        REPLICA_URLS=f" {replicas[0]}  {replicas[1]} ",
        REPLICA_MAX_LAG="0.5",
    )
    assert settings.database_options == Options(
        pool_size=7, timeout_seconds=2.5, pgbouncer=True, replica_urls=replicas, replica_max_lag_seconds=0.5
    )


@pytest.mark.parametrize(
    ("variables", "algorithms"),
    [
        ({"JWT_SECRET": SECRET}, ()),
        ({"JWT_SECRET": SECRET, "JWT_ALGORITHMS": "HS512"}, ("HS512",)),
        ({"JWKS": "https://issuer.example/keys"}, ()),
        ({"JWKS": "/etc/gateway/keys.json", "JWT_ALGORITHMS": " ES256  RS256 "}, ("ES256", "RS256")),
    ],
)
def test_one_source_of_keys_is_enough(
    configure: Configure, variables: dict[str, str], algorithms: tuple[str, ...]
) -> None:
    settings = configure(**variables)
    assert settings.has_own_key
    assert settings.jwt_algorithms == algorithms


@pytest.mark.parametrize(
    ("variables", "audience", "resource_url"),
    [
        ({}, None, None),
        ({"PUBLIC_URL": API}, None, API),
        ({"JWKS": "keys.json", "JWT_AUDIENCE": "devices"}, "devices", None),
        ({"JWKS": "keys.json", "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": "devices"}, "devices", None),
        ({"JWKS": "keys.json", "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": API}, API, API),
        ({"JWKS": "keys.json", "JWT_ISSUER": ISSUER, "PUBLIC_URL": API}, API, API),
        ({"JWKS": "keys.json", "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": "devices", "PUBLIC_URL": API}, "devices", API),
    ],
)
def test_the_address_of_the_api_is_whom_tokens_are_for_and_the_other_way_round(
    configure: Configure, variables: dict[str, str], audience: str | None, resource_url: str | None
) -> None:
    settings = configure(**variables)
    assert (settings.audience, settings.resource_url) == (audience, resource_url)


def test_a_secret_is_not_shown_with_the_settings(configure: Configure) -> None:
    assert SECRET not in repr(configure(JWT_SECRET=SECRET))


def test_each_limit_has_a_setting(configure: Configure) -> None:
    settings = configure(
        MAX_DEPTH="1", MAX_ALIASES="2", MAX_TOKENS="3", MAX_DIRECTIVES="4", MAX_INPUT_DEPTH="5", MAX_LIST_LENGTH="6"
    )
    assert settings.limits == Limits(depth=1, aliases=2, tokens=3, directives=4, input_depth=5, list_length=6)


def test_each_limit_of_a_connection_has_a_setting(configure: Configure) -> None:
    settings = configure(
        MAX_CONNECTIONS="1",
        MAX_HEAD_BYTES="2000",
        HEAD_TIMEOUT="3",
        BODY_TIMEOUT="4",
        UNREAD_TIMEOUT="5",
        MAX_UNREAD_BYTES="6",
        KEEP_ALIVE="7",
        SHUTDOWN_TIMEOUT="8",
    )
    assert settings.connection_limits == ConnectionLimits(
        connections=1,
        head_bytes=2000,
        head_seconds=3,
        body_seconds=4,
        unread_seconds=5,
        unread_bytes=6,
        keep_alive_seconds=7,
        shutdown_seconds=8,
    )
