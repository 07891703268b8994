"""What this computer lacks is said as it is: no party's file or passphrase is blamed for it."""

import os
import socket
import types

import cryptography
import nacl.exceptions
import nacl.pwhash
import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from sessions import CARE

from psimatch import drive, sealing
from psimatch.errors import LedgerError, TransportError, TransportTimeoutError, UnsupportedError
from psimatch.identity import PublicIdentity
from psimatch.identity_files import read_identity, write_identity
from psimatch.ledger import Ledger
from psimatch.ledger_view import LedgerView
from psimatch.transports import Timeouts
from psimatch.transports.address import resolve


def test_too_little_memory_is_no_wrong_passphrase(tmp_path, monkeypatch):
    write_identity(tmp_path / "care.identity", CARE, "words")

    def no_memory(*_, **__):
        raise nacl.exceptions.RuntimeError("Unexpected failure in key derivation")

    monkeypatch.setattr(nacl.pwhash.argon2id, "kdf", no_memory)
    with pytest.raises(UnsupportedError, match="too little memory"):
        read_identity(tmp_path / "care.identity", lambda: "words")


@pytest.mark.parametrize(("version", "words"), [("46.0.3", "needs 48 or later"), ("50.0.2", "has no ML-KEM-768")])
def test_a_library_without_the_algorithm_is_no_malformed_file(monkeypatch, version, words):
    def unsupported(_):
        raise UnsupportedAlgorithm("ML-KEM-768 is not supported")

    monkeypatch.setattr(MLKEM768PrivateKey, "from_seed_bytes", unsupported)
    monkeypatch.setattr(cryptography, "__version__", version)
    sealing._suite.cache_clear()
    try:
        with pytest.raises(UnsupportedError, match=words):
            PublicIdentity("care", CARE.public.signing_key, CARE.public.sealing_key)
    finally:
        sealing._suite.cache_clear()


def test_a_ledger_on_a_read_only_medium_can_be_verified_unless_its_log_has_entries(tmp_path, monkeypatch):
    Ledger(tmp_path / "care.ledger", CARE).close()
    monkeypatch.setattr(os, "statvfs", lambda _: types.SimpleNamespace(f_flag=os.ST_RDONLY))
    with LedgerView(tmp_path / "care.ledger") as view:
        assert view.verify().entries == 1
        assert os.listdir(tmp_path) == ["care.ledger"]
    (tmp_path / "care.ledger-wal").write_bytes(b"entries")
    with pytest.raises(LedgerError, match="while it was open"):
        LedgerView(tmp_path / "care.ledger")


def test_a_name_that_is_not_known_yet_is_waited_for(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(TransportError, match="not known"):
        resolve("police.example", 7443, passive=False)
    told = []
    session = types.SimpleNamespace(role=None, max_envelope_bytes=1)
    with pytest.raises(TransportTimeoutError, match=r"within 0\.15 seconds: the host name"):
        drive._connect(session, ("police.example", 7443), 0.15, Timeouts(), told.append)
    assert told
