"""Sink tests, against the same done by hand with forward passes written out step by step."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pandas as pd
import pyarrow as pa
import pytest
import torch
from helpers.plain.plain_models import Plain, run_plainly
from helpers.real.albert_for_regression import AlbertForRegression
from helpers.real.explaining import NUMBER, Head, encoded, explain, load, with_module
from helpers.real.models import save_model
from torch import Tensor

from reportgen.analysis.evidence import DEPTHS, Explainer, SinkRow, SinkTester, sink_columns
from reportgen.models import (
    EncodedText,
    ExplainedText,
    LoadedModel,
    find_projections,
    special_roles,
)
from reportgen.models.tasks import NumberReader
from reportgen.results import SINK_TESTS, Subject
from reportgen.results.tables import SINKS_SCHEMA

# No more than eight text tokens, so that all of them are controls.
TEXTS = ("the cat sat on the mat", "a very good film", "on the mat", "the very dog", "bad good log")
SHORT = ("a cat", "dogs", "logs", "a mat", "film")  # for tokens of one byte
FIRST = Subject("first", "", "position")


def token(name: str) -> Subject:
    return Subject(f"token:{name}", name, "token")


def roles(model: LoadedModel, *, has_pairs: bool = False) -> tuple[Subject, ...]:
    found = special_roles(model.tokenizer, has_pairs=has_pairs)
    return tuple(Subject(role.key, role.token, "role") for role in found)


def sink_tester(
    model: LoadedModel, explainer: Explainer, projections=None, depth=DEPTHS["full"]
) -> SinkTester:
    found = find_projections(model.encoder) if projections is None else projections
    return SinkTester(explainer, found, depth, model.encoder.config.num_hidden_layers)


def rows_of(
    made: SinkTester, explained: Sequence[ExplainedText], subjects: Sequence[Subject]
) -> dict[tuple[int, str, str], SinkRow]:
    """All rows, by text, subject and test; nothing may fail."""
    rows = {}
    for index, measured in made.run(made.plan(explained, subjects)):
        assert measured.message == ""
        rows |= {(index, row.subject, row.test): row for row in measured.rows}
    return rows


class ByHand:
    """The sink tests on single texts, out of plain forward passes."""

    def __init__(
        self,
        model: LoadedModel,
        texts: Sequence[EncodedText],
        output: Callable[[Plain, EncodedText], float],
        places: Callable[[EncodedText], list[int]],
    ) -> None:
        self.encoder, self.texts, self.output, self.places = model.encoder, texts, output, places
        self.plain = [run_plainly(self.encoder, text.ids) for text in texts]

    def size(self, text: EncodedText, changed: Plain) -> float:
        whole = self.plain[self.texts.index(text)]
        return abs(self.output(whole, text) - self.output(changed, text))

    def content(self, text: EncodedText) -> list[int]:
        own = self.places(text)
        return [i for i, role in enumerate(text.roles) if role is None and i not in own]

    def zero_value(self, text: EncodedText, positions: list[int]) -> float:
        def change(layer: int, values: Tensor) -> Tensor:
            values[positions] = 0
            return values

        return self.size(text, run_plainly(self.encoder, text.ids, change))

    def mean_value(self, text: EncodedText, positions: list[int]) -> float:
        where = self.places if positions == self.places(text) else self.content
        vectors = [
            torch.cat(
                [
                    plain.values[layer][where(other)]
                    for other, plain in zip(self.texts, self.plain, strict=True)
                    if other is not text
                ]
            ).mean(0)
            for layer in range(3)
        ]

        def change(layer: int, values: Tensor) -> Tensor:
            values[positions] = vectors[layer]
            return values

        return self.size(text, run_plainly(self.encoder, text.ids, change))


def bert_number(model: LoadedModel, plain: Plain) -> Tensor:
    return model.module.classifier(model.module.bert.pooler(plain.hidden[None]))[0]


def albert_number(model: LoadedModel, plain: Plain) -> Tensor:
    return model.module.classifier(model.module.albert.pooler(plain.hidden[0]).tanh())


def roberta_classes(model: LoadedModel, plain: Plain) -> Tensor:
    return model.module.classifier(plain.hidden[None])[0]


def gpt2_next(model: LoadedModel, plain: Plain) -> Tensor:
    return model.module.lm_head(plain.hidden[-1]).log_softmax(0)


@pytest.mark.parametrize(
    ("architecture", "task", "changes", "texts", "key", "output"),
    [
        ("bert", "sequence", NUMBER, TEXTS, "cls", bert_number),
        ("bert", "sequence", NUMBER, TEXTS, "sep", bert_number),
        ("albert", "sequence", NUMBER, TEXTS, "sep", albert_number),
        ("roberta", "sequence", {"num_labels": 3}, SHORT, "cls", roberta_classes),
        ("gpt2", "causal", {}, SHORT, "first", gpt2_next),
    ],
)
def test_each_test_is_what_it_is_by_hand(
    tmp_path, architecture, task, changes, texts, key, output
) -> None:
    model = load(tmp_path, architecture, task, **changes)
    explainer, explained = explain(model, encoded(model, *texts))
    subjects = roles(model) or (FIRST,)
    found = rows_of(sink_tester(model, explainer), explained, subjects)
    by_text = {item.text.ids: item.index or 0 for item in explained}

    def scalar(plain: Plain, text: EncodedText) -> float:
        with torch.no_grad():
            figures = output(model, plain)
        index = by_text[text.ids]
        if explainer.target.scalar != "margin":
            return figures[index].item()
        return float(figures[index] - torch.cat([figures[:index], figures[index + 1 :]]).max())

    def places(text: EncodedText) -> list[int]:
        return [0] if key == "first" else [i for i, role in enumerate(text.roles) if role == key]

    hand = ByHand(model, [item.text for item in explained], scalar, places)
    assert {index for index, _, _ in found} == set(range(len(texts)))
    for i, text in enumerate(hand.texts):
        content = hand.content(text)
        assert 3 <= text.n_content <= 8
        for test in SINK_TESTS:
            row, by_hand = found[i, key, test], getattr(hand, test)
            effect = by_hand(text, places(text))
            assert row.effect == pytest.approx(effect, rel=1e-3, abs=2e-5)
            controls = [by_hand(text, [position]) for position in content]
            assert row.control == pytest.approx(fmean(controls), rel=1e-3, abs=2e-5)
            assert row.n_controls == len(controls)


def test_a_pair_loses_both_separators_and_is_held_against_two_tokens_at_a_time(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    texts = encoded(model, ("the cat sat", "on the mat"))
    explainer, explained = explain(model, texts)
    made = sink_tester(model, explainer)
    row = rows_of(made, explained, roles(model, has_pairs=True))[0, "sep", "zero_value"]
    (text,) = texts
    separators = [i for i, role in enumerate(text.roles) if role == "sep"]
    assert len(separators) == 2

    def effect(positions: Sequence[int]) -> float:
        def change(layer: int, values: Tensor) -> Tensor:
            values[list(positions)] = 0
            return values

        with torch.no_grad():
            whole, changed = (
                bert_number(model, run_plainly(model.encoder, text.ids, how, None, text.type_ids))
                for how in (lambda layer, values: values, change)
            )
        return abs(float(whole - changed))

    assert row.effect == pytest.approx(effect(separators), rel=1e-3)
    content = [i for i, role in enumerate(text.roles) if role is None]
    groups = [content[::3], content[1::3], content[2::3]]
    assert row.n_controls == 3
    assert row.control == pytest.approx(fmean(map(effect, groups)), rel=1e-3)


def test_a_token_is_tested_wherever_it_stands_and_no_subject_is_a_control(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    explainer, explained = explain(model, encoded(model, "the cat sat on the mat"))
    plan = sink_tester(model, explainer).plan(explained, (*roles(model), token("the")))
    (case,) = plan.cases
    assert [(group.subject, group.positions) for group in case.subjects] == [
        ("cls", (0,)),
        ("sep", (7,)),
        ("token:the", (1, 5)),
    ]
    assert [group.positions for group in case.controls] == [
        *((2,), (3,), (4,), (6,)),
        *((2, 4), (3, 6)),
    ]


def test_means_need_five_texts_that_have_the_token(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    subjects = (*roles(model), token("the"))  # in three of the texts
    explainer, explained = explain(model, encoded(model, *TEXTS))
    made = sink_tester(model, explainer)
    few = rows_of(made, explained[:4], subjects)
    assert {test for _, _, test in few} == {"zero_value"}
    found = rows_of(made, explained, subjects)
    averaged = [key for key in found if key[2] == "mean_value"]
    assert averaged == [(i, role, "mean_value") for i in range(5) for role in ("cls", "sep")]
    assert (0, "token:the", "zero_value") in found


def test_batches_of_any_size_agree(tmp_path) -> None:
    model = load(tmp_path, "albert", **NUMBER)
    texts = encoded(model, *TEXTS)
    explainer, explained = explain(model, texts)
    expected = rows_of(sink_tester(model, explainer), explained, roles(model))
    for other in (
        Explainer(model, "padded", batch_tokens=1),
        Explainer(model, "equal lengths", batch_tokens=40),
        Explainer(model, "one by one", batch_tokens=1024),
    ):
        rows = rows_of(sink_tester(model, other), explained, roles(model))
        assert list(rows) == list(expected)
        for key, row in rows.items():
            assert row.effect == pytest.approx(expected[key].effect, rel=1e-4, abs=1e-5)
            assert row.control == pytest.approx(expected[key].control, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("architecture", ["bert", "gpt2"])
def test_the_plan_counts_every_pass(tmp_path, architecture: str) -> None:
    is_causal = architecture == "gpt2"
    model = load(tmp_path, architecture, *(["causal"] if is_causal else []))
    explainer, explained = explain(model, encoded(model, *(SHORT if is_causal else TEXTS)))
    subjects = (*roles(model), FIRST, token("the"))
    made = sink_tester(model, explainer)
    plan = made.plan(explained, subjects)
    passes: list[int] = []

    def count(module, args, kwargs) -> None:
        passes.extend([kwargs["input_ids"].shape[1]] * len(kwargs["input_ids"]))

    handle = model.module.register_forward_pre_hook(count, with_kwargs=True)
    done = list(made.run(plan))
    handle.remove()
    assert all(measured.rows for _, measured in done)
    assert (plan.passes.forward, plan.passes.backward) == (len(passes), 0)
    assert plan.passes.work == sum(passes)


def test_at_most_fifty_texts_are_tested_evenly_over_those_given(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    explainer, explained = explain(model, encoded(model, "a very good film", "cat"))
    given = [explained[i % 2] for i in range(240)]  # every other one is too short
    plan = sink_tester(model, explainer).plan(given, roles(model))
    indices = [case.index for case in plan.cases]
    assert len(indices) == 50
    assert all(index % 2 == 0 for index in indices)
    assert {b - a for a, b in pairwise(indices)} <= {4, 6}


def test_texts_of_too_little_content_are_not_tested(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    explainer, explained = explain(model, encoded(model, "a cat", "cat"))
    made = sink_tester(model, explainer)
    plan = made.plan(explained, roles(model))
    assert (plan.cases, plan.passes.forward, list(made.run(plan))) == ((), 0, [])
    assert plan.withheld == {}


def test_where_values_cannot_be_read_nothing_is_tested(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    explainer, explained = explain(model, encoded(model, *TEXTS))
    made = sink_tester(model, explainer, "values_unproven")
    assert made.plan(explained, roles(model)).withheld == {
        "zero_value": "values_unproven",
        "mean_value": "values_unproven",
    }
    assert rows_of(made, explained, roles(model)) == {}


def test_a_users_own_module_needs_no_change(tmp_path) -> None:
    folder = save_model(tmp_path / "albert", "albert")
    module = AlbertForRegression(str(folder)).eval()
    albert = load(tmp_path, "albert")
    model = replace(
        albert,
        module=module,
        encoder=module.albert,
        reader=NumberReader(1, 1),
    )
    explainer, explained = explain(model, encoded(model, *TEXTS))
    rows = rows_of(sink_tester(model, explainer), explained, roles(model))

    def output(plain: Plain, text: EncodedText) -> float:
        with torch.no_grad():
            return module.regressor(plain.hidden[0]).item()

    hand = ByHand(model, [item.text for item in explained], output, lambda text: [0])
    for i, text in enumerate(hand.texts):
        for test in SINK_TESTS:
            expected = getattr(hand, test)(text, [0])
            assert rows[i, "cls", test].effect == pytest.approx(expected, rel=1e-3, abs=2e-5)


def test_a_constant_output_has_effects_of_nothing(tmp_path) -> None:
    bert = load(tmp_path, "bert")
    constant = Head(bert.encoder, lambda hidden, ids, mask: torch.full((len(ids), 1), 3.5))
    model = with_module(bert, constant)
    explainer, explained = explain(model, encoded(model, *TEXTS))
    rows = rows_of(sink_tester(model, explainer), explained, roles(model))
    assert {(row.effect, row.control) for row in rows.values()} == {(0.0, 0.0)}


def test_a_text_that_fails_takes_no_other_with_it(tmp_path) -> None:
    bert = load(tmp_path, "bert")
    texts = encoded(bert, *TEXTS, "the film sat")
    bad = texts[2].ids

    def head(hidden: Tensor, ids: Tensor, mask: Tensor) -> Tensor:
        if broken and ids[0].tolist() == list(bad):
            raise ValueError("not this one")
        return hidden[:, 0, :1]

    broken = False
    model = with_module(bert, Head(bert.encoder, head))
    explainer, explained = explain(model, texts)
    made = sink_tester(model, explainer)
    others = [item for item in explained if item.text.ids != bad]
    expected = rows_of(made, others, roles(model))
    plan = made.plan(explained, roles(model))
    broken = True
    found = dict(made.run(plan))
    assert found[2].rows == ()
    assert found[2].message.startswith("ValueError")
    assert "not this one" in found[2].message
    for index, other in enumerate([0, 1, 3, 4, 5]):
        assert found[other].message == ""
        for row in found[other].rows:
            assert row.effect == pytest.approx(
                expected[index, row.subject, row.test].effect, rel=1e-4, abs=1e-6
            )


def norms_of(text: EncodedText) -> pd.DataFrame:
    """Made-up rows of the table of tokens: two layers, each norm the token's position."""
    n = len(text.ids)
    return pd.DataFrame(
        {
            "received_layers": [[i / 100, i / 50] for i in range(n)],
            "expected_layers": [[1 / n, 1 / n]] * n,
            "is_special": [role is not None for role in text.roles],
            "received_norm_layers": [[i, i] for i in range(n)],
            "value_size_layers": [[2, 2]] * n,
            "value_ratio_layers": [[1, 1]] * n,
        }
    )


def test_rows_go_into_the_table(tmp_path) -> None:
    model = load(tmp_path, "bert", **NUMBER)
    explainer, explained = explain(model, encoded(model, TEXTS[0]))
    made = sink_tester(model, explainer)
    ((_, measured),) = made.run(made.plan(explained, roles(model)))
    places = {"cls": (0,), "sep": (len(explained[0].text.ids) - 1,)}
    columns = sink_columns(7, measured.rows, places, norms_of(explained[0].text))
    assert set(columns) == set(SINKS_SCHEMA.names)
    assert columns["text"] == [7] * 2
    assert columns["subject"] == ["cls", "sep"]
    for name, values in columns.items():
        assert pa.array(values, SINKS_SCHEMA.field(name).type).to_pylist()[0] is not None
    last = len(explained[0].text.ids) - 1
    assert columns["share_layers"][1].tolist() == [last / 100, last / 50]
    assert columns["expected_layers"][0].tolist() == [1 / (last + 1)] * 2
    both = sink_columns(
        7, measured.rows, {"cls": (0, last), "sep": (1,)}, norms_of(explained[0].text)
    )
    assert both["share_layers"][0].tolist() == [last / 100, last / 50]
    assert columns["norm_share_layers"][1].tolist() == [len(explained[0].text.ids) - 1] * 2
    assert columns["content_value_size_layers"][0].tolist() == [2, 2]
    assert sink_columns(7, (), places, norms_of(explained[0].text)) == {}


@pytest.fixture(scope="module")
def reviews(minilm: LoadedModel):
    """Rows of MiniLM on its five longest reviews, with what was explained."""
    with Path("sample_inputs/reviews_en.csv").open(encoding="utf-8", newline="") as stream:
        texts = [row["review"] for row in csv.DictReader(stream)]
    longest = sorted(encoded(minilm, *texts), key=lambda text: -len(text.ids))[:5]
    explainer, explained = explain(minilm, longest)
    return minilm, explained, rows_of(sink_tester(minilm, explainer), explained, roles(minilm))


def ratio(rows: dict[tuple[int, str, str], SinkRow], key: str, test: str) -> float:
    own = [row for (_, subject, name), row in rows.items() if (subject, name) == (key, test)]
    return sum(row.effect for row in own) / sum(row.control for row in own)


def test_in_minilm_cls_passes_on_next_to_nothing(reviews) -> None:
    _, _, rows = reviews
    assert 0.05 < ratio(rows, "cls", "zero_value") < 0.25
    assert ratio(rows, "cls", "mean_value") < 0.02
    assert 0.05 < ratio(rows, "sep", "zero_value") < 0.25
    for (_, key, test), row in rows.items():
        if (key, test) == ("cls", "zero_value"):
            assert row.effect < row.control
