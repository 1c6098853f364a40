"""Text tokens that single heads look at: planted, against plain loops, and not out of noise."""

import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.token_tops import looked_at
from helpers.real.explaining import load
from helpers.real.runs import run
from transformers import AutoConfig, AutoModelForSequenceClassification

from reportgen.comparison import Runs
from reportgen.findings import Findings
from reportgen.findings.notes import about, with_heads
from reportgen.findings.sinks import token_heads
from reportgen.models import ModelSpec, load_model
from reportgen.report import RenderOptions, load_language, sentence
from reportgen.report import render as render_page
from reportgen.report.json import render
from reportgen.report.language import LANGUAGES, in_short
from reportgen.report.sections import make_answers, make_overview, make_sinks
from reportgen.report.short_form import make_brief
from reportgen.report.short_form.markdown import write as render_markdown
from reportgen.results import Results, Subject

STOP = tuple(f"{(text * 4)[:20]}。。" for text in HEADLINES * 2)  # 10 tokens and “。。”
STOP = tuple(f"{i:02}{text}" for i, text in enumerate(STOP))  # all of them different
KEY = "token:。。"
WHO_ASKS = {
    ("score-alike", "en"): "they prefer “。。” whoever asks",
    ("score-alike", "ja"): "どのトークンも、「。。」を同じように選んでいます",
    ("score-asks", "en"): "it depends on who asks",
    ("score-asks", "ja"): "どのトークンが見るかによって変わります",
}


def plainly(results: Results, token: str) -> dict[tuple[int, int], float]:
    """By layer and head: what the token gets beyond its equal share where it is what the head gives
    most, else nothing; mean over the texts that have it."""
    tokens, texts = results.tokens, results.texts
    found: dict[tuple[int, int], list[float]] = {}
    for row in results.heads.itertuples():
        own = tokens[tokens["text"] == row.text]
        if texts["n_content"][row.text] < 3 or token not in own["token"].tolist()[1:]:
            continue
        at = own[own["position"] == row.top_position]["token"].tolist()
        is_top = at == [token] and row.top_position > 0
        beyond = (row.top_share - row.top_expected) / (1 - row.top_expected) if is_top else 0.0
        found.setdefault((row.layer, row.head), []).append(float(beyond))
    return {key: sum(values) / len(values) for key, values in found.items()}


def test_a_head_counts_for_the_token_that_it_gives_most(tmp_path: Path) -> None:
    results = looked_at(make_results(tmp_path, STOP, n_layers=2, n_heads=4), [2], share=0.6)
    found = token_heads(results)[KEY].excess
    for (layer, head), mean in plainly(results, "。。").items():
        assert found[layer - 1, head - 1] == pytest.approx(mean, abs=1e-6)


def test_one_head_of_four_in_every_layer_is_told(tmp_path: Path) -> None:
    """Over all heads the token gets too little to be called a sink."""
    made = make_results(tmp_path, STOP, n_layers=3, n_heads=4, evidence="basic")
    findings = Findings(looked_at(made, [3]))
    heads = findings.sink_heads[KEY]
    assert (heads.n_sink, heads.n_heads, heads.n_by_layer) == (3, 12, (1, 1, 1))
    assert heads.is_sure
    assert heads.strongest[1] == 3
    (note,) = (note for note in findings.notes if note.is_verdict and note.role == KEY)
    assert (note.id, note.verdict) == ("N1h", "raised")
    assert note.values["share"] == pytest.approx(0.25 * 0.99 + (1 - 0.25 * 0.99) / 12, abs=1e-6)
    verdict = json.loads(render(findings, RenderOptions()))["verdicts"][KEY]
    assert (verdict["verdict"], verdict["sink_heads"], verdict["heads"]) == ("raised", 3, 12)
    for lang in LANGUAGES:
        language = load_language(lang)
        said = sentence(note, language)
        assert language.words["sentences"]["heads-top"] in said
        answer = make_answers(findings, language)[2]
        assert "“。。”" in answer.answer or "「。。」" in answer.answer
        assert "3" in answer.answer
        assert "12" in answer.answer
        overview = make_overview(findings, language)
        assert overview.no_sink == overview.is_sink == ""
        assert in_short([note], language)[0] in overview.verdicts
        brief = make_brief(Runs(findings), RenderOptions(lang=lang), "report.md")
        assert {"en": "in single heads alone on", "ja": "一部のヘッドだけ"}[lang] in brief.headline
        panels = make_sinks(findings, language)
        assert panels is not None
        own = next(panel for panel in panels.panels if "。。" in panel.token)
        assert language.say("sink", "heads") in own.columns
    assert (
        make_answers(findings, load_language("en"))[2].answer == "Only in 3 of 12 heads: on “。。”"
    )


@pytest.mark.parametrize(("layer", "spread", "id"), [(2, 1, "score-alike"), (3, 6, "score-asks")])
def test_why_single_heads_look_at_a_token_is_told_of_the_strongest_of_them(
    tmp_path: Path, layer: int, spread: float, id: str
) -> None:
    """Every output says the same of the layer of that head, and of no other."""
    made = make_results(tmp_path, STOP, n_layers=3, n_heads=4, evidence="basic")
    planted = looked_at(made, [3])
    stronger = (planted.heads["layer"] == layer) & (planted.heads["head"] == 3)
    heads = planted.heads.assign(top_share=planted.heads["top_share"] - 0.04 * ~stronger)
    rows = pd.DataFrame(
        [(text, of, head) for text in range(20) for of in (1, 2, 3) for head in (1, 2, 3, 4)],
        columns=["text", "layer", "head"],
    )
    asking = np.where(rows["layer"] == layer, spread**2, 4.0)
    figures = {"n_pairs": 8, "expected": 0.1, "error": 0.0, "key_size": 0.5, "value_size": 0.5}
    rows = rows.assign(
        subject=KEY,
        share=np.where(rows["head"] == 3, 0.95, 0.1),
        lead=np.where(rows["head"] == 3, 4.0, 0.0),
        lead_square=16.0 + asking,
        **figures,
        key_cosine=0.7,
        text_cosine=-0.1,
    )
    findings = Findings(changed(planted, heads=heads, sink_scores=rows))
    (note,) = (own for own in findings.notes if own.role == KEY and own.id.startswith("score"))
    assert (note.id, note.values["layer"], note.values["n_sink_heads"]) == (id, layer, 1)
    assert note.values["alike"] == pytest.approx(16 / (16 + spread**2))
    record = json.loads(render(findings, RenderOptions()))["evidence"]["sink_scores"][KEY]
    assert (record["layer"], [own["head"] for own in record["heads"]]) == (layer, [3])
    assert record["alike"]["mean"] == pytest.approx(16 / (16 + spread**2), abs=1e-4)
    for lang in LANGUAGES:
        language, options = load_language(lang), RenderOptions(lang=lang)
        said, short = sentence(note, language), in_short([note], language)[0]
        panels = make_sinks(findings, language)
        assert panels is not None
        own = next(panel for panel in panels.panels if "。。" in panel.token)
        assert said in [str(line.text) for line in own.notes]
        assert short in own.verdict
        markdown = render_markdown(Runs(findings), options).text.replace("\\", "")
        page = unescape(render_page(Runs(findings), options).text)
        assert 'id="term-lead"' in page
        assert WHO_ASKS[id, lang] in said
        for written in (markdown, page):
            assert WHO_ASKS[id, lang] in written


@pytest.mark.parametrize(("high", "id"), [(0.29, "N1h"), (0.3, "unclear")])
def test_it_is_in_single_heads_alone_only_where_the_mean_surely_is_no_sink(
    tmp_path: Path, high: float, id: str
) -> None:
    made = make_results(tmp_path, STOP, n_layers=3, n_heads=4, evidence="basic")
    heads = Findings(looked_at(made, [3])).sink_heads[KEY]
    values = {"excess": 0.25, "excess_low": 0.2, "excess_high": high}
    note = replace(about(Subject(KEY, "。。", "token"), "unclear", values), verdict="unclear")
    assert with_heads(note, heads).id == id


def test_where_every_head_looks_at_it_the_token_is_a_sink_and_its_heads_are_counted(
    tmp_path: Path,
) -> None:
    results = looked_at(make_results(tmp_path, STOP, n_layers=2, n_heads=4), [1, 2, 3, 4], 0.8)
    (note,) = (note for note in Findings(results).notes if note.is_verdict and note.role == KEY)
    assert (note.id, note.also) == ("N1", ("single-heads", "heads-top"))
    assert (note.values["n_sink_heads"], note.values["n_heads"]) == (8, 8)


def test_texts_too_short_too_few_or_all_the_same_make_no_sink(tmp_path: Path) -> None:
    short = make_results(tmp_path / "s", tuple(f"{i:02}。。" for i in range(30)), n_heads=4)
    assert KEY not in token_heads(looked_at(short, [1]))
    few = make_results(tmp_path / "f", STOP[:4], n_heads=4)
    assert KEY not in token_heads(looked_at(few, [1]))
    same = make_results(tmp_path / "e", STOP[:1] * 20, n_heads=4)
    assert KEY not in token_heads(looked_at(same, [1]))
    five = make_results(tmp_path / "5", STOP[:5], n_heads=4)
    assert token_heads(looked_at(five, [1]))[KEY].is_sure


def test_a_token_of_half_of_the_texts_is_judged_by_those_that_have_it(tmp_path: Path) -> None:
    texts = tuple(text if i % 2 else text.replace("。。", "、、") for i, text in enumerate(STOP))
    results = looked_at(make_results(tmp_path, texts, n_layers=2, n_heads=4), [1])
    heads = token_heads(results)[KEY]
    assert heads.n_sink == 2
    assert heads.excess[0, 0] == pytest.approx(plainly(results, "。。")[1, 1], abs=1e-6)


def test_results_of_earlier_versions_and_redacted_ones_have_no_such_heads(tmp_path: Path) -> None:
    results = looked_at(make_results(tmp_path, STOP, n_heads=4), [1])
    assert KEY in token_heads(results)
    bare = results.heads.assign(top_position=np.nan, top_share=np.nan, top_expected=np.nan)
    assert token_heads(changed(results, heads=bare)) == {}


@pytest.mark.parametrize("seed", range(6))
def test_noise_makes_no_sink(tmp_path: Path, seed: int) -> None:
    """Attention of heads drawn at random, over texts that share all their tokens."""
    random = np.random.default_rng(seed)
    pieces = [f"{a}{a}" for a in "bcdefghijk"]
    texts = tuple("".join(random.choice(pieces, 8)) for _ in range(12))
    found = Findings(make_results(tmp_path, texts, n_layers=4, n_heads=6, seed=seed)).sink_heads
    assert not any(heads.is_sure for heads in found.values())


LINE = "the cat sat on mat and a dog . good film very bad for every new , today"
WORDS = LINE.split()


def random_words() -> tuple[str, ...]:
    random = np.random.default_rng(1)
    lines = [" ".join(random.choice(WORDS, random.integers(8, 16))) for _ in range(16)]
    return tuple(f"{line} ." for line in lines)


@pytest.mark.parametrize(("architecture", "task"), [("bert", "sequence"), ("llama", "causal")])
def test_random_weights_make_no_text_token_a_sink(tmp_path, architecture: str, task: str) -> None:
    for seed in range(2):
        model = load(tmp_path / str(seed), architecture, task, seed=seed)
        found = token_heads(run(tmp_path / f"r{seed}", model, random_words(), evidence="none"))
        assert not any(own.is_sure for key, own in found.items() if key != "first")


def test_a_head_that_was_made_to_look_at_full_stops_is_found(tmp_path: Path) -> None:
    """The second head of the first layer of a BERT, by its keys and the bias of its queries."""
    folder = tmp_path / "bert"
    tokenizer = load(tmp_path, "bert", "sequence").tokenizer
    config = AutoConfig.from_pretrained(next(tmp_path.rglob("config.json")).parent)
    torch.manual_seed(0)
    module = AutoModelForSequenceClassification.from_config(config)
    dot = tokenizer.convert_tokens_to_ids(".")
    with torch.no_grad():
        words = module.bert.embeddings.word_embeddings.weight
        words[dot] = 0
        words[dot, 0] = 50.0  # nothing else is large at this place
        attention, size = module.bert.encoder.layer[0].attention.self, config.hidden_size // 4
        attention.query.bias[size : 2 * size] = 10.0
        attention.key.weight[size : 2 * size] = 0
        attention.key.weight[size : 2 * size, 0] = 1.0
    module.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    made = load_model(ModelSpec(model=str(folder)))
    found = token_heads(run(tmp_path / "r", made, random_words(), evidence="none"))
    assert list(found) == ["token:."]
    heads = found["token:."]
    assert (heads.n_sink, heads.strongest) == (1, (1, 2))
    assert heads.excess[0, 1] > 0.95
    assert heads.is_sure
