"""Encoder-decoders from texts to results: targets that are given, and those that are generated."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.calling import call
from helpers.real.runs import text_set
from helpers.real.writers import PAIRS, WRITERS, loaded_writer, save_writer, writer_tokenizer
from helpers.rounding import assert_near, near
from scipy.stats import spearmanr

from reportgen.analysis import AnalysisOptions, analyze
from reportgen.analysis.generation import Choice, with_generated
from reportgen.errors import ModelError
from reportgen.findings import Findings
from reportgen.report import load_language, redacted
from reportgen.report.charts import signed_step
from reportgen.report.panel import make_steps, measures, text_effects
from reportgen.report.redact import DOT
from reportgen.results import (
    DELETION_SCORES,
    GRADIENT_STEPS,
    WEIGHTED_STEPS,
    Results,
    completion_of,
    open_results,
    target_units,
    text_units,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_writer(tmp_path_factory.mktemp("models") / "bart", "bart")


@pytest.fixture(scope="module")
def results(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    made = tmp_path_factory.mktemp("results")
    lines = [json.dumps({"text": text, "completion": target}) for text, target in PAIRS]
    (made / "texts.jsonl").write_text("\n".join(lines), "utf-8")
    tokens = ("--units", "token")
    done = call("analyze", made / "texts.jsonl", "-m", folder, *tokens, "-o", made / "made")
    assert done.exit_code == 0, done.stderr
    return open_results(made / "made")


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_generated_is_what_the_library_generates(name: str) -> None:
    model = loaded_writer(name)
    texts = [text for text, _ in PAIRS]
    found = with_generated(text_set(texts).texts, model, Choice(6, 0.0, 0))[0]
    assert any(text.completion for text in found)
    for text, own in zip(texts, found, strict=True):
        given = model.tokenizer(text, return_tensors="pt")
        plain = model.module.generate(
            input_ids=given["input_ids"],
            attention_mask=given["attention_mask"],
            max_new_tokens=6,
            do_sample=False,
            num_beams=1,
        )
        if own.completion:
            assert list(own.completion_ids) == plain[0].tolist()


def test_a_generation_that_ends_at_once_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded_writer("t5")
    ended = torch.tensor([[model.tokenizer.pad_token_id, model.tokenizer.eos_token_id]])
    monkeypatch.setattr(model.module, "generate", lambda **_: ended)
    told = "the first token that the model generates ends the text"
    texts = text_set(["the cat"])
    (found,), error = with_generated(texts.texts, model, Choice(6, 0.0, 0))
    assert found.completion is None
    assert found.incomplete == f"nothing was generated: {told}"
    assert error == f"text {found.id} ({found.source}): {told}"
    (tmp_path / "r").mkdir()
    with pytest.raises(ModelError, match=f"--generate: nothing was generated; .* {told}"):
        analyze(
            texts,
            model,
            tmp_path / "r",
            AnalysisOptions(units="token", generate=6, evidence="none"),
        )


def test_targets_are_kept_beside_the_tokens_of_the_texts(results: Results) -> None:
    assert results.info.output.kind == results.info.evidence.scalar == "completion"
    assert results.info.model.architecture == "BartForConditionalGeneration"
    assert results.info.model.encoder == "BartEncoder"
    tokenizer = writer_tokenizer("bart")
    for row, (text, completion) in enumerate(PAIRS):
        assert results.tokens_of(row)["token_id"].tolist() == tokenizer(text)["input_ids"]
        target = results.target_of(row)
        labels = tokenizer(text_target=completion)["input_ids"]
        assert target["token_id"].tolist() == [tokenizer.eos_token_id, *labels]
        assert target["is_given"].tolist() == [True, True, *[False] * (len(labels) - 1)]
        items = Findings(results).items_of(row)
        assert [item.label for item in items] == tokenizer.convert_ids_to_tokens(labels[1:])


def test_what_moves_each_token_is_one_run_without_each_token_of_the_text(
    folder: Path, results: Results
) -> None:
    model = loaded_writer("bart")
    for row in range(len(PAIRS)):
        tokens = results.tokens_of(row)
        target = results.target_of(row)["token_id"].tolist()
        whole = np.array(results.texts["scores"][row])
        effects = results.effects_of(row)
        for place, scores in enumerate(effects[DELETION_SCORES]):
            assert (scores is None) == tokens["is_special"].iloc[place]
            if scores is None:
                continue
            unit = tokens["unit"].iloc[place]  # the bytes of a character go together
            left = torch.tensor([tokens["token_id"][tokens["unit"] != unit].tolist()])
            read = torch.tensor([target[:-1]])
            with torch.no_grad():
                logits = model.module(input_ids=left, decoder_input_ids=read).logits[0, 1:]
            plain = logits.double().log_softmax(-1)
            own = [float(row[at]) for row, at in zip(plain, target[2:], strict=True)]
            assert list(scores) == near(list(whole - own), size=np.abs(whole).max())
            assert effects["deletion"].iloc[place] == near(sum(scores), size=np.abs(whole).sum())


def test_how_well_the_targets_are_expected(results: Results) -> None:
    found = Findings(results)
    every = [score for scores in results.texts["scores"] for score in scores]
    assert found.figures["completion_n_tokens"] == len(every)
    assert found.fits.known("perplexity").mean == pytest.approx(
        float(torch.tensor(every).double().mean().neg().exp())
    )


def test_texts_without_a_target_or_without_words_fail_alone(folder: Path, tmp_path: Path) -> None:
    rows = (
        {"text": "the cat", "completion": "sat"},
        {"text": "a dog"},
        {"text": "", "completion": "x"},
    )
    long = {"text": "the cat", "completion": "zq " * 70}
    source = tmp_path / "texts.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in (*rows, long)), "utf-8")
    done = call("analyze", source, "-m", folder, "--evidence", "none", "-o", tmp_path / "made")
    assert done.exit_code == 0, done.stderr
    found = open_results(tmp_path / "made")
    assert found.texts["status"].tolist() == ["ok", "failed", "failed", "failed"]
    no_target, no_text, too_long = found.texts["message"].tolist()[1:]
    assert no_target.startswith("it has no completion; give one in a column completion")
    assert no_text.startswith("the text is empty")
    assert "more than the 64 that the model's decoder takes" in too_long
    assert found.target_of(1) is None


def test_a_page_shows_each_token_of_the_target(results: Results, tmp_path: Path) -> None:
    outputs = ("-o", tmp_path / "page.html", "-o", tmp_path / "page.md", "-o", tmp_path / "s.json")
    done = call("render", results.folder, *outputs)
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("<section class=completion>") == len(PAIRS)
    figures = json.loads((tmp_path / "s.json").read_text("utf-8"))["figures"]
    perplexity = Findings(results).fits.known("perplexity").mean
    assert figures["perplexity"] == pytest.approx(perplexity, rel=1e-3)
    assert "erplexity" in (tmp_path / "page.md").read_text("utf-8")


def test_earlier_tokens_of_a_target_colour_the_later_ones(results: Results) -> None:
    language, row = load_language("en"), 1
    units, written = text_units(results, row), target_units(results, row)
    shown = make_steps(Findings(results), row, units, language, written)
    target, effects = results.target_of(row), results.target_effects_of(row)
    n_given, first = int(target["is_given"].sum()), len(units.units)
    for step in shown.rows:
        known = step.moves.colours[first:]
        number = step.unit - first
        assert len(known) == len(written)
        assert [own is not None for own in known] == [i < number for i in range(len(known))]
        for unit in range(number):
            plain = effects[DELETION_SCORES].iloc[n_given + unit][number]
            assert float(step.moves.changes[first + unit].replace("−", "-")) == pytest.approx(
                plain, abs=0.0051
            )


@pytest.mark.parametrize(
    ("view", "column"), [("gradient", GRADIENT_STEPS), ("attention_gradient", WEIGHTED_STEPS)]
)
def test_gradients_of_each_step_colour_what_stands_before_it(
    results: Results, view: str, column: str
) -> None:
    row, language = 2, load_language("en")  # with characters of several tokens
    units, written = text_units(results, row), target_units(results, row)
    shown = make_steps(Findings(results), row, units, language, written)
    target, n_units = results.target_of(row), len(units.units)
    n_given = int(target["is_given"].sum())
    first = target["unit"].iloc[n_given]
    places = [*enumerate(units.unit_of)]
    numbers = completion_of(results, row)["unit"].to_numpy() - first
    for step in shown.rows:
        number = int(np.flatnonzero(numbers == step.unit - n_units)[0])
        by_unit = {}
        for position, unit in places:
            if not units.units[unit].is_special:
                own = results.effects_of(row)[column].iloc[position][number]
                by_unit.setdefault(unit, []).append(own)
        for position in range(n_given, n_given + number):
            own = results.target_effects_of(row)[column].iloc[position][number]
            by_unit.setdefault(n_units + int(target["unit"].iloc[position] - first), []).append(own)
        plain = {
            unit: sum(values) if column == WEIGHTED_STEPS else sum(v * v for v in values) ** 0.5
            for unit, values in by_unit.items()
        }
        found, top = step.moves.others[view], max(map(abs, plain.values()))
        assert len(found.values) == n_units + len(written)
        for unit, (colour, value) in enumerate(zip(found.colours, found.values, strict=True)):
            assert (unit in plain) is (colour is not None) is (value != "")
            if unit in plain:
                assert colour == signed_step(plain[unit], top)
                number_shown = float(value.replace("−", "-"))
                assert abs(number_shown - plain[unit]) <= 0.01 * top


def test_redaction_hides_the_targets(results: Results) -> None:
    with redacted(results, "en", wanted=True, with_short=True) as hidden:
        target = hidden.target_of(0)
        kept = target["token"][target["is_special"].astype(bool)].tolist()
        assert kept == ["</s>", "<s>", "</s>"]
        others = target[~target["is_special"].astype(bool)]
        assert set("".join(others["token"])) == {DOT}
        assert others["token_id"].isna().all()
        shown = [item.label_probability for item in Findings(hidden).items_of(0)]
        rounded = [float(f"{score:.1g}") for score in results.texts["scores"][0]]
        assert np.log(shown) == pytest.approx(rounded)
        likeliest = [Findings(side).fits.known("first_choice").mean for side in (results, hidden)]
        assert likeliest[0] == likeliest[1]
        assert load_language("en").say("redacted", "page") in hidden.info.remarks


def test_a_model_that_only_reads_says_how_to_have_targets(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("the cat sat\n", "utf-8")
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.txt", "-m", folder, *made)
    assert done.exit_code == 0, done.stderr
    found = open_results(tmp_path / "made")
    assert found.info.output.kind == "embedding"
    assert any("--generate N" in remark for remark in found.info.remarks)
    assert found.targets.empty


def test_a_run_generates_targets(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("the cat sat\na very good film\n", "utf-8")
    done = call(
        "analyze", tmp_path / "t.txt", "-m", folder, "--generate", 5, "-o", tmp_path / "made"
    )
    assert done.exit_code == 0, done.stderr
    found = open_results(tmp_path / "made")
    assert set(found.texts["status"]) == {"ok"}
    for row in range(2):
        # What a model writes itself with no draw is what it holds likeliest at each place.
        assert list(found.texts["score_names"][row]) == [""] * len(found.texts["scores"][row])


def test_cross_attention_is_held_against_what_moves_the_target(results: Results) -> None:
    known = results.agreement.set_index(["text", "view", "statistic"])["value"]
    for row in (1, 2):
        tokens, effects = results.tokens_of(row), results.effects_of(row)
        rows = tokens.assign(effect=effects["effect"].array)
        units = rows[~rows["is_special"].astype(bool)].groupby("unit")
        moved = units["effect"].first().abs()
        plain = spearmanr(units["cross_received"].sum(), moved).statistic
        assert known[row, "cross_received", "spearman"] == near(plain)


def test_cross_attention_colours_the_text(results: Results) -> None:
    findings, language = Findings(results), load_language("en")
    units = text_units(results, 1)
    effects = text_effects(results, 1, units.unit_of)
    labels = [unit.label for unit in units.units]
    found = measures(findings.info, units, labels, effects, language)
    (own,) = (measure for measure in found if measure.id == "cross_received")
    plain = results.tokens_of(1).groupby("unit")["cross_received"].sum()
    assert_near(own.values, plain)
    assert own.name == "cross-attention received"
    assert (findings.shown_first, findings.colouring.way) == (own.id, "cross")
    steps = [step for step in own.steps if step is not None]
    assert len(steps) == int(units.content.sum())
