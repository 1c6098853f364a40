"""What a whole run says of a pretrained encoder: the known findings on it, in notes."""

import pytest
from helpers.places import SAMPLES

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.analysis.evidence import Missing
from reportgen.analysis.evidence.measures import integrated_gradients, jacobian, shapley
from reportgen.findings import Findings, Note
from reportgen.findings.notes import subject_notes
from reportgen.models import LoadedModel
from reportgen.report import load_language, sentence
from reportgen.results import Results
from reportgen.texts import Columns, read_texts

REVIEWS = str(SAMPLES / "reviews_en.csv")


@pytest.fixture(scope="module")
def results(minilm: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Full evidence on nine reviews; without what takes most of the time and which no note below
    is about."""
    texts = read_texts([REVIEWS], Columns(text="review", label="stars"), limit=9)
    folder = tmp_path_factory.mktemp("findings")
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (jacobian, "jacobian_norms"),
            (integrated_gradients, "integrated_gradients"),
            (shapley, "shapley_values"),
        ):
            patch.setattr(module, name, lambda _, items, *rest: [Missing("failed")] * len(items))
        return analyze(texts, minilm, folder, AnalysisOptions(units="token", evidence="full"))


@pytest.fixture(scope="module")
def cls(results: Results) -> dict[str, Note]:
    return {note.id: note for note in subject_notes(Findings(results))["cls"]}


def test_half_of_all_attention_and_a_tenth_of_what_is_passed_on_is_the_sinks(cls) -> None:
    assert set(cls) == {"N1", "why", "score-alike", "N2", "N4"}
    assert 0.45 < cls["N1"].values["share"] < 0.65
    assert 0.05 < cls["N2"].values["norm_share"] < 0.15
    assert cls["N2"].values["value_ratio"] < 0.1


def test_what_the_sink_passes_on_hardly_matters(cls) -> None:
    assert cls["N4"].values["zero_ratio"] < 0.25
    assert cls["N4"].values["mean_ratio"] < 0.02


def test_the_lead_of_the_sink_is_the_same_for_all_that_ask(cls, results) -> None:
    note = cls["score-alike"]
    assert note.values["layer"] == cls["N1"].values["layer"]
    assert 0.8 <= note.values["alike_low"] <= note.values["alike"] <= note.values["alike_high"]


def test_a_mean_pooled_encoder_is_not_said_to_read_cls_alone(results) -> None:
    ids = [note.id for note in Findings(results).notes]
    assert not {"N9", "N9-cls", "N10"} & set(ids)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_sentences_carry_the_measured_figures(cls, lang: str) -> None:
    language = load_language(lang)
    for id, name in (("N1", "share"), ("N2", "share")):
        assert f"{100 * cls[id].values[name]:.1f}" in sentence(cls[id], language)
    assert f"{cls['N4'].values['zero_ratio']:.2f}" in sentence(cls["N4"], language)
