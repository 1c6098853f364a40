"""What captum, shap and inseq return, as scores of texts.

Objects of shap and inseq are made up with the structure and figures of real ones (shap 0.51, inseq
0.7); beside them each library is tried itself where it is installed.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from helpers.real.models import save_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

import reportgen
from reportgen.api.attributions import with_python_scores
from reportgen.errors import InputError, UsageError
from reportgen.texts import TextSet, UserScores, texts_in_memory

TEXTS = ["the cats sat", "cats sat on the mats"]


def read(value: Any, wanted: str | None = None, n: int = 1) -> list[UserScores]:
    texts = texts_in_memory(TEXTS[:n], None, {})
    scored: TextSet = with_python_scores(texts, {"own": value}, wanted)
    return [scores for text in scored.texts for scores in text.scores]


class Explanation:
    """A `shap.Explanation` of texts, or of one."""

    def __init__(self, values: Any, base_values: Any, data: Any, output_names: Any) -> None:
        self.values, self.base_values, self.data = values, base_values, data
        self.output_names = output_names

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, i: int) -> "Explanation":
        return Explanation(self.values[i], self.base_values[i], self.data[i], self.output_names)


WORDS = np.array(["", "the ", "cats ", "sat", ""], dtype=object)
VALUES = np.array([[0.0, 0.0], [0.1, -0.1], [-0.7, 0.7], [0.25, -0.25], [0.0, 0.0]])
NAMES = [np.str_("bad"), np.str_("good")]
# Of a base of 0.6 and 0.4 these are 0.25 and 0.75: the second is predicted.
SHAP = Explanation([VALUES], np.array([[0.6, 0.4]]), (WORDS,), NAMES)
NAN = float("nan")
# What `get_scores_dicts` of inseq returns for "The cats" -> " sat on".
INSEQ = {
    "source_attributions": {},
    "target_attributions": {
        (2, "Ġsat"): {(0, "The"): 0.25, (1, "Ġcats"): 0.5, (2, "Ġsat"): NAN, (3, "Ġon"): NAN},
        (3, "Ġon"): {(0, "The"): 0.125, (1, "Ġcats"): 0.25, (2, "Ġsat"): 0.625, (3, "Ġon"): NAN},
    },
    "step_scores": {(2, "Ġsat"): {}, (3, "Ġon"): {}},
}
TRANSLATED = {
    "source_attributions": {
        (0, "Les"): {(0, "The"): 0.25, (1, "cats"): 0.5},
        (1, "chats"): {(0, "The"): 0.125, (1, "cats"): 0.5},
    },
    "target_attributions": {(1, "chats"): {(0, "Les"): 0.125}},
    "step_scores": {},
}
LAYER = torch.arange(12, dtype=torch.float32).reshape(1, 4, 3)  # [1, token, dimension]


@pytest.mark.parametrize(
    ("value", "wanted", "values", "words"),
    [
        ([LAYER], None, [3.0, 12.0, 21.0, 30.0], None),
        ([(LAYER, torch.tensor([0.1]))], None, [3.0, 12.0, 21.0, 30.0], None),
        ([LAYER[0]], None, [3.0, 12.0, 21.0, 30.0], None),
        ([LAYER[..., 0]], None, [0.0, 3.0, 6.0, 9.0], None),
        ([np.array([1, 2], np.int64)], None, [1.0, 2.0], None),
        ([[("cats", np.float32(0.5)), ("sat", 1)]], None, [0.5, 1.0], ("cats", "sat")),
        (
            [SimpleNamespace(seq_attr=torch.tensor([0.5, 1.0]), input_tokens=["a", "b"])],
            None,
            [0.5, 1.0],
            ("a", "b"),
        ),
        (SHAP, None, [0.0, -0.1, 0.7, -0.25, 0.0], tuple(WORDS)),
        (SHAP, "bad", [0.0, 0.1, -0.7, 0.25, 0.0], tuple(WORDS)),
        ([SHAP[0]], "0", [0.0, 0.1, -0.7, 0.25, 0.0], tuple(WORDS)),
        ({"1": SHAP}, None, [0.0, -0.1, 0.7, -0.25, 0.0], tuple(WORDS)),
        ([INSEQ], None, [0.375, 0.75], ("The", "Ġcats")),
        ([TRANSLATED], None, [0.375, 1.0], ("The", "cats")),
        (
            SimpleNamespace(sequence_attributions=[None], get_scores_dicts=lambda: [INSEQ]),
            None,
            [0.375, 0.75],
            ("The", "Ġcats"),
        ),
    ],
)
def test_what_a_library_returns_is_read(
    value: Any, wanted: str | None, values: list[float], words: tuple[str, ...] | None
) -> None:
    (scores,) = read(value, wanted)
    np.testing.assert_allclose(scores.values, values, atol=1e-12)
    assert scores.words == words


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([np.ones((3, 2))], "text '1': 3 × 2 numbers; give one number for each token"),
        ([[0.5, NAN]], "text '1': nan is no finite number"),
        ([["good"]], "text '1': list holds no numbers"),
        ([SHAP], "no class 'fair' among those that shap explained (bad, good)"),
        ({"7": [0.5]}, "no text has the id '7'"),
        ([[0.5], [0.5]], "2 for 1 texts"),
        (0.5, "float; give one value per text"),
    ],
)
def test_what_is_no_scores_is_told_in_one_line(value: Any, message: str) -> None:
    with pytest.raises((InputError, UsageError)) as error:
        read(value, "fair")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def by_token(report: reportgen.Report, text: int) -> np.ndarray:
    rows = report.results.tokens_of(text)["user_scores"]
    return np.array([row[0] for row in rows], np.float64)


FAST = {"evidence": "none", "units": "token", "keep_maps": "none"}


def test_scores_of_captum_are_what_it_returned(bert: Path) -> None:
    captum = pytest.importorskip("captum.attr", reason="captum is not installed")
    model = AutoModelForSequenceClassification.from_pretrained(bert).eval()
    tokenizer = AutoTokenizer.from_pretrained(bert)
    method = captum.LayerIntegratedGradients(
        lambda ids: model(input_ids=ids).logits, model.get_input_embeddings()
    )
    ids = [tokenizer(text, return_tensors="pt")["input_ids"] for text in TEXTS]
    found = [method.attribute(one, baselines=torch.zeros_like(one), target=0) for one in ids]
    report = reportgen.analyze(TEXTS, model, tokenizer, scores={"captum": found}, **FAST)
    for text, one in enumerate(found):
        expected = one.sum(dim=-1)[0].detach().numpy()
        np.testing.assert_allclose(by_token(report, text), expected, atol=1e-6)


def test_scores_of_shap_are_what_it_returned(bert: Path) -> None:
    shap = pytest.importorskip("shap", reason="shap is not installed")
    from transformers import pipeline

    model = AutoModelForSequenceClassification.from_pretrained(bert).eval()
    tokenizer = AutoTokenizer.from_pretrained(bert)
    pipe = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    found = shap.Explainer(pipe)(TEXTS)
    report = reportgen.analyze(TEXTS, model, tokenizer, scores={"shap": found}, **FAST)
    for text in range(len(TEXTS)):
        expected = [
            value
            for word, value in zip(found[text].data, found[text].values[:, 0], strict=True)
            if word
        ]
        np.testing.assert_allclose(by_token(report, text)[1:-1], expected, atol=1e-6)


def test_scores_of_inseq_are_what_it_returned(tmp_path: Path) -> None:
    inseq = pytest.importorskip("inseq", reason="inseq is not installed")
    folder = save_model(tmp_path / "gpt2", "gpt2", "causal")
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for name in ("bos", "eos", "pad", "unk"):  # which inseq takes for granted
        setattr(tokenizer, f"{name}_token", tokenizer.convert_ids_to_tokens(0))
        setattr(model.config, f"{name}_token_id", 0)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    text, completion = "the cats sat", " on the mats"
    found = inseq.load_model(str(folder), "saliency", device="cpu").attribute(
        text, text + completion, show_progress=False
    )
    steps = found.get_scores_dicts()[0]["target_attributions"].values()
    report = reportgen.analyze(
        [text],
        model,
        tokenizer,
        completions=[completion],
        scores={"inseq": found},
        **FAST,
    )
    known = by_token(report, 0)
    n = int(np.isfinite(known).sum())
    expected = [sum(list(step.values())[i] for step in steps) for i in range(n)]
    assert n > 1
    np.testing.assert_allclose(known[:n], expected, atol=1e-6)
