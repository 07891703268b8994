"""Move envelopes between two parties, and know nothing of what is in them.

    drive -> Transport -> MemoryTransport | TcpTransport (address -> socket -> preface -> frames)

Security does not depend on any of these (psimatch-1 §6): envelopes are signed and sealed before they get here.
"""

from psimatch.transports.address import format_address, parse_address
from psimatch.transports.listener import Incoming, TcpListener
from psimatch.transports.memory import MemoryTransport, memory_pair
from psimatch.transports.tcp import TcpTransport, connect_tcp
from psimatch.transports.timeouts import Deadline, Timeouts
from psimatch.transports.transport import Transport

__all__ = [
    "Deadline",
    "Incoming",
    "MemoryTransport",
    "TcpListener",
    "TcpTransport",
    "Timeouts",
    "Transport",
    "connect_tcp",
    "format_address",
    "memory_pair",
    "parse_address",
]
