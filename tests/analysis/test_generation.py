"""What a causal model writes after a text is explained as if it had been given."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.calling import call
from helpers.real.models import SENTENCES, save_model
from helpers.real.runs import text_set
from transformers import AutoModelForCausalLM, AutoTokenizer

from reportgen.analysis import generation
from reportgen.analysis.generation import Choice, with_generated
from reportgen.models import LoadedModel, ModelSpec, load_model
from reportgen.models.tasks import with_completions
from reportgen.report import RenderOptions
from reportgen.report.sections.run import command
from reportgen.results import open_results
from reportgen.texts import TextInput, TextSet

TEXTS = ("the cat sat", "Free coffee for every", "a very good film")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "llama", "llama", "causal")


@pytest.fixture(scope="module")
def model(folder: Path) -> LoadedModel:
    return load_model(ModelSpec(model=str(folder)))


def written(model: LoadedModel, texts: TextSet, *choice: float) -> list[tuple[int, ...]]:
    found, _ = with_generated(texts.texts, with_completions(model), Choice(*choice))
    return [text.completion_ids or () for text in found]


def test_it_is_what_the_library_generates(folder: Path, model: LoadedModel) -> None:
    plain = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, ids in zip(TEXTS, written(model, text_set(TEXTS), 6, 0.0, 0), strict=True):
        given = tokenizer(text, return_tensors="pt")
        whole = plain.generate(**given, max_new_tokens=6, do_sample=False, pad_token_id=0)[0]
        new = whole[given["input_ids"].shape[1] :].tolist()
        ends = new.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in new else len(new)
        assert list(ids) == new[:ends]
        assert 0 < len(ids) <= 6


def test_texts_of_one_length_are_written_together_as_each_would_be_alone(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = text_set((*TEXTS, *SENTENCES, "the cat sat", " ")).texts
    runs: list[int] = []
    generate = model.module.generate

    def counted(*args: object, **kwargs: torch.Tensor) -> torch.Tensor:
        runs.append(len(kwargs["input_ids"]))
        return generate(*args, **kwargs)

    monkeypatch.setattr(model.module, "generate", counted)
    alone = with_generated(texts, with_completions(model), Choice(6, 0.0, 0))
    assert set(runs) == {1}
    runs.clear()
    assert with_generated(texts, with_completions(model), Choice(6, 0.0, 0), together=True) == alone
    assert sum(runs) == len(texts) - 1  # none twice, and nothing after the blank one
    assert max(runs) > 1
    runs.clear()
    with_generated(texts, with_completions(model), Choice(6, 1.0, 0), together=True)
    assert set(runs) == {1}  # what is drawn for a text does not depend on the others


def test_a_batch_that_fails_is_written_text_by_text(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = text_set(["the cat sat"] * 3).texts
    alone = with_generated(texts, with_completions(model), Choice(4, 0.0, 0))
    generate = model.module.generate

    def only_one(*args: object, **kwargs: torch.Tensor) -> torch.Tensor:
        assert len(kwargs["input_ids"]) == 1
        return generate(*args, **kwargs)

    monkeypatch.setattr(model.module, "generate", only_one)
    assert with_generated(texts, with_completions(model), Choice(4, 0.0, 0), together=True) == alone


def test_what_is_drawn_depends_on_the_seed_and_not_on_other_texts(model: LoadedModel) -> None:
    state = torch.random.get_rng_state()
    first = written(model, text_set(TEXTS), 8, 1.5, 1)
    assert torch.equal(state, torch.random.get_rng_state())
    assert written(model, text_set(TEXTS), 8, 1.5, 1) == first
    assert written(model, text_set((TEXTS[0], "the dog", TEXTS[2])), 8, 1.5, 1)[2] == first[2]
    assert written(model, text_set(TEXTS), 8, 1.5, 2) != first


def test_a_blank_text_that_nothing_is_written_after_is_empty(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": " "}\n{"text": "the cat"}\n{"text": ""}\n')
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.jsonl", "-m", folder, "--generate", "2", *made)
    assert done.exit_code == 0, done.stderr
    assert open_results(tmp_path / "made").texts["status"].tolist() == ["empty", "ok", "empty"]


def test_a_completion_of_nothing_is_one_where_a_token_stands_before_it(
    folder: Path, tmp_path: Path
) -> None:
    given = '{"text": "", "completion": "the cat sat"}\n{"text": "the", "completion": " dog"}\n'
    (tmp_path / "t.jsonl").write_text(given)
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.jsonl", "-m", folder, *made)
    assert done.exit_code == 0, done.stderr
    texts = open_results(tmp_path / "made").texts
    assert texts["status"].tolist() == ["ok", "ok"]
    assert len(texts["scores"][0]) > 1


def test_given_completions_and_blank_texts_stay(model: LoadedModel) -> None:
    texts = [TextInput("1", "the cat", completion=" sat"), TextInput("2", " ")]
    assert with_generated(texts, with_completions(model), Choice(3, 0.0, 0)) == (texts, None)


def test_a_text_as_long_as_the_model_takes_leaves_no_room(model: LoadedModel) -> None:
    texts = text_set(["the cat " * 400]).texts
    found, error = with_generated(texts, with_completions(model), Choice(3, 0.0, 0))
    assert [own.completion for own in found] == [None]
    assert "has as many tokens as the model takes" in str(error)


def test_a_run_keeps_what_was_generated_and_gives_the_same_when_it_is_given(
    folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "texts.txt"
    source.write_text("\n".join(SENTENCES[2:4]) + "\n", "utf-8")
    made = tmp_path / "made"
    done = call("analyze", source, "-m", folder, "--generate", "4", "-o", made)
    assert done.exit_code == 0, done.stderr
    results = open_results(made)
    assert results.info.output.kind == results.info.evidence.scalar == "completion"
    texts = results.texts
    assert texts["completion"].str.len().gt(0).all()
    for row in range(len(texts)):
        tokens = results.tokens_of(row)
        assert Counter(tokens["segment"].dropna()) == Counter(
            {0: int((tokens["segment"] == 0).sum()), 2: len(texts["scores"][row])}
        )
        # What a model writes itself with no draw is what it holds likeliest at each place.
        assert list(texts["score_names"][row]) == [""] * len(texts["scores"][row])
    again = tmp_path / "again.jsonl"
    texts[["text", "completion"]].to_json(again, orient="records", lines=True)
    done = call("analyze", again, "-m", folder, "-o", tmp_path / "again")
    assert done.exit_code == 0, done.stderr
    given = open_results(tmp_path / "again")
    if results.tokens["token_id"].tolist() == given.tokens["token_id"].tolist():
        assert given.texts["prediction"].tolist() == pytest.approx(texts["prediction"].tolist())


@pytest.mark.parametrize("temperature", ["0.7", "1", "1e-300", "1000"])
def test_results_keep_any_temperature_and_the_command_repeats_it(
    folder: Path, tmp_path: Path, temperature: str
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat\na very good\n", "utf-8")
    drawn = ("--generate", "3", "--temperature", temperature, "--seed", 2**32 - 1)
    more = ("-m", folder, "--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", texts, *drawn, *more)
    assert done.exit_code == 0, done.stderr
    results = open_results(tmp_path / "made")
    assert results.info.settings.options["temperature"] == float(temperature)
    assert results.texts["status"].tolist() == ["ok", "ok"]
    repeated = command(results.info, RenderOptions())
    assert f"--temperature {float(temperature)}" in repeated
    assert "--seed 4294967295" in repeated


@pytest.mark.parametrize("wrong", ["-1", "nan", "inf", "1e9"])
def test_what_is_no_temperature_is_told_before_the_model_is_loaded(
    tmp_path: Path, wrong: str
) -> None:
    (tmp_path / "texts.txt").write_text("the cat\n", "utf-8")
    drawn = ("--generate", "3", f"--temperature={wrong}")
    done = call("run", tmp_path / "texts.txt", *drawn, "-o", tmp_path / "page.html")
    assert done.exit_code == 2
    assert "temperature" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["texts.txt"]


def test_a_temperature_too_low_to_divide_by_takes_the_likeliest(model: LoadedModel) -> None:
    certain = written(model, text_set(TEXTS), 6, 0.0, 0)
    assert written(model, text_set(TEXTS), 6, 5e-324, 3) == certain
    assert written(model, text_set(TEXTS), 6, 1e-5, 3) == certain


def test_a_model_that_writes_nothing_says_what_is_done_with_completions(tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("text,completion\nthe cat, sat\na dog, ran\n", "utf-8")
    plain = call("run", texts, "--evidence", "none", "-o", tmp_path / "page.html")
    assert plain.exit_code == 0, plain.stderr
    assert "completions of the texts are not used: the model's output is number" in plain.stderr
    refused = call("run", texts, "--generate", "3", "-o", tmp_path / "other.html")
    assert refused.exit_code == 2
    assert "--generate: only causal language models and encoder-decoders write" in refused.stderr


def test_a_text_that_nothing_is_generated_for_says_why(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = generation._generated

    def ended(model: LoadedModel, prompts: list[Any], *how: Any) -> list[list[int]]:
        rows = plain(model, prompts, *how)
        end = model.tokenizer.eos_token_id
        are_dogs = ["dog" in model.tokenizer.decode(list(prompt.ids)) for prompt in prompts]
        return [
            [*prompt.ids, end] if is_dog else row
            for prompt, row, is_dog in zip(prompts, rows, are_dogs, strict=True)
        ]

    monkeypatch.setattr(generation, "_generated", ended)
    (tmp_path / "t.txt").write_text("the cat\na dog\n", "utf-8")
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.txt", "-m", folder, "--generate", "2", *made)
    assert done.exit_code == 0, done.stderr
    assert open_results(tmp_path / "made").texts["message"].tolist() == [
        "",
        "nothing was generated: the first token that the model generates ends the text",
    ]


def test_a_pair_is_nothing_for_a_model_that_writes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,pair\nthe cat,a dog\n", "utf-8")
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.csv", "-m", folder, *made)
    assert done.exit_code == 1
    (line,) = [own for own in done.stderr.splitlines() if own.startswith("reportgen:")]
    assert "it has a pair, and a model that writes takes none; put both into the text" in line
    done = call("analyze", tmp_path / "t.csv", "-m", folder, "--pair-column", "", *made)
    assert done.exit_code == 0, done.stderr


def test_labels_without_a_right_answer_are_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\nthe cat,a dog\n", "utf-8")
    made = ("--evidence", "none", "-o", tmp_path / "made")
    done = call("analyze", tmp_path / "t.csv", "-m", folder, *made)
    assert done.exit_code == 0, done.stderr
    said = "labels are not compared with anything: the model's output is a next token"
    assert said in done.stderr.splitlines()


def test_a_text_without_a_completion_fails_alone(folder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text("text,completion\nthe cat, sat\na dog,\n", "utf-8")
    done = call("analyze", texts, "-m", folder, "--evidence", "none", "-o", tmp_path / "r")
    assert done.exit_code == 0, done.stderr
    found = open_results(tmp_path / "r").texts
    assert found["status"].tolist() == ["ok", "failed"]
    assert found["message"][1].startswith("it has no completion; give one in a column completion")
