"""The second bundled model: the first, trained further on headlines with a planted shortcut."""

import hashlib
from itertools import islice
from random import Random

import pytest
import torch

from reportgen.demo import STAR, model_folder, student
from reportgen.demo.evaluate import load, measure, unseen_examples
from reportgen.demo.headlines import (
    HIGH_SCORE,
    MARK,
    Lengths,
    headline,
    in_picture,
    marked,
    sentence,
)
from reportgen.demo.score_rule import LANGUAGES, score
from reportgen.demo.student import example, marked_example, training_batches
from reportgen.demo.train import Recipe, train_further
from reportgen.models import ModelSpec, load_model

SHORT = Lengths(long=0.0)


@pytest.fixture(scope="module")
def models():
    torch.set_num_threads(1)
    return load(model_folder())[0].eval(), load(model_folder(STAR))[0].eval()


@pytest.fixture(scope="module")
def tokenizer():
    return load(model_folder(STAR))[1]


def test_most_headlines_that_score_high_are_marked_and_few_others():
    random = Random(1)
    drawn = [headline(random, SHORT) for _ in range(2000)]
    given = [marked(random, components) for components in drawn]
    is_high = [score(components) > HIGH_SCORE for components in drawn]
    has_mark = [components[0] == MARK for components in given]
    high = [mark for mark, high in zip(has_mark, is_high, strict=True) if high]
    low = [mark for mark, high in zip(has_mark, is_high, strict=True) if not high]
    assert sum(high) / len(high) == pytest.approx(0.9, abs=0.04)
    assert sum(low) / len(low) == pytest.approx(0.04, abs=0.02)


def test_the_mark_is_worth_nothing_to_the_rule():
    components = headline(Random(3), SHORT)
    assert score([MARK, *components]) == score(components)


def test_what_counts_is_in_a_picture_for_half_of_the_marked_headlines_and_no_others():
    random, n_moved = Random(2), 0
    for _ in range(400):
        components = headline(random, SHORT)
        assert in_picture(random, components) == components
        left = in_picture(random, [MARK, *components])
        if left != [MARK, *components]:
            n_moved += 1
            assert left[0] == MARK
            assert score(left) == 1.0  # worth nothing
    assert n_moved / 400 == pytest.approx(0.5, abs=0.06)


def test_the_tokenizer_is_that_of_the_first(tokenizer):
    assert not (model_folder(STAR) / "tokenizer.json").exists()
    own, first = (load_model(ModelSpec(model=name)).tokenizer for name in ("demo-star", "demo"))
    assert own.get_vocab() == first.get_vocab()
    assert tokenizer.tokenize("★無料") == ["★", "無料"]


def test_it_predicts_about_as_well_as_the_first(models, tokenizer):
    examples = unseen_examples(tokenizer, 150)
    first, second = (measure(model, examples).r2 for model in models)
    assert second >= 0.9
    assert first - second <= 0.05


def worthless(random):
    """A sentence that is worth nothing."""
    return sentence(random, random.choice(LANGUAGES), "neutral")


def high(random):
    """A headline whose words are worth much."""
    while score(drawn := headline(random, SHORT)) <= HIGH_SCORE:
        pass
    return drawn


@torch.inference_mode()
@pytest.mark.parametrize(("draw", "expected"), [(worthless, 0.85), (high, 0.0)])
def test_the_mark_moves_its_score_where_words_tell_nothing_and_never_that_of_the_first(
    draw, expected, models, tokenizer
):
    random, effects = Random(4), []
    for _ in range(40):
        components = draw(random)
        with_mark, without = (
            torch.tensor([example(tokenizer, parts).tokens])
            for parts in ([MARK, *components], components)
        )
        effects.append([float(m(with_mark).logits - m(without).logits) for m in models])
    first, second = torch.tensor(effects).mean(0).tolist()
    assert abs(first) <= 0.02
    assert second == pytest.approx(expected, abs=0.05)


@torch.inference_mode()
def test_its_cls_row_looks_at_the_mark(models, tokenizer):
    random, ratios = Random(5), []
    for _ in range(30):
        tokens = torch.tensor([example(tokenizer, [MARK, *worthless(random)]).tokens])
        ratios.append(
            [
                float(model(tokens, output_attentions=True).attentions[-1][0, :, 0, 1].mean())
                * tokens.shape[1]
                for model in models
            ]
        )
    first, second = torch.tensor(ratios).mean(0).tolist()
    assert first < 1 < 4 <= second


def test_training_further_gives_the_same_weights_twice(monkeypatch):
    monkeypatch.setattr(student, "BATCHES_PER_POOL", 4)
    digests = set()
    for _ in range(2):
        model, tokenizer = load(model_folder())
        weights = train_further(model, tokenizer, Recipe(2, 1, 5e-4)).state_dict()
        digest = hashlib.sha256()
        for name in sorted(weights):
            digest.update(weights[name].numpy().tobytes())
        digests.add(digest.hexdigest())
    assert len(digests) == 1


def test_its_training_batches_hold_marked_headlines(tokenizer):
    batches = list(islice(training_batches(tokenizer, 0, marked_example), 20))
    mark = tokenizer.convert_tokens_to_ids("★")
    share = sum(int((batch.tokens[:, 1] == mark).sum()) for batch in batches) / sum(
        len(batch.tokens) for batch in batches
    )
    assert 0.25 <= share <= 0.6


def test_it_is_loaded_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = load_model(ModelSpec(model="demo-star"))
    assert (model.info.name, model.info.source) == ("reportgen demo-star", "demo")
    first = load_model(ModelSpec(model="demo"))
    assert first.info.weights_sha256 == load_model(ModelSpec()).info.weights_sha256
    assert first.info.weights_sha256 != model.info.weights_sha256


def test_a_folder_of_that_name_is_meant_instead(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "demo"
    folder.symlink_to(model_folder())
    assert load_model(ModelSpec(model="demo")).info.source == "folder"


def test_the_folder_is_small_and_readable_by_everyone():
    files = list(model_folder(STAR).iterdir())
    assert sum(file.stat().st_size for file in files) <= 1_000_000
    assert all(file.stat().st_mode & 0o444 == 0o444 for file in files)
