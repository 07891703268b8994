"""Addresses of listeners: `host:port`, with an IPv6 host in brackets."""

from __future__ import annotations

import socket

from psimatch.errors import InputError, TransportError

_HINT = "write host:port, as in psi.example.org:7443, 192.0.2.7:7443 or [2001:db8::7]:7443"

Resolved = tuple[socket.AddressFamily, tuple[object, ...]]


def parse_address(text: str) -> tuple[str, int]:
    """Split `host:port` or `[IPv6]:port`; port 0 lets the system choose one to listen on.

    Raises:
        InputError: a part is missing, the port is not a number up to 65,535, or an IPv6 host has no brackets.
    """
    host, _, port = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if ":" not in host:
            raise InputError("only an IPv6 address stands in brackets", hint=_HINT)
    elif ":" in host:
        raise InputError("an IPv6 address must stand in brackets", hint=_HINT)
    if not host or not host.isprintable() or any(character in " []/@" for character in host):
        raise InputError("the address has no valid host", hint=f"{_HINT}; 0.0.0.0 and [::] listen on all interfaces")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65_535):
        raise InputError("the address has no valid port", hint=_HINT)
    return host, int(port)


def format_address(host: str, port: int) -> str:
    """Write what `parse_address` reads."""
    host = host.removeprefix("::ffff:") if "." in host else host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_UNKNOWN_HOST = "check the name, and whether this machine can resolve it"


def resolve(host: str, port: int, *, passive: bool) -> list[Resolved]:
    """Find the socket addresses of a host, in the system's order of preference.

    Raises:
        InputError: the host name can't be one, or is not known on this machine, which is to listen there.
        TransportError: the host name to connect to is not known now; it may be once the network is up.
    """
    flags = socket.AI_PASSIVE if passive else 0
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except (OSError, UnicodeError) as error:
        # What can't be a name will never be known; another one to connect to may be, once the network is up.
        problem = InputError if passive or isinstance(error, UnicodeError) else TransportError
        raise problem(f"the host name of {format_address(host, port)} is not known", hint=_UNKNOWN_HOST) from error
    return [(family, tuple(address)) for family, _, _, _, address in found]
