"""Judge what field_bounds.c printed: the values modulo p, and the bounds of the limbs. Exit 99 where one is wrong."""

import sys

P = 2**255 - 19
ONES = 2**64 - 1
BOUNDS = {"tight": 2**51 + 2**18, "loose": 2**54, "full": 2**51}
MULTIPLY, SUBTRACT = {"mul", "square"}, {"sub"}


def value(limbs, bits=51):
    return sum(limb << bits * place for place, limb in enumerate(limbs))


def is_right(name, bound, a, b, out):
    expected = (a * b if name in MULTIPLY else a - b if name in SUBTRACT else a + b) % P
    masks = {"is_zero": expected == 0, "is_negative": expected % 2 == 1, "all_ones": True}
    if name in masks:
        return out == [ONES if masks[name] else 0]
    if name == "words":
        return value(out, 64) == expected
    found = value(out) if bound == "full" else value(out) % P
    return found == expected and max(out) < BOUNDS[bound]


wrong, seen = set(), 0
for line in sys.stdin:
    name, bound, *words = line.split()
    limbs = [int(word, 16) for word in words]
    seen += 1
    if not is_right(name, bound, value(limbs[:5]), value(limbs[5:10]), limbs[10:]):
        wrong.add(name)
print(f"{seen} results of field routines, wrong: {', '.join(sorted(wrong)) or 'none'}")
if not seen:
    sys.exit(1)
sys.exit(99 if wrong else 0)
