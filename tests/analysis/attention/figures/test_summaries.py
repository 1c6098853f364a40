"""Figures read off attention maps, against loops that anybody can follow."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.plain.reference import RECORDS
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.analysis.attention import BatchSummary, TextSummary, cls_positions, lay_out
from reportgen.models import EncodedText
from reportgen.models.tokens import display_units
from reportgen.results import HEAD_CLASSES

ROLES = ("cls", "sep")
CPU = torch.device("cpu")


def made_text(shape: str) -> EncodedText:
    """A text whose tokens are c ([CLS]), s ([SEP]), 0 and 1 (content of text and pair)."""
    roles = tuple({"c": "cls", "s": "sep"}.get(kind) for kind in shape)
    segments = tuple(int(kind) if kind in "01" else None for kind in shape)
    spans = (None,) * len(shape)
    return EncodedText(
        ids=tuple(range(len(shape))),
        type_ids=None,
        tokens=tuple(shape),
        spans=spans,
        segments=segments,
        roles=roles,
        units=display_units(spans),
        n_truncated=0,
        cuts=(None, None),
        n_unknown=0,
    )


def random_maps(
    shapes: list[str], n_layers: int, n_heads: int, seed: int, visible: np.ndarray | None = None
) -> list[np.ndarray]:
    """Maps `[layer, head, query, key]` of each text, rows summing to 1 over what is visible."""
    random = np.random.default_rng(seed)
    made = []
    for shape in shapes:
        n = len(shape)
        weights = random.gamma(0.5, 1.0, (n_layers, n_heads, n, n)) + 1e-6
        if visible is not None:
            weights = weights * visible[:n, :n]
        made.append((weights / weights.sum(-1, keepdims=True)).astype(np.float32))
    return made


def summarise(
    texts: list[EncodedText],
    maps: list[np.ndarray],
    *,
    is_causal: bool = False,
    has_window: bool = False,
) -> list[TextSummary]:
    """Pad the maps into a batch, with noise in the padding queries, and summarise it."""
    size = max(len(text.ids) for text in texts)
    layout = lay_out(texts, ROLES, is_causal=is_causal, device=CPU)
    summary = BatchSummary(layout, has_window=has_window)
    n_layers, n_heads = maps[0].shape[:2]
    for layer in range(n_layers):
        batch = torch.zeros(len(texts), n_heads, size, size)
        for row, one in enumerate(maps):
            n = one.shape[-1]
            batch[row, :, :n, :n] = torch.from_numpy(one[layer])
            batch[row, :, n:, :n] = 1 / n  # what padding queries give; must count nowhere
        summary.add(batch)
    return summary.texts()


def entropy(row: np.ndarray) -> float:
    return -sum(float(a) * math.log(a) for a in row if a > 0)


SHAPES = ["c0000s", "c00s", "c000s11111s", "cs0", "c0s"]


@pytest.fixture(scope="module")
def batch() -> tuple[list[EncodedText], list[np.ndarray], list[TextSummary]]:
    texts = [made_text(shape) for shape in SHAPES]
    maps = random_maps(SHAPES, n_layers=2, n_heads=3, seed=1)
    return texts, maps, summarise(texts, maps)


def test_attention_received_and_cls_row_are_plain_means(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        n = len(text.ids)
        for layer in range(2):
            for key in range(n):
                received = sum(maps[layer, h, q, key] for h in range(3) for q in range(n)) / (3 * n)
                cls_row = sum(maps[layer, h, 0, key] for h in range(3)) / 3
                assert summary.received[layer, key] == pytest.approx(received, abs=1e-6)
                assert summary.cls_row[layer, key] == pytest.approx(cls_row, abs=1e-6)
        assert summary.received.sum(-1) == pytest.approx([1, 1], abs=1e-5)


def test_shares_are_sums_of_attention_received(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        n = len(text.ids)
        for layer in range(2):
            for head in range(3):
                column = [sum(maps[layer, head, q, k] for q in range(n)) / n for k in range(n)]
                for number, role in enumerate(ROLES):
                    share = sum(c for c, r in zip(column, text.roles, strict=True) if r == role)
                    assert summary.shares[layer, head, number] == pytest.approx(share, abs=1e-6)
                special = sum(c for c, r in zip(column, text.roles, strict=True) if r is not None)
                assert summary.special_share[layer, head] == pytest.approx(special, abs=1e-6)


def test_self_share_is_what_a_role_gives_to_itself(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        for number, role in enumerate(ROLES):
            here = [i for i, r in enumerate(text.roles) if r == role]
            for layer in range(2):
                rows = [maps[layer, h, q, here].sum() for h in range(3) for q in here]
                assert summary.self_share[layer, number] == pytest.approx(np.mean(rows), abs=1e-6)


def test_entropy_is_normalised_by_the_keys_a_query_sees(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        n = len(text.ids)
        for layer in range(2):
            for head in range(3):
                mean = np.mean([entropy(maps[layer, head, q]) / math.log(n) for q in range(n)])
                assert summary.entropy[layer, head] == pytest.approx(mean, abs=1e-5)


def test_distance_is_over_content_keys_renormalised(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        content = [i for i, role in enumerate(text.roles) if role is None]
        for layer in range(2):
            for head in range(3):
                rows = [
                    sum(row[k] * abs(q - k) for k in content) / sum(row[k] for k in content)
                    for q, row in enumerate(maps[layer, head])
                    if sum(row[k] for k in content) >= 0.01
                ]
                assert summary.distance[layer, head] == pytest.approx(np.mean(rows), abs=1e-4)


def test_effective_tokens_are_exp_of_entropy(batch) -> None:
    for text, maps, summary in zip(*batch, strict=True):
        content = [i for i, role in enumerate(text.roles) if role is None]
        every = [math.exp(entropy(row)) for row in maps.reshape(-1, len(text.ids))]
        assert summary.effective_tokens == pytest.approx(np.mean(every), rel=1e-4)
        kept = [
            math.exp(entropy(row[content] / row[content].sum()))
            for row in maps[:, :, content].reshape(-1, len(text.ids))
            if row[content].sum() >= 0.01
        ]
        assert summary.effective_content == pytest.approx(np.mean(kept), rel=1e-4)


def test_rows_and_padding_are_measured(batch) -> None:
    texts, maps, summaries = batch
    for summary in summaries:
        assert summary.row_sum_error < 1e-5
        assert summary.padding_mass == 0
    spoilt = [one.copy() for one in maps]
    spoilt[1][1, 2, 3] *= 1.5
    assert summarise(texts, spoilt)[1].row_sum_error == pytest.approx(0.5, abs=1e-5)


def test_weight_on_padding_is_found() -> None:
    texts = [made_text("c00s"), made_text("c0s")]
    summary = BatchSummary(lay_out(texts, ROLES, is_causal=False, device=CPU))
    maps = torch.zeros(2, 1, 4, 4)
    maps[0] = 0.25
    maps[1, :, :3] = torch.tensor([0.3, 0.3, 0.3, 0.1])
    summary.add(maps)
    whole, padded = summary.texts()
    assert whole.padding_mass == 0
    assert padded.padding_mass == pytest.approx(0.1)
    assert padded.row_sum_error < 1e-6


def test_not_a_number_in_one_text_leaves_the_others(batch) -> None:
    texts, maps, summaries = batch
    spoilt = [one.copy() for one in maps]
    spoilt[0][0, 0, 1, 2] = np.nan
    after = summarise(texts, spoilt)
    assert math.isnan(after[0].row_sum_error)
    np.testing.assert_array_equal(after[1].received, summaries[1].received)
    assert not math.isnan(after[1].row_sum_error)


def expected_of(shapes: list[str], *, is_causal: bool) -> list[list[float]]:
    texts = [made_text(shape) for shape in shapes]
    summaries = summarise(texts, random_maps(shapes, 1, 1, seed=2), is_causal=is_causal)
    return [summary.expected[0].tolist() for summary in summaries]


def test_even_spread_of_a_causal_model_favours_the_first_token() -> None:
    long, short = expected_of(["0" * 15, "000"], is_causal=True)
    assert long[0] == pytest.approx(sum(1 / n for n in range(1, 16)) / 15)
    assert long[14] == pytest.approx(1 / 15 / 15)
    assert sum(long) == pytest.approx(1)
    assert short == pytest.approx([(1 + 1 / 2 + 1 / 3) / 3, (1 / 2 + 1 / 3) / 3, 1 / 9])
    assert expected_of(["0000"], is_causal=False)[0] == pytest.approx([0.25] * 4)


def test_causal_maps_are_normalised_by_what_is_visible() -> None:
    shape = "00000"
    maps = random_maps([shape], 1, 2, seed=3, visible=np.tril(np.ones((5, 5))))
    (summary,) = summarise([made_text(shape)], maps, is_causal=True)
    rows = [entropy(maps[0][0, h, q]) / math.log(q + 1) for h in range(2) for q in range(1, 5)]
    assert summary.entropy.mean() == pytest.approx(np.mean(rows), abs=1e-5)
    # Without [CLS] the row of the last token stands for it.
    assert summary.cls_row[0] == pytest.approx(maps[0][0, :, 4].mean(0), abs=1e-6)
    assert math.isnan(summary.self_share[0, 0])


def test_expected_stays_inside_a_window() -> None:
    shape, n = "c000000s", 8
    visible = np.abs(np.arange(n)[:, None] - np.arange(n)) <= 2
    maps = random_maps([shape], 2, 2, seed=4, visible=visible)
    (summary,) = summarise([made_text(shape)], maps, has_window=True)
    expected = (visible / visible.sum(1, keepdims=True)).mean(0)
    assert summary.expected[0] == pytest.approx(expected, abs=1e-6)
    rows = [
        entropy(maps[0][0, h, q]) / math.log(visible[q].sum()) for h in range(2) for q in range(n)
    ]
    assert summary.entropy[0].mean() == pytest.approx(np.mean(rows), abs=1e-5)


def test_no_cls_row_without_cls_in_a_bidirectional_model() -> None:
    (summary,) = summarise([made_text("000")], random_maps(["000"], 1, 1, seed=5))
    assert np.isnan(summary.cls_row).all()
    assert cls_positions(made_text("00c"), is_causal=False) == [2]


def test_one_token_has_no_entropy() -> None:
    (summary,) = summarise([made_text("0")], [np.ones((1, 1, 1, 1), np.float32)])
    assert np.isnan(summary.entropy).all()
    assert summary.received.tolist() == [[1.0]]
    assert summary.effective_tokens == pytest.approx(1)


def class_of(shape: str, rows: np.ndarray) -> str:
    maps = rows[None, None].astype(np.float32)
    (summary,) = summarise([made_text(shape)], [maps])
    return HEAD_CLASSES[summary.head_class[0, 0]]


def mix(n: int, **parts: tuple[float, np.ndarray]) -> np.ndarray:
    return sum(weight * matrix for weight, matrix in parts.values())


def test_head_classes_of_made_maps() -> None:
    n, shape = 12, "c0000000000s"
    even = np.full((n, n), 1 / n)
    vertical = np.zeros((n, n))
    vertical[:, 0] = 1
    diagonal = np.eye(n)
    before = np.eye(n, k=-1)
    before[0, 0] = 1
    assert class_of(shape, even) == "heterogeneous"
    assert class_of(shape, vertical) == "vertical"
    assert class_of(shape, diagonal) == "diagonal"
    assert class_of(shape, before) == "diagonal"
    assert class_of(shape, 0.45 * vertical + 0.45 * diagonal + 0.1 * even) == "vertical+diagonal"
    # The thresholds themselves: half on special tokens is enough for vertical.
    far = np.zeros((n, n))
    for q in range(n):
        far[q, 1 + (q + 4) % 10] = 1
    assert class_of(shape, 0.51 * vertical + 0.49 * far) == "vertical"
    assert class_of(shape, 0.49 * vertical + 0.51 * far) == "heterogeneous"


def test_block_heads_need_a_pair() -> None:
    shape = "c00000000s11111111s"
    n = len(shape)
    own = np.zeros((n, n))
    for q, kind in enumerate(shape):
        keys = [k for k, other in enumerate(shape) if other == (kind if kind in "01" else "0")]
        own[q, keys] = 1 / len(keys)
    assert class_of(shape, own) == "block"
    assert class_of(shape.replace("1", "0"), own) == "heterogeneous"


def test_block_heads_of_a_causal_model_are_held_against_what_is_visible() -> None:
    # Far from the diagonal, on the own segment: the first third of it.
    shape = "0" * 12 + "1" * 12
    n = len(shape)
    rows = np.zeros((n, n))
    for q in range(n):
        start = 0 if q < 12 else 12
        keys = list(range(start, max(start + 1, (start + q) // 2 - 1)))
        rows[q, keys] = 1 / len(keys)
    maps = rows[None, None].astype(np.float32)
    (summary,) = summarise([made_text(shape)], [maps], is_causal=True)
    # An equal share would give the own segment all of the first text, a third or so of the second.
    even = np.mean([1 if q < 12 else (q - 11) / (q + 1) for q in range(n)])
    assert even + 0.2 < 1
    assert HEAD_CLASSES[summary.head_class[0, 0]] == "block"


def test_rows_that_leave_nothing_to_content_say_nothing_of_distance() -> None:
    shape = "c000s"
    rows = np.zeros((5, 5))
    rows[:, 0] = 1 - 1e-6
    rows[:, 3] = 1e-6
    (summary,) = summarise([made_text(shape)], [rows[None, None].astype(np.float32)])
    assert np.isnan(summary.distance).all()
    assert math.isnan(summary.effective_content)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 10_000))
def test_a_text_is_the_same_alone_and_beside_another(first: int, second: int, seed: int) -> None:
    shapes = ["c" + "0" * first + "s", "c" + "0" * second + "s"]
    maps = random_maps(shapes, 2, 2, seed)
    texts = [made_text(shape) for shape in shapes]
    together = summarise(texts, maps)[0]
    (alone,) = summarise(texts[:1], maps[:1])
    for name in ("received", "cls_row", "entropy", "distance", "special_share", "self_share"):
        np.testing.assert_allclose(getattr(together, name), getattr(alone, name), atol=1e-5)
    assert (alone.entropy >= -1e-6).all()
    assert (alone.entropy <= 1 + 1e-6).all()


def test_figures_equal_the_stored_reference_of_a_real_encoder(minilm_summaries) -> None:
    for record, summary in zip(RECORDS, minilm_summaries, strict=True):
        last = -1
        for measured, name in (
            (summary.shares[..., 0].mean(1), "cls_mass"),
            (summary.shares[..., 1].mean(1), "sep_mass"),
            (summary.cls_row[last], "last_cls_row"),
            (summary.received[last], "last_col_mean"),
            (summary.received[0], "first_col_mean"),
            (summary.received.mean(0), "all_col_mean"),
            (summary.cls_row.mean(0), "all_cls_row"),
            (summary.cls_row[last] * 12, "last_cls_row_headsum"),
            (summary.self_share[:, 1], "sep_row_to_sep"),
            (summary.entropy.mean(1), "entropy"),
        ):
            np.testing.assert_allclose(measured, record[name], atol=1e-5, rtol=1e-4, err_msg=name)
        n = record["T"]
        assert summary.expected.sum(-1) == pytest.approx([1.0] * 6)
        assert summary.expected[0, 0] * 2 == pytest.approx(
            record["uniform_special_share"], rel=1e-5
        )
        assert len(summary.received[0]) == n


@pytest.fixture(scope="module")
def minilm_summaries(minilm_folder: Path) -> list[TextSummary]:
    from transformers import AutoModel, AutoTokenizer

    from reportgen.analysis.attention import Capture
    from reportgen.models.tokens import encode, pad

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder)
    model = AutoModel.from_pretrained(minilm_folder).eval()
    texts = [encode(tokenizer, record["text"], None, 512) for record in RECORDS]
    assert [list(text.tokens) for text in texts] == [record["tokens"] for record in RECORDS]
    summary = BatchSummary(lay_out(texts, ROLES, is_causal=False, device=CPU))
    inputs = pad(texts, 0, {"input_ids", "attention_mask", "token_type_ids"}, CPU)
    Capture(model, model).run(inputs, lambda layer, maps: summary.add(maps))
    return summary.texts()
