"""The table of families in `docs/models.md`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

from docs_tables import table
from helpers.places import ROOT
from helpers.plain.family_checks import Measured
from helpers.real.every_family import Case

PAGE = ROOT / "docs" / "models.md"
START, END = "<!-- made by tests/benchmarks/families.py -->\n", "<!-- end -->"
# What a report lacks, by the measure that is withheld; of a head or a tokenizer nothing is said.
_LACKS = {
    "received_norm_all": "attention × value",
    "gradient": "gradients",
    "alti": "ALTI",
    "cp_lrp": "CP-LRP",
    "hide_key": "hiding keys",
    "cross_received_norm": "cross-attention × value",
}
_OF_HEADS = ("embedding_output", "no_special_tokens", "no_mask_token")
# Why a family is refused, by what the message says.
_REFUSED = {
    "attention in parts": "attention to tokens of its own beside the text's",
    "other positions": "attention between other positions than the tokens",
    "positions for a text": "attention between other positions than the tokens",
    "no prediction found": "no prediction that is found",
    "of shape": "no square map for each head",
    "learned sinks in some": "learned sinks in some layers only",
    "do not sum to 1": "scores in place of attention weights",
    "also reads": "images, sound or tables beside the text",
    "it reads": "images, sound or tables beside the text",
    "no attention": "no attention maps",
    "both directions": "a next token that is not predicted from what stands before it",
}


class Outcome(Protocol):
    """What came of one model."""

    case: Case
    kind: str
    measured: Measured | None
    refused: str


def write_table(outcomes: Iterable[Outcome]) -> None:
    """Make the table in the page anew."""
    before, rest = PAGE.read_text("utf-8").split(START)
    after = rest.split(END, 1)[1]
    lines = "\n".join(tables([own for own in outcomes if own.kind != "not made"]))
    PAGE.write_text(f"{before}{START}\n{lines}\n\n{END}{after}", "utf-8")


def tables(outcomes: Sequence[Outcome]) -> list[str]:
    """How many were tried, what is on for whom, and who is refused why."""
    reported: dict[str, list[str]] = defaultdict(list)
    refused: dict[str, list[str]] = defaultdict(list)
    mixed: list[str] = []
    for own in outcomes:
        if own.measured is None:
            refused[_reason(own.refused)].append(own.case.listed)
            continue
        reported[_lacks(own.measured)].append(own.case.listed)
        if any("have no attention maps" in remark for remark in own.measured.remarks):
            mixed.append(own.case.listed)
    n = sum(map(len, reported.values()))
    ordered = sorted(reported.items(), key=lambda item: (item[0].count(","), item[0] != "", item))
    return [
        f"Of {len(outcomes)} tiny models of {len({own.case.family for own in outcomes})} families "
        f"(model types of transformers, with their heads) {n} are reported and "
        f"{len(outcomes) - n} refused in one line.",
        "Encoder-decoders that write were given targets, models for multiple choice choices. "
        "In those reported, attention (of a decoder and its cross-attention too) and equal shares "
        "equal the library's own maps and masks to 1e-6, and deletion equals a plain loop.",
        "",
        *table(
            ("a report lacks", "families"),
            ((lacks or "nothing", _families(names)) for lacks, names in ordered),
        ),
        "",
        *table(
            ("refused for", "families"),
            ((reason, _families(names)) for reason, names in sorted(refused.items())),
        ),
        "",
        f"Some layers of {_families(mixed)} have no attention maps (linear attention, state spaces "
        "or convolutions): a report says which layers it shows.",
    ]


def _lacks(own: Measured) -> str:
    missing = own.missing
    found = [
        what for view, what in _LACKS.items() if missing.get(view, _OF_HEADS[0]) not in _OF_HEADS
    ]
    if any("attention of the decoder is not reported" in remark for remark in own.remarks):
        found.append("maps of the decoder")
    if "attention × value" in found and "ALTI" in found:
        found.remove("ALTI")  # goes with it
    return ", ".join(found)


def _reason(message: str) -> str:
    return next((why for part, why in _REFUSED.items() if part in message), "inputs it needs")


def _families(names: Sequence[str]) -> str:
    return ", ".join(sorted(set(names)))
