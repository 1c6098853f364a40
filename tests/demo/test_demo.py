"""The bundled demonstration model: its rule, its tokenizer, its weights."""

import csv
import hashlib
import math
from itertools import islice
from random import Random

import pytest
import torch
from helpers.places import SAMPLES
from transformers import AutoTokenizer

from reportgen import analyze
from reportgen.demo import model_folder, student
from reportgen.demo.evaluate import load, measure, unseen_examples
from reportgen.demo.headlines import Lengths, headline, with_masks, with_unknowns
from reportgen.demo.samples import LUXURY, POINTS, write_samples
from reportgen.demo.score_rule import (
    LANGUAGES,
    Component,
    Kind,
    component_of_each_character,
    contributions,
    score,
    text_of,
)
from reportgen.demo.student import NO_KIND, Objectives, example, training_batches
from reportgen.demo.tokenizer import MAX_TOKENS, SPECIAL_TOKENS, build_tokenizer
from reportgen.demo.train import Recipe, train
from reportgen.findings import Findings
from reportgen.report import load_language, sentence
from reportgen.report.sections import make_across, make_answers

FOREIGN_TEXTS = (
    "東京都は十八日、鬱蒼とした森の保全に関する新しい条例案を公表した。",
    "ｶﾞｿﾘﾝ①㌔あたり１７０円、ヴェルサイユ宮殿の薔薇",
    "The plot was predictable, yet the acting (especially hers) wasn't half bad!",
    "“Smart quotes” — naïve café, £5 & 20% off…",
    "👍🏽 안녕하세요 🏳️‍🌈 𠮷野家 ñandú",
)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(model_folder())


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    return load(model_folder())[0]


def part(kind: Kind, value: float = 0.0) -> Component:
    return Component(kind, kind.value, value)


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([], 1.0),
        ([part(Kind.BRAND), part(Kind.FILLER), part(Kind.UNKNOWN), part(Kind.MASKED)], 1.0),
        ([part(Kind.FREE)], 1.6),
        ([part(Kind.FREE), part(Kind.NEGATION)], 0.85),
        ([part(Kind.NEGATION), part(Kind.FREE)], 0.85),
        ([part(Kind.NEGATION), part(Kind.FILLER), part(Kind.FREE)], 1.6),
        ([part(Kind.URGENCY), part(Kind.LIMIT), part(Kind.PAID)], 0.6),
        ([part(Kind.BENEFIT, 0.2), part(Kind.BENEFIT, 0.15)], 1.35),
        ([part(Kind.AMOUNT, 10_000)], 1.0),
        ([part(Kind.RECEIVE), part(Kind.FILLER), part(Kind.AMOUNT, 10_000)], 1.6),
        ([part(Kind.CAP), part(Kind.AMOUNT, 10_000), part(Kind.RECEIVE)], 1.45),
        ([part(Kind.CAP), part(Kind.FILLER), part(Kind.AMOUNT, 10_000), part(Kind.RECEIVE)], 1.6),
    ],
)
def test_the_rule_gives_the_score_worked_out_by_hand(components, expected):
    assert score(components) == pytest.approx(expected)


def test_the_two_named_headlines_score_as_worked_out_by_hand():
    assert text_of(POINTS) == "[無料]今すぐ申し込みで最大50,000ポイントもらえる[munaitaカード]"
    assert text_of(LUXURY) == "これ一つで大丈夫!munaitaカードで贅沢三昧"
    assert score(POINTS) == pytest.approx(1 + 0.6 + 0.45 + 0.75 * 0.3 * math.log10(500))
    assert score(LUXURY) == 1.0


def test_contributions_are_worked_out_by_hand_where_components_depend_on_each_other():
    amount = 0.3 * math.log10(500)
    assert contributions(POINTS) == pytest.approx(
        [0, 0.6, 0, 0.45, 0, -0.25 * amount, 0.75 * amount, 0.75 * amount, 0, 0, 0]
    )
    negated = [part(Kind.FREE), part(Kind.NEGATION)]
    assert contributions(negated) == pytest.approx([-0.15, -0.75])


def test_contributions_are_the_score_with_and_without_each_component():
    random = Random(3)
    for _ in range(50):
        components = with_masks(random, with_unknowns(random, headline(random, Lengths())))
        for index, worth in enumerate(contributions(components)):
            without = [other for place, other in enumerate(components) if place != index]
            assert worth == pytest.approx(score(components) - score(without))


def test_every_character_belongs_to_the_component_that_wrote_it():
    components = headline(Random(5), Lengths())
    owners = component_of_each_character(components)
    text = text_of(components)
    for index, component in enumerate(components):
        written = [char for char, owner in zip(text, owners, strict=True) if owner == index]
        assert "".join(written) == component.text


def test_the_same_seed_draws_the_same_headlines():
    drawn = [[headline(random, Lengths()) for _ in range(20)] for random in (Random(1), Random(1))]
    assert drawn[0] == drawn[1]
    assert drawn[0] != [headline(random, Lengths()) for random in [Random(2)] for _ in range(20)]


def test_headlines_come_in_both_languages_and_hold_every_kind_of_component():
    random = Random(11)
    drawn = [headline(random, Lengths()) for _ in range(500)]
    kinds = {component.kind for components in drawn for component in components}
    assert kinds == set(Kind) - {Kind.UNKNOWN, Kind.MASKED}
    english = sum(text_of(components).isascii() for components in drawn)
    assert 0.1 < english / len(drawn) < 0.9


def test_no_mark_of_a_template_is_left_in_a_headline():
    random = Random(12)
    text = "".join(text_of(headline(random, Lengths())) for _ in range(1000))
    assert not set("|{}<>") & set(text)


def test_no_word_of_one_kind_is_also_a_word_of_another():
    for language in LANGUAGES:
        words = [word for choices in language.words.values() for word in choices]
        words += language.benefits
        assert len(words) == len(set(words))


def test_the_built_tokenizer_is_the_shipped_one_byte_for_byte(tmp_path):
    build_tokenizer().save_pretrained(tmp_path)
    built = (tmp_path / "tokenizer.json").read_bytes()
    assert built == (model_folder() / "tokenizer.json").read_bytes()


def test_the_shipped_tokenizer_reloads_with_its_settings(tokenizer):
    assert tokenizer.is_fast
    assert tokenizer.model_max_length == MAX_TOKENS == 256
    assert tokenizer.convert_ids_to_tokens(range(5)) == list(SPECIAL_TOKENS)
    encoded = tokenizer("無料", "free", return_special_tokens_mask=True)
    tokens = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
    assert tokens == ["[CLS]", "無料", "[SEP]", "free", "[SEP]"]
    assert encoded["special_tokens_mask"] == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("text", FOREIGN_TEXTS)
def test_no_text_has_unknown_tokens(tokenizer, text):
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.unk_token_id not in ids
    assert len(ids) <= 4 * len(text)


def test_headlines_are_cut_into_words_and_numbers(tokenizer):
    assert " ".join(tokenizer.tokenize(text_of(POINTS))) == (
        "[ 無料 ] 今すぐ 申し込み で 最大 50 , 000 ポイント もらえる [ munaita カード ]"
    )
    assert " ".join(tokenizer.tokenize("Get up to $1,500 now")) == "get ▁up ▁to ▁$ 1 , 500 ▁now"


def test_each_token_carries_the_truth_of_the_component_it_came_from(tokenizer):
    drawn = example(tokenizer, POINTS)
    tokens = tokenizer.convert_ids_to_tokens(drawn.tokens)
    worth = dict(zip(tokens, drawn.contributions, strict=True))
    amount = 0.75 * 0.3 * math.log10(500)
    assert worth["無料"] == pytest.approx(0.6)
    assert [worth[token] for token in ("50", ",", "000", "ポイント", "もらえる")] == pytest.approx(
        [amount] * 5
    )
    assert worth["[CLS]"] == worth["[SEP]"] == worth["munaita"] == 0
    kinds = dict(zip(tokens, drawn.kinds, strict=True))
    assert kinds["[CLS]"] == kinds["[SEP]"] == NO_KIND
    assert kinds["今すぐ"] == list(Kind).index(Kind.URGENCY)


def test_training_reaches_the_last_position(tokenizer):
    batches = islice(training_batches(tokenizer, 0), 100)
    assert any(batch.tokens.shape[1] > 0.9 * MAX_TOKENS for batch in batches)


def test_the_shipped_model_scores_unseen_headlines(model, tokenizer):
    figures = measure(model, unseen_examples(tokenizer, 200))
    assert figures.r2 >= 0.9


@torch.inference_mode()
def test_the_shipped_model_has_a_sink_on_cls(model, tokenizer):
    random, shares, even = Random(21), [], []
    for _ in range(50):
        encoded = tokenizer(text_of(headline(random, Lengths(long=0.0))), return_tensors="pt")
        maps = torch.stack(model(**encoded, output_attentions=True).attentions)
        shares.append(maps[..., 0].mean(dim=(1, 2, 3)))
        even.append(1 / maps.shape[-1])
    strongest = torch.stack(shares).mean(0).max()
    assert strongest >= 0.3
    assert strongest >= 3 * sum(even) / len(even)


@torch.inference_mode()
def test_text_from_elsewhere_is_worth_nothing_to_the_shipped_model(model, tokenizer):
    for text in ("東京都は昨日、新たな政策を発表した。", "The movie was long and boring. 👍🏽"):
        predicted = model(**tokenizer(text, return_tensors="pt")).logits.item()
        assert predicted == pytest.approx(1.0, abs=0.1)


def test_the_shipped_model_says_what_its_output_is(model):
    assert model.config.id2label == {0: "appeal score"}
    assert model.config.problem_type == "regression"
    assert type(model).__name__ == "AlbertForSequenceClassification"


AMOUNTS = [
    "1,000円分プレゼント",
    "今すぐ申し込みで最大1,000円",
    "初回限定1,000円オフ",
    "アプリ登録で1,000円クーポン",
    "カード発行で1,000円もらえる",
    "もれなく1,000円相当",
    "週末限定、1,000円割引",
    "お友達紹介で1,000円キャッシュバック",
    "入会で1,000円分ポイント進呈",
    "新規登録で1,000円分クーポン",
    "今だけ1,000円引き",
    "先着100名に1,000円進呈",
    "はじめてのご注文は1,000円オフ",
    "1,000円分のポイントがもらえる",
    "ご来店で1,000円プレゼント",
    "口座開設で1,000円獲得",
    "対象商品が1,000円割引",
]


@pytest.fixture(scope="module")
def amounts(tmp_path_factory):
    """Headlines with an amount, by the units that were asked for."""
    found = {}
    for units in (None, "token"):
        folder = tmp_path_factory.mktemp("amounts") / "results"
        found[units] = Findings(analyze(AMOUNTS, "demo", units=units, folder=folder).results)
    return found


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_amount_is_not_said_to_lower_the_score_by_one_of_its_pieces(amounts, lang):
    """By the rule an amount raises the score; its piece "1" alone was said to lower it most."""
    language, named, answers = load_language(lang), {}, {}
    for units, findings in amounts.items():
        lists = make_across(findings, language).lists
        named[units] = {
            item.kind: token
            for item in lists
            if item.rows
            and language.say("across", "quoted", name=(token := item.rows[0][0].text))
            in item.sentence
        }
        answers[units] = make_answers(findings, language)[1].answer
    assert named["token"]["lowers"] == "1"
    assert named[None] == {"raises": "1,000円"}
    assert answers[None] == language.say("answers", "raises", up="1,000円")


@pytest.fixture(scope="module")
def headlines(tmp_path_factory):
    """What the shipped model makes of the first sample headlines."""
    lines = (SAMPLES / "ad_headlines.txt").read_text("utf-8").splitlines()[:12]
    folder = tmp_path_factory.mktemp("headlines") / "results"
    return Findings(analyze(lines, "demo", folder=folder).results)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_heads_that_hardly_look_at_the_sink_do_not_make_its_vectors_long(headlines, lang):
    """As a plain mean over heads those of [CLS] are .7 as long as a text token's: "not short"."""
    (sink,) = (note for note in headlines.notes if note.id == "N1")
    rows = headlines.results.roles
    own = rows[(rows["role"] == "cls") & (rows["layer"] == sink.values["layer"])]
    assert own["value_size"].mean() / own["content_value_size"].mean() > 0.6
    (value,) = (note for note in headlines.notes if note.kind == "length" and note.role == "cls")
    assert value.id != "N3"
    said = sentence(value, load_language(lang))
    assert own["value_ratio"].mean() < 0.2
    assert {"en": "0.17 times as long", "ja": "0.17倍"}[lang] in said
    assert {"en": "counted by how much it looks", "ja": "見ているヘッドほど重く"}[lang] in said


@torch.inference_mode()
def test_a_text_of_256_tokens_runs(model, tokenizer):
    assert model.config.max_position_embeddings >= 256
    encoded = tokenizer("無料" * 1000, truncation=True, return_tensors="pt")
    assert encoded["input_ids"].shape == (1, 256)
    assert torch.isfinite(model(**encoded).logits).all()


def test_the_shipped_folder_is_small_and_readable_by_everyone():
    files = list(model_folder().iterdir())
    assert {file.name for file in files} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert sum(file.stat().st_size for file in files) <= 2_000_000
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in files)


def test_training_gives_the_same_weights_twice(monkeypatch):
    monkeypatch.setattr(student, "BATCHES_PER_POOL", 4)
    tokenizer = build_tokenizer()
    digests = set()
    for _ in range(2):
        weights = train(tokenizer, Recipe(2, 1, 2e-3), Objectives()).state_dict()
        digest = hashlib.sha256()
        for name in sorted(weights):
            digest.update(weights[name].numpy().tobytes())
        digests.add(digest.hexdigest())
    assert len(digests) == 1


def test_the_sample_inputs_are_the_generated_ones(tmp_path):
    write_samples(tmp_path)
    for name in ("ad_headlines.txt", "ad_headlines.csv", "ad_headlines_star.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_the_sample_inputs_start_with_the_two_named_headlines():
    lines = (SAMPLES / "ad_headlines.txt").read_text("utf-8").splitlines()
    assert lines[:2] == [text_of(POINTS), text_of(LUXURY)]
    assert len(lines) >= 20
    with (SAMPLES / "ad_headlines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["text", "label"]
    assert [row["label"] for row in rows[:2]] == ["2.66", "1.00"]
