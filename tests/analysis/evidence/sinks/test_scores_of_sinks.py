"""The scores of possible sinks, against plain loops over the logarithms of attention maps."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.plain.plain_attention import plain_layers
from helpers.real.explaining import encoded, load
from helpers.real.families import load_family, proven
from torch import Tensor, nn

from reportgen.analysis.attention import Capture, LayerScores
from reportgen.analysis.evidence import Explainer, SinkScorer, TextScores, frequent_tokens
from reportgen.analysis.evidence.sinks import query_key_scores
from reportgen.models import EncodedText, LoadedModel
from reportgen.results import LONG_TOKENS

TEXT = "the cat sat on the mat . and the dog sat on the log ."
# One of each way to make scores; that they are read in all families is held by `test_scores`.
FAMILIES = ("bert", "bloom", "deberta-v2", "gpt2", "grouped falcon", "llama", "modernbert", "t5")


def scorer_of(model: LoadedModel, frequent: Sequence[str] = (".",)) -> SinkScorer:
    capture, norms = proven(model)
    explainer = Explainer(model, "padded", 1024)
    return SinkScorer(explainer, capture, norms.projections, frequent)


def plain_figures(
    maps: Tensor, own: Sequence[int], text: EncodedText, sizes: Tensor
) -> dict[str, float]:
    """The figures of one head from its map `[query, key]`, cell by cell; `sizes` `[key]` are the
    lengths of what it passes on."""
    others = [i for i, role in enumerate(text.roles) if role is None and i not in own]
    leads, shares, even = [], [], []
    for query in others:
        seen = [key for key in range(len(text.ids)) if maps[query, key] > 0]
        visible = [key for key in others if key in seen]
        if len(visible) < 3 or not set(own) & set(seen):
            continue
        usual = sum(float(maps[query, key].log()) for key in visible) / len(visible)
        leads += [float(maps[query, key].log()) - usual for key in own if key in seen]
        shares.append(sum(float(maps[query, key]) for key in own))
        even.append(len(set(own) & set(seen)) / len(seen))
    return {
        "n_pairs": len(leads),
        "lead": float(np.mean(leads)),
        "lead_square": float(np.mean(np.square(leads))),
        "share": float(np.mean(shares)),
        "expected": float(np.mean(even)),
        "value_size": float(sizes[list(own)].mean() / sizes[others].mean()),
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_figures_equal_plain_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    monkeypatch.setattr(query_key_scores, "LEAST_EXCESS", -1.0)  # whatever the model looks at
    model = load_family(tmp_path, family)
    text = encoded(model, TEXT)[0]
    found = scorer_of(model).measure(7, text)
    assert not isinstance(found, str)
    rows = pd.DataFrame(found)
    dots = [i for i, token in enumerate(text.tokens) if token == "."]
    assert len(dots) == 2
    subjects = {"cls": [0], "sep": [len(text.ids) - 1], "token:.": dots}
    assert set(rows["subject"]) <= set(subjects)
    assert "token:." in set(rows["subject"])
    assert set(rows["text"]) == {7}
    layers = plain_layers(model, family, text)
    for row in rows.to_dict("records"):
        layer, head = layers[row["layer"] - 1], row["head"] - 1
        sizes = torch.linalg.vector_norm(layer.passed[:, head], dim=-1)
        plain = plain_figures(layer.maps[head], subjects[row["subject"]], text, sizes)
        for name, value in plain.items():
            assert row[name] == pytest.approx(value, rel=2e-3, abs=2e-3), (name, row)
    counts = rows.groupby(["subject", "layer"]).size()
    assert set(counts) == {4}


def test_the_key_is_compared_with_text_tokens_and_the_mean_query(tmp_path: Path) -> None:
    model = load_family(tmp_path, "bert")
    text = encoded(model, TEXT)[0]
    made: dict[str, Tensor] = {}
    for name in ("query", "key"):
        model.encoder.get_submodule(f"encoder.layer.1.attention.self.{name}").register_forward_hook(
            lambda _, args, out, name=name: made.update({name: out[0].clone().view(-1, 4, 8)})
        )
    found = scorer_of(model).measure(0, text)
    assert not isinstance(found, str)
    rows = pd.DataFrame(found).query("subject == 'cls' and layer == 2")
    content = list(range(1, len(text.ids) - 1))
    for head, row in enumerate(rows.to_dict("records")):
        queries, keys = made["query"][:, head], made["key"][:, head]
        mean, sizes = queries[content].mean(0), keys.norm(dim=-1)
        cosines = keys @ mean / sizes / mean.norm()
        assert row["key_size"] == pytest.approx(float(sizes[0] / sizes[content].mean()), rel=1e-4)
        assert row["key_cosine"] == pytest.approx(float(cosines[0]), abs=1e-4)
        assert row["text_cosine"] == pytest.approx(float(cosines[content].mean()), abs=1e-4)
        # Without positions or masks the mean lead is that of the mean query.
        lead = float(mean @ (keys[0] - keys[content].mean(0))) / 8**0.5
        assert row["lead"] == pytest.approx(lead, rel=1e-3, abs=1e-4)


def test_a_key_that_all_like_alike_is_so_though_some_like_another_one_better(
    tmp_path: Path,
) -> None:
    """By the logarithm of mean attention, which follows the best key, it would depend on who
    asks. What is added to a row changes nothing, since a softmax does not change with it."""
    text = encoded(load_family(tmp_path, "bert"), TEXT)[0]
    n = len(text.ids)
    scores = torch.zeros(1, n, n)
    scores[0, :, 0] = 3.0
    scores[0, 1::2, 5] = 8.0  # every other token likes it best
    scores += torch.randn(n, 1, generator=torch.Generator().manual_seed(0))
    maps = scores.softmax(-1)
    own = TextScores(has_learned_sinks=False, text=text, frequent=())
    own.add(0, LayerScores(scores, torch.zeros(1), None, None), maps)
    found = own.columns(0)
    assert found["lead"][0] ** 2 / found["lead_square"][0] >= 0.98
    content = torch.tensor(list(range(1, n - 1)))
    by_weight = (maps[0, content, 0] / maps[0][content][:, content].mean(-1)).log()
    assert by_weight.mean() ** 2 / (by_weight**2).mean() <= 0.2


def test_keys_that_all_score_alike_have_no_lead(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", num_labels=1, problem_type="regression")
    attention = model.encoder.encoder.layer[0].attention.self
    with torch.no_grad():
        attention.query.weight.zero_(), attention.key.weight.zero_()
        attention.query.bias.fill_(1.0), attention.key.bias.fill_(1.0)
    text = encoded(model, TEXT)[0]
    capture = Capture(model.module, model.encoder)
    scorer = SinkScorer(Explainer(model, "padded", 1024), capture, (), ())
    found = scorer.measure(0, text)
    assert not isinstance(found, str)
    first = pd.DataFrame(found).query("layer == 1 and subject == 'cls'")
    assert first["lead"].abs().max() <= 1e-5  # every key scores 1, whoever asks
    assert first["value_size"].isna().all()  # they are read only where that is proven


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_half_precision_is_read_within_its_own_tolerance(tmp_path: Path, dtype: str) -> None:
    model = load_family(tmp_path, "bert", dtype)
    text = encoded(model, TEXT)[0]
    found = scorer_of(model).measure(0, text)
    assert not isinstance(found, str)
    assert max(found["error"]) <= (1e-5 if dtype == "float32" else 5e-2)


@pytest.mark.parametrize(
    ("how", "reason"), [("sharpened", "scores_unproven"), ("exponentials", "scores_unread")]
)
def test_scores_that_are_not_proven_give_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, reason: str
) -> None:
    model = load_family(tmp_path, "bert")
    scorer = scorer_of(model)
    text = encoded(model, TEXT)[0]

    def change(scores: Tensor, dim: int = -1, dtype: torch.dtype | None = None) -> Tensor:
        made = torch.softmax(scores, dim) ** 2 if how == "sharpened" else scores.exp()
        return made / made.sum(dim, keepdim=True)

    monkeypatch.setattr(nn.functional, "softmax", change)
    assert scorer.measure(0, text) == reason


def test_a_text_without_enough_text_tokens_has_no_row(tmp_path: Path) -> None:
    model = load_family(tmp_path, "bert")
    scorer = scorer_of(model)
    short = encoded(model, "cat sat")[0]
    assert scorer.measure(0, short) == {}
    assert scorer.measure(0, replace(short, ids=(9,) * (LONG_TOKENS + 1))) == {}


def measured(text: EncodedText, maps: Tensor, *frequent: str) -> dict[int, set[str]]:
    """By layer the subjects with figures, of `maps` `[layer, head, query, key]`."""
    own = TextScores(has_learned_sinks=False, text=text, frequent=frequent)
    for layer, of_heads in enumerate(maps):
        scores = LayerScores(of_heads.log(), torch.zeros(len(of_heads)), None, None)
        own.add(layer, scores, of_heads)
    rows = pd.DataFrame(own.columns(0))
    assert set(rows.groupby(["subject", "layer"]).size()) == {maps.shape[1]}
    return {int(layer): set(own["subject"]) for layer, own in rows.groupby("layer")}


def test_text_tokens_are_measured_in_the_layers_where_a_single_head_looks_at_them(
    tmp_path: Path,
) -> None:
    """One of 32 heads gives the two full stops 80 %: 2.5 % more than usual in the mean over heads,
    which by itself would hardly be seen."""
    text = encoded(load_family(tmp_path, "bert"), TEXT)[0]
    n = len(text.ids)
    maps = torch.full((2, 32, n, n), 1 / n)
    dots = torch.tensor([token == "." for token in text.tokens])
    maps[1, 7] = torch.where(dots, 0.8 / 2, 0.2 / (n - 2))
    marks = {"cls", "sep"}
    assert measured(text, maps, ".", "the") == {1: marks, 2: {*marks, "token:."}}
    assert measured(text, maps, "the") == {1: marks, 2: marks}  # it is in too few texts
    plain = replace(text, roles=(None,) * n)
    assert measured(plain, maps, ".") == {1: {"first"}, 2: {"first", "token:."}}


def test_at_most_three_text_tokens_of_a_layer_are_measured(tmp_path: Path) -> None:
    """Those that some head gives most."""
    text = encoded(load_family(tmp_path, "bert"), TEXT)[0]
    n = len(text.ids)
    maps = torch.full((1, 4, n, n), 1 / n)
    for head, token in enumerate(("cat", "dog", "mat", "log")):
        own = torch.tensor([name == token for name in text.tokens])
        share = 0.5 + head / 10
        maps[0, head] = torch.where(own, share, (1 - share) / (n - 1))
    found = measured(text, maps, "cat", "dog", "mat", "log")
    assert found == {1: {"cls", "sep", "token:dog", "token:mat", "token:log"}}


def test_tokens_of_at_least_five_texts_are_frequent(tmp_path: Path) -> None:
    model = load_family(tmp_path, "bert")
    texts = encoded(model, *["the cat"] * 4, "the dog", "the the")
    assert frequent_tokens(texts) == {"the"}
