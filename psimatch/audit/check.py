"""What opened rows prove against the signed messages of a session (psimatch-1 §12.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from psimatch.audit.contents import AuditContents
from psimatch.audit.evidence import Evidence, examine
from psimatch.audit.rows import BLIND_BYTES, CannotOpenRowError, Row, open_row, share
from psimatch.errors import (
    AuditFileError,
    FieldError,
    InvalidElementError,
    InvalidInputError,
    NotAPartyError,
    RemoteProtocolError,
)
from psimatch.identifiers import PERSON, Identifier, dummy
from psimatch.identity import PublicIdentity
from psimatch.kernel.records import find, order, take
from psimatch.messages import CLAIM_BYTES, ELEMENT_BYTES, TAG_BYTES, Evaluated, ServerHello
from psimatch.oprf import Blinding, Evaluation, ServerKey, evaluate, finalize
from psimatch.oprf.voprf import blind_with
from psimatch.padding import chunks
from psimatch.parameters import LIMITS, Role
from psimatch.prf import CLAIM, OUTPUT_BYTES, TAG, chunk_context, decoded, encoded, input_prefix, server_key
from psimatch.submission import strength
from psimatch.terms import Reveal, Terms


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """A row that was opened and is the one that the party committed to; a dummy has no identifier.

    `persons` are numbers that say which tokens belong to one person: a client claims one token of each.
    `ran` says that the messages show that the party ran with it: a file that ends early may not reach that far.
    """

    place: int
    identifier: Identifier | None
    persons: tuple[int, ...]
    case_ref: str = field(repr=False)
    ran: bool


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found.

    `violations` has one line for each thing that is not as the protocol demands; they name places, never identifiers.
    `bound` says that the party committed to its rows before the session ended; rows that are not bound prove nothing,
    and are not opened. `complete` says that the file holds the receipt that both parties signed, `matches` how many
    that one counts; it is None where there is none, or where it does not count them. `asked` tells how many rows were
    to be opened, and `opened` are those that are as committed.
    """

    role: Role
    session_id: bytes
    set_size: int
    bound: bool
    complete: bool
    matches: int | None
    asked: int
    opened: tuple[OpenedRow, ...] = field(repr=False)
    violations: tuple[str, ...]

    @property
    def proves_set(self) -> bool:
        """Whether it is proven which identifiers took part: all rows are opened, of a session with its receipt."""
        return self.complete and not self.violations and len(self.opened) == self.set_size

    @property
    def proves_claims(self) -> bool:
        """Whether it is proven too that the party withheld no match: of a client, where both learn the matches.

        That tokens which the rows call one person's are so is for the auditor to judge, who sees them together.
        """
        return self.proves_set and self.role is Role.CLIENT and self.matches is not None


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens rows: the auditor's seed, and the shares (32 bytes) that the owner gave for places.

    On a server the place after the last is that of the key seed.
    """

    auditor_seed: bytes = field(repr=False)
    owner_shares: Mapping[int, bytes] = field(repr=False)


def check_audit(
    contents: AuditContents, terms: Terms, parties: Mapping[Role, PublicIdentity], opening: Opening | None = None
) -> AuditReport:
    """Check an audit file against what both parties signed, and its rows as far as they are opened.

    What can't be opened counts as a violation, as does what is opened and is not what was committed to.

    Raises:
        AuditFileError: the file belongs to another agreement.
        NotAPartyError: `parties` are not those of the agreement.
    """
    # §12.5
    header = contents.header
    if any(parties[role].fingerprint != terms.party(role).fingerprint for role in Role):
        raise NotAPartyError("these are not the public identities of the parties that the agreement names")
    if header.agreement_id != terms.id or not terms.auditor:
        raise AuditFileError("the audit file belongs to another agreement", hint="name the agreement of that session")
    evidence = examine(contents, terms, parties)
    receipt = evidence.receipt
    matches = receipt.matches if receipt else None
    common = header.role, header.session_id, header.set_size, evidence.root != b"", receipt is not None, matches
    report = AuditReport(*common, 0, (), tuple(evidence.violations))
    if opening is None or evidence.violations or not report.bound:
        return report
    check = _RowCheck(contents, terms, evidence, opening)
    check.run()
    return replace(report, asked=len(check.places), opened=tuple(check.opened), violations=tuple(check.violations))


class _RowCheck:
    """Opens the rows that were asked for and holds them against the messages, which are in order by themselves."""

    def __init__(self, contents: AuditContents, terms: Terms, evidence: Evidence, opening: Opening) -> None:
        self._contents = contents
        self._terms = terms
        self._evidence = evidence
        self._elements, self._tags = evidence.elements, evidence.tags
        self._opening = opening
        self._size = contents.header.set_size
        self._prefix = input_prefix(terms.id, contents.header.session_id)
        self._kinds = {(kind.name, kind.version): kind for kind in terms.kinds_known}
        self._server = contents.header.role is Role.SERVER
        self._key: ServerKey | None = None
        self._rows: dict[int, Row] = {}
        # How each chunk was blinded, as its first row says.
        self._ways: dict[int, int] = {}
        self.places = sorted(place for place in opening.owner_shares if place < self._size)
        self.opened: list[OpenedRow] = []
        self.violations: list[str] = []

    def run(self) -> None:
        """Check all; `opened` and `violations` tell what came out."""
        if self._server:
            self._open_key()
        for place in self.places:
            problem = self._open(place)
            if problem:
                self.violations.append(f"row {place + 1:,} {problem}")
        if len(self._rows) == self._size and not self.violations:
            self.violations += self._all_problems()

    def _unsealed(self, sealed: bytes, place: int) -> bytes:
        return open_row(sealed, (share(self._opening.auditor_seed, place), self._opening.owner_shares[place]))

    def _open_key(self) -> None:
        try:
            seed = self._unsealed(self._contents.sealed_key_seed, self._size)
        except (CannotOpenRowError, KeyError):
            self.violations.append("the server's key can't be opened")
            return
        # §4.2
        key = server_key(seed, self._terms.id, self._contents.header.session_id)
        if key.public_key != self._evidence.of(Role.SERVER, ServerHello)[0].public_key:
            self.violations.append("the server's key is not the one that it announced")
            return
        self._key = key

    def _open(self, place: int) -> str:
        """Open one row; return what is wrong with it."""
        try:
            row = Row.decode(self._unsealed(self._contents.sealed_rows[place], place))
        except CannotOpenRowError:
            return "can't be opened"
        if row.leaf != self._contents.leaves[place]:
            return "is not the one that was committed to"
        identifier = self._identifier(row)
        if identifier is None:
            return "holds what is neither an identifier of the agreement nor a dummy"
        real = (identifier.kind, identifier.version) in self._kinds
        if len(row.case_ref.encode()) > (LIMITS.case_ref_bytes if real else 0) or bool(row.blinding) == self._server:
            return "has a part that no row of this party has"
        if not self._may_have(row.persons, identifier):
            return "does not say whose token it is, as a client's row of a person does and no other"
        ran = self._server_ran(row) if self._server else self._client_ran(place, row)
        if ran is False:
            none = "has no tag among those that were published"
            return none if self._server else "is not what the client had evaluated"
        self._rows[place] = row
        self.opened.append(OpenedRow(place, identifier if real else None, row.persons, row.case_ref, ran is True))
        return ""

    def _may_have(self, persons: tuple[int, ...], identifier: Identifier) -> bool:
        """Say whether a row of this identifier may have these numbers of persons, which ascend."""
        # §12.2
        if self._server or identifier.kind != PERSON:
            return not persons
        return 0 < len(persons) <= LIMITS.persons_of_token and persons[-1] < self._size

    def _identifier(self, row: Row) -> Identifier | None:
        """Return the identifier or the dummy that a row holds, if it holds one in its canonical form."""
        try:
            identifier = decoded(row.identifier)
            kind = self._kinds.get((identifier.kind, identifier.version))
            right = kind.has_form(identifier.value) if kind else identifier == dummy(identifier.value)
        except (FieldError, ValueError, IndexError):
            return None
        return identifier if right and encoded(identifier) == row.identifier else None

    def _client_ran(self, place: int, row: Row) -> bool | None:
        """Say whether the client blinded this row at its place; None where the messages don't reach that far.

        A second opening of the same element would give a discrete logarithm.
        """
        # §4.3
        chunk, number = divmod(place, LIMITS.chunk_items)
        if chunk >= len(self._elements):
            return None
        sent = self._elements[chunk][ELEMENT_BYTES * number : ELEMENT_BYTES * (number + 1)]
        try:
            blinding = self._blinding([row])
        except (InvalidElementError, InvalidInputError, ValueError):
            return False
        way = self._ways.setdefault(chunk, row.blinding[0])
        return blinding.blinded_elements == sent and row.blinding[0] == way

    def _blinding(self, rows: list[Row]) -> Blinding:
        if {len(row.blinding) for row in rows} != {1 + BLIND_BYTES}:
            raise ValueError("no blind")
        inputs, blinds = self._inputs(rows), b"".join(row.blinding[1:] for row in rows)
        return blind_with(inputs, blinds, additive=bool(rows[0].blinding[0]))

    def _inputs(self, rows: list[Row]) -> list[bytes]:
        return [self._prefix + row.identifier for row in rows]

    def _server_ran(self, row: Row) -> bool | None:
        """Say whether the server published the tag of this row; None where the messages don't have all tags."""
        if self._key is None or len(self._tags) < TAG_BYTES * self._size:
            return None
        output = evaluate(self._key, self._inputs([row]))
        return find(self._tags, output, OUTPUT_BYTES, TAG)[0] >= 0

    # Once all rows are open.

    def _all_problems(self) -> Iterator[str]:
        # §12.5
        if self._evidence.receipt is None:
            return
        outputs = self._outputs()
        if outputs is None:
            yield "the evaluations are not those of the blinded rows"
            return
        if self._server:
            tags = take(outputs, OUTPUT_BYTES, TAG, order(outputs, OUTPUT_BYTES, TAG))
            if tags != self._tags:
                yield "the published tags are not those of the rows"
        if self._terms.reveal is Reveal.BOTH:
            real = [row for row in self.opened if row.identifier is not None]
            found = b"".join(outputs[OUTPUT_BYTES * row.place : OUTPUT_BYTES * (row.place + 1)] for row in real)
            yield from self._claim_problems(found, real)

    def _claim_problems(self, outputs: bytes, rows: Sequence[OpenedRow]) -> Iterator[str]:
        """Compare the claims with the outputs of these rows, which are all that are no dummies."""
        claims = self._evidence.claims
        own = [outputs[at + CLAIM.start : at + CLAIM.stop] for at in range(0, len(outputs), OUTPUT_BYTES)]
        mine = set(own)
        claimed = {claims[at : at + CLAIM_BYTES] for at in range(0, len(claims), CLAIM_BYTES)}
        if not claimed <= mine:
            yield "a claim belongs to none of the rows"
        if self._server:
            return
        found = zip(find(self._tags, outputs, OUTPUT_BYTES, TAG), rows, own, strict=True)
        matched = {row: claim for place, row, claim in found if place >= 0}
        due = {matched[row] for row in _to_claim(list(matched))}
        if due - claimed:
            yield "a match was withheld: a row is among the server's tags, but was not claimed"
        if claimed & set(matched.values()) - due:
            yield "more was told than needed: a claim is of a token whose persons all have a stronger one that matched"

    def _outputs(self) -> bytes | None:
        """Return the PRF outputs of all rows by place; None where the evaluations don't fit them."""
        rows = [self._rows[place] for place in range(self._size)]
        if self._server:
            return None if self._key is None else evaluate(self._key, self._inputs(rows))
        public_key = self._evidence.of(Role.SERVER, ServerHello)[0].public_key
        evaluations = self._evidence.of(Role.SERVER, Evaluated)
        outputs = b""
        try:
            for number, (piece, answer) in enumerate(zip(chunks(self._size), evaluations, strict=False)):
                part = rows[piece]
                context = chunk_context(self._contents.header.session_id, number)
                evaluation = Evaluation(answer.elements, answer.proof)
                blinding = self._blinding(part)
                outputs += finalize(public_key, self._inputs(part), blinding, evaluation, context=context)
        except (RemoteProtocolError, InvalidInputError, ValueError):
            return None
        return outputs


def _to_claim(matched: Sequence[OpenedRow]) -> list[OpenedRow]:
    """Return the rows that a client claims of those that matched: of a person the one with its strongest token."""
    # §7.2 step 5
    of_person: dict[int, list[OpenedRow]] = {}
    for row in matched:
        for person in row.persons:
            of_person.setdefault(person, []).append(row)
    strongest = [min(rows, key=_strength) for rows in of_person.values()]
    return [*(row for row in matched if not row.persons), *strongest]


def _strength(row: OpenedRow) -> tuple[int, bytes]:
    return (0, b"") if row.identifier is None else strength(row.identifier)
