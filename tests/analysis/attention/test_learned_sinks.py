"""Learned sinks (GPT-OSS): rows sum to less than 1, and the rest is the share of the sink."""

import csv
import json
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from helpers.cases import some_of
from helpers.plain.plain_multiples import plain_even
from helpers.real.few_steps import take_few_steps
from helpers.real.learned_sinks import TEXTS, analysed, gpt_oss
from helpers.rounding import assert_near, near
from torch import nn
from transformers.models.gpt_oss.modeling_gpt_oss import apply_rotary_pos_emb

from reportgen import Report
from reportgen.analysis.attention import Capture, probe
from reportgen.errors import CaptureError
from reportgen.findings import Findings
from reportgen.models import LoadedModel
from reportgen.models.tokens import encode
from reportgen.report import load_language, sentence
from reportgen.report.charts import text_map
from reportgen.report.language import in_short, shorten
from reportgen.report.sections import make_sinks
from reportgen.results import MAX_ERROR, Results, text_units


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return gpt_oss(tmp_path_factory.mktemp("gpt_oss"))


@pytest.fixture(scope="module")
def results(model: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> Results:
    with pytest.MonkeyPatch.context() as patch:
        take_few_steps(patch)
        return analysed(model, tmp_path_factory.mktemp("results"))


def plain_maps(model: LoadedModel, ids: tuple[int, ...]) -> list[list[list[list[float]]]]:
    """`[layer][head][query][key]`, the last key being the learned sink, weight by weight."""
    encoder = model.encoder
    given: list[dict[str, Any]] = []
    handles = [
        layer.self_attn.register_forward_pre_hook(
            lambda _, args, kwargs: given.append({"args": args, **kwargs}), with_kwargs=True
        )
        for layer in encoder.layers
    ]
    with torch.no_grad():
        encoder(torch.tensor([ids]))
    for handle in handles:
        handle.remove()
    found = []
    for layer, call in zip(encoder.layers, given, strict=True):
        own = layer.self_attn
        hidden = call["args"][0] if call["args"] else call["hidden_states"]
        with torch.no_grad():
            queries = own.q_proj(hidden).view(1, len(ids), 4, 8).transpose(1, 2)
            keys = own.k_proj(hidden).view(1, len(ids), 2, 8).transpose(1, 2)
            queries, keys = apply_rotary_pos_emb(queries, keys, *call["position_embeddings"])
        heads = []
        for head in range(4):
            rows = []
            for query in range(len(ids)):
                row = [
                    exp((queries[0, head, query] @ keys[0, head // 2, key]).item() / 8**0.5)
                    if key <= query
                    else 0.0
                    for key in range(len(ids))
                ]
                row.append(exp(own.sinks[head].item()))
                rows.append([weight / sum(row) for weight in row])
            heads.append(rows)
        found.append(heads)
    return found


def test_shares_are_those_of_a_plain_loop(model: LoadedModel, results: Results) -> None:
    layers = results.layers.set_index(["text", "layer"])
    heads = results.heads.set_index(["text", "layer", "head"])
    for number, source in enumerate(TEXTS[:3]):
        ids = encode(model.tokenizer, source, None, model.info.max_tokens).ids
        n = len(ids)
        tokens = results.tokens_of(number)
        for layer, maps in enumerate(plain_maps(model, ids)):
            received = np.mean([np.mean(rows, axis=0) for rows in maps], axis=0)
            got = [float(own[layer]) for own in tokens["received_layers"]]
            assert_near(got, received[:n])
            row = layers.loc[(number, layer + 1)]
            assert row["learned_share"] == near(received[n])
            even = sum(1 / (seen + 2) for seen in range(n)) / n
            assert row["learned_expected"] == near(even)
            evens = [float(own[layer]) for own in tokens["expected_layers"]]
            assert sum(evens) + even == near(1)
            for head, rows in enumerate(maps):
                own = heads.loc[(number, layer + 1, head + 1)]
                share = sum(row[n] for row in rows) / n
                assert own["learned_share"] == near(share)
                entropy = [
                    -sum(w * log(w) for w in row if w > 0) / log(query + 2)
                    for query, row in enumerate(rows)
                ]
                assert own["entropy"] == near(sum(entropy) / n)
    assert results.info.checks.row_sum_error < 1e-5


def test_the_learned_sink_is_judged_as_any_token_is(results: Results) -> None:
    findings = Findings(results)
    notes = {note.id: note for note in findings.notes if note.role == "learned_sink"}
    assert notes.keys() == {"N1", "learned"}
    values = notes["N1"].values
    rows = results.layers[results.layers["layer"] == values["layer"]]
    share, even = rows["learned_share"].astype(float), rows["learned_expected"].astype(float)
    assert values["share"] == pytest.approx(share.mean())
    assert values["excess"] == pytest.approx(((share - even) / (1 - even)).mean())
    for lang, name in (("en", "The learned sink"), ("ja", "学習されたシンク")):
        language = load_language(lang)
        assert name in in_short([notes["N1"]], language)[0]
        assert sentence(notes["learned"], language).startswith(name)
        panels = make_sinks(findings, language)
        assert panels is not None
        assert panels.panels[0].token == name
        assert panels.panels[0].tests == ()


def test_every_output_names_it(results: Results, tmp_path: Path) -> None:
    report = Report(results)
    for name in ("report.html", "report.md", "summary.json", "heads.csv"):
        report.save(tmp_path / name)
    assert "The learned sink is an attention sink" in (tmp_path / "report.html").read_text("utf-8")
    shares = results.layers.groupby("text")["learned_share"].mean()
    page = (tmp_path / "report.html").read_text("utf-8").replace("\u00a0", " ")
    for share in shares:
        assert f"{100 * share:.1f} % of attention to the learned sink" in page
    assert "The learned sink is an attention sink" in (tmp_path / "report.md").read_text("utf-8")
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["verdicts"]["learned_sink"]["verdict"] == "sink"
    with (tmp_path / "heads.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    stored = results.heads["learned_share"].tolist()
    assert [float(row["learned_share"]) for row in rows] == pytest.approx(stored, rel=1e-5)


@pytest.mark.parametrize("side", [64, 3])
def test_the_static_map_shows_in_a_column_of_its_own_what_rows_lack(
    model: LoadedModel, results: Results, side: int
) -> None:
    """Within what a byte a weight leaves open; by unit, and where several units share a cell."""
    for number, source in enumerate(TEXTS):
        units = text_units(results, number)
        labels = [unit.label for unit in units.units]
        found = text_map(results, number, units, labels, side)
        assert found is not None
        assert found.learned is not None
        ids = encode(model.tokenizer, source, None, model.info.max_tokens).ids
        of_tokens = np.array(plain_maps(model, ids)[-1])[:, :, -1].mean(axis=0)  # [query]
        of_units = [
            np.mean([of_tokens[t] for t, own in enumerate(units.unit_of) if own == unit])
            for unit in range(len(labels))
        ]
        each = found.pooled
        assert (each > 1) == (side == 3)
        cells = [np.mean(of_units[i : i + each]) for i in range(0, len(of_units), each)]
        np.testing.assert_allclose(found.learned, cells, atol=MAX_ERROR)
        np.testing.assert_allclose(found.learned, 1 - found.cells.sum(axis=1), atol=1e-9)
        even = plain_even([unit // each for unit in units.unit_of], is_causal=True)
        content = np.logical_and.reduceat(units.content, range(0, len(units.content), each))
        seen = 1 / np.arange(1, len(units.unit_of) + 1)
        for row, share in enumerate(found.learned):
            part = even[row, content].sum()
            average = found.cells[row, content].sum() / part if part else 1
            inside = [t for t, unit in enumerate(units.unit_of) if unit // each == row]
            times = share / np.mean(seen[inside]) / average
            assert found.learned_times[row] == pytest.approx(times)
        assert found.n_above >= (found.learned_times > 16).sum()
        assert found.most == max(found.cells.max(), found.learned.max())


@pytest.mark.parametrize("lang", some_of(["en", "ja"], "en"))
def test_the_page_draws_that_column_and_names_it(
    results: Results, tmp_path: Path, lang: str
) -> None:
    language = load_language(lang)
    Report(results).save(tmp_path / "report.html", lang=lang)
    page = BeautifulSoup((tmp_path / "report.html").read_text("utf-8"), "html.parser")
    drawings = page.select("figure.map svg.cells")
    assert len(drawings) == len(TEXTS)
    for drawing in drawings:
        (column,) = drawing.select("g.sink")
        assert column.select("g.scale path")
        names = [text.get_text() for text in drawing.select("g.names text")]
        assert names[-1] == shorten(language.say("script", "learned_sink"))
    assert json.loads(page.select_one("script#page-data").get_text())["learned"] is True


def test_what_a_learned_sink_lets_pass_is_proven(results: Results) -> None:
    evidence = results.info.evidence
    assert evidence.norms_error is not None
    assert evidence.norms_error < 1e-4
    assert "received_norm_all" not in evidence.withheld
    assert results.tokens["received_norm_all"].notna().all()


def test_rows_that_lack_weight_without_a_learned_sink_are_a_fault(model: LoadedModel) -> None:
    capture = Capture(model.module, model.encoder)
    assert capture.has_learned_sinks
    capture.has_learned_sinks = False
    texts = [encode(model.tokenizer, text, None, 64) for text in TEXTS[2:4]]
    with pytest.raises(CaptureError, match="do not sum to 1"):
        probe(model, capture, texts)
    own = model.encoder.layers[0].self_attn
    kept = own.sinks
    own.sinks = nn.Parameter(torch.zeros(3))  # not one for each head
    assert not Capture(model.module, model.encoder).has_learned_sinks
    own.sinks = kept
