"""What is no special token is judged as one is, from the table of tokens, without evidence too."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results

from reportgen.comparison import Runs
from reportgen.findings import Findings, Note, excess
from reportgen.findings.attention import role_figures
from reportgen.findings.sinks import non_special as module
from reportgen.report import RenderOptions, load_language, sentence
from reportgen.report.language import LANGUAGES, in_short
from reportgen.report.sections import make_answers, make_overview
from reportgen.report.short_form import make_brief
from reportgen.results import Results

STOP = tuple(f"{(text * 4)[:20]}。。" for text in HEADLINES)  # 10 tokens and “。。”


def plain_excess(rows) -> list[float]:
    return [
        (float(share) - float(even)) / (1 - float(even))
        for share, even in zip(rows["share"], rows["expected"], strict=True)
    ]


def test_the_excess_is_a_plain_mean_over_texts(tmp_path: Path) -> None:
    results = make_results(tmp_path, sink=0.3)
    for layer in role_figures(results, "sep").layers:
        own = results.roles
        own = own[(own["role"] == "sep") & (own["layer"] == layer.layer)]
        values = plain_excess(own)
        assert layer.excess.mean == pytest.approx(sum(values) / len(values))
        assert layer.excess.interval is not None
        assert layer.excess.interval.low < layer.excess.mean < layer.excess.interval.high


def test_an_even_spread_is_no_excess_and_all_attention_is_all_of_it() -> None:
    share, even = np.array([[0.4, 1.0, 0.0, 1.0]]), np.array([[0.4, 0.4, 0.5, 1.0]])
    assert excess(share, even).tolist() == [[0.0, 1.0, -1.0, 0.0]]


def with_pile(
    results: Results, share: float, first: bool = False, token: str = "。。", causal: bool = False
) -> Results:
    """The same results in which one token, or the first position, gets `share` in layer 2 and the
    others the rest of it; with a causal equal share if asked for."""
    tokens = results.tokens
    for _, rows in tokens.groupby("text"):
        n = len(rows)
        even = np.full(n, 1 / n)
        if causal:  # the mean over rows of 1 / (tokens that a row sees)
            even = np.array([sum(1 / (row + 1) for row in range(key, n)) / n for key in range(n)])
        here = rows["position"].to_numpy() == 0 if first else rows["token"].to_numpy() == token
        assert here.sum() == 1
        received = np.where(here, share, (1 - share) / (n - 1))
        for place, row in enumerate(rows.index):
            for name, value in (("received_layers", received), ("expected_layers", even)):
                values = np.array(tokens.at[row, name])
                values[:] = even[place]
                if name == "received_layers":
                    values[1] = value[place]
                tokens.at[row, name] = values
    info = replace(results.info, model=replace(results.info.model, is_causal=causal))
    return changed(results, info, tokens=tokens)


def verdict_on(results: Results, key: str) -> Note:
    (note,) = (note for note in Findings(results).notes if note.is_verdict and note.role == key)
    return note


@pytest.mark.parametrize("level", ["none", "basic"])
def test_a_full_stop_at_78_percent_is_called_a_sink_in_the_words_of_a_special_token(
    tmp_path: Path, level: str
) -> None:
    results = with_pile(make_results(tmp_path, STOP, evidence=level), 0.78)  # type: ignore[arg-type]
    note = verdict_on(results, "token:。。")
    assert (note.id, note.verdict, note.values["layer"]) == ("N1", "sink", 2)
    assert note.values["share"] == pytest.approx(0.78)
    for lang, begin in (
        ("en", "“。。” is an attention sink: in layer 2 it takes 78.0"),
        ("ja", "第2層ではアテンションの78.0%が「。。」に集中しています"),
    ):
        language = load_language(lang)
        named = language.say("phrases", "quoted", token="。。")
        special = replace(note, role="cls", token="[CLS]", is_special=True)
        (short,), (of_special,) = in_short([note], language), in_short([special], language)
        assert short == of_special.replace("[CLS]", named)
        assert short.startswith(begin)
        assert sentence(note, language) == sentence(special, language).replace("[CLS]", named)
        advice = make_overview(Findings(results), language).is_sink
        assert language.say("sinks", "read_text", tokens=named) in advice
        assert language.say("sinks", "read_special") not in advice
        assert advice.startswith(language.say("sinks", "is_sink_text", tokens=named))
        assert language.say("sinks", "untested") in advice
        answer = make_answers(Findings(results), language)[2]
        told, n = language.say, len(results.texts)
        n_with = sum("。。" in text for text in results.texts["text"])
        assert answer.remark == told("answers", "text_sink_remark", n=n_with, of=n)
        assert answer.is_caveat


@pytest.mark.parametrize(("share", "id"), [(0.9, "N1"), (0.85, "N1"), (0.5, "N1d"), (0.42, "N1b")])
def test_the_first_position_of_short_causal_texts_can_be_a_sink(
    tmp_path: Path, share: float, id: str
) -> None:
    """Six tokens: an equal share gives the first one (1 + 1/2 + ... + 1/6) / 6 = .41, of which
    three times is out of reach."""
    texts = tuple((text * 3)[:12] for text in HEADLINES)
    made = make_results(tmp_path, texts, special=False)
    results = with_pile(made, share, first=True, causal=True)
    note = verdict_on(results, "first")
    assert note.id == id
    assert note.values["expected"] == pytest.approx(sum(1 / k for k in range(1, 7)) / 6)
    keys = {"N1": "sink", "N1d": "raised", "N1b": "no_pile"}
    for lang in LANGUAGES:
        language, options = load_language(lang), RenderOptions(lang=lang)
        brief = make_brief(Runs(Findings(results)), options, "report.md")
        words = language.say("phrases", "first_position")
        assert (words in brief.headline) == (id in ("N1", "N1d"))
        assert language.say("brief", "no_special") not in brief.headline
        third = make_answers(Findings(results), language)[2]
        values = {"share": note.values["share"], "layer": note.values["layer"]}
        assert third.answer == language.say("answers", keys[id], token=words, **values)


def test_what_a_token_gets_is_a_plain_sum_in_each_text(tmp_path: Path) -> None:
    results = with_pile(make_results(tmp_path, STOP, evidence="basic"), 0.6)
    made = results.tokens
    made["value_ratio_layers"] = [
        [(i + 1.0) * (j + 1) for j in range(results.info.model.n_layers)] for i in made["position"]
    ]
    made["output_rank_layers"] = [
        [1 + (i + 1.0) / (j + 2) for j in range(results.info.model.n_layers)]
        for i in made["position"]
    ]
    results = changed(results, tokens=made)
    (found,) = Findings(results).piles.every
    assert found.subject.token == "。。"
    assert found.figures.n_texts == 6
    n_tried = sum(n >= 5 for n in _texts_with_each(results).values())
    assert (found.figures.n_tried, Findings(results).piles.n_tried) == (n_tried, n_tried)
    tokens = results.tokens
    for layer in found.figures.layers:
        shares, evens, norms, sizes, contents, ratios, ranks = [], [], [], [], [], [], []
        for _, rows in tokens[tokens["role"].isna()].groupby("text"):
            own = rows[rows["token"] == "。。"]
            at = layer.layer - 1
            shares.append(sum(float(v[at]) for v in own["received_layers"]))
            evens.append(sum(float(v[at]) for v in own["expected_layers"]))
            norms.append(sum(float(v[at]) for v in own["received_norm_layers"]))
            sizes.append(sum(float(v[at]) for v in own["value_size_layers"]) / len(own))
            every = [float(v[at]) for v in rows["value_size_layers"]]
            contents.append(sum(every) / len(every))
            ranks.append(sum(float(v[at]) for v in own["output_rank_layers"]) / len(own))
            ratios.append(sum(float(v[at]) for v in own["value_ratio_layers"]) / len(own))
        values = [(s - e) / (1 - e) for s, e in zip(shares, evens, strict=True)]
        assert layer.share.mean == pytest.approx(sum(shares) / 6)
        assert layer.excess.mean == pytest.approx(sum(values) / 6)
        assert layer.norm_share is not None
        assert layer.value_ratio is not None
        assert layer.norm_share.mean == pytest.approx(sum(norms) / 6)
        expected = sum(ratios) / 6
        assert layer.value_ratio.mean == pytest.approx(expected)
        assert layer.output_rank is not None
        assert layer.output_rank.mean == pytest.approx(sum(ranks) / 6)


def _texts_with_each(results: Results) -> dict[str, int]:
    tokens = results.tokens[results.tokens["role"].isna()]
    return tokens.groupby("token")["text"].nunique().to_dict()


def test_in_parts_the_same_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = with_pile(make_results(tmp_path, STOP), 0.6)
    whole = Findings(results).piles
    monkeypatch.setattr(module, "_AT_ONCE", 15)
    parts = Findings(results).piles
    assert parts.n_tried == whole.n_tried
    for one, other in zip(parts.every, whole.every, strict=True):
        assert one.subject == other.subject
        for a, b in zip(one.figures.layers, other.figures.layers, strict=True):
            assert a.excess == b.excess


def test_a_token_of_few_texts_is_not_judged(tmp_path: Path) -> None:
    results = with_pile(make_results(tmp_path, STOP[:4]), 0.78)
    assert Findings(results).piles.every == ()


def test_a_sink_at_the_first_position_is_none_of_its_token(tmp_path: Path) -> None:
    texts = tuple(f"{letter * 2}{HEADLINES[2][:20]}" for letter in "qqqqqq")
    results = with_pile(make_results(tmp_path, texts, special=False), 0.8, first=True)
    assert [pile.subject.key for pile in Findings(results).piles.every] == ["first"]


def test_in_a_redacted_copy_only_the_first_position_is_judged(tmp_path: Path) -> None:
    made = with_pile(make_results(tmp_path, STOP), 0.78)
    options = {**made.info.settings.options, "redact": True}
    info = replace(made.info, settings=replace(made.info.settings, options=options))
    assert Findings(changed(made, info)).piles.every == ()


def test_a_text_that_is_mostly_one_token_says_nothing_of_it(tmp_path: Path) -> None:
    texts = tuple(f"{'。' * 10}ab{end}" for end in ("cd", "ef", "gh", "ij", "kl"))
    results = make_results(tmp_path, texts)
    assert Findings(results).piles.n_tried == 1  # “ab”
