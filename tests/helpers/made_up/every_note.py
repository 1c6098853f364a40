"""Notes of every kind: from whole results, and from figures on a grid that leaves nothing out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.made_up_figures import (
    CLS,
    COMMA,
    FIRST,
    OUTPUT,
    Made,
    estimate,
    passing,
    probed,
)
from helpers.made_up.role_tables import far_apart, same_in_every_text, with_roles
from helpers.made_up.token_tops import looked_at
from reportgen.findings import Findings, Interval, Note, RoleFigures, SinkScores, live_rows_note
from reportgen.findings.evidence import LiveRows
from reportgen.findings.notes import (
    about,
    deletion_offset_note,
    massive_note,
    offset_note,
    score_note,
    sink_test_note,
    subject_verdict,
    value_note,
    why_note,
)
from reportgen.findings.sinks import HeadScores
from reportgen.results import (
    LEARNED_SINK,
    SINK_TESTS_AT,
    OutputKind,
    Reason,
    Results,
    SinkTest,
    Subject,
)

# Different texts of 11 tokens, the last of which is the same in all.
STOP = tuple(f"{i:02}{(text * 4)[:18]}です" for i, text in enumerate(HEADLINES * 2))
LONG = "x" * 64  # more tokens than the head size
KINDS: tuple[OutputKind, ...] = ("number", "numbers", "class", "labels", "embedding", "next_token")
OUTPUTS: tuple[dict[str, str], ...] = (
    OUTPUT,
    {"scalar": "margin", "output_name": "stars"},
    {"scalar": "margin", "output_name": "stars", "target": "good"},
    {"scalar": "logit", "output_name": "tags"},
    {"scalar": "logit", "output_name": "tags", "target": "price"},
    {"scalar": "cosine", "output_name": "embedding"},
    {"scalar": "log_probability", "output_name": "next token"},
)
RATIOS: tuple[Made, ...] = (0.0, 0.12, 0.25, (0.3, 0.2, 0.4), 0.4, 0.5, 1.1, 9.6, (0.2, None))
CORRELATIONS: tuple[Made, ...] = (
    (0.86, 0.83, 0.9),
    (0.05, -0.1, 0.2),
    (-0.3, -0.4, -0.2),
    (0.0, -0.0, 0.0),
)


def situations(folder: Callable[[], Path]) -> list[Results]:
    """Results that together call for every note that whole results can."""
    return [
        make_results(folder(), sink=0.6),
        with_roles(make_results(folder(), n_layers=2), same_in_every_text(0.6)),
        with_roles(make_results(folder(), n_layers=2), same_in_every_text(0.2)),
        with_roles(make_results(folder(), n_layers=1), far_apart()),
        with_roles(make_results(folder(), n_layers=1), far_apart(low=0.05, high=0.1)),
        make_results(folder(), HEADLINES[:3]),
        make_results(folder(), HEADLINES[:1] * 6),
        make_results(folder(), (*HEADLINES, HEADLINES[0])),
        make_results(folder(), ("ab", LONG)),
        make_results(folder(), ("ab", "")),
        _without_content(make_results(folder())),
        make_results(folder(), special=False),
        make_results(folder(), tuple(f"{HEADLINES[4]}{x}" for x in "abcdef"), special=False),
        make_results(folder(), HEADLINES[:3], special=False, evidence="full"),
        make_results(folder(), special=False, evidence="full"),
        *(make_results(folder(), kind=kind, sink=0.6, evidence="full") for kind in KINDS),
        make_results(folder(), sink=0.6, evidence="basic", sink_ratio=2.0),
        looked_at(make_results(folder(), STOP, n_heads=4), [1], token="です"),
        make_results(folder(), sink=0.6, evidence="basic", withheld=_withheld()),
        make_results(folder(), HEADLINES[:3], sink=0.6, evidence="full"),
        make_results(folder(), HEADLINES[:1], sink=0.6, evidence="full"),
        make_results(folder(), reads_cls_only=False, evidence="full"),
        _reads_some(make_results(folder(), evidence="basic")),
        _constant(make_results(folder(), evidence="full")),
        _flawed(make_results(folder(), (*HEADLINES, "abcdef"), evidence="full"), interrupted=True),
        _flawed(make_results(folder(), evidence="full"), interrupted=False),
        _unproven(make_results(folder(), evidence="basic")),
    ]


def every_note(found: list[Findings]) -> list[Note]:
    """The notes of all these reports and of the grid, each once."""
    made = [*grid()]
    for own in found:
        made += own.notes
        for text in range(len(own.results.texts)):
            made += own.text_notes(text)
    return list({repr(note): note for note in made}.values())


def live_notes(found: list[Findings]) -> Iterator[Note]:
    """What can be said beside views of the last layer."""
    for own in found:
        note = live_rows_note(own)
        if note is not None:
            yield note


def grid() -> Iterator[Note]:
    """Notes on figures of all sizes, certain, uncertain and of a few texts."""
    yield from _values()
    yield from _why()
    yield from _tests()
    yield from _scores()
    yield from _others()
    yield from _agreement()


def _values() -> Iterator[Note]:
    for value, norm, is_tested in product(RATIOS, (0.05, (0.3, 0.25, 0.35), 0.5), (True, False)):
        few = isinstance(value, tuple) and value[1] is None
        passed = passing(value, (0.1, None) if few else norm, (0.6, None) if few else 0.6)
        note = value_note(CLS, passed, is_tested)
        assert note is not None
        yield note


def _why() -> Iterator[Note]:
    yield about(LEARNED_SINK, "learned", {})
    sizes: tuple[Made, ...] = (575.0, 1500.0, (1500.0, 900.0, 2000.0))
    rows = (LiveRows(20, 20, 200, True), LiveRows(20, 200, 200, False), None)
    sep = Subject("sep", "[SEP]", "role")
    for value, rank in product((0.04, 0.3, 0.9), (1.2, 4.0)):
        passed = replace(passing(value, min(value, 0.4)), output_rank=estimate(rank))
        yield from filter(None, [why_note(CLS, passed, [passed], None, OUTPUT)])
    for subject, size, live, output in product((CLS, sep, COMMA), sizes, rows, OUTPUTS):
        made = replace(passing(0.2), activation=estimate(size), content_activation=12.0)
        yield from filter(None, [why_note(subject, made, [made], live, output)])
        yield from filter(None, [massive_note(subject, [made])])


def _tests() -> Iterator[Note]:
    done: tuple[Made | None, ...] = (*RATIOS, None)
    for subject, zero, mean in product((CLS, FIRST), done, done):
        ratios: dict[SinkTest, Made | None] = {}
        ratios |= {} if zero is None else {"zero_value": zero}
        ratios |= {} if mean is None else {"mean_value": mean}
        for is_same in (False, True):
            figures = replace(probed(ratios, subject), is_same=is_same)
            for asked in (SINK_TESTS_AT["full"], SINK_TESTS_AT["basic"]):
                yield from filter(None, [sink_test_note(figures, subject is CLS, OUTPUT, asked)])
    for output in OUTPUTS:
        for ratios in (
            {"zero_value": 0.1},
            {"zero_value": 0.9, "mean_value": 0.9},
            {"zero_value": 0.9, "mean_value": 0.1},
            {"zero_value": None},
        ):
            yield from filter(None, [sink_test_note(probed(ratios), True, output)])


def _scores() -> Iterator[Note]:
    shares: tuple[Made, ...] = (0.92, 0.67, 0.1, 0.0, 1.0, (0.7, 0.4, 0.9), (0.9, None))
    keys: tuple[Made | None, ...] = (0.35, 1.6, None)
    for subject, alike, key in product((CLS, COMMA, FIRST), shares, keys):
        cosine = None if key is None else estimate(-0.1)
        made = SinkScores(
            *(2, 20, (HeadScores(1, 0.6, 4.5, 0.9),) * 3),
            *(estimate(alike), estimate(4.5), key and estimate(key), None, cosine, cosine),
        )
        others = [about(subject, id, {}) for id in ("N2", "N4")]
        yield from filter(None, [score_note(subject, made, None, 12, others)])
    reasons: tuple[Reason, ...] = ("scores_unread", "scores_unproven", "failed")
    for subject, reason in product((CLS, COMMA, FIRST), reasons):
        yield from filter(None, [score_note(subject, None, reason, 12, ())])


def _others() -> Iterator[Note]:
    shares: tuple[Made, ...] = (0.6, (0.6, 0.3, 0.7), 0.2, (0.2, 0.1, 0.25), 0.1, (0.6, None))
    for subject, share in product((CLS, COMMA, FIRST), shares):
        few = isinstance(share, tuple) and share[1] is None
        layers = probed({}, subject, shares=(0.1, share)).layers
        ranges = Interval(0.1, 0.2)
        layers = tuple(
            replace(own, share_range=ranges, expected_range=ranges, self_share=0.05)
            for own in layers
        )
        yield subject_verdict(subject, RoleFigures(3 if few else 20, layers))[0]


def _agreement() -> Iterator[Note]:
    for output, offset in product(OUTPUTS, (1.48, (1.0, 0.8, 1.2), 0.2)):
        yield from filter(None, [offset_note(estimate(offset), output)])
        yield from filter(None, [deletion_offset_note(estimate(offset), output)])


def _withheld() -> dict[str, Reason]:
    return {
        "received_norm_all": "values_unreadable",
        "received_norm_last": "values_unreadable",
        "gradient": "no_gradient",
        "zero_value": "values_unproven",
    }


def _without_content(results: Results) -> Results:
    results.texts.loc[0, ["n_tokens", "n_content"]] = [2, 0]
    return results


def _reads_some(results: Results) -> Results:
    results.evidence["live_rows"] = 3
    results.evidence["reads_cls_only"] = False
    return results


def _constant(results: Results) -> Results:
    results.effects.loc[results.effects["effect"].notna(), "effect"] = 0.0
    return results


def _unproven(results: Results) -> Results:
    """Norms whose self-check failed on one text."""
    tokens = results.tokens
    tokens.loc[tokens["text"] == 1, "received_norm_all"] = float("nan")
    return changed(results, tokens=tokens)


def _flawed(results: Results, interrupted: bool) -> Results:
    """Evidence on some of the texts: one is faulty, one is moved by nothing, one is beside the
    sample."""
    rows = results.evidence
    rows.loc[[0, 1], "ig_complete"] = False
    rows.loc[1, "ig_error"] = None
    rows["cp_lrp_holds"] = [True, False, *[True] * (len(rows) - 2)]
    rows.loc[2, "message"] = "out of range"
    moved = results.effects["effect"].notna() & (results.effects["text"] == 1)
    results.effects.loc[moved, "effect"] = 0.0
    rows["extra"] = rows["text"] == 5
    evidence = replace(results.info.evidence, n_texts=4, n_extra=1, interrupted=interrupted)
    info = replace(results.info, evidence=evidence)
    return changed(results, info, evidence=rows[rows["text"] != 4])
