"""Files of receipts: read as they were written, and what they show of a ledger that was cut off."""

import json

import pytest
from ledger_sessions import finish
from sessions import CARE, POLICE, STRANGER, make_agreement, new_ledger

from psimatch.errors import ReceiptsError
from psimatch.receipt_files import check_receipts, read_receipts, write_receipts


@pytest.mark.parametrize("name", [["Politie"], {"Politie": 1}, 5, None, ""])
def test_a_file_of_receipts_whose_name_is_no_name(tmp_path, ledgers, name):
    finish(make_agreement(), ledgers)
    write_receipts(tmp_path / "police.receipts", ledgers[1], CARE.public.fingerprint)
    document = json.loads((tmp_path / "police.receipts").read_bytes())
    (tmp_path / "police.receipts").write_text(json.dumps({**document, "name": name}))
    with pytest.raises(ReceiptsError, match="not a file of receipts"):
        read_receipts(tmp_path / "police.receipts")


def test_the_peers_receipts_show_entries_that_were_cut_off(tmp_path, ledgers):
    agreement = make_agreement()
    for _ in range(2):
        finish(agreement, ledgers)
    write_receipts(tmp_path / "police.receipts", ledgers[1], CARE.public.fingerprint)
    peer, receipts = read_receipts(tmp_path / "police.receipts")
    assert peer == POLICE.public
    checked = check_receipts(ledgers[0], peer, receipts)
    assert (checked.checked, checked.newer) == (2, 0)
    finish(agreement, ledgers)
    assert check_receipts(ledgers[0], peer, receipts).newer == 1
    with pytest.raises(ReceiptsError, match="does not show"):
        check_receipts(ledgers[0], peer, receipts[1:])
    short = new_ledger(CARE)
    with pytest.raises(ReceiptsError, match="cut off"):
        check_receipts(short, peer, receipts)
    with pytest.raises(ReceiptsError, match="not signed by both"):
        check_receipts(ledgers[0], STRANGER.public, receipts)
