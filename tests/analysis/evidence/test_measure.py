"""Evidence from texts to tables: equal to a plain computation, on the texts it should be on, and
what is left of it where the user stops it."""

import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.cases import some_of
from helpers.real.explaining import Head, load, with_module
from helpers.real.few_steps import take_few_steps
from helpers.real.runs import run, text_set, texts_run
from helpers.rounding import assert_near, near
from scipy.stats import spearmanr

from reportgen.analysis import AnalysisOptions, Cost, Progress, Stage, WorkFolder, analyze
from reportgen.analysis.evidence.measures import integrated_gradients, shapley
from reportgen.analysis.work import plan
from reportgen.comparison import compare_runs
from reportgen.findings import Findings
from reportgen.models import LoadedModel
from reportgen.results import SINK_TESTS, Evidence, EvidenceLevel, Results

TEXT = "the cat sat on the mat"
TEXTS = (
    "無料カード",
    "これ一つで",
    "Free coffee for every new member",
    "the cat sat on the mat and the dog sat on the log",
    "最大3,000円",
    "a very good film",
    TEXT,
    "a dog sat on the log",
    "a very good day",
    "a",
)
NUMBER = {"num_labels": 1, "problem_type": "regression"}
EVIDENCE_TABLES = ("evidence", "effects", "sinks", "agreement")


@pytest.fixture(scope="module", autouse=True)
def few_steps() -> Iterator[None]:
    """Few steps of integrated gradients and few permutations; all are tested on their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrated_gradients, "FIRST_STEPS", 9)
        patch.setattr(integrated_gradients, "MOST_STEPS", 18)
        patch.setattr(shapley, "MOST_PAIRS", 3)
        yield


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> LoadedModel:
    return load(tmp_path_factory.mktemp("models"), "bert", **NUMBER)


@pytest.fixture(scope="module")
def full(bert: LoadedModel, tmp_path_factory) -> Results:
    return run(tmp_path_factory.mktemp("full") / "r", bert, TEXTS, evidence="full")


class Plain:
    """The number that a BERT gives for token ids or embeddings, one text at a time."""

    def __init__(self, model: LoadedModel) -> None:
        self.module = model.module
        self.table = model.module.bert.embeddings.word_embeddings
        self.mask = model.tokenizer.mask_token_id

    def number(self, ids: list[int]) -> float:
        with torch.no_grad():
            return float(self.module(input_ids=torch.tensor([ids])).logits)

    def gradient(self, embeddings: torch.Tensor) -> torch.Tensor:
        leaf = embeddings.detach().clone().requires_grad_()
        (found,) = torch.autograd.grad(self.module(inputs_embeds=leaf[None]).logits.sum(), leaf)
        return found

    def weighted(self, ids: list[int]) -> np.ndarray:
        """Attention times gradient in the last layer, summed over heads and rows."""
        self.module.set_attn_implementation("eager")
        found = self.module(input_ids=torch.tensor([ids]), output_attentions=True)
        maps = found.attentions[-1]
        (at,) = torch.autograd.grad(found.logits.sum(), maps)
        return (maps * at)[0].sum((0, 1)).detach().numpy()

    def integrated(self, ids: list[int], steps: int) -> np.ndarray:
        base = [ids[0], *[self.mask] * (len(ids) - 2), ids[-1]]
        x, b = self.table(torch.tensor(ids)).detach(), self.table(torch.tensor(base)).detach()
        points = [b + (step + 0.5) / steps * (x - b) for step in range(steps)]
        mean = torch.stack([self.gradient(point) for point in points]).mean(0)
        return ((x - b) * mean).sum(1).numpy()

    def head(self, hidden: torch.Tensor) -> float:
        with torch.no_grad():
            pooled = self.module.bert.pooler(hidden[None])
            return float(self.module.classifier(pooled))


def ids_of(results: Results, row: int) -> list[int]:
    return results.tokens_of(row)["token_id"].tolist()


def test_the_effects_of_a_text_equal_a_plain_computation(full, bert) -> None:
    plain, row = Plain(bert), TEXTS.index(TEXT)
    ids = ids_of(full, row)
    effects = full.effects_of(row)
    evidence = full.evidence.set_index("text").loc[row]
    n, whole = len(ids), plain.number(ids)
    left_out, masked = np.full(n, np.nan), np.full(n, np.nan)
    for i in range(1, n - 1):
        left_out[i] = whole - plain.number(ids[:i] + ids[i + 1 :])
        masked[i] = whole - plain.number([*ids[:i], plain.mask, *ids[i + 1 :]])
    alone = np.full(n, np.nan)
    for i in range(1, n - 1):
        alone[i] = plain.number([ids[0], ids[i], ids[-1]]) - plain.number([ids[0], ids[-1]])
    gradient = plain.gradient(plain.table(torch.tensor(ids))).norm(dim=1)
    integrated = plain.integrated(ids, int(evidence["ig_steps"]))
    base = plain.number([ids[0], *[plain.mask] * (n - 2), ids[-1]])
    for name, expected in {
        "deletion": left_out,
        "alone": alone,
        "attention_gradient": plain.weighted(ids),
        "mask": masked,
        "gradient": gradient,
        "ig": integrated,
        "jacobian": np.full(n, np.nan),
    }.items():
        assert_near(effects[name], expected, err_msg=name)
    assert effects["alti"].sum() == near(1)
    assert evidence["explained"] == near(whole)
    offset = abs(np.nanmean(masked)) / np.nanstd(masked)
    assert evidence["mask_offset"] == pytest.approx(offset, rel=1e-3)
    gap = abs(integrated.sum() - (whole - base)) / abs(whole - base)
    assert evidence["ig_error"] == near(gap, size=1 / abs(whole - base))
    assert (evidence["live_rows"], evidence["n_rows"]) == (1, n)
    assert evidence["reads_cls_only"]
    assert evidence["message"] == ""


PLACES = {"early": -1, "late": 1}  # which way they rank


def test_rank_agreement_equals_a_plain_computation(full) -> None:
    row = TEXTS.index(TEXT)
    tokens, effects = full.tokens_of(row), full.effects_of(row)
    found = full.agreement[full.agreement["text"] == row]
    found = found.set_index(["view", "statistic"])["value"]
    content = ~tokens["is_special"].to_numpy(bool)
    effect = effects["effect"].to_numpy()[content]
    names = ("received_norm_all", "received_norm_last", "received_all", "received_last")
    views = {name: tokens[name] for name in (*names, "cls_row_all", "cls_row_last")}
    signed = ("ig", "mask", "attention_gradient", "cp_lrp")
    views |= {name: effects[name] for name in ("gradient", "alti", *signed)}
    views["rarity"] = tokens["token_id"]
    views |= {"characters": tokens["end"] - tokens["start"]}
    views |= {name: pd.Series(np.arange(len(tokens)) * way) for name, way in PLACES.items()}
    for name, column in views.items():
        values = column.to_numpy(float)[content]
        if name in PLACES:
            assert found[name, "spearman"] == pytest.approx(
                spearmanr(values, abs(effect)).statistic
            )
            continue
        sizes = spearmanr(abs(values), abs(effect)).statistic
        has_sign = name in signed
        if has_sign:
            assert found[name, "spearman_size"] == pytest.approx(sizes)
        truth = effect if has_sign else abs(effect)
        values = values if has_sign else abs(values)
        assert found[name, "spearman"] == pytest.approx(spearmanr(values, truth).statistic)
    assert found["unit_tokens", "spearman"] == 0  # all have one
    assert set(found.index.get_level_values("view")) == {*views, "unit_tokens", "random"}


def test_an_embedding_has_the_size_of_its_jacobian(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", "base")
    results = run(tmp_path / "r", model, (TEXT, TEXTS[5]), evidence="full")
    ids = ids_of(results, 0)
    table = model.module.embeddings.word_embeddings

    def embedding(x: torch.Tensor) -> torch.Tensor:
        mean = model.module(inputs_embeds=x[None]).last_hidden_state[0].mean(0)
        return mean / mean.norm()

    jacobian = torch.autograd.functional.jacobian(embedding, table(torch.tensor(ids)).detach())
    sizes = jacobian.square().sum((0, 2)).sqrt()
    effects = results.effects_of(0)
    assert_near(effects["jacobian"], sizes)
    assert effects["gradient"].isna().all()
    assert dict(results.info.evidence.withheld) == {"gradient": "embedding_output"}
    assert results.evidence["explained"].eq(1.0).all()


def test_basic_evidence_is_the_first_part_of_full(bert, full, tmp_path: Path) -> None:
    basic = run(tmp_path / "r", bert, TEXTS, evidence="basic")
    pd.testing.assert_frame_equal(basic.stored("tokens"), full.stored("tokens"))
    pd.testing.assert_frame_equal(
        basic.effects[["text", "position", *BASIC]],
        full.effects[["text", "position", *BASIC]],
    )
    assert basic.effects[["mask", "ig", "alti", "jacobian"]].isna().all(axis=None)
    assert basic.evidence[["mask_offset", "ig_steps", "ig_complete"]].isna().all(axis=None)
    assert basic.evidence["live_rows"].tolist() == full.evidence["live_rows"].tolist()
    assert set(basic.agreement["statistic"]) == {"spearman", "spearman_size"}
    assert basic.sinks.empty
    assert basic.info.evidence.subjects == ()
    assert basic.info.evidence.norms_error == full.info.evidence.norms_error
    assert 0 <= full.info.evidence.norms_error < 1e-4


def test_without_evidence_there_is_none_and_it_costs_nothing(bert, tmp_path: Path) -> None:
    told = Told()
    with texts_run(bert) as counted:
        results = run(tmp_path / "r", bert, TEXTS, progress=told, evidence="none", batch_tokens=1)
    # The trial runs two texts together, each of them alone, and one of them once more.
    assert sum(counted) == len(TEXTS) + 5
    assert results.info.evidence == Evidence()
    for table in EVIDENCE_TABLES:
        assert getattr(results, table).empty, table
    names = ("received_norm_all", "received_norm_last", "value_size_layers")
    assert results.tokens[[*names]].isna().all(axis=None)
    assert results.layers["mixing"].isna().all()
    assert {stage: (p.forward, p.backward) for stage, p in told.cost.passes.items()} == {
        "texts": (len(TEXTS), 0)
    }


class Told(Progress):
    """Adds up what an analysis tells; raises an interrupt once a stage has come to `stop`."""

    def __init__(self, *stop: tuple[Stage, int]) -> None:
        self.done: dict[Stage, int] = {}
        self.stop = dict(stop)
        self.n_interrupted = 0
        self.cost = Cost({}, {}, is_exact=True)

    def begin(self, cost: Cost) -> None:
        self.cost = cost

    def advance(self, stage: Stage, done: int, work: float = 0.0) -> None:
        self.done[stage] = self.done.get(stage, 0) + done
        if self.done[stage] >= self.stop.get(stage, 1000):
            raise KeyboardInterrupt

    def interrupted(self) -> None:
        self.n_interrupted += 1


@pytest.mark.parametrize(
    ("architecture", "task", "level"),
    [
        ("bert", "sequence", "basic"),
        ("bert", "sequence", "full"),
        ("bert", "base", "full"),
        ("gpt2", "causal", "full"),
    ],
)
def test_every_stage_that_was_announced_comes_to_its_end(
    tmp_path, architecture: str, task: str, level: EvidenceLevel
) -> None:
    texts, told = (*TEXTS[3:7], "", " "), Told()
    model = load(tmp_path, architecture, task)
    run(tmp_path / level, model, texts, told, evidence=level, evidence_texts="2")
    assert {stage: told.done[stage] for stage in told.cost.passes} == dict(told.cost.n_texts)
    assert told.cost.n_texts["texts"] == len(texts)
    assert told.cost.n_texts["deletion"] == 2
    # no [MASK], no special
    assert set(told.done) - set(told.cost.passes) <= {"mask", "shapley"}


def test_the_passes_of_basic_evidence_are_known_beforehand(bert, tmp_path: Path) -> None:
    told = Told()
    with texts_run(bert) as counted:
        run(tmp_path / "r", bert, TEXTS, progress=told)
    n_trials = 5 + 1 + 1  # of attention, of norms, of the residual
    assert told.cost.n_texts["sinks"] == len(TEXTS)  # though this model has no sink to test
    passes = [item for stage, item in told.cost.passes.items() if stage != "sinks"]
    # At most: how many tokens are left out together depends on what they do.
    announced = sum(item.forward for item in passes)
    assert announced - 8 * len(TEXTS) <= sum(counted) - n_trials <= announced
    n_shuffled = told.cost.n_texts["shuffled"]
    assert sum(item.backward for item in passes) == len(TEXTS) + n_shuffled


def test_texts_with_evidence_are_evenly_spaced_in_input_order(bert, full, tmp_path) -> None:
    some = run(tmp_path / "r", bert, TEXTS, evidence="full", evidence_texts="4")
    chosen = [0, 2, 5, 7]
    assert some.evidence["text"].tolist() == chosen
    assert some.info.evidence.n_texts == 4
    assert some.tokens["received_norm_all"].notna().all()
    for row in range(len(TEXTS)):
        if row not in chosen:
            assert some.effects_of(row) is None
            continue
        columns = ["deletion", "mask", "gradient", "alti"]  # of the others, ig knows the spread
        assert_near(some.effects_of(row)[columns], full.effects_of(row)[columns])


def test_texts_that_could_not_be_analysed_leave_their_place_to_others(tmp_path: Path) -> None:
    model = load(tmp_path, "bert", "base")
    film = model.tokenizer.convert_tokens_to_ids("film")

    def number(hidden, ids, mask):
        broken = (ids == film).any(1, keepdim=True)
        return hidden[:, 0, :1].masked_fill(broken, float("nan"))

    odd = with_module(model, Head(model.encoder, number))
    texts = ("a good film", "the cat", "", "the dog sat", "on the mat", "a film")
    results = run(tmp_path / "r", odd, texts, evidence_texts="2")
    assert results.texts["status"].tolist() == ["failed", "ok", "empty", "ok", "ok", "failed"]
    assert results.evidence["text"].tolist() == [1, 3]
    assert results.info.evidence.n_texts == 2


@pytest.mark.parametrize("kind", some_of(["number", "embedding"], "number"))
def test_other_batches_and_windows_give_the_same(tmp_path, monkeypatch, kind: str) -> None:
    model = load(tmp_path, "bert", **NUMBER) if kind == "number" else load(tmp_path, "bert", "base")
    texts = TEXTS[7:]
    take_few_steps(monkeypatch)
    one = run(tmp_path / "one", model, texts, evidence="full", batch_tokens=1)
    monkeypatch.setattr(plan, "CHUNK", 2)
    monkeypatch.setattr(plan, "WINDOW", 2)
    other = run(tmp_path / "pieces", model, texts, evidence="full", batch_tokens=4096)
    for table in EVIDENCE_TABLES:
        require_close(getattr(one, table), getattr(other, table))
    assert other.info.evidence.subjects == one.info.evidence.subjects
    assert other.info.evidence.withheld == one.info.evidence.withheld


def require_close(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """The same rows, in any order, and figures within 1e-5."""
    keys = [k for k in ("text", "position", "subject", "test", "view", "statistic") if k in one]
    left, right = (frame.sort_values(keys).reset_index(drop=True) for frame in (one, other))
    # The number of steps shows whether integrated gradients are comparable at all.
    for column in left:
        if str(left[column].dtype).startswith("float"):
            close = {"atol": 1e-5, "rtol": 1e-5}
            np.testing.assert_allclose(left[column], right[column], err_msg=column, **close)
        elif column.endswith("_layers"):
            for own, their in zip(left[column], right[column], strict=True):
                assert (own is None) == (their is None)
                if own is not None:
                    assert_near(own, their, err_msg=column)
        else:
            pd.testing.assert_series_equal(left[column], right[column])


def test_two_runs_of_full_evidence_give_the_same_bytes(bert, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(tmp_path / name, bert, TEXTS[5:], evidence="full", evidence_texts="2")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


BASIC = ("deletion", "alone", "gradient", "attention_gradient")
STOPS: Mapping[Stage, set[str]] = {  # what is missing when a stage has only begun
    "deletion": {
        "gradient",
        "attention_gradient",
        "mask",
        "ig",
        "alti",
        "shapley",
        "cp_lrp",
        *SINK_TESTS,
    },
    "gradient": {"mask", "ig", "alti", "shapley", "cp_lrp", *SINK_TESTS},
    "cp_lrp": set(SINK_TESTS),
}


@pytest.mark.parametrize("stage", STOPS)
def test_an_interrupt_leaves_what_came_before_it(bert, full, tmp_path, monkeypatch, stage) -> None:
    monkeypatch.setattr(plan, "CHUNK", 4)
    told = Told((stage, 1))
    results = run(tmp_path / "r", bert, TEXTS, progress=told, evidence="full")
    assert told.n_interrupted == 1
    evidence = results.info.evidence
    assert evidence.interrupted
    assert evidence.n_texts == len(results.evidence) == 4  # those that have anything
    assert set(evidence.withheld) == STOPS[stage]
    assert set(evidence.withheld.values()) <= {"interrupted"}
    for view in ("deletion", "gradient", "mask", "ig", "alti", "shapley"):
        values = results.effects[view]
        if view in STOPS[stage]:
            assert values.isna().all(), view
            continue
        expected = full.effects.loc[full.effects["text"] < 4, view]
        assert_near(values, expected)
    statistics = {"spearman"}
    if stage != "deletion":
        statistics.add("spearman_size")
    assert set(results.agreement["statistic"]) == statistics


def test_an_interrupt_in_a_later_task_leaves_the_earlier_ones_whole(
    bert, full, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(plan, "CHUNK", 4)
    results = run(tmp_path / "r", bert, TEXTS, progress=Told(("gradient", 5)), evidence="full")
    assert results.evidence["text"].tolist() == list(range(8))
    assert results.info.evidence.n_texts == 8
    first = results.effects[results.effects["text"] < 4]
    whole = full.effects[full.effects["text"] < 4]
    columns = ["deletion", "gradient", "mask", "alti"]
    assert_near(first[columns], whole[columns])
    assert set(results.info.evidence.withheld) == set(SINK_TESTS)


def test_an_interrupt_before_evidence_ends_all(bert, tmp_path: Path) -> None:
    told = Told(("texts", 1))
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "r", bert, TEXTS, progress=told)
    assert told.n_interrupted == 0
    assert not (tmp_path / "r" / "results.json").exists()


def test_a_second_interrupt_ends_all(bert, tmp_path: Path) -> None:
    class Impatient(Told):
        def interrupted(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "r", bert, TEXTS, progress=Impatient(("deletion", 1)))
    assert not (tmp_path / "r" / "results.json").exists()


def interrupt() -> None:
    """What Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("at", ["first batch", "explaining", "deletion"])
def test_an_interrupt_inside_the_model_is_no_fault_of_a_text(tmp_path: Path, at: str) -> None:
    model = load(tmp_path, "bert", "base")
    calls = 0
    # The first pass in one batch, then what is explained, also in one.
    n_before = {"first batch": 0, "explaining": 1, "deletion": 2}[at]

    def number(hidden, ids, mask):
        nonlocal calls
        calls += is_started
        if calls == n_before + 1:
            interrupt()
        return hidden[:, 0, :1]

    class Started(Told):
        def begin(self, cost: Cost) -> None:
            nonlocal is_started
            is_started = True

    is_started = False
    odd = with_module(model, Head(model.encoder, number))
    texts = ("the cat sat on the mat", "the dog sat on the log", "a very good film on a log")
    told = Started()
    if at == "first batch":
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "r", odd, texts, told)
        return
    results = run(tmp_path / "r", odd, texts, told)
    assert told.n_interrupted == 1
    assert results.info.evidence.interrupted
    assert results.evidence.empty  # no text has anything yet
    assert results.info.evidence.n_texts == 0
    assert results.effects.empty
    missing = (*BASIC, "effect", "zero_value")
    assert dict(results.info.evidence.withheld) == dict.fromkeys(missing, "interrupted")


@pytest.mark.parametrize("n_interrupts", [1, 2])
def test_an_interrupt_while_a_result_is_kept_leaves_none_half_written(
    bert, tmp_path, monkeypatch, n_interrupts: int
) -> None:
    save = WorkFolder.save

    def interrupted(self, task, result) -> None:
        if task.kind == "evidence":
            for _ in range(n_interrupts):
                interrupt()
        save(self, task, result)

    monkeypatch.setattr(WorkFolder, "save", interrupted)
    monkeypatch.setattr(plan, "CHUNK", 4)
    told = Told()
    if n_interrupts == 2:
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "r", bert, TEXTS, progress=told)
        assert not (tmp_path / "r" / "results.json").exists()
        return
    results = run(tmp_path / "r", bert, TEXTS, progress=told)
    assert told.n_interrupted == 1
    assert results.info.evidence.interrupted
    for table in ("evidence", "effects", "agreement"):
        assert set(getattr(results, table)["text"]) == {0, 1, 2, 3}, table
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("level", some_of(["basic", "full"], "full"))
def test_texts_beside_the_sample_are_measured_and_change_no_figure(
    bert: LoadedModel, full: Results, level: EvidenceLevel, tmp_path: Path, monkeypatch
) -> None:
    """To the last digit; what they have is what they have alone."""
    take_few_steps(monkeypatch)
    choices = AnalysisOptions(units="token", evidence=level, evidence_texts="3")
    found = {}
    for listed in ((), (1, 0, 3)):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        found[tuple(listed)] = analyze(
            text_set(TEXTS), bert, folder, choices, None, lambda results, own=listed: own
        )
    plain = found.pop(())
    sample = plain.evidence["text"].tolist()
    assert plain.info.evidence.n_extra == 0
    for listed, results in found.items():
        extra = sorted(set(listed) - set(sample))
        assert results.info.evidence == replace(plain.info.evidence, n_extra=len(extra))
        for table in EVIDENCE_TABLES:
            left, right = getattr(plain, table), getattr(results, table)
            pd.testing.assert_frame_equal(left, right, check_exact=True)
        assert Findings(results).figures == Findings(plain).figures
        changes = compare_runs(Findings(results), Findings(full))
        assert changes.figures == compare_runs(Findings(plain), Findings(full)).figures
        stored = results.stored("evidence")
        assert stored.loc[stored["extra"].astype(bool), "text"].tolist() == extra
        for text in extra:
            own, alone = results.effects_of(text), full.effects_of(text)
            assert own is not None
            assert alone is not None
            assert_near(own[[*BASIC]].to_numpy(float), alone[[*BASIC]].to_numpy(float))
