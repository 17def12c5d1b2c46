"""What a PostgreSQL URL names, in every way that several hosts are written."""

import pytest

from gateway.db.stores.postgresql_url import Host, InvalidURL, check_primary, check_replica, dsn, is_server, server_url

START = "postgresql+asyncpg://"


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("u@h1:5432,h2:5433/db", [("h1", 5432), ("h2", 5433)]),
        ("u@h1,h2/db", [("h1", None), ("h2", None)]),
        ("u@h1,h2:5433/db", [("h1", None), ("h2", 5433)]),
        ("u@h1:,h2/db", [("h1", None), ("h2", None)]),
        ("u@[::1]:5432,[fe80::1%25eth0]/db", [("::1", 5432), ("fe80::1%eth0", None)]),
        ("u@/db?host=h1:1&host=h2:2", [("h1", 1), ("h2", 2)]),
        ("u@/db?host=[::1]:1&host=h2", [("::1", 1), ("h2", None)]),
        ("u@/db?host=h1,h2&port=1,2", [("h1", 1), ("h2", 2)]),
        ("u@/db?host=h1&host=h2&port=1&port=2", [("h1", 1), ("h2", 2)]),
        ("u@h1,h2/db?port=7", [("h1", 7), ("h2", 7)]),
        ("u@/db?host=/run/postgresql", [("/run/postgresql", None)]),
        ("/db?host=/run/postgresql&port=5433", [("/run/postgresql", 5433)]),
        ("u@%2Frun%2Fpostgresql:5433,h2/db", [("/run/postgresql", 5433), ("h2", None)]),
        ("u@/db?port=7", [("localhost", 7)]),
        ("/db", []),
    ],
)
def test_hosts_are_found_in_each_way_that_they_are_written(url: str, hosts: list[tuple[str, int | None]]) -> None:
    assert list(server_url(START + url).hosts) == [Host(*host) for host in hosts]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("u:p%2C%40%2F%5B@h1:5432,h2:5433/db", "postgresql://u:p%2C%40%2F%5B@h1:5432,h2:5433/db"),
        ("u:p,w@h/db", "postgresql://u:p%2Cw@h/db"),
        ("u:p/w?x y+z@h/db", "postgresql://u:p%2Fw%3Fx%20y%2Bz@h/db"),
        ("user@company@h1,h2/db", "postgresql://user%40company@h1,h2/db"),
        (":secret@h/db", "postgresql://:secret@h/db"),
        ("u:@h/db", "postgresql://u:@h/db"),
        ("h/my%20db?sslmode=require", "postgresql://h/my db?sslmode=require"),
        ("u@/db?host=/run/postgresql&port=7", "postgresql://u@%2Frun%2Fpostgresql:7/db"),
        ("u@[::1]:1,h2/db?target_session_attrs=primary", "postgresql://u@[::1]:1,h2/db?target_session_attrs=primary"),
        ("/db", "postgresql:///db"),
    ],
)
def test_a_dsn_of_postgresqls_own_says_the_same(url: str, expected: str) -> None:
    assert dsn(START + url) == expected


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("u:secret@word@h/db", "%40 for an @ in a password"),
        ("u:secret@,h/db", "a host cannot be read"),
        ("u:secret@h1,/db", "a host cannot be read"),
        ("u:secret@::1/db", "a host cannot be read"),
        ("u:secret@[::1/db", "a host cannot be read"),
        ("u:secret@h 1/db", "a host cannot be read"),
        ("u:secret@h:port/db", "a host cannot be read"),
        ("u:secret@h:0/db", "expected a number from 1 to 65535"),
        ("u:secret@h1,h2:65536/db", "expected a number from 1 to 65535"),
        ("u:secret@h/db?port=x", "expected a number from 1 to 65535"),
        ("u:secret@/db?host=::1", "a host cannot be read"),
        ("u:secret@h1/db?host=h2", "expected them in one place"),
        ("u:secret@h1:1/db?port=2", "expected them in one place"),
        ("u:secret@/db?host=h1,h2,h3&port=1,2", "there are 3 hosts, but 2 ports"),
        ("u:secret@h1,h2/db?target_session_attrs=standby", "expected one of any, primary, read-write"),
        ("u:secret@h/db?target_session_attrs=secret", "expected one of any, primary, read-write"),
    ],
)
def test_what_cannot_be_connected_to_is_refused_with_the_rule_and_without_a_secret(url: str, rule: str) -> None:
    assert is_server(START + url)
    with pytest.raises(InvalidURL) as raised:
        check_primary(START + url)
    assert rule in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("h1,h2/db", "a replica has several hosts; expected one URL for each of them"),
        ("h/db?target_session_attrs=primary", "expected one of any, standby, prefer-standby, read-only"),
    ],
)
def test_a_replica_is_one_server_that_may_be_read_only(url: str, rule: str) -> None:
    check_primary(START + url)
    with pytest.raises(InvalidURL, match=rule):
        check_replica(START + url)
    check_replica(f"{START}h/db?target_session_attrs=standby")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("u:secret@h:5433/db", "db on h"),
        ("u:secret@h1,h2:5433/db", "db on h1:5432, h2:5433"),
        ("u:secret@[::1],h2/db?password=secret", "db on [::1]:5432, h2:5432"),
        ("u:secret@/db?host=/run/postgresql", "db on /run/postgresql"),
        ("/db", "db on localhost"),
    ],
)
def test_messages_name_the_database_and_its_hosts_alone(url: str, name: str) -> None:
    assert server_url(START + url).name == name
    assert "secret" not in repr(server_url(START + url))
