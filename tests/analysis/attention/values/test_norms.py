"""Norm-weighted attention, value sizes and mixing, against tensors of queries by keys by width."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.plain.plain_attention import PlainLayer, plain_layers, plain_parts
from helpers.plain.reference import RECORDS
from helpers.real.explaining import encoded
from helpers.real.families import SITES, load_family, on_dogs, proven
from helpers.rounding import assert_near, near

import reportgen.analysis.attention.values.norms as norms_module
from reportgen.analysis.attention import (
    CONTENT,
    BatchNorms,
    Capture,
    Norms,
    TextNorms,
    _value_ratios,
    lay_out,
)
from reportgen.models import EncodedText, LoadedModel
from reportgen.models.architecture import accepted_arguments
from reportgen.models.tokens import pad

ROLES = ("cls", "sep")
TEXTS = ("the cat sat on the mat", ("the cat", "sat on a log"), "dog")


def measured(
    model: LoadedModel,
    texts: Sequence[EncodedText],
    *,
    is_causal: bool = False,
    found: tuple[Capture, Norms] | None = None,
) -> list[TextNorms]:
    """The norms of `texts`, run as one padded batch."""
    capture, norms = found or proven(model)
    inputs = pad(texts, model.pad_token_id, accepted_arguments(model.module), model.device)
    batch = BatchNorms(lay_out(texts, ROLES, is_causal=is_causal, device=model.device), norms)
    with batch.hooked():
        capture.run(inputs, lambda layer, maps: batch.add(maps))
    result = batch.texts()
    assert result is not None
    return result


def plain_received(layer: PlainLayer) -> np.ndarray:
    received = np.zeros(len(layer.parts))
    for parts in layer.parts:
        row = np.array([float(part.norm()) for part in parts])
        received += row / row.sum() / len(layer.parts)
    return received


def plain_value_ratios(layer: PlainLayer, content: np.ndarray) -> np.ndarray:
    """Each head counts by how much it looks at the key."""
    ratios = []
    for key in range(len(layer.passed)):
        own = usual = 0.0
        for head, rows in enumerate(layer.maps):
            given = sum(float(row[key]) for row in rows) / len(rows)
            lengths = [float(passed[head].norm()) for passed in layer.passed]
            own += given * lengths[key]
            usual += given * np.mean([lengths[i] for i in np.flatnonzero(content)])
        ratios.append(own / usual)
    return np.array(ratios)


def plain_output_ranks(layer: PlainLayer) -> np.ndarray:
    """From the singular values of the vectors that each key gives the other tokens."""
    ranks = []
    for key in range(len(layer.parts)):
        others = [part[key] for query, part in enumerate(layer.parts) if query != key]
        powers = torch.linalg.svdvals(torch.stack(others)) ** 2
        total = float(powers.sum())
        ranks.append(total**2 / float((powers**2).sum()) if total > 0 else 0.0)
    return np.array(ranks)


def plain_mixing(layer: PlainLayer) -> float:
    """Mean over queries of what comes from others beside what comes from itself."""
    _, parts = plain_parts(layer)
    total = 0.0
    for query, row in enumerate(parts):
        others = float((row.sum(0) - row[query]).norm())
        total += others / (others + float(row[query].norm())) / len(parts)
    return total


@pytest.mark.parametrize("family", SITES)
def test_figures_are_those_of_explicit_tensors(folder: Path, family: str) -> None:
    model = load_family(folder, family)
    texts = encoded(model, *TEXTS)
    all_found = measured(model, texts, is_causal=SITES[family].is_causal)
    for text, found in zip(texts, all_found, strict=True):
        assert found.error < 1e-5
        assert found.is_proven
        roles = np.array([role or "" for role in text.roles])
        for number, layer in enumerate(plain_layers(model, family, text)):
            received = plain_received(layer)
            sizes = np.array([np.mean([float(f.norm()) for f in key]) for key in layer.passed])
            np.testing.assert_allclose(found.received[number], received, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(found.value_sizes[number], sizes, rtol=1e-5)
            for column, role in enumerate(ROLES):
                assert found.share[number, column] == near(received[roles == role].sum())
                assert found.value_size[number, column] == pytest.approx(
                    sizes[roles == role].mean(), rel=1e-5
                )
            assert found.content_value_size[number] == pytest.approx(
                sizes[roles == ""].mean(), rel=1e-5
            )
            ratios = plain_value_ratios(layer, roles == "")
            np.testing.assert_allclose(found.value_ratios[number], ratios, rtol=1e-5)
            ranks = plain_output_ranks(layer)
            np.testing.assert_allclose(found.output_ranks[number], ranks, rtol=1e-5)
            for column, role in enumerate(ROLES):
                assert found.output_rank[number, column] == pytest.approx(
                    ranks[roles == role].mean(), rel=1e-5
                )
                assert found.value_ratio[number, column] == pytest.approx(
                    ratios[roles == role].mean(), rel=1e-5
                )
            if layer.residual is None:
                assert np.isnan(found.mixing[number])
            else:
                assert found.mixing[number] == pytest.approx(plain_mixing(layer), rel=1e-4)


@pytest.mark.parametrize("family", ["albert", "bert", "gpt2", "llama", "modernbert"])
def test_a_text_in_a_padded_batch_is_as_it_is_alone(folder: Path, family: str) -> None:
    model = load_family(folder, family)
    texts = encoded(model, *TEXTS)
    found = proven(model)
    together = measured(model, texts, is_causal=SITES[family].is_causal, found=found)
    for text, one in zip(texts, together, strict=True):
        (alone,) = measured(model, [text], is_causal=SITES[family].is_causal, found=found)
        names = ("received", "share", "value_sizes", "content_value_size", "value_ratios")
        for name in (*names, "value_ratio", "output_ranks", "output_rank", "mixing"):
            padded, unpadded = getattr(one, name), getattr(alone, name)
            assert_near(padded, unpadded)


def test_working_in_small_steps_gives_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_family(folder, "bert")
    texts = encoded(model, *TEXTS)
    whole = measured(model, texts)
    monkeypatch.setattr(norms_module, "CHUNK", 300)
    monkeypatch.setattr(norms_module, "RANK_CHUNK", 300)
    for one, other in zip(whole, measured(model, texts), strict=True):
        assert_near(one.received, other.received)
        assert_near(one.output_ranks, other.output_ranks)
        assert_near(one.mixing, other.mixing)


def close(value, expected) -> None:
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_norms_equal_the_reference(minilm: LoadedModel) -> None:
    texts = encoded(minilm, *(record["text"] for record in RECORDS))
    for record, found in zip(RECORDS, measured(minilm, texts), strict=True):
        close(found.received[-1], record["last_norms_col"])
        close(found.received.mean(0), record["all_norms_col"])
        for column, role in enumerate(ROLES):
            close(found.share[:, column], record[f"norms_{role}"])
            close(found.value_size[:, column], record[f"fnorm_{role}"])
        close(found.content_value_size, record["fnorm_content"])
        assert found.error < 1e-5


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 0.01), ("bfloat16", 0.05)])
@pytest.mark.parametrize("family", ["albert", "gpt2"])
def test_half_precision_is_near_the_whole(
    folder: Path, family: str, dtype: str, tolerance: float
) -> None:
    causal = SITES[family].is_causal
    whole, half = load_family(folder, family), load_family(folder, family, dtype)
    capture, norms = proven(half)
    assert norms.residual is not None
    texts = encoded(half, *TEXTS)
    rough = measured(half, texts, is_causal=causal, found=(capture, norms))
    for one, other in zip(measured(whole, texts, is_causal=causal), rough, strict=True):
        assert 0 < other.error < norms.tolerance
        assert other.received.dtype == np.float32
        np.testing.assert_allclose(other.received, one.received, atol=tolerance)
        np.testing.assert_allclose(other.mixing, one.mixing, atol=tolerance)


def test_a_text_of_one_token(folder: Path) -> None:
    model = load_family(folder, "bert")
    (text,) = encoded(model, "dog")
    only = replace(
        text,
        **{
            name: (getattr(text, name)[1],)
            for name in ("ids", "type_ids", "tokens", "spans", "segments", "roles", "units")
        },
    )
    (found,) = measured(model, [only])
    close(found.received, np.ones((3, 1)))
    close(found.share, np.zeros((3, 2)))  # content
    assert np.isnan(found.value_size).all()
    assert np.isnan(found.value_ratio).all()
    close(found.value_ratios, np.ones((3, 1)))
    close(found.output_ranks, np.zeros((3, 1)))  # there is no other
    close(found.content_value_size, found.value_sizes[:, 0])
    close(found.mixing, np.zeros(3))  # there is no other


def test_a_text_of_special_tokens_only(folder: Path) -> None:
    model = load_family(folder, "bert")
    (found,) = measured(model, encoded(model, ""))
    close(found.share.sum(1), np.ones(3))
    assert np.isfinite(found.value_size).all()
    assert np.isnan(found.content_value_size).all()
    assert np.isnan(found.value_ratios).all()  # there is no content to compare with


def test_a_text_whose_self_check_fails_has_no_figures_and_others_theirs(folder: Path) -> None:
    model = load_family(folder, "bert")
    texts = encoded(model, "the cat sat", "the dog sat", "the cat")
    whole = measured(model, texts)

    def shift(given, rows):
        given[rows] += 0.01
        return given

    on_dogs(model, "encoder.layer.1.attention.output.dense", shift)
    found = measured(model, texts)
    assert [one.is_proven for one in found] == [True, False, True]
    assert 1e-4 < found[1].error < 0.1
    for name in TextNorms.__dataclass_fields__:
        if name != "error":
            assert np.isnan(getattr(found[1], name)).all(), name
    for number in (0, 2):
        assert_near(found[number].received, whole[number].received)


def test_padding_has_no_part_in_the_self_check(folder: Path) -> None:
    model = load_family(folder, "bert")
    texts = encoded(model, "the cat sat on the mat", "dog")
    whole = measured(model, texts)

    def shift(given, rows):
        given[rows, len(texts[1].ids) :] += 100
        return given

    on_dogs(model, "encoder.layer.1.attention.output.dense", shift)
    for one, other in zip(measured(model, texts), whole, strict=True):
        assert one.error == pytest.approx(other.error, rel=1e-3)
        assert_near(one.received, other.received)
        assert_near(one.mixing, other.mixing)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_in_one_text_stays_there(folder: Path, bad: float) -> None:
    model = load_family(folder, "bert")
    texts = encoded(model, "the cat sat", "the dog sat", "the cat")
    whole = measured(model, texts)

    def poison(given, rows):
        given[rows, 1] = bad
        return given

    on_dogs(model, "encoder.layer.0.attention.output.dense", poison)
    found = measured(model, texts)
    assert [one.is_proven for one in found] == [True, False, True]
    for number in (0, 2):
        assert_near(found[number].received, whole[number].received)
        assert_near(found[number].mixing, whole[number].mixing)


@pytest.mark.parametrize("head", [None, 2])
def test_a_sink_that_adds_nothing_has_no_rank_and_one_that_hands_out_a_vector_has_one(
    folder: Path, head: int | None
) -> None:
    """The values of the first token are 0 in all heads, or but for one head."""
    model = load_family(folder, "bert")
    size = model.encoder.config.hidden_size // 4

    def plant(module, args, made):
        planted = made.clone()
        planted[:, 0] = 0
        if head is not None:
            planted[:, 0, head * size : (head + 1) * size] = 3
        return planted

    handle = model.encoder.encoder.layer[1].attention.self.value.register_forward_hook(plant)
    (found,) = measured(model, encoded(model, TEXTS[0]))
    handle.remove()
    assert found.output_rank[1, 0] == pytest.approx(0 if head is None else 1, rel=1e-5)
    assert (found.value_ratio[1, 0] == 0) == (head is None)
    assert found.output_rank[2, 0] > 1 + 1e-4


def test_a_query_that_nothing_is_passed_on_to_has_no_row(folder: Path) -> None:
    """With values of 0 but for the content of one layer, causal queries before it have none."""
    model = load_family(folder, "gpt2")
    text = encoded(model, "the cat sat")[0]

    def silence(module, args, made):
        made[:, :2, 64:] = 0
        return made

    handle = model.encoder.h[1].attn.c_attn.register_forward_hook(silence)
    (found,) = measured(model, [text], is_causal=True)
    layer = plain_layers(model, "gpt2", text)[1]
    handle.remove()
    rows = torch.linalg.vector_norm(layer.parts, dim=-1)[2:]
    expected = (rows / rows.sum(1, keepdim=True)).mean(0)
    close(found.received[1], expected)
    assert found.received[1, :2].tolist() == [0, 0]


def ratios_of(maps: list[list[float]], lengths: list[list[float]]) -> list[float]:
    """The ratios of two tokens, the second of which is text, in a layer of two heads that look from
    both by the same weights.

    Args:
        maps: `[head][key]`.
        lengths: `[key][head]`, of what a head passes on from a key.
    """
    columns = torch.zeros(1, 2, 7)
    columns[0, 1, CONTENT] = 1
    layout = SimpleNamespace(
        query_mean=torch.full((1, 2), 0.5), real=torch.ones(1, 2).bool(), columns=columns
    )
    rows = torch.tensor(maps)[None, :, None].expand(1, 2, 2, 2)
    return _value_ratios(rows, torch.tensor([lengths]), layout)[0].tolist()


def test_heads_count_the_same_for_a_token_that_none_looks_at() -> None:
    ratios = ratios_of([[0.0, 1.0], [0.0, 1.0]], [[1.0, 3.0], [2.0, 6.0]])
    assert ratios == pytest.approx([(1 + 3) / (2 + 6), 1.0])


def test_a_ratio_to_text_tokens_that_pass_on_nothing_is_not_defined() -> None:
    assert np.isnan(ratios_of([[0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0], [0.0, 0.0]])).all()
