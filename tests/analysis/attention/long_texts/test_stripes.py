"""Attention read in stripes of queries gives the figures of whole maps."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.made_up.packed_maps import pooled_plainly, unpack
from helpers.real.explaining import NUMBER, encoded, load
from helpers.real.families import load_family
from helpers.real.models import ARCHITECTURES
from helpers.rounding import assert_near

from reportgen.analysis import AnalysisOptions, Cost, Progress, analyze
from reportgen.analysis.attention import (
    BatchSummary,
    Capture,
    PooledMaps,
    Stripe,
    StripeSummary,
    TextSummary,
    cells_of,
    find_stripes,
    lay_out,
    probe,
)
from reportgen.analysis.evidence import Explainer
from reportgen.analysis.progress import AttentionMemory
from reportgen.comparison import Runs
from reportgen.errors import CaptureError
from reportgen.findings import Findings
from reportgen.models import EncodedText, LoadedModel
from reportgen.models.tokens import encode
from reportgen.report import RenderOptions, render
from reportgen.results import (
    MAX_ERROR,
    InputInfo,
    Results,
    pooling,
    quantise,
    stored_pooling,
    text_units,
)
from reportgen.results.maps import unpack_levels
from reportgen.texts import TextInput, TextSet

ROLES = ("cls", "sep")
TEXTS = ("the cat sat on the mat", "the dog and " * 5, "a good film " * 6, "a bad cat")
# Their attention is made by code of their own, so that they are read whole.
WHOLE = {"deberta_v2"}
FAMILIES = ("gemma2", "qwen2", "opt", "gptj", "gpt_neox", "mobilebert")
WHOLE_FAMILIES = ("bloom", "convbert", "deberta", "falcon", "xlnet")


def text_of(model: LoadedModel) -> EncodedText:
    return encode(model.tokenizer, "the cat sat on the mat and the dog " * 2, None, 100)


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let cells hold several tokens of short texts."""
    monkeypatch.setattr("reportgen.results.maps.cells.SIDE", 5)


def summaries(model: LoadedModel, n_rows: int) -> tuple[TextSummary, TextSummary]:
    """The figures of a text from whole maps, and from stripes of `n_rows` queries; its pooled maps
    are those of plain loops over whole ones."""
    text, capture = text_of(model), Capture(model.module, model.encoder)
    is_causal = probe(model, capture, encoded(model, "the cat", "the cat sat on the mat")).is_causal
    stripes = find_stripes(model, capture, text)
    assert stripes is not None
    layout = lay_out([text], ROLES, is_causal=is_causal, device=torch.device("cpu"))
    kinds = {"has_window": model.has_window, "learned_sinks": capture.has_learned_sinks}
    whole, read = BatchSummary(layout, **kinds), StripeSummary(layout, 4, **kinds)
    inputs = model.inputs([text])
    layers: list[np.ndarray] = []
    pooled = PooledMaps(cells_of(text), 4)

    def keep(_: int, maps: torch.Tensor) -> None:
        whole.add(maps)
        layers.append(maps[0].numpy().copy())

    def take(stripe: Stripe) -> None:
        pooled.add(stripe)
        read.add(stripe)

    capture.run(inputs, keep)
    stripes.run(inputs, take, n_rows)
    expected = quantise(pooled_plainly(np.stack(layers), cells_of(text)))
    found = unpack_levels(pooled.packed(), len(layers), 4)
    assert np.abs(found.astype(int) - expected).max() <= 1  # the last bit of a float32
    assert (found != expected).mean() < 0.01
    assert model.encoder.config._attn_implementation == "eager"
    return whole.texts()[0], read.text()


def require_equal(one: TextSummary, other: TextSummary) -> None:
    for field in fields(TextSummary):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if first is not None and field.name != "in_stripes":
            assert_near(second, first, err_msg=field.name)


@pytest.mark.parametrize(
    ("name", "n_rows"),
    [
        *((name, 7) for name in ARCHITECTURES if name not in WHOLE),
        *(("bert", n_rows) for n_rows in (1, 1000)),
        *(("gpt2", n_rows) for n_rows in (1, 1000)),
    ],
)
def test_stripes_give_the_figures_of_whole_maps(folder, name: str, n_rows: int) -> None:
    require_equal(*summaries(load(folder, name), n_rows))


@pytest.mark.parametrize("family", FAMILIES)
def test_stripes_keep_to_the_functions_of_families(folder, family: str) -> None:
    """Several queries a key, windows, capped scores, learned sinks and biases by position."""
    require_equal(*summaries(load_family(folder, family), 7))


@pytest.mark.parametrize("family", WHOLE_FAMILIES)
def test_families_with_attention_of_their_own_are_not_read_in_stripes(folder, family: str) -> None:
    model = load_family(folder, family)
    capture = Capture(model.module, model.encoder)
    assert find_stripes(model, capture, text_of(model)) is None
    capture.run(model.inputs([text_of(model)]), lambda *_: None)  # as before


class Costs(Progress):
    """What is said before the start."""

    room: AttentionMemory | None = None

    def begin(self, cost: Cost) -> None:
        self.room = cost.room


def results_of(model: LoadedModel, folder: Path, costs: Costs, **options: str) -> Results:
    folder.mkdir()
    texts = tuple(TextInput(str(i), text) for i, text in enumerate(TEXTS))
    inputs = TextSet(texts, (InputInfo("made.txt", "0" * 64, len(texts)),))
    return analyze(inputs, model, folder, AnalysisOptions(**{"units": "token"} | options), costs)


def few_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let texts of more than 12 tokens be long."""
    for place in ("attention.capture", "attention.runner", "work.tally"):
        monkeypatch.setattr(f"reportgen.analysis.{place}.LONG_TOKENS", 12)


def test_a_long_text_that_can_only_be_read_whole_is(folder, tmp_path, monkeypatch) -> None:
    few_are_long(monkeypatch)
    costs = Costs()
    results = results_of(load(folder, "deberta_v2"), tmp_path / "read", costs, evidence="none")
    longest = int(results.texts["n_tokens"].max())
    assert costs.room == AttentionMemory(longest, 4 * 4 * longest**2 * 4, False)
    assert not results.texts["map_bytes"].isna().any()
    assert not any("longer than" in remark for remark in results.info.remarks)


def test_a_long_text_has_all_but_what_takes_whole_maps(folder, tmp_path, monkeypatch) -> None:
    model = load(folder, "bert", **NUMBER)
    costs = Costs()
    whole = results_of(model, tmp_path / "whole", costs)
    assert costs.room is None
    few_are_long(monkeypatch)
    read = results_of(model, tmp_path / "read", costs)
    n_tokens = read.texts["n_tokens"].tolist()
    assert costs.room == AttentionMemory(max(n_tokens), 4 * 4 * max(n_tokens) * 80, True)
    long = [n > 12 for n in n_tokens]
    assert long == [False, True, True, False]
    (remark,) = set(read.info.remarks) - set(whole.info.remarks)
    assert remark.startswith("2 texts are longer than 12 tokens")
    for results in (whole, read):
        assert not results.texts["map_bytes"].isna().any()
    require_pooled(whole, read, long)
    for name in ("heads", "roles", "layers"):
        require_same(getattr(whole, name), getattr(read, name), long)
    own, other = (results.token_table(1).to_pandas() for results in (whole, read))
    require_same(own, other, [True] * 4)
    for results in (whole, read):
        assert np.isfinite(results.texts["prediction"]).all()
    page = render(Runs(Findings(read)), RenderOptions()).text
    assert "2 texts are longer than 12 tokens" in page
    assert "Texts 2–3: so long that maps are pooled" in page
    few = results_of(model, tmp_path / "few", costs, evidence="none", keep_maps="2")
    assert few.texts["map_cells"].isna().tolist() == [True, False, True, True]
    assert few.packed_maps(1) == read.packed_maps(1)

    evidence = read.stored("evidence")
    for text in (1, 2):
        (row,) = evidence[evidence["text"] == text].to_dict("records")
        assert "gradients would take the whole attention maps of" in str(row)


def require_pooled(whole: Results, read: Results, long: list[bool]) -> None:
    """The maps of long texts are those of plain loops over whole ones."""
    n_layers, n_heads = whole.info.model.n_layers, whole.info.model.n_heads
    for text, is_long in enumerate(long):
        own, other = (results.packed_maps(text) for results in (whole, read))
        how, units = stored_pooling(read, text), text_units(read, text)
        if not is_long:
            assert how is None
            assert own == other
            continue
        assert how == pooling(units.units, units.unit_of)
        assert 3 < len(how.starts) < how.n_tokens / 2
        expected = pooled_plainly(unpack(own, n_layers, n_heads), how)
        assert np.abs(unpack(other, n_layers, n_heads) - expected).max() <= 2 * MAX_ERROR


def test_evidence_on_a_long_text_holds_no_maps(folder, tmp_path, monkeypatch) -> None:
    few_are_long(monkeypatch)
    model = load(folder, "bert", **NUMBER)
    explainer = Explainer(model, "padded", 1024)
    ways: list[str] = []

    def see(module: object, args: object) -> None:
        ways.append(model.encoder.config._attn_implementation)

    Capture(model.module, model.encoder)
    handle = model.encoder.register_forward_pre_hook(see)
    long = explainer.explain(encoded(model, *TEXTS[:2]))[1]
    handle.remove()
    assert sorted(ways) == ["eager", "sdpa"]
    assert model.encoder.config._attn_implementation == "eager"
    with pytest.raises(CaptureError, match="at most 12 tokens"):
        explainer.outputs([long.text])


WITHHELD = ("norm", "value", "output_rank", "mixing", "gradient")


def require_same(whole: pd.DataFrame, read: pd.DataFrame, long: list[bool]) -> None:
    """Both tables are equal, but for what long texts do not have."""
    assert list(whole) == list(read)
    is_long = np.array([long[text] for text in whole["text"]])
    for name in whole:
        first, second = whole[name], read[name]
        if any(part in name for part in WITHHELD):
            lacks = [np.isnan(np.asarray(value, float)).all() for value in second[is_long]]
            assert all(lacks), name
            first, second = first[~is_long], second[~is_long]
        for one, other in zip(first, second, strict=True):
            if isinstance(one, float | np.ndarray):
                assert_near(other, one, err_msg=name)
            else:
                assert one is other or one == other or (pd.isna(one) and pd.isna(other)), name
