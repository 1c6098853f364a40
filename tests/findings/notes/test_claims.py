"""What no note may ever claim: held over notes of every kind, with figures of all sizes."""

import re
from collections.abc import Callable, Mapping

import pytest
from helpers.made_up.every_note import live_notes

from reportgen.findings import THRESHOLDS, Findings, Note, live_rows_note
from reportgen.report import load_language, sentence
from reportgen.report.language import STYLES, Language, beside, in_short, threshold

LANGUAGES = ("en", "ja")
BOTH = {lang: load_language(lang) for lang in LANGUAGES}

# What must stand in no sentence, by what it would claim.
FORBIDDEN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "attention explains, causes or makes": r"attention (\w+ )?(explains?|causes?|makes?)"
        r"|attention drives?|made the|because the model look|is why|reason for",
        "a sink is meaningless or a bug": r"meaningless|useless|\bbugs?\b|\bnois[ey]|broken"
        r"|\bempty\b|artifact|\bjunk",
        "hiding proves information": r"(?<!not )shows? that \S+ carries"
        r"|(?<!no sign )(?<!not show )that it carries",
        "no-op as proven": r"prove[sn]?\b|\bproof|\bis a “no-op|demonstrat|confirm",
        "agreement as accuracy": r"accura|\bcorrect|\bright\b|\bwrong|\btruth|\bvalid|faithful",
        "layers of shared weights as different parameters": r"\bparameters?\b"
        r"|\bhead \d+\b(?! of layer \d)",
        "a sign from attention": r"\bpositive|\bnegative|\braises\b|\blowers\b|increase|decrease"
        r"|\bin favou?r|\bagainst the",
        "raw sums compared": r"\bsums?\b|\btotal\b",
        "tokens as words": r"\bwords?\b",
        "a share of the prediction": r"% of the (prediction|output|score)",
    },
    "ja": {
        "attention explains, causes or makes": r"予測の(理由|原因|根拠)|が原因"
        r"|アテンションが(予測|出力|スコア)を|ために予測|説明(します|しています|できます)",
        "a sink is meaningless or a bug": r"無意味|無駄|バグ|不具合|ノイズ|欠陥|空っぽ|壊れ|異常",
        "hiding proves information": r"運んでいることが(わか|示)|証拠です|証拠になります"
        r"|ことを示して",
        "no-op as proven": r"証明|実証|no-op（何もしない）」です|確認されました",
        "agreement as accuracy": r"正確|精度|正し|正解|的中|妥当|忠実",
        "layers of shared weights as different parameters": r"パラメータ|(?<!\d層の)ヘッド\d",
        "a sign from attention": r"プラス|マイナス|ポジティブ|ネガティブ|押し上げ|押し下げ|好影響"
        r"|悪影響|肯定|否定",
        "raw sums compared": r"総和|列の和|(?<!割り振りの)合計",
        "tokens as words": r"単語|言葉|(この|その|どの|各|の)語(?![彙])",
        "a share of the prediction": r"(予測|出力|スコア)の\d[\d.]*%",
    },
}
# What must stand beside certain figures.
DISCLAIMERS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "norm_share": r"not of the prediction",
        "mixing": r"not of the prediction",
    },
    "ja": {
        "norm_share": r"予測に占める割合ではありません",
        "mixing": r"予測に占める割合ではありません",
    },
}
VERDICT_WORDS = {
    "en": r"is an attention sink|called an attention sink|No attention sink|no-op|hardly"
    r"|like a constant|depends on it|partly depends|attracts the attention|are short|not short"
    r"|measurably|dominated|Unclear",
    "ja": r"アテンションシンクです|「アテンションシンク」と呼|シンクではありません"
    r"|シンクは見られません|no-op"
    r"|ほとんど影響|同じ定数|依存しています|位置がアテンションを集めて|は短く|上回って|下回って|はっきりしません"
    r"|大半が",
}
OUTPUT_NAMES = {
    "en": {
        "cosine": "embedding",
        "margin": "the lead of the",
        "logit": "the logit of the",
        "log_probability": "the log-probability of the last token",
        "next_token": "the log-probability of the next token",
        "completion": "the log-probability of the completion",
    },
    "ja": {
        "cosine": "埋め込み",
        "margin": "次点との差",
        "logit": "のロジット",
        "log_probability": "最後のトークンの対数確率",
        "next_token": "次のトークンの対数確率",
        "completion": "補完の対数確率",
    },
}
SENTENCES = BOTH["en"].words["sentences"]
TEST_FIGURES = ("zero_ratio", "mean_ratio", "test_ratio")

Ends = Callable[[str], tuple[float, float]]
# That a verdict's intervals lie on its side of every threshold.
SIDES: Mapping[str, Callable[[Ends], bool]] = {
    "N1": lambda of: of("excess")[0] >= 0.3,
    "N1d": lambda of: of("excess")[0] >= 0.05 and of("excess")[1] < 0.3,
    "N1h": lambda of: of("excess")[1] < 0.3,
    "N1b": lambda of: of("excess")[1] < 0.05,
    "N1b-below": lambda of: of("excess")[1] < 0.05 and of("excess")[0] <= 0,
    "N2": lambda of: of("value_ratio")[1] <= 0.5,
    "N2-heavy": lambda of: of("value_ratio")[1] <= 0.5,
    "N3": lambda of: of("value_ratio")[0] > 0.5,
    "score-alike": lambda of: of("alike")[0] >= 0.8,
    "score-between": lambda of: of("alike")[0] > 0.5 and of("alike")[1] < 0.8,
    "score-asks": lambda of: of("alike")[1] <= 0.5,
    "N4": lambda of: of("zero_ratio")[1] <= 0.25,
    "N5": lambda of: of("zero_ratio")[0] > 0.25 and of("mean_ratio")[1] <= 0.25,
    "N5-open": lambda of: of("zero_ratio")[0] > 0.25,
    "N5-first": lambda of: of("zero_ratio")[0] > 0.25,
    "N5-basic": lambda of: of("zero_ratio")[0] > 0.25,
    "N6": lambda of: of("mean_ratio")[0] >= 0.5,
    "N6-partly": lambda of: of("mean_ratio")[0] > 0.25 and of("mean_ratio")[1] < 0.5,
    "N13c": lambda of: of("offset")[0] > 1,
    "N13d": lambda of: of("offset")[0] > 1,
}


def said(note: Note, language: Language) -> list[str]:
    """Everything that is ever said of a note."""
    return [sentence(note, language), *in_short([note], language)]


@pytest.fixture(scope="module")
def texts(notes: list[Note], situations: list[Findings]) -> Mapping[str, set[str]]:
    """All that is ever said, by language."""
    by_language = {}
    for lang, language in BOTH.items():
        texts = {text for note in notes for text in said(note, language)}
        texts |= {beside(note, language) for note in live_notes(situations)}
        texts |= {meaning for limit in THRESHOLDS for *_, meaning in [threshold(limit, language)]}
        by_language[lang] = texts
    return by_language


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("claim", FORBIDDEN["en"])
def test_it_is_never_claimed(texts: Mapping[str, set[str]], lang: str, claim: str) -> None:
    assert not [text for text in texts[lang] if re.search(FORBIDDEN[lang][claim], text)]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("figure", DISCLAIMERS["en"])
def test_a_figure_that_misleads_stands_with_what_it_does_not_show(
    notes: list[Note], lang: str, figure: str
) -> None:
    language = BOTH[lang]
    with_it = [note for note in notes if _says(note, figure)]
    assert with_it
    for note in with_it:
        assert re.search(DISCLAIMERS[lang][figure], sentence(note, language)), note


def _says(note: Note, figure: str) -> bool:
    """Whether a note's own sentence, not only its values, has a figure."""
    return any(f"{{{figure}:" in SENTENCES[key] for key in (note.id, *note.also))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_popular_reason_is_only_ever_quoted_to_be_doubted(notes: list[Note], lang: str) -> None:
    language = BOTH[lang]
    quoted = {"en": r"It is often said", "ja": r"」とよく言われ"}[lang]
    reasons = {"en": r"trained|boundary|separator|collects", "ja": r"学習|境界|区切り|集めている」"}
    doubted = {"en": r"does not by itself explain|doubted", "ja": r"説明できません|疑問視"}[lang]
    for note in notes:
        text = sentence(note, language)
        if note.role != "learned_sink" and re.search(reasons[lang], text):  # has it in its name
            assert note.id in ("N10", "N11")
            assert re.search(quoted, text)
            assert re.search(doubted, text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_no_op_is_never_more_than_consistent_with_the_figures(
    notes: list[Note], lang: str
) -> None:
    hedge = {"en": "consistent with a “no-op”", "ja": "という見方と整合的です"}[lang]
    for note in notes:
        for text in said(note, BOTH[lang]):
            assert "no-op" not in text or hedge in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_number_in_a_sentence_was_measured_on_this_model(
    notes: list[Note], lang: str
) -> None:
    """But for 0 and 1, the ends of a scale, and what a study found, which is said to be so."""
    language = BOTH[lang]
    for note in notes:
        own = {text for value in note.values.values() for text in _written(value)}
        for text in said(note, language):
            literature = set()
            if note.id == "N11":
                assert {"en": "a figure of that study", "ja": "同研究が報告した値"}[lang] in text
                literature = {"90"}
            prose = text.replace(note.token or "\0", "")
            prose = re.sub(r"(?<!\d)[12](つ|個、|件の)", "", prose)
            numbers = set(re.findall(r"\d[\d,.]*\d|\d", prose))
            assert numbers <= own | literature | {"0", "1", "100"}, (note, text)


def _written(value: float | int | str) -> list[str]:
    """A figure as any of the styles writes it."""
    if isinstance(value, str):
        return re.findall(r"\d[\d,.]*\d|\d", value)
    shown = [str(value), *(style.digits(value) for style in STYLES.values())]
    return [text.lstrip("\u2212") for text in shown]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_fewer_than_five_texts_get_no_verdict_and_no_interval(notes: list[Note], lang: str) -> None:
    language = BOTH[lang]
    few = [note for note in notes if int(note.values.get("n_texts", 9)) < 5]
    assert {note.id for note in few} >= {"few", "few-value", "few-tests", "N19-few"}
    for note in few:
        assert not [name for name in note.values if name.endswith(("_low", "_high"))]
        for text in said(note, language):
            assert not re.search(VERDICT_WORDS[lang], text), text


def test_a_verdict_lies_wholly_on_its_side_of_the_thresholds(notes: list[Note]) -> None:
    seen = set()
    for note in notes:

        def ends(name: str, note: Note = note) -> tuple[float, float]:
            return float(note.values[f"{name}_low"]), float(note.values[f"{name}_high"])

        for key in (note.id, *note.also):
            if key in SIDES:
                seen.add(key)
                assert SIDES[key](ends), note
    assert seen == SIDES.keys()


def test_every_note_with_a_verdict_on_figures_is_held_to_its_side(notes: list[Note]) -> None:
    """So that a new verdict cannot slip past the test above."""
    unheld = {
        *("no-text", "no-special"),  # say that there is none
        *("N9", "N9-cls"),  # exact
        *("tests-disagree", "N11", "N19", "why"),  # say what was measured
    }
    with_interval = {
        note.id
        for note in notes
        if any(name.endswith("_low") for name in note.values) and "unclear" not in note.id
    }
    assert with_interval <= SIDES.keys() | unheld


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_unclear_says_which_threshold_is_crossed(notes: list[Note], lang: str) -> None:
    language = BOTH[lang]
    named = {"en": "threshold", "ja": "基準値"}[lang]
    unclear = [note for note in notes if "unclear" in note.id]
    assert {note.id for note in unclear} >= {"N2-unclear", "tests-unclear"}
    for note in unclear:
        assert named in sentence(note, language)
        assert re.search(
            {"en": r"[Uu]nclear", "ja": "はっきりしません"}[lang], sentence(note, language)
        )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sink_test_names_the_output_it_holds_for(notes: list[Note], lang: str) -> None:
    language = BOTH[lang]
    tests = [note for note in notes if any(_says(note, name) for name in TEST_FIGURES)]
    assert {str(note.values["scalar"]) for note in tests} >= {"number", "margin", "cosine"}
    for note in tests:
        name = OUTPUT_NAMES[lang].get(str(note.values["scalar"]), str(note.values["output_name"]))
        for text in said(note, language):
            if note.id != "few-tests" or text == sentence(note, language):
                assert name in text, text


def test_what_is_left_without_special_tokens_stands_beside_what_there_was_with_them(
    notes: list[Note],
) -> None:
    for note in notes:
        if "effective_content" in note.values:
            assert {"effective_tokens", "n_tokens", "n_content"} <= note.values.keys()
            assert _says(note, "effective_tokens")
            assert _says(note, "n_tokens")


def test_a_share_by_length_stands_beside_the_share_of_attention(notes: list[Note]) -> None:
    for note in notes:
        if _says(note, "norm_share"):
            assert _says(note, "share")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_view_without_a_sign_is_given_none(notes: list[Note], lang: str) -> None:
    """Only the sign of a rank correlation and of a difference may be printed, and that of the end
    of an interval which begins below an equal share."""
    language = BOTH[lang]
    for note in notes:
        if note.values.get("excess", -1) > 0 > note.values["excess_low"]:
            continue
        if "key_cosine" not in note.values:
            assert "\u2212" not in sentence(note, language)
            assert "+" not in sentence(note, language)


def test_exact_rows_are_told_only_where_they_were_measured(situations: list[Findings]) -> None:
    for own in situations:
        measured = own.results.evidence["live_rows"].notna().any()
        assert (live_rows_note(own) is not None) == measured
