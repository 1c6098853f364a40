"""Options of an analysis, apart from those of the model."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, TypeAlias

from reportgen.analysis.cost.budget import read_budget
from reportgen.errors import UsageError
from reportgen.options import Option
from reportgen.results import EvidenceLevel, UnitKind
from reportgen.texts import EDIT_NAMES, SwapList, read_edits, read_swaps

if TYPE_CHECKING:
    from reportgen.results import Results

# From the results of the first pass, which have no evidence yet, to the rows of `texts` that get
# evidence even if they are not in the sample.
ListedFirst: TypeAlias = Callable[["Results"], Sequence[int]]
_ANALYSIS = partial(Option, panel="Analysis")


def _is_count(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,12}", text) is not None


def _read_keep_maps(text: str) -> str:
    """Check a value of --keep-maps.

    Raises:
        UsageError: it is neither all, none nor a number.
    """
    if text not in ("all", "none") and not _is_count(text):
        raise UsageError(f"--keep-maps {text}: write all, none or a number such as 100")
    return text


def _read_evidence_texts(text: str) -> str:
    """Check a value of --evidence-texts.

    Raises:
        UsageError: it is neither all nor a number from 1.
    """
    if text != "all" and not (_is_count(text) and int(text)):
        raise UsageError(f"--evidence-texts {text}: write all or a number such as 200")
    return text


def _read_evidence_budget(text: str) -> str:
    """Check a value of --evidence-budget.

    Raises:
        UsageError: it is neither a time nor a number of passes.
    """
    read_budget(text)
    return text


def _read_share(text: str) -> float:
    """A share such as 20% or 0.2.

    Raises:
        UsageError: it is not a number from 0 to 1, or to 100%.
    """
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if rest or not 0 <= share <= 1:
        raise UsageError(f"--max-unknown {text!r:.80}: write a share such as 50% or 0.5")
    return share


def _write_share(share: float) -> str:
    return f"{100 * share:g}%"


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """What to measure, and which attention maps to keep."""

    batch_tokens: Annotated[
        int | None,
        _ANALYSIS(
            least=1,
            help="Tokens that run through the model at once, padding included, e.g. 4096. Default: "
            "1024; on a GPU as many as its memory has room for.",
        ),
    ] = None
    keep_maps: Annotated[
        str,
        _ANALYSIS(
            metavar="N|all|none",
            read=_read_keep_maps,
            help="How many texts keep their attention maps, e.g. 100; all stops at 2 GB. Those of "
            "more than 4,096 tokens are pooled.",
        ),
    ] = "all"
    max_unknown: Annotated[
        float,
        _ANALYSIS(
            metavar="SHARE",
            least=0,
            most=1,
            read=_read_share,
            write=_write_share,
            help="Largest share of tokens that the tokenizer may not know, e.g. 50%: with more the "
            "run stops, as the tokenizer is then hardly the model's. 100% never stops it.",
        ),
    ] = 0.2
    evidence: Annotated[
        EvidenceLevel,
        _ANALYSIS(
            is_common=True,
            help="Measurements of how far attention can be trusted: none, basic (norms, gradients, "
            "deletion) or full (adds sink tests, integrated gradients and more; takes much "
            "longer).",
        ),
    ] = "basic"
    evidence_texts: Annotated[
        str | None,
        _ANALYSIS(
            metavar="N|all",
            read=_read_evidence_texts,
            help="Number of texts with evidence, spread evenly over the input, e.g. 200; texts "
            "that the report lists first have it too, and norms are measured on all. Default: 50, "
            "doubled as long as that costs no more than the attention of all texts, at most 800.",
        ),
    ] = None
    evidence_budget: Annotated[
        str | None,
        _ANALYSIS(
            metavar="TIME|Npasses",
            read=_read_evidence_budget,
            help="As many texts with evidence as fit a time on this machine, e.g. 5m, or a number "
            "of passes through the model, e.g. 2000passes.",
        ),
    ] = None
    units: Annotated[
        UnitKind | None,
        _ANALYSIS(
            help="What is measured and drawn as one: token, word or given (the column units). "
            "Words end at spaces and punctuation; Japanese ones as SudachiPy says if it is "
            "installed, else where the script changes. Default: given if there is such a column, "
            "else word."
        ),
    ] = None
    explain_class: Annotated[
        str | None,
        _ANALYSIS(
            help="Class, label or number whose score the evidence explains, e.g. positive. "
            "Default: the predicted class of each text."
        ),
    ] = None
    explain_token: Annotated[
        str | None,
        _ANALYSIS(
            help="Next token whose log-probability the evidence explains, e.g. ' bank'. Default: "
            "the token that the model predicts for each text."
        ),
    ] = None
    against: Annotated[
        str | None,
        _ANALYSIS(
            help="Explain the lead of that next token over this one, e.g. ' river': the difference "
            "of their log-probabilities. Of completions and masks, at each token or mask."
        ),
    ] = None
    generate: Annotated[
        int | None,
        _ANALYSIS(
            least=1,
            help="Let a model write up to N tokens after each text, or for it, where no "
            "completion is given, and explain what it wrote, e.g. 20.",
        ),
    ] = None
    temperature: Annotated[
        float,
        _ANALYSIS(
            least=0,
            most=1000,
            help="How freely --generate draws its tokens, e.g. 0.7. 0 takes the likeliest token "
            "each time.",
        ),
    ] = 0.0
    seed: Annotated[
        int,
        _ANALYSIS(
            least=0,
            most=2**32 - 1,
            help="Seed of what --generate draws at a temperature above 0, e.g. 1.",
        ),
    ] = 0
    edits: Annotated[
        str | None,
        _ANALYSIS(
            metavar="all|NAMES",
            read=read_edits,
            help="Changes of each text to try, on the texts with evidence: all, or some of "
            f"{', '.join(EDIT_NAMES)}, with commas between. Each costs a run of the text.",
        ),
    ] = None
    swap: Annotated[
        SwapList | None,
        _ANALYSIS(
            metavar="FILE",
            read=read_swaps,
            write=attrgetter("name"),
            help="Words to swap in the texts and try, e.g. swaps.csv with the columns from, to, "
            "kind (what is swapped and summed up together) and both (yes: also back).",
        ),
    ] = None
    # What a report names of this and of texts and model; see `Settings.options`.
    shown: Mapping[str, str | int | float | bool] = field(default_factory=dict)
