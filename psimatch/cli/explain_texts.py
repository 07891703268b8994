"""The sentences of `psimatch explain`, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        "and": " en ",
        "written": "Zo schreven de partijen het zelf:",
        "title": "titel",
        "purpose": "doel",
        "legal_basis": "grondslag",
        "client": "client",
        "server": "server",
        "large_budget_reason": "waarom zoveel",
        "what": "{client} en {server} hebben elk een lijst. Met deze afspraak zoeken zij wat op beide lijsten staat: {kinds}.",
        "learn_both": "Wie leert wat: beide partijen zien welke regels van hun eigen lijst ook op de andere lijst staan.",
        "learn_client": "Wie leert wat: alleen {client} ziet welke regels van de eigen lijst ook op de andere lijst staan."
        " {server} leert geen matches, en ook niet hoeveel het er zijn.",
        "contacts": "Bij elke match ziet de ander wie hij kan bellen: hooguit {contact} bytes tekst, en niets over de zaak."
        " Staat hetzelfde contact bij twee matches, dan ziet de ander dat die bij elkaar kunnen horen.",
        "nobody": "Wat niemand leert: alles wat maar op één lijst staat. Dat verlaat de eigen computer nooit in leesbare vorm,"
        " en de ander kan het ook later niet uit de berichten halen.",
        "size": "Hoeveel regels een lijst heeft, ziet de ander alleen grof: tot 1.024 niet, daarboven op een zestiende na. Wordt de lijst korter, dan ziet de ander dat niet.",
        "limits": "In één keer hoogstens {items} regels per partij, hoogstens {per_day} keer per dag, en in totaal hoogstens"
        " {evaluations} pogingen per partij. Dat zijn {sessions}. Elke partij houdt dat bij van de ander.",
        "count": "Na een storing begint het tegoed niet opnieuw. Een latere afspraak van dezelfde partijen telt mee wat eerder verbruikt is, als zij de vorige verlengt"
        " of als de looptijden elkaar overlappen. Anders begint het tegoed met die afspraak opnieuw; de programma's waarschuwen dan. Wie zijn logboek kwijtraakt,"
        " is ook de telling daarin kwijt; de ander merkt dat en weigert, tot iemand het aanvaardt.",
        "apart": "Tussen twee keren zitten minstens {minutes} minuten.",
        "could_session": "Een partij die vals speelt, kan in één keer proberen (alsof alles naar één soort gaat):",
        "could_all": "En in alle keren samen:",
        "renews": "Deze afspraak verlengt een eerdere. Wat daarvan verbruikt is, telt mee in het totaal.",
        "term": "Zij geldt van {from} tot en met {until} (UTC). Elke partij kan haar eerder intrekken.",
        "kept": "Wat bewaard blijft: in het logboek staat wanneer er vergeleken is, met wie, hoe groot de lijsten hoogstens waren en"
        " hoeveel matches er waren; nooit wie. Bestanden met matches mogen {days} dagen blijven; psimatch purge verwijdert wat langer staat, als iemand het uitvoert.",
        "person": "Personen zonder nummer worden vergeleken op voornaam, achternaam en volledige geboortedatum samen, volgens een paar vaste regels; niets anders doet mee."
        " Spelling, voorvoegsels, verwisselde namen en verwisselde dag en maand maken meestal niet uit. Een match zegt welke regel klopte: de sterkste."
        " Kinderen van één dag en familie met namen die eender klinken of beginnen, zoals een tweeling, kunnen voor elkaar worden aangezien: vergelijk alle namen als de regel niet exact is."
        " Wie naam en geboortedatum van een kind kent, kan proberen of het op de andere lijst staat; een partij die haar programma verandert ziet elke regel die klopt.",
        "audit": "Er is een controleur (auditor), met vingerafdruk {auditor}. Daarom bewaart elke partij van elke keer een controlebestand: een lijst van alles wat"
        " zij indiende, met dossiernummer, regel voor regel verzegeld. Een regel gaat alleen open als de controleur en de partij zelf daaraan meewerken;"
        " de ander kan het nooit. Na {days} dagen vernietigt psimatch purge de sleutel, als iemand het uitvoert. Zolang die er is, is dit de uitzondering"
        " op de regel dat sleutels na elke keer verdwijnen: de lijst van {client} is dan niet meer onvoorwaardelijk verborgen, maar alleen zo goed als deze"
        " verzegeling. Wie van {server} regels opent, geeft de controleur ook de sleutel waarmee die elke waarde tegen de lijst en de matches van die keer kan proberen.",
        "guess": "Een match zegt dat beide partijen hetzelfde hebben ingediend. Hij bewijst niet dat de ander een dossier heeft.",
        "false": "Een match is een reden om te bellen, geen oordeel. Blijkt hij onjuist, leg dat dan vast"
        " (psimatch ledger correct) en zeg het de ander.",
        "fair": "{client} ziet de uitkomst het eerst en zou kunnen stoppen voordat {server} haar ziet. Dat staat dan in beide logboeken.",
    },
    "en": {
        "and": " and ",
        "written": "As the parties wrote it themselves:",
        "title": "title",
        "purpose": "purpose",
        "legal_basis": "legal basis",
        "client": "client",
        "server": "server",
        "large_budget_reason": "why so large",
        "what": "{client} and {server} each have a list. Under this agreement they look for what is on both: {kinds}.",
        "learn_both": "Who learns what: both parties see which rows of their own list are on the other list too.",
        "learn_client": "Who learns what: only {client} sees which rows of its own list are on the other list too."
        " {server} learns no matches, and not how many there are.",
        "contacts": "For each match the other side sees whom to ring: at most {contact} bytes of text, and nothing of the case."
        " The same contact at two matches shows the other side that the two may belong together.",
        "nobody": "What nobody learns: all that is on one list only. It never leaves its own computer in readable form, and the"
        " other side can't get it out of the messages later either.",
        "size": "How many rows a list has, the other side sees only roughly: up to 1,024 not at all, above that to within a sixteenth. That a list became shorter is not seen.",
        "limits": "At most {items} rows of a party at a time, at most {per_day} times a day, and at most {evaluations} tries of a"
        " party in all. That is {sessions}. Each party counts the other's.",
        "count": "After a failure the budget does not begin anew. A later agreement of the same parties counts what was spent before, if it renews the one before"
        " or if their terms overlap. Else the budget begins anew with that agreement; then the programs warn. Who loses a ledger loses the count in it;"
        " the other side notices, and refuses until somebody accepts that.",
        "apart": "Between two times there are at least {minutes} minutes.",
        "could_session": "A party that cheats could test, at one time (as if all went to one kind):",
        "could_all": "And at all times together:",
        "renews": "This agreement renews an earlier one. What was spent of that counts in the total.",
        "term": "It is in force from {from} to {until} (UTC). Each party can withdraw it earlier.",
        "kept": "What is kept: the ledger says when lists were matched, with whom, how large they were at most and how many matched;"
        " never who. Files of matches may stay for {days} days; psimatch purge removes those that are older, when somebody runs it.",
        "person": "Persons without a number are compared by given name, family name and whole date of birth together, by a few fixed rules; nothing else takes part."
        " Spelling, prefixes, swapped names and a swapped day and month mostly don't matter. A match says which rule agreed: the strongest."
        " Children of one date and family whose names sound or begin alike, such as twins, can be taken for each other: compare all names where the rule is not exact."
        " Who knows the name and date of birth of a child can try whether it is on the other list; a party that changes its program sees every rule that agrees.",
        "audit": "There is an auditor, with the fingerprint {auditor}. So each party keeps an audit file of each time: a list of all that it submitted, with"
        " case references, sealed row by row. A row opens only if the auditor and the party itself both help; the other side never can. After {days} days"
        " psimatch purge destroys the key, when somebody runs it. As long as the key exists this is the exception to the rule that keys are gone after each"
        " time: the list of {client} is then no longer hidden unconditionally, but only as well as this seal. Who opens rows of {server} also gives the"
        " auditor the key with which any value can be tested against the list and the matches of that time.",
        "guess": "A match says that both parties submitted the same. It does not prove that the other has a file on somebody.",
        "false": "A match is a reason to ring, not a judgement. If it turns out to be false, record that"
        " (psimatch ledger correct) and tell the other side.",
        "fair": "{client} sees the result first, and could stop before {server} sees it. Then that is in both ledgers.",
    },
}
