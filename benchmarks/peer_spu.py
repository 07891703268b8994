"""One party of a match with SecretFlow's spu; run by `peers.py` in an environment of its own, twice a match.

Its time is that of `psi_execute` alone: reading a CSV file of values, the protocol, writing the matches. The import,
and the connection of the two, are not in it.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import Any

from inputs import peak_megabytes, pin, values
from spu import libspu, psi

CURVES = {"ecdh": "CURVE_25519", "ecdh-elligator2": "CURVE_25519_ELLIGATOR2"}


def config(protocol: str, folder: Path) -> Any:
    """Return what to do: both sides learn the matches, as with psimatch."""
    options: dict[str, Any] = {"protocol": getattr(psi.PsiProtocol, "PROTOCOL_" + protocol.partition("-")[0].upper())}
    if protocol in CURVES:
        options["ecdh_params"] = psi.EcdhParams(curve=getattr(psi.EllipticCurveType, CURVES[protocol]))
    return psi.PsiExecuteConfig(
        protocol_conf=psi.PsiProtocolConfig(receiver_rank=0, broadcast_result=True, **options),
        input_params=psi.InputParams(path=str(folder / "in.csv"), selected_keys=["id"], keys_unique=True),
        output_params=psi.OutputParams(path=str(folder / "out.csv"), disable_alignment=True),
    )


def main(rank: int, protocol: str, sizes: tuple[int, int], cores: int, folder: Path, addresses: list[str]) -> None:
    """Match, check and print the figures as JSON in a line of their own, which begins with `figures`."""
    pin(cores)
    lists = values(*sizes)
    (folder / "in.csv").write_text("\n".join(["id", *lists[rank], ""]))
    description = libspu.link.Desc()
    description.recv_timeout_ms = 300_000
    for number, address in enumerate(addresses):
        description.add_party(f"party {number}", address)
    link = libspu.link.create_brpc(description, rank)
    began = time.perf_counter()
    psi.psi_execute(config(protocol, folder), link)
    ended = time.perf_counter()
    link.stop_link()
    with (folder / "out.csv").open(newline="") as file:
        found = [row["id"] for row in csv.DictReader(file)]
    right = sorted(found) == sorted(set(lists[0]) & set(lists[1]))
    figures = {"began": began, "ended": ended, "peak_megabytes": peak_megabytes(), "right": right}
    print("figures", json.dumps(figures), flush=True)


if __name__ == "__main__":
    rank, protocol, client_items, server_items, cores, folder, *addresses = sys.argv[1:]
    main(int(rank), protocol, (int(client_items), int(server_items)), int(cores), Path(folder), addresses)
