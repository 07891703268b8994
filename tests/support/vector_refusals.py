"""What the answers to the vectors share: bytes from text and back, and the class of each error."""

from psimatch import PublicIdentity, Standing, errors

# The class of protocol_spec/vectors/README.md for each error.
CLASSES = {
    errors.AgreementUnsignedError: "signature",
    errors.AgreementChangedError: "signature",
    errors.AgreementNotInForceError: "term",
    errors.NotAPartyError: "party",
    errors.AgreementError: "terms",
    errors.IdentityError: "identity_file",
    errors.AuditFileError: "audit_file",
    errors.LedgerError: "ledger",
    errors.AgreementWithdrawnError: "withdrawn",
    errors.HelloReplayedError: "replayed",
    errors.BudgetError: "budget",
    errors.StandingError: "standing",
    errors.VersionError: "version",
    errors.RoleError: "role",
    errors.EnvelopeError: "envelope",
    errors.PeerIdentityError: "identity",
    errors.AgreementMismatchError: "agreement",
    errors.MessageFormatError: "message",
    errors.UnexpectedMessageError: "state",
    errors.CountError: "count",
    errors.SetSizeError: "set_size",
    errors.InvalidElementError: "element",
    errors.ProofError: "proof",
    errors.CommitmentError: "commitment",
    errors.TagOrderError: "tags",
    errors.RepeatedClaimError: "claim",
    errors.UnknownClaimError: "claim",
    errors.ContactError: "contact",
    errors.ContactCountError: "count",
    errors.ReceiptError: "receipt",
    errors.PeerAbortedError: "aborted",
}


class InputRefusedError(Exception):
    """The input is refused; `answer` has the class and what belongs to it."""

    def __init__(self, refused, **more):
        super().__init__(refused)
        self.answer = {"refused": refused, **more}


def h(text):
    return bytes.fromhex(text)


def hs(texts):
    return b"".join(map(h, texts))


def cut(packed, size=32):
    return [packed[at : at + size].hex() for at in range(0, len(packed), size)]


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def class_of(error):
    return next(CLASSES[base] for base in type(error).__mro__ if base in CLASSES)


def public_of(given):
    return PublicIdentity("Someone", h(given["signing_key"]), h(given["sealing_key"]))


def standing_of(given):
    return Standing(given["sessions"], given["charged"], h(given["last_receipt"]))
