"""The texts that deserve a look: which, why, and which of them is open at first."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import HEADLINES, changed, make_results
from helpers.made_up.tagged import tagged_results
from scipy.stats import spearmanr

from reportgen.findings import Findings
from reportgen.findings.ranking import figures
from reportgen.report import load_language
from reportgen.report.sections import make_notable, with_first
from reportgen.results import Results

EN, JA = load_language("en"), load_language("ja")
TEXTS = tuple(f"{line} {i}" for i, line in enumerate(HEADLINES * 4))
ENGLISH = tuple(f"{'free coffee and points '[: 4 + i]} {i}" for i in range(12))
LABELS = tuple(1 + (i * 7 % 24) / 20 for i in range(24))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("notable")
    return make_results(folder, TEXTS, labels=LABELS, sink=0.3, evidence="basic")


def plain_usual(share: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """By the normal equations of a parabola over the logarithm of the length."""
    terms = np.stack([np.ones(len(tokens)), np.log(tokens), np.log(tokens) ** 2], axis=1)
    return terms @ np.linalg.solve(terms.T @ terms, terms.T @ share)


def test_every_reason_names_its_first_texts(results: Results) -> None:
    found = figures(results, Findings(results).shown_first)
    notable = make_notable(Findings(results), EN)
    assert 5 <= len(notable.texts) <= 8
    reasons = {text.number: text.reasons for text in notable.texts}
    worst = int(found["error"].argmax())
    predicted, label = results.texts["prediction"].iloc[worst], LABELS[worst]
    error = f"{predicted - label:+.2f}".replace("-", "−")
    assert f"largest error: {error}" in reasons[worst + 1]
    longest = int(found["tokens"].argmax())
    assert f"longest: {results.texts['n_tokens'].iloc[longest]} tokens" in reasons[longest + 1]
    shares = results.heads.groupby("text")[["special_share", "uniform_share"]].mean()
    share = shares["special_share"].to_numpy(float)
    usual = plain_usual(share, results.texts["n_tokens"].to_numpy(float))
    most = int(np.argmax(share - usual))
    ends = (f"{100 * values[most]:.1f}\u00a0%" for values in (share, usual))
    said = "most attention on markers: {}, at its length usually {}"
    assert said.format(*ends) in reasons[most + 1]
    strange = int(found["strangeness"].argmax())
    apart = 100 * found["strangeness"].iloc[strange]
    points = f"most unusual attention: {apart:.1f} points off, usually "
    assert any(points in reason for reason in reasons[strange + 1])
    least = int(found["agreement"].argmin())
    value = f"{found['agreement'].iloc[least]:.2f}".replace("-", "−")
    assert f"lowest agreement of looking and effect: {value}" in reasons[least + 1]
    assert notable.texts[0].number == worst + 1


def test_texts_with_a_wrong_tag_come_first_with_the_surest(tmp_path: Path) -> None:
    made = make_results(tmp_path, ENGLISH, kind="labels")
    names, scores = made.info.output.labels, np.stack(made.texts["scores"])
    right = [[n for n, z in zip(names, own, strict=True) if z > 0] for own in scores]
    given = [list(own) for own in right]
    given[3] = [name for name in names if name not in right[3]]  # all are wrong
    given[7] = right[7][1:] if right[7] else [names[0]]
    labels = [json.dumps(own) for own in given]
    findings = Findings(changed(made, texts=made.texts.assign(label=labels)))
    chances = 1 / (1 + np.exp(-scores))
    off = [
        max(
            abs(p - (n in own)) if (p > 0.5) != (n in own) else 0
            for n, p in zip(names, row, strict=True)
        )
        for own, row in zip(given, chances, strict=True)
    ]
    assert findings.text_figures["error"].tolist() == pytest.approx(off)
    notable = make_notable(findings, EN)
    worst = int(np.argmax(off))
    assert notable.first == notable.texts[0].number == worst + 1
    own = [name in given[worst] for name in names]
    place = int(np.argmax(np.abs(chances[worst] - own)))
    did = "left out" if names[place] in given[worst] else "gave"
    sure = f"{100 * chances[worst][place]:.1f}\u00a0%"
    reason = notable.texts[0].reasons[0]
    assert reason.startswith(f"most confident mistake: {did} “{names[place]}” ({sure})")
    assert reason.endswith(f"wrong tags: {len(names) if worst == 3 else 1}")
    assert notable.texts[0].label.text == (
        ", ".join(n for n in names if n in given[worst]) or "none"
    )


def test_of_equal_texts_a_reason_picks_one(tmp_path: Path) -> None:
    """The last two texts are equal, with the largest errors."""
    texts = (*TEXTS[:22], TEXTS[22], TEXTS[22])
    results = make_results(tmp_path, texts, labels=(*LABELS[:22], 90.0, 90.5))
    found = Findings(results)
    assert set(found.ranking["error"][:2].tolist()) == {22, 23}
    by_error = [row for row, why in found.picked.texts.items() if ("error" in dict(why))]
    assert len(by_error) == 2
    assert len({22, 23} & {*by_error}) == 1
    assert by_error[1] == found.ranking["error"][2]


def test_texts_with_wrong_words_come_first_of_a_tagger(tmp_path: Path) -> None:
    texts = ("ab cd ef gh ij", "kl mn op qr st", "uv wx yz ab cd", "ef gh ij kl mn")
    tags = [own.split() for own in tagged_results(tmp_path / "a", texts).texts["prediction_label"]]
    tags[2][1] = "O" if tags[2][1] != "O" else "B-PER"
    findings = Findings(tagged_results(tmp_path / "b", texts, tags))
    assert findings.text_figures["error"].tolist() == [0, 0, 1, 0]
    notable = make_notable(findings, EN)
    assert notable.first == 3
    assert notable.texts[0].reasons[0] == "most words with a wrong tag: 1"


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_texts_that_look_alike_are_not_called_unusual(tmp_path: Path, lang: str) -> None:
    """The same figures from batches of other sizes differ in the last digits."""
    results = make_results(tmp_path, tuple(f"{TEXTS[0]} {i:02}" for i in range(12)))
    heads, columns = results.heads, ["special_share", "uniform_share"]
    first = heads[heads["text"] == 0][columns].to_numpy()
    heads[columns] = np.tile(first, (12, 1)) + np.linspace(0, 1e-6, len(heads))[:, None]
    found = Findings(changed(results, heads=heads)).picked
    assert set(found.reasons) == {"highest", "lowest"}
    said = str(make_notable(Findings(changed(results, heads=heads)), load_language(lang)))
    assert "unusual attention:" not in said
    assert "アテンションが最も" not in said


def test_one_text_apart_leaves_no_second_unusual_one(tmp_path: Path) -> None:
    results = make_results(tmp_path, tuple(f"{TEXTS[0]} {i:02}" for i in range(12)))
    heads, columns = results.heads, ["special_share", "uniform_share"]
    first = heads[heads["text"] == 0][columns].to_numpy()
    heads[columns] = np.tile(first, (12, 1))
    heads.loc[heads["text"] == 3, "special_share"] += 0.004
    notable = make_notable(Findings(changed(results, heads=heads)), EN)
    (said,) = [why for text in notable.texts for why in text.reasons if "unusual" in why]
    assert said == "most unusual attention: 0.4 points off, usually 0.03 points"


def test_texts_are_not_listed_for_special_tokens_with_no_more_than_their_equal_share(
    tmp_path: Path,
) -> None:
    """Two texts of three tokens, whose special tokens get their equal share of 40 % or less, beside
    long ones whose special tokens get more than theirs."""
    texts = ("abcdef", "ghijkl", *(f"{line} {line}" for line in TEXTS[:10]))
    results = make_results(tmp_path, texts, sink=0.3)
    heads = results.heads
    short = heads["text"] < 2
    heads.loc[short, "special_share"] = heads.loc[short, "uniform_share"] = 0.4
    heads.loc[~short, ["special_share", "uniform_share"]] = (0.3, 0.05)
    heads.loc[heads["text"] == 1, "special_share"] = 0.3
    heads.loc[heads["text"] == 5, "special_share"] = 0.35
    findings = Findings(changed(results, heads=heads))
    excess, ranked = findings.text_figures["special_excess"], findings.ranking["special_excess"]
    assert ranked[0] == 5
    assert np.isnan(excess.iloc[[0, 1]]).all()
    assert not {0, 1}.intersection(ranked.tolist())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", "most attention on markers: {}, at its length usually {}"),
        ("ja", "目印へのアテンションが最も多い：{}（この長さでは普通{}）"),
    ],
)
def test_short_texts_do_not_stand_out_by_special_tokens_because_they_are_short(
    tmp_path: Path, code: str, said: str
) -> None:
    """Shares that fall with the length as in MiniLM (rank correlation -.95), with one long text
    five points above what is usual there."""
    texts = tuple("abcd " * n + "efg" for n in range(3, 43, 2))
    results = make_results(tmp_path, texts, sink=0.3)
    tokens = results.texts["n_tokens"].to_numpy(float)
    heads = results.heads
    noise = np.random.default_rng(0).normal(scale=0.01, size=len(texts))
    share = 0.9 - 0.12 * np.log(tokens) + noise
    share[15] += 0.05
    heads["special_share"] = share[heads["text"]].astype(np.float32)
    findings = Findings(changed(results, heads=heads))
    excess = findings.text_figures["special_excess"]
    assert findings.ranking["special_excess"][0] == 15
    assert abs(spearmanr(share, tokens).statistic) > 0.95
    usual = plain_usual(share, tokens)
    np.testing.assert_allclose(findings.text_figures["special_usual"], usual, atol=1e-6)
    assert abs(spearmanr(share - usual, tokens).statistic) < 0.3
    np.testing.assert_allclose(excess, share - usual, atol=1e-6)
    shown = make_notable(findings, load_language(code)).texts
    (reasons,) = [text.reasons for text in shown if text.number == 16]
    space = "\u00a0" if code == "en" else ""
    assert said.format(*(f"{100 * v[15]:.1f}{space}%" for v in (share, usual))) in reasons


def test_without_labels_the_first_text_in_the_language_of_the_page_is_open(tmp_path: Path) -> None:
    findings = Findings(make_results(tmp_path, TEXTS))
    notable = make_notable(findings, EN)
    assert notable.first == 3
    assert make_notable(findings, JA).first == 1
    assert "error" not in notable.lead
    assert "Unusual attention" in notable.strange


def without_effects(results: Results, still: tuple[int, ...], none: tuple[int, ...]) -> Findings:
    """`results` where nothing counts in some texts, and others have no evidence."""
    evidence, effects = results.stored("evidence"), results.stored("effects").copy()
    for column in ("effect", "joint_effect"):
        effects.loc[effects["text"].isin(still), column] = 0.0
    measured = (own[~own["text"].isin(none)] for own in (evidence, effects))
    evidence, effects = (own.reset_index(drop=True) for own in measured)
    return Findings(changed(results, evidence=evidence, effects=effects))


def test_the_open_text_is_the_first_to_start_with_that_can_be_read_and_in_which_something_counts(
    results: Results,
) -> None:
    whole = Findings(results)
    for code, is_own in (("en", str.isascii), ("ja", lambda text: not text.isascii())):
        own = [row for row in whole.picked.texts if is_own(TEXTS[row])]
        assert len(own) >= 2
        assert whole.opened[code] == own[0]
        assert without_effects(results, (own[0],), ()).opened[code] == own[1]
        assert without_effects(results, (), (own[0],)).opened[code] == own[1]


def test_where_no_text_can_be_read_the_first_in_which_something_counts_is_open(
    tmp_path: Path,
) -> None:
    texts = tuple(f"Привет всем {i}" for i in range(9))
    made = make_results(tmp_path, texts, evidence="basic")
    assert without_effects(made, (0, 1), ()).opened == {"en": 2, "ja": 2}


def test_the_open_text_is_in_the_list(results: Results, tmp_path: Path) -> None:
    made = Findings(make_results(tmp_path, TEXTS))
    for language, number, why in (
        (EN, 3, "an example in the language of this page"),
        (JA, 1, "例として：ファイルの最初"),
    ):
        notable = make_notable(made, language)
        assert number not in {text.number for text in notable.texts}
        shown = with_first(notable, made, language)
        assert shown.texts[1:] == notable.texts
        assert (shown.n_examples, notable.n_examples) == (1, 0)
        assert (shown.texts[0].number, shown.texts[0].reasons) == (number, (why,))
        assert "".join(span.text for span in shown.texts[0].spans) == TEXTS[number - 1]
    listed = make_notable(Findings(results), EN)
    assert with_first(listed, Findings(results), EN) is listed


def test_the_highest_and_lowest_prediction_are_told_with_the_unit_that_does_most_for_it(
    results: Results,
) -> None:
    findings = Findings(results)
    reasons = {text.number - 1: text.reasons for text in make_notable(findings, EN).texts}
    predicted = results.texts["prediction"].to_numpy(float)
    for name, row, verb in (
        ("highest", int(predicted.argmax()), "adds"),
        ("lowest", int(predicted.argmin()), "takes"),
    ):
        effects = results.effects_of(row)["effect"].dropna().astype(float)
        most = effects.max() if verb == "adds" else -effects.min()
        (said,) = [reason for reason in reasons[row] if reason.startswith(f"{name} prediction")]
        assert f"” {verb} {most:.2f}" in said
    without = Findings(without_effects(results, tuple(range(24)), ()).results)
    still = str(make_notable(without, EN))
    assert "'highest prediction'" in still
    assert "'lowest prediction'" in still


def test_few_texts_have_no_list(tmp_path: Path) -> None:
    three = make_notable(
        Findings(make_results(tmp_path / "3", HEADLINES[:3], labels=LABELS[:3])), EN
    )
    assert three.texts == ()
    assert three.first == 3  # the only one in English
    six = make_notable(Findings(make_results(tmp_path / "6")), EN)
    assert len(six.texts) == 2


def test_texts_that_are_all_alike_are_not_told_apart(tmp_path: Path) -> None:
    alike = make_results(tmp_path, ("abcdef",) * 6, special=False, n_layers=1, n_heads=1)
    notable = make_notable(Findings(alike), EN)
    assert "length" not in notable.lead
    assert "special tokens" not in notable.lead
    assert all("longest" not in reason for text in notable.texts for reason in text.reasons)


def test_a_wrong_class_is_told_with_its_softmax(tmp_path: Path) -> None:
    results = make_results(tmp_path, kind="class")
    wrong = {"bad": "good", "good": "bad"}
    results.texts["label"] = [wrong[name] for name in results.texts["prediction_label"]]
    error = figures(results, "received_norm_all")["error"]
    worst = int(error.argmax())
    text = make_notable(Findings(results), EN).texts[0]
    assert text.number == worst + 1
    sure = (1 + error.iloc[worst]) / 2  # of two classes, whose shares sum to 1
    predicted, label = (results.texts[c].iloc[worst] for c in ("prediction_label", "label"))
    said = f"“{predicted}” ({100 * sure:.1f}\u00a0%), right answer “{label}”"
    said += f" ({100 * (1 - sure):.1f}\u00a0%)"
    assert text.reasons[0] == f"most confident mistake: predicted {said}"
