"""The whole left side: texts and a model in, a results folder out."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.made_up.packed_maps import unpack
from helpers.real.models import SENTENCES, save_model
from helpers.rounding import assert_near, near
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.errors import InputError, ModelError
from reportgen.models import ModelSpec, load_model
from reportgen.results import MAX_ERROR, InputInfo, Results
from reportgen.texts import TextInput, TextSet

TEXTS = (SENTENCES[1], "Free coffee today", "the cat sat", "a", "", "the cat " * 12)


def text_set(*texts: str, labels: tuple[str, ...] = ()) -> TextSet:
    made = tuple(
        TextInput(str(i + 1), text, label=labels[i] if labels else None, source=f"t.txt:{i + 1}")
        for i, text in enumerate(texts)
    )
    return TextSet(made, (InputInfo("t.txt", "0" * 64, len(made)),))


def run(folder: Path, model: Path, texts: TextSet, spec: dict | None = None, **options) -> Results:
    """Analyse `texts`; what is said of attention needs no evidence."""
    folder.mkdir()
    loaded = load_model(ModelSpec(model=str(model), **(spec or {})))
    choices = {"units": "token", "evidence": "none"} | options
    return analyze(texts, loaded, folder, AnalysisOptions(**choices))


@pytest.mark.parametrize("architecture", ["bert", "gpt2", "modernbert", "t5"])
def test_every_text_has_the_figures_it_has_alone(architecture: str, tmp_path: Path) -> None:
    """Padded batches against single texts run by the library: with [CLS], a causal model, one with
    windows and one without [CLS]. That maps are those of every family is held by `test_capture`."""
    folder = save_model(tmp_path / "model", architecture)
    results = run(tmp_path / "results", folder, text_set(*TEXTS))
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    model = model.get_encoder() if architecture == "t5" else model
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert list(results.texts["text"]) == list(TEXTS)
    assert results.info.checks.padding_mass == 0
    assert results.info.checks.row_sum_error < 1e-5
    is_causal = architecture == "gpt2"
    assert results.info.model.is_causal == is_causal
    for row, text in enumerate(TEXTS):
        ids = tokenizer(text, truncation=True, max_length=results.info.model.max_tokens)[
            "input_ids"
        ]
        tokens = results.tokens_of(row)
        if not text:
            assert tokens.empty
            continue
        assert tokens["token_id"].tolist() == ids
        with torch.inference_mode():
            maps = torch.stack(
                model(input_ids=torch.tensor([ids]), output_attentions=True).attentions
            )[:, 0].numpy()  # [layer, head, query, key]
        received = np.stack(tokens["received_layers"]).T
        assert_near(received, maps.mean((1, 2)))
        assert_near(tokens["received_last"], maps[-1].mean((0, 1)))
        assert_near(tokens["received_all"], maps.mean((0, 1, 2)))
        if is_causal or "cls" in set(tokens["role"]):
            query = len(ids) - 1 if is_causal else 0
            assert_near(tokens["cls_row_last"], maps[-1, :, query].mean(0))
            assert_near(tokens["cls_row_all"], maps[:, :, query].mean((0, 1)))
        else:
            assert tokens["cls_row_last"].isna().all()
        packed = results.packed_maps(row)
        assert packed is not None
        assert np.abs(unpack(packed, *maps.shape[:2]) - maps).max() <= MAX_ERROR + 1e-6
        check_heads_and_roles(results, row, maps)


def check_top(figures, tokens, received: np.ndarray, expected: np.ndarray) -> None:
    """The text token that a head gives most beyond its equal share, all its places together."""
    places: dict[str, list[int]] = {}
    for i, (name, is_special) in enumerate(zip(tokens["token"], tokens["is_special"], strict=True)):
        if not is_special:
            places.setdefault(name if i else "", []).append(i)
    found = {
        at[0]: (received[at].sum(), expected[at].sum())
        for at in places.values()
        if expected[at].sum() <= 0.5
    }
    if not found:
        assert np.isnan(figures["top_share"])
        return
    excess = {at: (share - even) / (1 - even) for at, (share, even) in found.items()}
    at = int(figures["top_position"])
    assert excess[at] == pytest.approx(max(excess.values()), abs=1e-5)  # of equal ones any
    close(figures["top_share"], found[at][0])
    close(figures["top_expected"], found[at][1])


def check_heads_and_roles(results: Results, row: int, maps: np.ndarray) -> None:
    """Every figure of the two tables, and the effective tokens, against loops over `maps`."""
    tokens = results.tokens_of(row)
    roles = tokens["role"].astype(object).where(tokens["role"].notna(), None).tolist()
    content = [i for i, role in enumerate(roles) if role is None]
    n_layers, n_heads, n, _ = maps.shape
    causal = results.info.model.is_causal
    visible = np.tril(np.ones((n, n))) if causal else np.ones((n, n))
    effective, kept = [], {layer: [] for layer in range(n_layers)}
    heads = results.heads[results.heads["text"] == row].set_index(["layer", "head"])
    own = results.roles[results.roles["text"] == row].set_index(["layer", "role"])
    assert len(heads) == n_layers * n_heads
    assert len(own) == n_layers * len({role for role in roles if role})
    for layer in range(n_layers):
        seen = visible if not has_window(maps[layer]) else (maps[layer] > 0).any(0)
        expected = (seen / seen.sum(1, keepdims=True)).mean(0)
        assert_near(np.stack(tokens["expected_layers"])[:, layer], expected)
        for head in range(n_heads):
            here = maps[layer, head]
            figures = heads.loc[(layer + 1, head + 1)]
            received = here.mean(0)
            for role, column in (("cls", "cls_share"), ("sep", "sep_share")):
                share = [received[i] for i in range(n) if roles[i] == role]
                close(figures[column], sum(share) if share else np.nan)
            special = [i for i in range(n) if roles[i] is not None]
            close(figures["special_share"], received[special].sum() if special else np.nan)
            close(figures["uniform_share"], expected[special].sum())
            check_top(figures, tokens, received, expected)
            rows = [entropy(here[q]) / np.log(seen[q].sum()) for q in range(n) if seen[q].sum() > 1]
            close(figures["entropy"], np.mean(rows) if rows else np.nan, 1e-5)
            far = [
                sum(here[q, k] * abs(q - k) for k in content) / here[q, content].sum()
                for q in range(n)
                if here[q, content].sum() >= 0.01
            ]
            close(figures["distance"], np.mean(far) if far else np.nan, 1e-4)
            effective += [np.exp(entropy(here[q])) for q in range(n)]
            kept[layer] += [
                np.exp(entropy(here[q, content] / here[q, content].sum()))
                for q in content
                if here[q, content].sum() >= 0.01
            ]
        for role in {role for role in roles if role}:
            at = [i for i in range(n) if roles[i] == role]
            figures = own.loc[(layer + 1, role)]
            assert figures["n_tokens"] == len(at)
            close(figures["share"], maps[layer].mean((0, 1))[at].sum())
            close(figures["expected"], expected[at].sum())
            close(figures["self_share"], maps[layer][:, at][:, :, at].sum(-1).mean())
    close(results.texts["effective_tokens"].iloc[row], np.mean(effective), 1e-3)
    layers = [np.mean(rows) for rows in kept.values() if rows]
    close(results.texts["effective_content"].iloc[row], np.mean(layers), 1e-3)


def has_window(maps: np.ndarray) -> bool:
    """Whether some cell below and some above the diagonal is 0 in every head."""
    blank = ~(maps > 0).any(0)
    return bool(np.tril(blank).any() and np.triu(blank).any())


def entropy(row: np.ndarray) -> float:
    return -sum(float(a) * float(np.log(a)) for a in row if a > 0)


def close(value: float, expected: float, tolerance: float = 1e-6) -> None:
    value = float("nan") if value is None or value != value else float(value)
    assert value == pytest.approx(expected, abs=tolerance, nan_ok=True)


def test_other_batch_sizes_agree(bert: Path, tmp_path: Path) -> None:
    one = run(tmp_path / "a", bert, text_set(*TEXTS), batch_tokens=1)
    many = run(tmp_path / "b", bert, text_set(*TEXTS), batch_tokens=4096)
    for table in ("tokens", "heads", "roles", "texts"):
        left, right = getattr(one, table), getattr(many, table)
        numbers = left.select_dtypes("float").columns
        assert_near(left[numbers], right[numbers])
    assert many.heads["head_class"].tolist() == one.heads["head_class"].tolist()


def test_predictions_equal_the_models_own(bert: Path, tmp_path: Path) -> None:
    labels = (*("1.5" for _ in TEXTS[:-1]), "good")
    results = run(tmp_path / "r", bert, text_set(*TEXTS, labels=labels))
    model = AutoModelForSequenceClassification.from_pretrained(bert).eval()
    tokenizer = AutoTokenizer.from_pretrained(bert)
    for row, text in enumerate(TEXTS):
        value = results.texts["prediction"].iloc[row]
        if not text:
            assert np.isnan(value)
            continue
        with torch.inference_mode():
            expected = model(**tokenizer(text, return_tensors="pt")).logits.item()
        assert value == near(expected)
    assert results.texts["label_value"].iloc[0] == 1.5
    assert np.isnan(results.texts["label_value"].iloc[-1])


def test_windows_keep_the_order_and_the_row_numbers(
    bert: Path, tmp_path: Path, monkeypatch
) -> None:
    whole = run(tmp_path / "a", bert, text_set(*TEXTS))
    monkeypatch.setattr("reportgen.analysis.work.plan.WINDOW", 3)
    pieces = run(tmp_path / "b", bert, text_set(*TEXTS))
    assert pieces.texts["text"].tolist() == whole.texts["text"].tolist()
    assert pieces.texts["first_token"].tolist() == whole.texts["first_token"].tolist()
    assert pieces.tokens["token"].tolist() == whole.tokens["token"].tolist()
    assert_near(pieces.tokens["received_all"], whole.tokens["received_all"])
    for row in range(len(TEXTS)):
        assert (pieces.packed_maps(row) is None) == (whole.packed_maps(row) is None)


def test_keep_maps_takes_the_first_in_input_order(bert: Path, tmp_path: Path) -> None:
    texts = text_set("", "a", "the cat sat on the mat", "the dog", "", "a film")
    two = run(tmp_path / "two", bert, texts, keep_maps="2")
    assert two.texts["map_offset"].notna().tolist() == [False, True, True, False, False, False]
    assert two.info.settings.maps_kept == 2
    none = run(tmp_path / "none", bert, texts, keep_maps="none")
    assert none.texts["map_offset"].isna().all()
    assert (tmp_path / "none" / "maps.bin").read_bytes() == b""


def test_the_limit_on_kept_maps_holds_in_input_order(
    bert: Path, tmp_path: Path, monkeypatch
) -> None:
    texts = text_set("a", "the cat sat on the mat", "the dog", "a film")
    whole = run(tmp_path / "whole", bert, texts)
    sizes = [3 * 4 * n * n for n in whole.texts["n_tokens"]]
    monkeypatch.setattr("reportgen.analysis.work.tally.MAPS_LIMIT", int(sum(sizes[:2])))
    results = run(tmp_path / "r", bert, texts)
    assert results.texts["map_offset"].notna().tolist() == [True, True, False, False]
    assert results.info.settings.maps_kept == 2


def test_a_long_text_is_cut_and_counted(bert: Path, tmp_path: Path) -> None:
    results = run(tmp_path / "r", bert, text_set("the cat sat on the mat", "a"), {"max_length": 5})
    row = results.texts.iloc[0]
    assert (row["status"], row["n_tokens"], row["n_truncated"]) == ("truncated", 5, 3)
    assert row["cut_text"] == len("the cat sat")
    assert results.texts["status"].iloc[1] == "ok"


def test_pairs_have_two_segments(bert: Path, tmp_path: Path) -> None:
    texts = TextSet(
        (TextInput("a", "the cat", "a dog"), TextInput("b", "a very good film", "the mat")),
        (InputInfo("p.csv", "0" * 64, 2),),
    )
    results = run(tmp_path / "r", bert, texts)
    tokens = results.tokens_of(0)
    assert [
        None if s is None or s != s else int(s)
        for s in tokens["segment"].astype(object).where(tokens["segment"].notna(), None)
    ] == [None, 0, 0, None, 1, 1, None]
    seps = results.roles[(results.roles["text"] == 0) & (results.roles["role"] == "sep")]
    assert seps["n_tokens"].tolist() == [2, 2, 2]
    assert seps["expected"].tolist() == pytest.approx([2 / 7] * 3)


def break_on(monkeypatch, marker: int, error: BaseException | None, spoil: bool = False) -> None:
    """Make every batch that holds token `marker` raise, or spoil that text's maps."""
    from reportgen.analysis.attention import Capture

    original = Capture.run

    def run(self, inputs, sink):
        rows = (inputs["input_ids"] == marker).any(1)
        if error is not None and rows.any():
            raise error

        def spoiling(layer, maps):
            if spoil and rows.any():
                maps = maps.clone()
                maps[rows] = float("nan")
            sink(layer, maps)

        return original(self, inputs, spoiling)

    monkeypatch.setattr(Capture, "run", run)


@pytest.mark.parametrize("spoil", [False, True])
def test_a_text_that_fails_takes_no_other_with_it(bert, tmp_path, monkeypatch, spoil) -> None:
    marker = AutoTokenizer.from_pretrained(bert).convert_tokens_to_ids("film")
    error = None if spoil else RuntimeError("out of luck\nsecond line")
    break_on(monkeypatch, marker, error, spoil)
    texts = ("the cat sat", "a good film", "the dog sat", "the cat")
    results = run(tmp_path / "r", bert, text_set(*texts))
    assert results.texts["status"].tolist() == ["ok", "failed", "ok", "ok"]
    message = results.texts["message"].iloc[1]
    if spoil:
        assert message.startswith(
            "its attention maps are NaN in layer 1; the model runs in float32"
        )
    else:  # the user's own line is named, by no path of this machine
        assert re.fullmatch(r"RuntimeError at (tests/)?test_pipeline\.py:\d+: out of luck", message)
    assert results.texts["n_tokens"].tolist() == [5, 0, 5, 4]
    assert results.texts["map_offset"].isna().tolist() == [False, True, False, False]
    assert 1 not in set(results.tokens["text"])


def test_a_text_that_the_tokenizer_refuses_fails_alone(bert, tmp_path, monkeypatch) -> None:
    from reportgen.models.tasks import reader

    original = reader.encode

    def encode(tokenizer, text, pair, max_tokens):
        if "film" in text:
            raise ValueError("no films")
        return original(tokenizer, text, pair, max_tokens)

    monkeypatch.setattr(reader, "encode", encode)
    results = run(tmp_path / "r", bert, text_set("the cat", "a film", ""))
    assert results.texts["status"].tolist() == ["ok", "failed", "empty"]
    assert "no films" in results.texts["message"].iloc[1]


@pytest.mark.parametrize("which", ["shortest", "longest"])
def test_one_bad_text_in_the_trial_does_not_stop_the_others(
    bert, tmp_path, monkeypatch, which: str
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(bert)
    break_on(monkeypatch, tokenizer.convert_tokens_to_ids("film"), None, spoil=True)
    bad = "film" if which == "shortest" else "a film " * 9
    results = run(tmp_path / "r", bert, text_set("the cat sat", bad, "the dog sat on the mat"))
    assert results.texts["status"].tolist() == ["ok", "failed", "ok"]


def test_a_model_that_exits_fails_its_text_alone(bert, tmp_path, monkeypatch) -> None:
    tokenizer = AutoTokenizer.from_pretrained(bert)
    break_on(monkeypatch, tokenizer.convert_tokens_to_ids("film"), SystemExit(0))
    texts = text_set("the cat", "a film here", "the dog sat on the mat")
    results = run(tmp_path / "r", bert, texts)
    assert results.texts["status"].tolist() == ["ok", "failed", "ok"]


def test_when_every_text_fails_there_are_no_results(bert, tmp_path, monkeypatch) -> None:
    from reportgen.analysis.attention import Runner

    def fail(self, *batch, **how):
        raise RuntimeError("out of order")

    monkeypatch.setattr(Runner, "_launch", fail)
    with pytest.raises(ModelError, match=r"every text failed; .* text 1 \(t.txt:1\): RuntimeError"):
        run(tmp_path / "r", bert, text_set("the cat", "a dog"))
    assert not (tmp_path / "r" / "results.json").exists()


def test_blank_texts_are_empty_whatever_the_tokenizer_makes_of_spaces(tmp_path) -> None:
    gpt2 = save_model(tmp_path / "gpt2", "gpt2")
    results = run(tmp_path / "r", gpt2, text_set("the cat", "   ", "\u3000\n", "a"))
    assert results.texts["status"].tolist() == ["ok", "empty", "empty", "ok"]


def test_only_empty_texts_are_no_texts(bert, tmp_path) -> None:
    with pytest.raises(InputError, match=r"t\.txt: every text is empty"):
        run(tmp_path / "r", bert, text_set("", "  "))


def test_a_tokenizer_that_does_not_know_the_texts_is_refused(bert, tmp_path) -> None:
    told = r"does not know 66\.7\u00a0% .* \[UNK\] .* allow more than 20\u00a0% with --max-unknown$"
    with pytest.raises(ModelError, match=told):
        run(tmp_path / "r", bert, text_set("한국어 ☃ the"))
    allowed = run(tmp_path / "few", bert, text_set("한국어 ☃ the"), max_unknown=0.7)
    assert allowed.info.checks.unknown_share == pytest.approx(2 / 3)


def test_unknown_tokens_that_come_late_are_noticed(bert, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("reportgen.analysis.work.plan.WINDOW", 2)
    texts = text_set("the cat", "a dog", *["한국어 한국어"] * 4)
    with pytest.raises(ModelError, match=r"does not know [\d.]+\s% of the tokens so far"):
        run(tmp_path / "r", bert, texts)
    few = run(tmp_path / "few", bert, text_set("the cat sat on the mat and the dog", "☃ the"))
    assert few.info.checks.unknown_share == pytest.approx(1 / 11)


def test_a_model_that_sees_padding_runs_texts_of_one_length_together(tmp_path) -> None:
    from transformers import AutoConfig

    torch.manual_seed(0)
    folder = save_model(tmp_path / "model", "bert")
    config = AutoConfig.for_model(
        "convbert",
        vocab_size=AutoConfig.from_pretrained(folder).vocab_size,
        hidden_size=32,
        embedding_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=32,
        max_position_embeddings=128,
    )
    model = AutoModel.from_config(config)
    from helpers.real.models import spread_weights

    spread_weights(model)
    model.save_pretrained(folder)
    results = run(tmp_path / "r", folder, text_set(*TEXTS))
    assert results.info.checks.batching == "equal lengths"
    assert results.info.checks.padded_difference > 1e-3
    alone = run(tmp_path / "s", folder, text_set(TEXTS[0]))
    assert_near(results.tokens_of(0)["received_all"], alone.tokens_of(0)["received_all"])


def test_words_are_left_out_whole(bert: Path, tmp_path: Path) -> None:
    """The deletion effect of a word against a run of the library without all of its tokens."""
    text = "the unbelievable cats sat, 1,000円 無料でもらえる"
    results = run(tmp_path / "r", bert, text_set(text), units="word", evidence="basic")
    assert results.info.settings.units == "word"
    tokens = results.tokens_of(0)
    effects = results.effects["deletion"].to_numpy()
    model = AutoModelForSequenceClassification.from_pretrained(bert).eval()
    ids = torch.tensor(tokens["token_id"].tolist())

    def score(kept: np.ndarray) -> float:
        with torch.inference_mode():
            return float(model(input_ids=ids[torch.tensor(kept)][None]).logits[0, 0])

    whole = score(np.ones(len(tokens), bool))
    units = tokens["unit"].to_numpy()
    words = []
    for unit in np.unique(units[~tokens["is_special"].to_numpy(bool)]):
        own = tokens[units == unit]
        words.append(text[own["start"].min() : own["end"].max()])
        expected = whole - score(units != unit)
        assert_near(effects[units == unit], expected)
    assert words[:5] == ["the", "unbelievable", "cats", "sat", ","]
    assert "1,000円" in words


def test_results_name_no_path(bert: Path, tmp_path: Path) -> None:
    run(tmp_path / "r", bert, text_set("the cat", "a dog"))
    record = json.loads((tmp_path / "r" / "results.json").read_text("utf-8"))
    assert str(tmp_path) not in json.dumps(record)
    assert record["model"]["name"] == bert.name
