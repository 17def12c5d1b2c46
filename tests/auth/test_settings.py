"""Which settings are refused at the start, and that the message names the setting and the rule."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.graphql.limits import Limits
from gateway.settings import Settings

SECRET = "0123456789abcdef" * 2

Configure = Callable[..., Settings]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """The settings of an environment that has these variables of the gateway's and no others."""
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
        ({"DATABASE_URL": ""}, "database_url", "such as sqlite+aiosqlite:///gateway.db"),
        ({"DATABASE_URL": "gateway.db"}, "database_url", "such as sqlite+aiosqlite:///gateway.db"),
        ({"GRAPHIQL": "perhaps"}, "graphiql", "should be a valid boolean"),
        ({"LOG_LEVEL": "CHATTY"}, "log_level", "INFO"),
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
        ({"DATABASE_URL": "postgresql+asyncpg://gateway@localhost/gateway"}, "database_url", "URL of a database file"),
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
    (fault,) = raised.value.errors()
    told = f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    assert setting in told
    assert rule in told


@pytest.mark.parametrize("variables", [{"JWT_SECRET": SECRET[:-1]}, {"JWT_SECRET": SECRET, "JWT_ALGORITHMS": "none"}])
def test_a_message_about_the_settings_holds_no_secret(configure: Configure, variables: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as raised:
        configure(**variables)
    assert SECRET[:8] not in str(raised.value)


def test_nothing_has_to_be_set(configure: Configure) -> None:
    settings = configure()
    assert settings.embedded_key_file == Path("gateway.db.key")
    assert not settings.has_own_key
    assert settings.limits == Limits()


def test_the_embedded_key_lies_beside_the_embedded_database(configure: Configure) -> None:
    settings = configure(DATABASE_URL="sqlite+aiosqlite:////var/lib/gateway/devices.db")
    assert settings.embedded_key_file == Path("/var/lib/gateway/devices.db.key")


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


def test_a_secret_is_not_shown_with_the_settings(configure: Configure) -> None:
    assert SECRET not in repr(configure(JWT_SECRET=SECRET))


def test_each_limit_has_a_setting(configure: Configure) -> None:
    settings = configure(
        MAX_DEPTH="1", MAX_ALIASES="2", MAX_TOKENS="3", MAX_DIRECTIVES="4", MAX_INPUT_DEPTH="5", MAX_LIST_LENGTH="6"
    )
    assert settings.limits == Limits(depth=1, aliases=2, tokens=3, directives=4, input_depth=5, list_length=6)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  # the address that is every address
        ("::", False),
        ("192.168.0.1", False),
        ("gateway.example", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(configure: Configure, host: str, *, loopback: bool) -> None:
    assert configure(HOST=host).listens_on_loopback is loopback
