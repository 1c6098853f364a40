"""Tokens over all texts: every mean against loops over the tables, and what is said of few."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from bs4 import BeautifulSoup
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.moved_tokens import with_groups, with_last, with_parts
from markupsafe import Markup
from scipy.special import digamma
from scipy.stats import binomtest, t, ttest_1samp

from reportgen.findings import CorpusTokens, Findings, effect_lists, fewest_texts, listed
from reportgen.findings.tokens import corpus_tokens, rank_tokens, shrink, token_means
from reportgen.report import load_language
from reportgen.report.components import Cell
from reportgen.report.language import written
from reportgen.report.sections import Across, make_across, make_answers
from reportgen.results import Results, text_units

EN = load_language("en")
LANGUAGES = pytest.mark.parametrize("lang", ["en", "ja"])
# Two code points a token: "ab" in all but one, "cd" in four, twice in one of them.
TEXTS = ("abcdef", "abcdghcd", "abxycd", "abxyzz", "cdefab", "ghxyzz", "abghef", "abxyef")


class Row(NamedTuple):
    """A row of a list."""

    token: str
    track: Markup
    value: str
    interval: str
    n_texts: str
    count: str
    beside: str = ""


def rows_of(given: tuple[tuple[Cell, ...], ...]) -> list[Row]:
    rows = []
    for token, chart, value, *others in given:
        assert chart.track is not None
        figures = [cell.text for cell in others]
        rows.append(Row(token.text, chart.track, value.text, value.small, *figures))
    return rows


def made(results: Results) -> Across:
    across = make_across(Findings(results), EN)
    assert across is not None
    return across


def plain(results: Results, view: str) -> dict[str, dict[int, tuple[float, float]]]:
    """By token and text: mean attention as a multiple, and mean deletion effect; by loops."""
    found: dict[str, dict[int, tuple[float, float]]] = defaultdict(dict)
    for text in range(len(results.texts)):
        units = text_units(results, text)
        tokens = results.tokens_of(text)
        effects = results.effects_of(text)
        content = [i for i, unit in enumerate(units.units) if not unit.is_special]
        values = [float(tokens[view].iloc[i]) for i in content]
        mean = sum(values) / len(values)
        by_label = defaultdict(list)
        for i, value in zip(content, values, strict=True):
            effect = float("nan") if effects is None else float(effects["effect"].iloc[i])
            by_label[units.units[i].label].append((value / mean, effect))
        for label, pairs in by_label.items():
            found[label][text] = tuple(np.mean(pairs, axis=0))
    return found


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("across"), TEXTS, sink=0.4, evidence="basic")


def test_means_are_those_of_the_tables(results: Results) -> None:
    tokens = corpus_tokens(results)
    means = token_means(tokens)
    wanted = plain(results, "received_norm_all")
    assert set(tokens.labels) == set(wanted)
    for place, label in enumerate(tokens.labels):
        attention, effect = np.mean(list(wanted[label].values()), axis=0)
        assert means.attention[place] == pytest.approx(attention, rel=1e-5)
        assert means.effect[place] == pytest.approx(effect, rel=1e-6)
        assert means.n_effect[place] == len(wanted[label])
        assert means.count[place] == sum(text[::2].count(label[0]) for text in TEXTS)


PARTS = {"ab": 0.6, "cd": -0.5, "xy": 0.1, "ef": -0.2}


def with_effects(results: Results, parts: Mapping[str, float], noise: float = 0.05) -> Results:
    """Deletion effects that are those of `parts` by token, but for a little that differs."""
    random = np.random.default_rng(3)
    tokens = results.tokens[["text", "position", "token"]]
    effects = results.effects.merge(tokens, on=["text", "position"], how="left")
    own = effects["token"].map(parts).fillna(0.0) + random.normal(0, noise, len(effects))
    return changed(results, effects=results.effects.assign(effect=own.to_numpy()))


class Plain(NamedTuple):
    """A token's mean, its interval, what is left of it, and the chance that its sign is wrong."""

    mean: float
    half: float
    left: float
    wrong: float
    is_sure: bool


def ranked(by_token: Mapping[str, list[float]], centre: float) -> dict[str, Plain]:
    """Plain means with intervals, by loops; of tokens in three texts, all of which differ."""
    every = {token: values for token, values in by_token.items() if len(values) >= 3}
    several = [values for values in by_token.values() if len(values) > 1 and np.ptp(values) > 0]
    logs = [
        np.log(np.var(v, ddof=1)) - digamma((len(v) - 1) / 2) + np.log((len(v) - 1) / 2)
        for v in several
    ]
    pooled = np.exp(np.average(logs, weights=[len(v) - 1 for v in several]))
    errors = []
    for values in every.values():
        own, freedom = np.var(values, ddof=1), len(values) - 1
        pulled = (own * freedom + 4 * pooled) / (freedom + 4)
        errors.append((max(own, pulled) / len(values)) ** 0.5)
    away = np.array([np.mean(values) - centre for values in every.values()])
    freedoms = np.array([len(values) + 3.0 for values in every.values()])
    found = shrink(away, np.array(errors), freedoms)
    sure = found.wrong_sign <= 0.1
    for _ in every:  # each time at least one goes, or all stay
        level = 1 - 0.05 * max(sure.sum(), 1) / len(every)
        halves = t.ppf((1 + level) / 2, freedoms) * errors
        sure = sure & (abs(away) > halves)
    rows = zip(away + centre, halves, found.means, found.wrong_sign, sure, strict=True)
    return {token: Plain(*row) for token, row in zip(every, rows, strict=True)}


@pytest.fixture(scope="module")
def planted(results: Results) -> Results:
    return with_effects(results, PARTS)


def test_lists_hold_what_is_sure_as_plain_means_with_intervals(planted: Results) -> None:
    across = made(planted)
    wanted = plain(planted, "received_norm_all")
    columns = ({k: [pair[i] for pair in v.values()] for k, v in wanted.items()} for i in (0, 1))
    (ratios, effects) = (ranked(own, c) for own, c in zip(columns, (1.0, 0.0), strict=True))
    lists = {item.kind: item for item in across.lists}
    for kind, own, centre, sign in (
        ("raises", effects, 0, 1),
        ("lowers", effects, 0, -1),
        ("draws", ratios, 1, 1),
    ):
        fits = [k for k, v in own.items() if sign * (v.mean - centre) > 0]
        fits.sort(key=lambda k, own=own, sign=sign: -sign * own[k].left)
        sure = [k for k in fits if own[k].is_sure]
        doubtful = [k for k in fits if k not in sure]
        if fits:
            assert [row.token for row in rows_of(lists[kind].rows)] == sure
            assert [row.token for row in rows_of(lists[kind].doubtful)] == doubtful
            assert (str(len(doubtful)) in lists[kind].more) == bool(doubtful)
    assert rows_of(lists["raises"].rows)[0].token == "ab"
    assert rows_of(lists["lowers"].rows)[0].token == "cd"
    for kind in ("raises", "lowers"):
        for row in (*rows_of(lists[kind].rows), *rows_of(lists[kind].doubtful)):
            value, half = effects[row.token][:2]
            assert value == pytest.approx(np.mean([e for _, e in wanted[row.token].values()]))
            assert float(row.value.replace("−", "-")) == pytest.approx(value, abs=6e-4)
            assert row.value[0] == ("+" if value > 0 else "−")
            ends = [float(end.replace("−", "-")) for end in row.interval.strip("[]").split(", ")]
            assert ends == pytest.approx([value - half, value + half], abs=6e-4)
            assert row.n_texts == str(len(wanted[row.token]))
            # The drawn ends are on the same straight scale as the drawn mean: none is cut off.
            path = BeautifulSoup(str(row.track), "html.parser").find_all("path")[-1]["d"]
            low, high = (float(end) for end in re.match(r"M([\d.]+) 11H([\d.]+)", path).groups())
            rect = BeautifulSoup(str(row.track), "html.parser").find("rect")
            drawn = 2 * half * float(rect["width"]) / abs(value)
            assert high - low == pytest.approx(drawn, abs=0.02 * drawn + 1.5)


def test_a_token_whose_effect_is_printed_as_0_is_not_listed(results: Results) -> None:
    findings = Findings(with_effects(results, {"ab": 0.6, "cd": -1e-4}, noise=1e-5))
    (own,) = findings.token_lists
    assert own.lists["lowers"].sure
    across = make_across(findings, EN)
    assert across is not None
    assert [item.kind for item in across.lists] == ["raises", "draws"]
    assert not any("cd" in str(row[3].parts) for table in across.parts for row in table.rows)
    assert "cd" not in str(make_answers(findings, EN)[1].chart)


@LANGUAGES
def test_only_a_clear_effect_is_named(planted: Results, results: Results, lang: str) -> None:
    language = load_language(lang)
    clear, none = (make_across(Findings(own), language).headline for own in (planted, results))
    quoted = language.say("across", "quoted", name="ab")
    for headline, is_named in ((clear, True), (none, False)):
        assert (quoted in headline) == is_named
        # "ab" alone stands in five texts and more, and has a third of all changes.
        assert (language.say("across", "few_sure", n=5) in headline) != is_named


def test_a_group_is_a_row_by_the_rules_for_tokens(tmp_path: Path) -> None:
    results = with_groups(tmp_path, 16, 0.6)
    tokens = corpus_tokens(results)
    names = tokens.labels[tokens.n_units :]
    assert sorted(names) == ["ab … cd", "abcd", "cd … ab"]
    effects = results.effects
    whole = effects[effects["joint"].notna()].groupby("text")["joint_effect"].first().astype(float)
    own = whole[[results.texts["text"][text].startswith("abcd") for text in whole.index]]
    label = tokens.labels.index("abcd")
    assert tokens.text[tokens.label == label].tolist() == own.index.tolist()
    assert tokens.effect[tokens.label == label] == pytest.approx(own.to_numpy())
    (raises, *_) = made(results).lists
    (row,) = [row for row in rows_of(raises.rows) if row.token == "abcd (together)"]
    assert (row.n_texts, row.beside) == (str(len(own)), "–")
    assert float(row.value) == pytest.approx(own.mean(), abs=1e-3)


@pytest.mark.parametrize(("of_range", "n"), [(0.04, 0), (0.06, 3)])
def test_only_groups_that_are_marked_in_a_text_are_told(
    tmp_path: Path, of_range: float, n: int
) -> None:
    """As seen: 12 groups "say the same", of which 6 changed the score by at most 0.08 of 2.19."""
    spread = Findings(with_groups(tmp_path / "whole", 16, 0.6)).explained_range
    assert spread is not None
    results = with_groups(tmp_path, 16, of_range * spread, noise=1e-6)
    assert results.effects["joint"].notna().any()
    assert len(Findings(results).joint_tokens) == n
    assert corpus_tokens(results).n_groups == n
    assert any("say the same" in said for said in made(results).remarks) == bool(n)


def test_groups_leave_what_is_said_of_all_tokens_as_it_is(tmp_path: Path) -> None:
    results = with_groups(tmp_path, 8, 0.6)
    tokens = corpus_tokens(results)
    alone = tokens_without_groups(tokens)
    with_groups_, without = (
        rank_tokens(own, own.effect, 3, centre=None) for own in (tokens, alone)
    )
    assert with_groups_.centre == pytest.approx(without.centre)
    assert with_groups_.judged == pytest.approx(without.judged)
    assert tokens.n_groups == 3


def tokens_without_groups(tokens: CorpusTokens) -> CorpusTokens:
    own = tokens.label < tokens.n_units
    return replace(
        tokens,
        labels=tokens.labels[: tokens.n_units],
        n_groups=0,
        **{
            name: getattr(tokens, name)[own]
            for name in ("text", "label", "count", "attention", "effect", "same")
        },
    )


def test_a_group_of_one_text_is_no_row(tmp_path: Path) -> None:
    across = made(with_groups(tmp_path, 1, 0.6))
    rows = [row for own in across.lists for row in rows_of((*own.rows, *own.doubtful))]
    assert not [row for row in rows if "together" in row.token]
    assert "ab" in across.remarks[-1]  # it is told of all the same


def test_a_stronger_token_in_too_few_texts_is_told_beside_the_one_that_is_named(
    results: Results,
) -> None:
    """ "cd" raises the output more than "ab", but stands in four texts."""
    findings = Findings(with_effects(results, {"ab": 0.6, "cd": 1.5}))
    across = make_across(findings, EN)
    assert across is not None
    raises = next(item for item in across.lists if item.kind == "raises")
    first, second, *_ = rows_of(raises.rows)
    assert (first.token, first.n_texts, second.token) == ("cd", "4", "ab")
    assert raises.sentence == (
        f"After allowing for chance, of the tokens in 5 or more texts “ab” raises the prediction "
        f"most: by {second.value[1:]} on average, in 7 texts. "
        f"Stronger, but in fewer than 5 different texts: “cd” ({first.value})."
    )
    answer = make_answers(findings, EN)[1]
    assert answer.answer == "“ab” clearly raises it"
    bars = BeautifulSoup(str(answer.chart), "html.parser").find_all("rect")[:2]
    assert ["hollow" in bar["class"] for bar in bars] == [True, False]
    assert re.fullmatch(r"cd \+1\.\d+: in 4 texts only", bars[0].get_text())


def corpus(values: np.ndarray) -> CorpusTokens:
    """Tokens that each stand in all texts, with these `values` `[text, token]`."""
    text, label = (at.ravel() for at in np.indices(values.shape))
    return CorpusTokens(
        labels=tuple(map(str, range(values.shape[1]))),
        text=text,
        label=label,
        count=np.ones_like(text),
        attention=values.ravel(),
        effect=values.ravel(),
        same=text,
    )


def test_a_mean_that_half_of_its_texts_make_is_not_listed_as_sure() -> None:
    """It is the largest, but in half of its texts alone."""
    random = np.random.default_rng(5)
    values = random.normal(0, 0.05, (6, 20))
    values[:, 0] += 0.5
    values[:, 1] = [-1, 0.2, 0.1, 4.0, 4.0, -2.0]
    found = effect_lists(corpus(values), is_size=False).lists["raises"]
    assert [token.label for token in found.sure] == [0]
    assert found.named == found.sure[0]
    unsure = next(token for token in found.doubtful if token.label == 1)
    assert unsure.value == pytest.approx(values[:, 1].mean())
    assert unsure.value > found.sure[0].value
    assert not any(token.is_named for token in found.doubtful)


def test_what_a_list_cannot_hold_is_counted() -> None:
    values = np.random.default_rng(7).normal(0, 0.1, (8, 60))
    values[:, :20] += 1.0
    found = effect_lists(corpus(values), is_size=False).lists
    raises, lowers = found["raises"], found["lowers"]
    assert (len(raises.sure), raises.n_sure) == (8, 20)
    assert not lowers.sure
    assert raises.n_sure + raises.n_doubtful + lowers.n_doubtful == 60
    assert len(lowers.doubtful) == min(16, lowers.n_doubtful)


@LANGUAGES
def test_a_token_of_which_the_interval_holds_0_is_not_named(results: Results, lang: str) -> None:
    """The largest mean, but of texts that differ: "ab" raises the output in some, lowers in one."""
    effects = results.effects.copy()
    effects["effect"] = np.random.default_rng(1).normal(0.1, 1, len(effects))
    language, findings = load_language(lang), Findings(changed(results, effects=effects))
    across = make_across(findings, language)
    assert across is not None
    most = next(item for item in across.lists if item.kind == "raises").doubtful[0]
    low, high = (float(end.replace("−", "-")) for end in most[2].small.strip("[]").split(", "))
    assert low < 0 < high
    assert language.say("across", "few_sure", n=5) in across.headline
    assert most[0].text not in across.headline
    none_sure = language.say("answers", "few_sure_tokens")
    assert make_answers(findings, language)[1].answer == none_sure
    # Where "ab" has most of all changes, it is known that no token stands out.
    noise = effects.assign(effect=np.where(effects["position"] == 1, effects["effect"], 0.0))
    judged = Findings(changed(results, effects=noise))
    across = make_across(judged, language)
    assert across is not None
    assert language.say("across", "none_moves") in across.headline
    none = language.say("answers", "none_stands_out")
    assert make_answers(judged, language)[1].answer == none


@LANGUAGES
def test_that_too_few_texts_share_a_token_is_said_only_where_none_is_in_enough(
    tmp_path: Path, lang: str
) -> None:
    language = load_language(lang)
    findings = Findings(make_results(tmp_path, TEXTS[:4], evidence="basic"))
    across = make_across(findings, language)
    assert across is not None
    assert [own.ranked.n_shared for own in findings.token_lists] == [0]
    assert language.say("across", "few_shared", n=5) in across.headline
    too_few = language.say("answers", "too_few_tokens")
    assert make_answers(findings, language)[1].answer == too_few


def test_no_list_holds_a_token_whose_interval_holds_the_centre() -> None:
    """Many tokens do more than the average one, so the sign of those a little above it is likely
    enough; yet what stands beside them would say that it is open."""
    n_held_back = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        values = 1 + random.normal(0, 0.3, (8, 12)) + random.normal(0, 0.3, 12)
        tokens = corpus(values)
        found = rank_tokens(tokens, values.ravel(), 3, 1.0)
        listing = listed("draws", found)
        assert all(token.interval.low > 1 for token in listing.sure)
        n_held_back += sum(token.wrong_sign <= 0.1 for token in listing.doubtful)
    assert n_held_back


def test_a_token_is_named_only_where_its_printed_interval_leaves_out_the_centre() -> None:
    """Its own texts hardly differ, so that a test alone would name it; but texts of other tokens
    do, and by so much its own may too."""
    n_texts, n_tokens = 6, 12
    random = np.random.default_rng(3)
    values = 1 + random.normal(0, 0.3, (n_texts, n_tokens))
    values[:, 0] = 1.02 + random.normal(0, 0.001, n_texts)
    tokens = corpus(values)
    assert ttest_1samp(values[:, 0], 1).pvalue * n_tokens < 0.1
    found = rank_tokens(tokens, tokens.attention, 3, 1.0)
    assert found.intervals[0, 0] <= 1 <= found.intervals[1, 0]
    assert not found.is_named[0]
    for seed in range(40):
        drawn = 1 + np.random.default_rng(seed).normal(0, 0.1, values.shape)
        drawn += np.linspace(-0.3, 0.3, n_tokens)
        found = rank_tokens(tokens, drawn.ravel(), 3, 1.0)
        low, high = found.intervals[:, found.is_named]
        assert found.is_named.any()
        assert ((low > 1) | (high < 1)).all()


@pytest.mark.parametrize(("n_different", "is_named"), [(1, False), (4, False), (5, True)])
def test_copies_of_a_text_show_nothing_new(
    tmp_path: Path, n_different: int, is_named: bool
) -> None:
    """Eight texts with "ab", of which so many differ."""
    texts = [f"abcdef{letter * 2}" for letter in "ghijk"[:n_different]]
    texts += texts[:1] * (8 - n_different)
    made_up = with_effects(make_results(tmp_path, (*texts,), evidence="basic"), PARTS)
    headline = made(made_up).headline
    assert (EN.say("across", "quoted", name="ab") in headline) == is_named


@LANGUAGES
def test_tokens_in_enough_texts_are_not_denied(results: Results, lang: str) -> None:
    """Where nothing moves the output, no token is listed, though "ab" stands in seven texts."""
    still = changed(results, effects=results.effects.assign(effect=0.0))
    across = make_across(Findings(still), load_language(lang))
    assert not any(item.kind != "draws" for item in across.lists)
    assert across.remarks == ()
    assert load_language(lang).say("across", "nothing_moves") in across.headline


@LANGUAGES
def test_a_token_in_enough_texts_that_draws_little_is_not_denied(
    results: Results, lang: str
) -> None:
    """Those in three texts and more get less attention than the average token: "cd" in four, too.
    "No token stands in at least 3 of the 8 texts" was said of them."""
    language, tokens = load_language(lang), results.tokens.copy()
    tokens["received_norm_all"] = np.where(tokens["token"] == "zz", 1.0, 0.01)  # in two texts
    across = make_across(Findings(changed(results, tokens=tokens)), language)
    assert across is not None
    assert language.say("across", "no_draws", n=8, fewest=3) in across.remarks


@LANGUAGES
def test_effects_on_different_classes_are_never_averaged(tmp_path: Path, lang: str) -> None:
    """A token that raises one class and lowers the other stands in the list of each."""
    language = load_language(lang)
    results = make_results(tmp_path, TEXTS * 4, kind="class", evidence="basic")
    names = np.array(["no", "yes"])[np.arange(len(TEXTS) * 4) // 16]
    results = with_effects(results, {"ab": 0.6})
    evidence = results.evidence.assign(explained_label=names[results.evidence["text"]])
    signs = np.where(names[results.effects["text"]] == "yes", 1, -1)
    effects = results.effects.assign(effect=results.effects["effect"] * signs)
    across = make_across(Findings(changed(results, evidence=evidence, effects=effects)), language)
    shown = {item.title: rows_of(item.rows) for item in across.lists if item.kind != "draws"}
    yes, no = (language.say("across", "quoted", name=name) for name in ("yes", "no"))
    titles = {
        (kind, name): language.say("across", f"{kind}_title", what=name)
        for kind in ("raises", "lowers")
        for name in (yes, no)
    }
    raises, lowers = shown[titles["raises", yes]][0], shown[titles["lowers", no]][0]
    assert raises.token == lowers.token == "ab"
    assert set(shown) <= set(titles.values())
    assert raises.n_texts == lowers.n_texts == "14"
    draws = [item for item in across.lists if item.kind == "draws"]
    assert all(row.beside == "" for item in draws for row in rows_of(item.rows))
    assert yes in across.headline
    assert no in across.headline
    assert language.say("across", "apart", n=2) in across.remarks


@LANGUAGES
def test_why_there_is_no_list_where_every_text_explains_another_token(
    results: Results, lang: str
) -> None:
    language = load_language(lang)
    names = [f"t{i}" for i in range(len(results.evidence))]
    apart = changed(results, evidence=results.evidence.assign(explained_label=names))
    across = make_across(Findings(apart), language)
    assert not any(item.kind != "draws" for item in across.lists)
    assert language.say("across", "apart_none", n=len(names)) in across.remarks
    assert language.say("across", "none_moves") not in across.headline


def test_without_evidence_attention_received_is_shown_and_said(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS)
    across = made(results)
    assert [item.kind for item in across.lists] == ["draws"]
    assert across.remarks == ("What changes the prediction was not measured.",)
    wanted = plain(results, "received_all")
    ratios = ranked({k: [a for a, _ in v.values()] for k, v in wanted.items()}, 1.0)
    for row in rows_of((*across.lists[0].rows, *across.lists[0].doubtful)):
        value, half = ratios[row.token][:2]
        assert row.value == f"{value:.1f}×"
        assert row.interval == f"[{max(value - half, 0):.1f}, {value + half:.1f}]"
        assert row.beside == ""


def test_in_causal_models_attention_is_taken_over_its_even_spread(tmp_path: Path) -> None:
    results = make_results(tmp_path, TEXTS, special=False)
    object.__setattr__(results.info.model, "is_causal", True)
    columns = ["received_all", "expected"]
    tokens = results.token_columns("text", *columns)
    found = corpus_tokens(results)
    for text in range(len(TEXTS)):
        own = tokens[tokens["text"] == text]
        measure = (own["received_all"] / own["expected"]).to_numpy(float)
        ratios = measure / measure.mean()
        rows = found.text == text
        total = (found.attention[rows] * found.count[rows]).sum()
        assert total == pytest.approx(ratios.sum(), rel=1e-5)
        first = found.labels.index(TEXTS[text][:2])
        if TEXTS[text].count(TEXTS[text][:2]) == 1:
            place = np.flatnonzero(rows & (found.label == first))[0]
            assert found.attention[place] == pytest.approx(ratios[0], rel=1e-5)


def test_embeddings_have_one_list_without_a_sign(tmp_path: Path) -> None:
    across = made(make_results(tmp_path, TEXTS, kind="embedding", evidence="basic"))
    assert [item.kind for item in across.lists] == ["moves", "draws"]
    assert not any(
        row.value.startswith(("+", "−"))
        for row in rows_of((*across.lists[0].rows, *across.lists[0].doubtful))
    )


def test_few_texts_are_said_in_words(tmp_path: Path) -> None:
    single = made(make_results(tmp_path / "a", TEXTS[:1], evidence="basic"))
    assert single.lists == ()
    assert single.headline == ""
    assert "only one text" in single.remarks[0]
    assert "on one text only" in single.remarks[1]
    apart = made(make_results(tmp_path / "b", ("abcd", "efgh", "ijkl")))
    assert apart.remarks[0].startswith("No token stands in at least 3 of the 3 texts")
    assert make_across(Findings(make_results(tmp_path / "c", ("",))), EN) is None


@pytest.mark.parametrize(("n", "fewest"), [(1, 3), (40, 3), (100, 5), (1000, 16), (100_000, 158)])
def test_more_texts_ask_for_more(n: int, fewest: int) -> None:
    assert fewest_texts(n) == fewest


def test_lower_case_tokenizers_have_one_row_for_both_cases(tmp_path: Path) -> None:
    results = make_results(tmp_path, ("Ab12", "ab34", "AB56"))
    lower = changed(
        results, tokens=results.tokens.assign(token=results.tokens["token"].str.lower())
    )
    assert {"Ab", "ab", "AB"} <= set(corpus_tokens(results).labels)
    assert set(corpus_tokens(lower).labels) == {"ab", "12", "34", "56"}


def test_parts_are_the_texts_by_label_and_group(tmp_path: Path) -> None:
    labels = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    results = with_effects(
        make_results(tmp_path, TEXTS, labels=labels, evidence="basic"), PARTS, noise=0.01
    )
    results.texts["group"] = ["x", "y"] * 4
    parts = Findings(results).parts
    low, high = parts["label"]
    assert (low.name, high.name, low.median, high.median) == ("up_to", "above", 4.5, 4.5)
    assert low.texts.tolist() == [True] * 4 + [False] * 4
    assert high.texts.tolist() == [False] * 4 + [True] * 4
    assert [part.name for part in parts["group"]] == ["x", "y"]
    wanted = plain(results, "received_norm_all")
    table = made(results).parts[0]
    assert [row[0].text for row in table.rows] == ["up to 4.50", "above 4.50"]
    for row, texts in zip(table.rows, ({0, 1, 2, 3}, {4, 5, 6, 7}), strict=True):
        means = ranked(
            {
                label: [e for text, (_, e) in rows.items() if text in texts]
                for label, rows in wanted.items()
                if texts & set(rows)
            },
            0.0,
        )
        raised = [k for k, own in means.items() if own.mean > 0 and own.wrong <= 0.1]
        raised.sort(key=lambda k: -means[k].left)
        tokens, values = row[2].parts[::2], row[2].parts[1::2]
        assert [token.text for token in tokens] == raised[:3]
        for token, value in zip(tokens, values, strict=True):
            number, interval = value.text.split(" ", 1)
            assert float(number.replace("−", "-")) == pytest.approx(means[token.text][0], abs=6e-4)
            assert interval.startswith("[")


def test_few_different_labels_are_parts_by_the_name_they_were_given(tmp_path: Path) -> None:
    results = make_results(tmp_path, HEADLINES, labels=(1.0, 2.0, 1.0, 2.0, 1.0, 2.0))
    results.texts["label"] = ["1", "2"] * 3
    ((division, parts),) = Findings(results).parts.items()
    assert division == "label"
    assert [part.name for part in parts] == ["1", "2"]
    assert written(1.0, 0) == "1"


def test_parts_by_several_labels_are_named_as_predictions_are(tmp_path: Path) -> None:
    """Where "ab" draws most attention in both parts."""
    results = make_results(tmp_path, TEXTS * 2, kind="labels", evidence="basic")
    results.texts["label"] = ['["taste", "price"]', "[]"] * 8
    is_ab = results.tokens["token"] == "ab"
    tokens = results.tokens.assign(received_norm_all=np.where(is_ab, 0.5, 0.05))
    results = changed(results, tokens=tokens)
    names = {row[0].text for table in made(results).parts for row in table.rows}
    assert names == {"price, taste", "none"}


def test_classes_are_parts_too(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="class")
    ((division, parts),) = Findings(results).parts.items()
    assert division == "class"
    for part in parts:
        own = results.texts["prediction_label"] == part.name
        assert part.texts.tolist() == own.tolist()


@LANGUAGES
@pytest.mark.parametrize(("n", "is_told"), [(8, True), (7, True), (3, False), (0, False)])
def test_that_the_last_token_does_most_is_the_finding(
    tmp_path: Path, n: int, is_told: bool, lang: str
) -> None:
    """By chance one of three would be the last in a third of the texts."""
    findings, language = Findings(with_last(tmp_path, n)), load_language(lang)
    across, answer = make_across(findings, language), make_answers(findings, language)[1]
    assert across is not None
    wanted = language.say("answers", "last", k=n, n=8)
    assert (answer.answer == wanted) == is_told
    low, high = binomtest(n, 8).proportion_ci(0.95)
    interval = f"[{language.percent(low)}, {language.percent(high)}]"
    start = language.say("across", "last", k=n, n=8, share=n / 8, chance=1 / 3, interval=interval)
    assert across.headline.startswith(start) == is_told
    # Row 9: a token that ends texts is not what all lists are of.
    endings = {"gh", "ij"}
    effects = findings.token_means.effect
    ends = [effects[findings.tokens.labels.index(label)] for label in endings]
    assert np.isnan(ends).all() == is_told


def test_the_headline_and_the_section_name_the_same_tokens(tmp_path: Path) -> None:
    """Row 9: the headline read the lists of the first target alone, which named none."""
    results = make_results(tmp_path, TEXTS * 4, kind="class", evidence="basic")
    names = np.array(["no", "yes"])[np.arange(len(TEXTS) * 4) % 16 // 10]
    results = with_effects(results, {"ab": 0.6})
    evidence = results.evidence.assign(explained_label=names[results.evidence["text"]])
    is_yes = names[results.effects["text"]] == "yes"
    noise = np.random.default_rng(4).normal(0, 0.5, len(is_yes))
    effects = results.effects.assign(effect=np.where(is_yes, results.effects["effect"], noise))
    findings = Findings(changed(results, evidence=evidence, effects=effects))
    assert findings.explained_targets[0] == "no"
    assert [own.names_any for own in findings.token_lists] == [False, True]
    assert "“ab” raises “yes” most" in make_across(findings, EN).headline
    answer = make_answers(findings, EN)[1]
    assert answer.answer == "“ab” clearly raises it"
    assert answer.remark.startswith("For “yes”")


def test_tokens_of_few_texts_are_told_where_they_alone_do_much(tmp_path: Path) -> None:
    """ "zz" stands in four of sixteen texts; "ab" in fourteen, where it does next to nothing."""
    for noise, ab, said in (
        (0.15, 0.0, "No token in 5 or more texts stands out. Of those in fewer, these do: “zz” (+"),
        (0.01, 0.05, "No token in 5 or more texts raises the prediction by much: “ab” most, by "),
    ):
        made = with_parts(tmp_path / str(ab), {"zz": 1.0, "ab": ab}, noise)
        findings = Findings(made)
        across = make_across(findings, EN)
        assert across is not None
        assert across.headline.startswith(said)
        assert (
            "Stronger, but in fewer than 5 different texts: “zz” (+" in across.headline
        ) == bool(ab)
        assert make_answers(findings, EN)[1].answer == "Only tokens in few texts stand out"
