"""What a text's panel holds without scripts or styles: every number, in few bytes."""

import csv
import re
from html import unescape

import pytest
from helpers.places import SAMPLES

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.models import ModelSpec, load_model
from reportgen.models.tokens import encode
from reportgen.report import RenderOptions, render
from reportgen.results import InputInfo
from reportgen.texts import TextInput, TextSet

LIMIT = 18_500
N_TOKENS = 30
N_TEXTS = 2


def run(texts, model, folder):
    """Results of texts of exactly 30 tokens, with the evidence of the default."""
    folder.mkdir()
    given = [TextInput(f"review-{i}", text, source=f"t.txt:{i}") for i, text in enumerate(texts, 1)]
    inputs = TextSet(tuple(given), (InputInfo("t.txt", "0" * 64, len(given)),))
    made = analyze(inputs, model, folder, AnalysisOptions(units="token"))
    assert made.texts["n_tokens"].tolist() == [N_TOKENS] * len(texts)
    assert set(made.evidence["text"]) == set(range(len(texts)))
    return made


def cut(text, model):
    """The beginning of `text` that has 30 tokens."""
    ends = range(len(text), 0, -1)
    return next(
        text[:end] for end in ends if len(encode(model.tokenizer, text[:end], None, 512).ids) == 30
    )


@pytest.fixture(scope="module")
def english(minilm, tmp_path_factory):
    """Reviews as people write them, two or three in a row."""
    with (SAMPLES / "reviews_en.csv").open(encoding="utf-8", newline="") as file:
        reviews = [row["review"] for row in csv.DictReader(file)]
    texts = [cut(" ".join(reviews[3 * i : 3 * i + 4]), minilm) for i in range(N_TEXTS)]
    assert 120 < sum(map(len, texts)) / len(texts) < 160  # characters: words of usual length
    return run(texts, minilm, tmp_path_factory.mktemp("en") / "results")


@pytest.fixture(scope="module")
def japanese(tmp_path_factory):
    model = load_model(ModelSpec())
    lines = (SAMPLES / "ad_headlines.txt").read_text("utf-8").split("\n")
    texts = [cut("".join(lines[i : i + 4]), model) for i in range(N_TEXTS)]
    return run(texts, model, tmp_path_factory.mktemp("ja") / "results")


def panels(results, lang):
    """The markup of each panel without its data for scripts, and without the picture of all heads,
    which a few texts have."""
    document = render(Runs(Findings(results)), RenderOptions(lang=lang)).text
    found = re.findall(r"<article class=.*?</article>", document, re.DOTALL)
    assert len(found) == N_TEXTS
    left_out = re.compile(r"<script.*?</script>|<noscript>.*?</noscript>", re.DOTALL)
    return [left_out.sub("", panel) for panel in found]


@pytest.mark.parametrize(("name", "lang"), [("english", "en"), ("japanese", "ja")])
def test_a_text_of_thirty_tokens_takes_at_most_18_and_a_half_kb(request, name, lang):
    for panel in panels(request.getfixturevalue(name), lang):
        assert len(panel.encode()) <= LIMIT
        for part in ("strip", "twin", "cards", "influence", "fig cells", "fig lines", "numbers"):
            assert re.search(rf'class="?{part}["> ]', panel), part


@pytest.mark.parametrize(("name", "lang"), [("english", "en"), ("japanese", "ja")])
def test_every_number_of_the_tokens_stands_in_the_markup(request, name, lang):
    results = request.getfixturevalue(name)
    for text, panel in enumerate(panels(results, lang)):
        tokens, effects = results.tokens_of(text), results.effects_of(text)
        (table,) = re.findall(r"<table class=numbers><thead>.*?</table>", panel, re.DOTALL)
        rows = [
            re.split(r"<t[dh]>", row)[1:] for row in table.split("<tbody>")[1].split("<tr>")[1:]
        ]
        assert [int(row[0]) for row in rows] == tokens["position"].tolist()
        labels = [unescape(re.sub("<[^>]*>", "", row[1])) for row in rows]
        # A unit is written as in the text: the tokenizer's case and marks of pieces are its own.
        assert [label.casefold() for label in labels] == [
            token.removeprefix("##").removeprefix("▁").casefold() for token in tokens["token"]
        ]
        for at, column in enumerate(
            ("received_all", "received_last", "cls_row_last", "received_norm_all"), start=2
        ):
            shown = [row[at].removesuffix("</table>") for row in rows]
            assert shown == [f"{100 * value:.2f}" for value in tokens[column]]
        (even,) = {f"{100 * value:.2f}" for value in tokens["expected"]}
        assert re.search(rf"<p class=small>[^<]*(?<![\d.]){even}\u00a0?%", panel)
        deletion = [row[6].removesuffix("</table>").replace("−", "-") for row in rows]
        assert [shown == "–" for shown in deletion] == effects["effect"].isna().tolist()
        for shown, value in zip(deletion, effects["effect"], strict=True):
            assert shown == "–" or float(shown) == pytest.approx(value, abs=6e-4)
