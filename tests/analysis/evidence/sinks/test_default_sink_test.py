"""The one sink test that basic evidence includes: of the strongest sink, on few texts."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from helpers.real.explaining import encoded, explain, load
from helpers.real.runs import run, texts_run

from reportgen.analysis import Progress, Stage
from reportgen.analysis.evidence import DEPTHS, find_case, find_subjects, find_suspects
from reportgen.demo import model_folder
from reportgen.demo.samples import sample_headlines
from reportgen.demo.score_rule import text_of
from reportgen.findings import Findings
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.results import Results, Role, Subject

CLS, SEP = Role("cls", "[CLS]"), Role("sep", "[SEP]")
TEXTS = tuple(map(text_of, sample_headlines(30)))


@pytest.fixture(scope="module")
def demo() -> LoadedModel:
    return load_model(ModelSpec(model=str(model_folder())))


class Told(Progress):
    """Adds up what is announced and done; stops once a stage has come so far."""

    def __init__(self, stop: int = 1000) -> None:
        self.announced = 0
        self.forward = 0
        self.done: dict[Stage, int] = {}
        self._stop = stop

    def begin(self, cost) -> None:
        self.announced = cost.n_texts["sinks"]
        self.forward = cost.passes["sinks"].forward

    def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
        self.done[stage] = self.done.get(stage, 0) + done
        if stage == "sinks" and self.done[stage] >= self._stop:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def run_once(demo: LoadedModel, tmp_path_factory) -> tuple[Results, Told, int]:
    """Basic evidence on all texts, what was announced, and how many texts the model ran on."""
    told = Told()
    with texts_run(demo) as counted:
        results = run(tmp_path_factory.mktemp("basic") / "r", demo, TEXTS, progress=told)
    return results, told, sum(counted)


@pytest.fixture(scope="module")
def basic(run_once) -> Results:
    return run_once[0]


def test_the_strongest_sink_is_tested_by_one_test_on_24_evenly_spaced_texts(basic) -> None:
    assert basic.info.evidence.subjects == (Subject("cls", "[CLS]", "role"),)
    sinks = basic.sinks
    assert set(sinks["test"]) == {"zero_value"}
    assert len(sinks) == sinks["text"].nunique() == 24
    assert set(sinks["n_controls"]) == {3}
    assert np.diff(sinks["text"]).max() <= 2
    assert dict(basic.info.evidence.withheld) == {}
    effect = Findings(basic).sink_effects["cls"]
    assert (effect.kind, effect.note.id) == ("needed", "N5-basic")


def test_its_effects_are_those_of_full_evidence(demo, basic, tmp_path) -> None:
    """Held against three of the text tokens, where full evidence has up to eight."""
    texts = [TEXTS[row] for row in basic.sinks["text"][:6]]
    full = run(tmp_path / "r", demo, texts, evidence="full").sinks
    own = full[(full["subject"] == "cls") & (full["test"] == "zero_value")]
    np.testing.assert_allclose(own["effect"], basic.sinks["effect"][:6], atol=1e-5)
    for name in ("share_layers", "expected_layers", "norm_share_layers"):
        theirs, ours = (np.stack(frame[name]) for frame in (own, basic.sinks[:6]))
        np.testing.assert_allclose(theirs, ours, atol=1e-6)


def test_it_takes_the_passes_that_were_announced(demo, run_once, tmp_path, monkeypatch) -> None:
    (_, told, counted), none = run_once, Told()
    monkeypatch.setattr("reportgen.analysis.evidence.sinks.subjects._peak", lambda excess: None)
    with texts_run(demo) as without:
        nothing = run(tmp_path / "n", demo, TEXTS, progress=none)
    assert counted - sum(without) == told.forward == 24 * (1 + 3)
    assert told.done["sinks"] == told.announced == 24
    assert none.done["sinks"] == 24  # that there is nothing to test is known soon
    assert nothing.info.evidence.subjects == ()
    assert nothing.sinks.empty


def test_an_interrupt_keeps_the_texts_that_were_tested(demo, basic, tmp_path) -> None:
    some = run(tmp_path / "r", demo, TEXTS[:10], progress=Told(stop=7))
    assert some.info.evidence.interrupted
    assert some.sinks["text"].tolist() == [*range(7)]
    assert "zero_value" not in some.info.evidence.withheld
    whole = basic.sinks[basic.sinks["text"] < 7]
    same = some.sinks[some.sinks["text"].isin(whole["text"])]
    pd.testing.assert_frame_equal(same.reset_index(drop=True), whole.reset_index(drop=True))


def test_where_values_cannot_be_read_the_reason_is_kept(demo, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("reportgen.analysis.worker.find_norms", lambda *args: "values_unproven")
    found = run(tmp_path / "r", demo, TEXTS[:6])
    assert found.sinks.empty
    assert found.info.evidence.withheld["zero_value"] == "values_unproven"
    assert "mean_value" not in found.info.evidence.withheld


def tokens(names: str, received: Sequence[float]) -> pd.DataFrame:
    words = names.split()
    special = {"[CLS]": "cls", "[SEP]": "sep"}
    return pd.DataFrame(
        {
            "token": words,
            "role": pd.Series([special.get(word) for word in words], dtype=object),
            "received_layers": [[share] for share in received],
            "expected_layers": [[1 / len(words)]] * len(words),
        }
    )


def test_what_gets_most_beyond_its_equal_share_is_the_strongest_whatever_it_is() -> None:
    two = [tokens("[CLS] a b c . [SEP]", [0.45, 0.01, 0.01, 0.01, 0.51, 0.01])] * 5
    found = find_subjects((CLS, SEP), two)
    assert [subject.key for subject in found] == ["token:.", "cls"]
    assert [subject.key for subject in DEPTHS["basic"].tested(found)] == ["token:."]
    assert find_subjects((CLS, SEP), two[:4]) == ()
    even = [tokens("[CLS] a b c . [SEP]", [1 / 6] * 6)] * 9
    assert find_subjects((CLS, SEP), even) == ()


def test_texts_without_the_strongest_sink_or_too_short_are_not_tested() -> None:
    texts = [tokens("[CLS] a b c . [SEP]", [0.1, 0.01, 0.01, 0.01, 0.86, 0.01])] * 5
    texts += [tokens("[CLS] a b c d [SEP]", [1 / 6] * 6), tokens("[CLS] . [SEP]", [0.1, 0.8, 0.1])]
    suspects = find_suspects("basic", range(7), (CLS, SEP), texts.__getitem__)
    assert suspects.rows == (0, 1, 2, 3, 4)
    nothing = find_suspects("basic", range(4), (CLS, SEP), texts.__getitem__)
    assert nothing.rows == ()


def test_another_sink_is_no_control(tmp_path) -> None:
    model = load(tmp_path, "bert", num_labels=1, problem_type="regression")
    _, (item,) = explain(model, encoded(model, "the cat sat on the mat"))
    subjects = (Subject("cls", "[CLS]", "role"), Subject("token:the", "the", "token"))
    case = find_case(0, item, subjects, DEPTHS["basic"])
    assert [group.subject for group in case.subjects] == ["cls"]
    taken = {position for group in case.controls for position in group.positions}
    at = {i for i, name in enumerate(item.text.tokens) if name == "the"}
    assert len(taken) == 3
    assert not taken & (at | {0})
