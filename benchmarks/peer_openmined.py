"""One match with openmined-psi, both parties in this process; run by `peers.py` in an environment of its own."""

from __future__ import annotations

import json
import sys
import time

import private_set_intersection.python as psi
from inputs import peak_megabytes, pin, values


def main(client_items: int, server_items: int, cores: int) -> None:
    """Match, check and print the figures as JSON."""
    pin(cores)
    client_list, server_list = values(client_items, server_items)
    began = time.perf_counter()
    client, server = psi.client.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
    # The raw structure is exact; the others are smaller and may name wrong matches.
    messages = [server.CreateSetupMessage(1e-9, client_items, server_list, psi.DataStructure.RAW)]
    messages.append(client.CreateRequest(client_list))
    messages.append(server.ProcessRequest(messages[1]))
    found = client.GetIntersection(messages[0], messages[2])
    seconds = time.perf_counter() - began
    figures = {
        "seconds": seconds,
        "bytes": sum(message.ByteSize() for message in messages),
        "peak_megabytes": {"both": peak_megabytes()},
        "right": {client_list[index] for index in found} == set(client_list) & set(server_list),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
