"""The section on method says what was measured, and lists every publication it names."""

import re
from dataclasses import replace

import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.page_of import page_of

from reportgen.findings import Findings
from reportgen.report import load_language
from reportgen.report.panel import make_scope
from reportgen.report.sections import make_method

EN, JA = load_language("en"), load_language("ja")
NAMED = r"[A-Z]\w+ et al\. \d{4}"


def method_of(results, language=EN):
    return make_method(Findings(results), make_scope(Findings(results), language), language, ())


@pytest.mark.parametrize("language", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize("level", ["none", "basic", "full"])
def test_every_publication_that_is_named_is_in_the_literature(tmp_path, language, level):
    method = method_of(make_results(tmp_path, HEADLINES, evidence=level), language)
    named = re.findall(NAMED, " ".join((*method.sentences, *method.evidence)))
    assert len(set(named)) == {"none": 1, "basic": 2, "full": 4}[level]
    for name in named:
        assert any(name in source for source in method.literature)


def test_only_what_was_measured_is_explained(tmp_path):
    full = " ".join(method_of(make_results(tmp_path / "c", HEADLINES, evidence="full")).evidence)
    assert "Jacobian" not in full  # of embeddings alone
    basic = " ".join(method_of(make_results(tmp_path / "a", HEADLINES, evidence="basic")).evidence)
    assert "Gradient size" in basic
    for more in ("Integrated gradients", "ALTI", "sink tests"):
        assert more not in basic
    withheld = {"received_norm_all": "values_unproven", "gradient": "no_gradient"}
    without = make_results(tmp_path / "b", HEADLINES, evidence="basic", withheld=withheld)
    said = " ".join(method_of(without).evidence)
    assert "Kobayashi" not in said
    assert "Gradient size" not in said


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("token", "A unit is one token, or several where they share a character. "),
        ("word", "measured as one: here, a word, of one token or several. "),
        (
            "given",
            "measured as one: here, what came with the texts as units, and words elsewhere. ",
        ),
    ],
)
def test_a_unit_is_what_the_run_measured_as_one(tmp_path, units, said):
    made = make_results(tmp_path, HEADLINES)
    settings = replace(made.info.settings, units=units)
    sentences = method_of(changed(made, info=replace(made.info, settings=settings))).sentences
    assert said in " ".join(sentences)


def test_a_distance_is_explained_as_one(tmp_path):
    made = make_results(tmp_path, HEADLINES, kind="embedding", evidence="full")
    said = " ".join(method_of(made).evidence)
    assert "cosine distance between the embeddings" in said
    assert "Jacobian norm is the Frobenius norm" in said
    assert "Gradient size" not in said


def test_evidence_that_is_off_is_all_that_is_said_of_it(tmp_path):
    (said,) = method_of(make_results(tmp_path)).evidence
    assert said.startswith("What changes the prediction was not measured")


@pytest.mark.parametrize(
    ("lang", "claim", "hedge"),
    [
        ("en", r"\brare\b|frequen", r"in some they do not|many are not"),
        ("ja", r"珍しい|頻度", r"そうでない語彙も"),
    ],
    ids=["en", "ja"],
)
def test_a_place_in_the_vocabulary_is_never_said_to_be_how_rare_a_token_is(
    tmp_path, lang, claim, hedge
):
    """Of four vocabularies one had its frequent tokens in front, another had them last."""
    results = make_results(tmp_path, HEADLINES, evidence="full")
    page = page_of(results, lang=lang)
    sentences = re.split(r"(?<=\.)\s|(?<=。)", page.find("main").get_text(" "))
    said = [each for each in sentences if re.search("vocabular|語彙", each)]
    claimed = [each for each in said if re.search(claim, each)]
    assert len(claimed) == 2  # beside the bars, and among the methods
    assert all(re.search(hedge, each) for each in claimed)
