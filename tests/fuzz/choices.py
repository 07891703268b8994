"""How a target reads its input: small choices from the front, and what is left as data."""

# One byte of an input stands for each of these, so that an input can place them anywhere; no error may show them.
CANARIES = {b"$": b"Qz7Kanarie", b"%": b"918273645"}


class Choices:
    """Takes choices from an input; one that has ended gives zeros, so that every input means something."""

    def __init__(self, data):
        self._data, self._at = data, 0

    def take(self, size):
        """Take so many bytes, or fewer at the end."""
        self._at, start = self._at + size, self._at
        return self._data[start : start + size]

    def number(self, below):
        """Take one number below a bound, from one byte or two."""
        size = 1 if below <= 256 else 2
        return int.from_bytes(self.take(size), "big") % below

    def one_of(self, options):
        return options[self.number(len(options))]

    def piece(self):
        """Take a short piece: its length, then that many bytes."""
        return self.take(self.number(64))

    def rest(self):
        return self.take(len(self._data))

    @property
    def left(self):
        return self._at < len(self._data)


def edited(original, choices, most=8):
    """Return the bytes after a few edits: each replaces up to 255 bytes at some place by a short piece."""
    changed = bytearray(original)
    for _ in range(most):
        if not choices.left:
            break
        at = choices.number(min(len(changed) + 1, 65_536))
        size = choices.number(256)
        changed[at : at + size] = choices.piece()
    return bytes(changed)


def edit(at, size, piece):
    """Return the input that makes `edited` do this, for inputs below 256 bytes or above."""
    return lambda length: at.to_bytes(1 if length + 1 <= 256 else 2, "big") + bytes([size, len(piece)]) + piece


def with_canaries(data):
    for sign, canary in CANARIES.items():
        data = data.replace(sign, canary)
    return data


def assert_silent(*texts):
    """Check that no text shows a canary, in capitals or not."""
    for text in texts:
        folded = str(text).casefold()
        for canary in CANARIES.values():
            assert canary.decode().casefold() not in folded, "a text shows what stands in the input"
