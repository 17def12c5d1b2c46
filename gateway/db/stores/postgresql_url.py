"""The URL of a PostgreSQL database: SQLAlchemy's, which may name several hosts in every way that is usual."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import quote, unquote

from sqlalchemy import URL, make_url

# The same grammar as make_url has, which takes `h1:5432,h2:5432` for one host with a port that is no number.
_URL = re.compile(
    r"(?P<user>postgresql\+asyncpg://(?:[^:/]*(?::[^@]*)?@)?)(?P<hosts>[^/?]*)(?P<rest>/(?P<database>[^?]+)(?:\?.*)?)",
    re.DOTALL,
)
_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Za-z:.%]+)\]|(?P<name>[^\[\]:@,\s]+))(?::(?P<port>[0-9]{0,5}))?")
_DEFAULT_PORT = 5432
_LAST_PORT = 65_535

_TARGET = "target_session_attrs"
PRIMARIES = ("any", "primary", "read-write")
"""The values of `target_session_attrs` by which changes may find a server."""
STANDBYS = ("any", "standby", "prefer-standby", "read-only")


class InvalidURL(ValueError):
    """A URL names no server that can be connected to. The message shows nothing of it, since passwords are there."""


@dataclass(frozen=True)
class Host:
    """A name, an address or the folder of a Unix socket."""

    name: str
    port: int | None
    """None is that of PGPORT, or PostgreSQL's own."""

    def __str__(self) -> str:
        return f"{f'[{self.name}]' if ':' in self.name else self.name}:{self.port or _DEFAULT_PORT}"

    def in_url(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else quote(self.name, safe="")
        return f"{name}:{self.port}" if self.port else name


@dataclass(frozen=True)
class ServerURL:
    """A database and the hosts of its servers; none is wherever PGHOST says, or this machine."""

    hosts: tuple[Host, ...]
    target: str | None
    """`target_session_attrs`; None where the URL says nothing."""
    _rest: URL = field(repr=False)

    @property
    def name(self) -> str:
        """What messages call the database."""
        return f"{self._rest.database} on {self.servers}"

    def __str__(self) -> str:
        """Return the hosts, each with its port."""
        return ", ".join(map(str, self.hosts)) or str(Host("localhost", None))

    @property
    def servers(self) -> str:
        """The hosts as people call them: a single one needs no port."""
        return self.hosts[0].name if len(self.hosts) == 1 else str(self) if self.hosts else "localhost"

    @property
    def dsn(self) -> str:
        """What asyncpg, and PostgreSQL's own programs, take."""
        user, password = self._rest.username, self._rest.password
        before = quote(user or "", safe="") + (f":{quote(str(password), safe='')}" if password is not None else "")
        hosts = ",".join(host.in_url() for host in self.hosts)
        query = {**self._rest.query, **({_TARGET: self.target} if self.target else {})}
        after = str(URL.create("postgresql", database=self._rest.database, query=query)).removeprefix("postgresql://")
        return f"postgresql://{before}{'@' if before else ''}{hosts}{after}"

    def of_each_host(self) -> Sequence[Self]:
        return [replace(self, hosts=(host,)) for host in self.hosts] or [self]


def is_server(url: str) -> bool:
    """Tell whether a URL is that of a PostgreSQL server's database, whatever it says of the hosts."""
    return bool(_URL.fullmatch(url))


def server_url(url: str) -> ServerURL:
    """Raise InvalidURL."""
    parts = _URL.fullmatch(url)
    if parts is None:
        raise InvalidURL("expected the URL of a database, such as postgresql+asyncpg://user:password@host/database")
    rest = make_url(parts["user"] + parts["rest"])
    hosts = [_host(text) for text in parts["hosts"].split(",")] if parts["hosts"] else []
    if hosts and "host" in rest.query:
        raise InvalidURL("host is in the query, but hosts stand before the database; expected them in one place")
    hosts = hosts or [_host(text) for text in _listed(rest.query, "host")]
    hosts = _with_ports(hosts, [_port(text) for text in _listed(rest.query, "port")])
    target = _listed(rest.query, _TARGET)
    rest = rest.difference_update_query(("host", "port", _TARGET))
    return ServerURL(tuple(hosts), target[-1] if target else None, rest)


def check_primary(url: str) -> None:
    """Raise InvalidURL unless a URL can lead to a server that takes changes."""
    _check_target(server_url(url), PRIMARIES)


def check_replica(url: str) -> None:
    """Raise InvalidURL unless a URL can lead to a replica, and to one only: each has a position of its own."""
    parsed = server_url(url)
    if len(parsed.hosts) > 1:
        raise InvalidURL("a replica has several hosts; expected one URL for each of them")
    _check_target(parsed, STANDBYS)


def dsn(url: str) -> str:
    """Return what asyncpg, and PostgreSQL's own programs, take for a URL. Raise InvalidURL."""
    return server_url(url).dsn


def _check_target(parsed: ServerURL, accepted: Sequence[str]) -> None:
    if parsed.target and parsed.target not in accepted:
        raise InvalidURL(f"{_TARGET} cannot be used so; expected one of {', '.join(accepted)}")


def _listed(query: Mapping[str, str | tuple[str, ...]], name: str) -> list[str]:
    values = query.get(name, ())
    return ",".join([values] if isinstance(values, str) else values).split(",") if values else []


def _host(text: str) -> Host:
    if text.startswith("/"):
        return Host(text, None)
    match = _HOST.fullmatch(text)
    if match is None:
        raise InvalidURL(
            "a host cannot be read; expected names or addresses with commas between them, each with or without "
            "a port, such as h1:5432,h2 or [::1]:5432, and %40 for an @ in a password"
        )
    return Host(unquote(match["ipv6"] or match["name"]), _port(match["port"]) if match["port"] else None)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) <= _LAST_PORT:
        raise InvalidURL(f"a port is not valid; expected a number from 1 to {_LAST_PORT}")
    return int(text)


def _with_ports(hosts: Sequence[Host], ports: list[int]) -> list[Host]:
    if not ports:
        return list(hosts)
    if any(host.port for host in hosts):
        raise InvalidURL("port is in the query, but a host has one of its own; expected them in one place")
    if not hosts:
        hosts = [Host("localhost", None)]
    if len(ports) not in {1, len(hosts)}:
        raise InvalidURL(f"there are {len(hosts)} hosts, but {len(ports)} ports; expected one for all, or for each")
    return [replace(host, port=port) for host, port in zip(hosts, ports * len(hosts), strict=False)]
