"""What goes with a sink is told from figures alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import make_results
from helpers.made_up.made_up_figures import CLS, COMMA, OUTPUT, Made, estimate, passing

from reportgen.findings import Findings, LayerFigures
from reportgen.findings.attention import role_figures
from reportgen.findings.evidence import LiveRows
from reportgen.findings.notes import massive_note, why_note
from reportgen.results import Subject

SEP = Subject("sep", "[SEP]", "role")
READS_CLS = LiveRows(20, 20, 200, True)
READS_ALL = LiveRows(20, 200, 200, False)
READS_SOME = LiveRows(20, 40, 200, False)


def active(*sizes: Made) -> tuple[LayerFigures, ...]:
    return tuple(
        replace(passing(0.2, layer=i), activation=estimate(size), content_activation=10.0 + i)
        for i, size in enumerate(sizes, start=1)
    )


def test_the_largest_value_is_that_of_the_layer_where_it_is_largest() -> None:
    layers = active(30.0, 575.0, 40.0)
    note = why_note(CLS, layers[0], layers, None, OUTPUT)
    assert note is not None
    assert note.also == ("why-length", "why-activation")
    assert note.values["activation"] == 575
    assert note.values["content_activation"] == 12
    assert (note.values["layer"], note.values["activation_layer"]) == (1, 2)
    assert note.citations == ()


@pytest.mark.parametrize(
    ("size", "is_massive"),
    [
        (1000.0, True),
        (999.0, False),
        ((1500.0, 1001.0, 2000.0), True),
        ((1500.0, 900.0, 2000.0), False),  # its interval crosses the threshold
        ((1500.0, None), False),
    ],
)
def test_it_is_massive_only_for_sure(size: Made, is_massive: bool) -> None:
    layers = active(20.0, size)
    note = why_note(CLS, layers[0], layers, None, OUTPUT)
    assert note is not None
    assert ("why-massive" in note.also) == is_massive
    assert (massive_note(COMMA, layers) is not None) == is_massive
    assert [own.author_year for own in note.citations] == ["Sun et al. 2024"] * is_massive


@pytest.mark.parametrize(
    ("subject", "live", "row"),
    [
        (CLS, READS_CLS, "why-read"),
        (SEP, READS_CLS, "why-unread"),
        (CLS, READS_ALL, "why-all-rows"),
        (CLS, READS_SOME, None),  # which rows is not stored
        (COMMA, READS_ALL, None),
        (CLS, None, None),
    ],
)
def test_whether_the_output_reads_its_row(
    subject: Subject, live: LiveRows | None, row: str | None
) -> None:
    note = why_note(subject, passing(0.2), [passing(0.2)], live, OUTPUT)
    assert note is not None
    assert note.also == ("why-length", *([row] if row else []))


@pytest.mark.parametrize(
    ("value", "norm", "rank", "sentences"),
    [
        (0.05, 0.02, 1.2, ("why-no-op",)),
        (0.0, 0.0, 0.0, ("why-no-op",)),
        (0.05, 0.5, 1.2, ("why-rank",)),  # short, but weighted by attention it is a lot
        (0.1, 0.05, 1.2, ("why-no-op",)),
        (0.17, 0.1, 1.2, ("why-rank",)),  # between the two
        (0.9, 0.5, 1.5, ("why-rank", "why-broadcast")),
        (0.9, 0.5, 1.6, ("why-rank",)),
        (0.5, 0.5, 1.2, ("why-rank",)),
        ((0.09, 0.05, 0.2), 0.02, 1.2, ("why-rank",)),  # an interval crosses its threshold
        (0.9, 0.5, (1.4, 1.2, 1.7), ("why-rank",)),
        ((0.05, None), 0.02, 1.2, ("why-rank",)),
        (0.9, 0.5, (1.2, None), ("why-rank",)),
        (0.9, 0.5, None, ()),  # of an earlier version
    ],
)
def test_whether_it_adds_nothing_or_hands_out_one_vector(
    value: Made, norm: Made, rank: Made | None, sentences: tuple[str, ...]
) -> None:
    layer = passing(value, norm)
    layer = replace(layer, output_rank=None if rank is None else estimate(rank))
    note = why_note(CLS, layer, [layer], None, {})
    assert note is not None
    assert note.also == ("why-length", *sentences)
    cited = ["Fesser et al. 2026"] * (sentences[-1:] in (("why-no-op",), ("why-broadcast",)))
    assert [own.author_year for own in note.citations] == cited


def test_without_any_figure_there_is_no_paragraph() -> None:
    bare = passing(None, None)
    assert why_note(CLS, bare, [bare], READS_SOME, OUTPUT) is None
    assert massive_note(CLS, [bare]) is None


def test_figures_are_means_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.6, evidence="basic")
    roles = results.roles
    steps = roles["text"].astype(float) + roles["layer"].astype(float)
    roles["activation"], roles["content_activation"] = 7 * steps, 2 * steps
    roles["output_rank"] = steps / 4
    for layer in role_figures(results, "cls").layers:
        own = [float(text + layer.layer) for text in range(6)]
        assert layer.activation is not None
        assert layer.activation.mean == pytest.approx(7 * np.mean(own))
        assert layer.content_activation == pytest.approx(2 * np.mean(own))
        assert layer.output_rank is not None
        assert layer.output_rank.mean == pytest.approx(np.mean(own) / 4)
    notes = {note.id: note for note in Findings(results).notes if note.role == "cls"}
    assert notes["why"].values["activation_layer"] == results.info.model.n_layers
    roles["activation"] = roles["output_rank"] = np.nan  # as in results of earlier versions
    for layer in role_figures(results, "cls").layers:
        assert layer.activation is None
        assert layer.output_rank is None


def test_the_first_position_has_its_largest_value_too(tmp_path: Path) -> None:
    results = make_results(tmp_path, evidence="basic", special=False)
    (first, *_) = Findings(results).piles.every
    for layer in first.figures.layers:
        assert layer.activation is not None
        assert layer.activation.mean == pytest.approx(500)
        sizes = results.texts["n_tokens"].astype(float)
        assert layer.content_activation == pytest.approx(((500 + 10 * (sizes - 1)) / sizes).mean())
