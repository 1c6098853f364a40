"""How often the last unit of a text is the strongest, against loops, of a model that reads nothing
else, and in comparisons."""

import json
from html import unescape
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from helpers.made_up.moved_tokens import with_last
from helpers.real.explaining import NUMBER, load
from helpers.real.runs import run
from scipy.stats import binomtest

from reportgen.comparison import Runs
from reportgen.comparison.pairing import pair
from reportgen.comparison.unit_pairs import unit_pairs
from reportgen.findings import Findings, LastToken, last_token
from reportgen.report import RenderOptions, load_language
from reportgen.report import render as render_page
from reportgen.report.json import render as render_json
from reportgen.report.language import LANGUAGES, last_values
from reportgen.report.sections import make_across, make_answers
from reportgen.report.short_form.markdown import write as render_markdown


def test_it_is_counted_as_by_loops() -> None:
    random = np.random.default_rng(2)
    texts = [np.round(random.normal(0, 1, random.integers(1, 6)), 0) for _ in range(60)]
    same = np.arange(60)
    same[7] = 3  # a copy shows nothing new
    n, k, chances = 0, 0, []
    for row, effects in enumerate(texts):
        if same[row] == row and len(effects) > 1:
            n += 1
            k += all(abs(effects[-1]) > abs(own) for own in effects[:-1])
            chances.append(1 / len(effects))
    text = np.repeat(np.arange(60), [len(effects) for effects in texts])
    found = last_token(text, np.concatenate(texts), same)
    assert found == LastToken(k, n, pytest.approx(np.mean(chances)))
    ends = binomtest(k, n).proportion_ci(0.95)
    assert found is not None
    assert found.interval == pytest.approx((ends.low, ends.high))


@pytest.mark.parametrize(
    ("k", "n", "chance", "is_told"),
    [
        (13, 16, 0.1, True),
        (4, 4, 0.1, False),  # fewer than five texts
        (8, 16, 0.1, False),  # not in most
        (6, 10, 0.5, False),  # as by chance
        (5, 5, 0.1, True),
    ],
)
def test_it_is_told_where_it_is_most_often_so_and_surely_not_by_chance(
    k: int, n: int, chance: float, is_told: bool
) -> None:
    assert LastToken(k, n, chance).stands_out == is_told


def test_of_single_units_and_of_nothing_nothing_is_counted() -> None:
    assert last_token(np.arange(4), np.ones(4), np.arange(4)) is None
    assert last_token(np.empty(0, np.intp), np.empty(0), np.empty(0, np.intp)) is None
    still = last_token(np.array([0, 0, 1, 1]), np.zeros(4), np.arange(2))
    assert still is not None
    assert (still.n_strongest, still.n_texts) == (0, 2)


@pytest.mark.parametrize(("n", "is_left_out"), [(8, True), (2, False)])
def test_a_comparison_leaves_out_last_tokens_where_a_report_does(
    tmp_path: Path, n: int, is_left_out: bool
) -> None:
    base, head = with_last(tmp_path / "base", n), with_last(tmp_path / "head", 0)
    units = unit_pairs(base, head, pair(Findings(base), Findings(head)))
    is_last = np.append(np.diff(units.text) != 0, True)
    for side in units.effect:
        assert np.isnan(side[is_last]).all() == is_left_out
        assert np.isfinite(side[~is_last]).all()


def test_of_a_model_that_reads_its_last_token_alone_every_output_says_so(tmp_path: Path) -> None:
    """Nothing is passed on between tokens, so the prediction is a figure of the last one."""
    model = load(tmp_path, "llama", **NUMBER)
    with torch.no_grad():
        for name, weight in model.module.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.zero_()
        table = model.encoder.get_input_embeddings().weight
        of_token = model.module.score(model.encoder.norm(table))[:, 0].double().numpy()
    words, random = (
        ["the", "cat", "sat", "on", "a", "mat", "and", "dog", "log", "very", "good", "film"],
        Random(0),
    )
    texts = [" ".join(random.sample(words, 6)) for _ in range(12)]
    results = run(tmp_path / "r", model, texts, evidence="basic", units="token")
    findings, tokens, n_strongest = Findings(results), results.tokens, 0
    for text, own in results.effects.groupby("text"):
        ids = tokens.loc[tokens["text"] == text, "token_id"].tolist()
        *others, last = own["deletion"].tolist()[1:]
        assert last == pytest.approx(of_token[ids[-1]] - of_token[ids[-2]], abs=1e-4)
        assert others == pytest.approx([0.0] * len(others), abs=1e-6)
        sizes = abs(own["effect"].to_numpy()[1:])
        n_strongest += int(sizes[-1] > sizes[:-1].max())
    assert findings.last_token is not None
    assert (findings.last_token.n_strongest, findings.last_token.n_texts) == (n_strongest, 12)
    assert n_strongest == 12
    assert findings.results.effects["joint"].isna().all()
    record = json.loads(render_json(findings, RenderOptions()))["evidence"]["last_token"]
    assert (record["mean"], record["stands_out"]) == (1.0, True)
    for lang in LANGUAGES:
        language, options = load_language(lang), RenderOptions(lang=lang)
        said = language.say("across", "last", **last_values(findings.last_token, language))
        across = make_across(findings, language)
        assert across is not None
        assert across.headline.startswith(said)
        changing = [own for own in across.lists if own.kind != "draws"]
        assert not [row for own in changing for row in own.rows]  # elsewhere nothing does anything
        assert make_answers(findings, language)[1].answer == language.say(
            "answers", "last", **last_values(findings.last_token, language)
        )
        assert said in unescape(render_page(Runs(findings), options).text)
        assert said.split("[")[0] in render_markdown(Runs(findings), options).text.replace("\\", "")
