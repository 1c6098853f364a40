"""Evidence made without a model: effects drawn at random, agreement computed plainly from them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from helpers.plain.plain_ranks import spearman
from reportgen.results import (
    DELETION_SCORES,
    GRADIENT_STEPS,
    JOINT,
    JOINT_EFFECT,
    WEIGHTED_STEPS,
    Evidence,
    EvidenceLevel,
    OutputKind,
    Reason,
    Recorder,
    Subject,
)

Floats = NDArray[np.float64]

# Effect of each test on [CLS] and on [SEP], as a multiple of that on text tokens.
RATIOS = {
    "cls": {"zero_value": 0.12, "mean_value": 0.01},
    "sep": {"zero_value": 1.1, "mean_value": 0.9},
}
PARTS = ("deletion", "alone", "shapley", "effect")  # of these no agreement is recorded
SUBJECTS = (Subject("cls", "[CLS]", "role"), Subject("sep", "[SEP]", "role"))


class MadeUpEvidence:
    """Draws one text's evidence after another and records it."""

    def __init__(
        self,
        level: EvidenceLevel,
        n_layers: int,
        kind: OutputKind,
        special: bool,
        reads_cls_only: bool,
        withheld: Mapping[str, Reason],
        later: bool = False,
        sink_ratio: float | None = None,
    ) -> None:
        """`later`: with the measures that came in version 2 of the results."""
        self._ratios = RATIOS if level == "full" and special else {}
        if level == "basic" and special and sink_ratio is not None:
            self._ratios = {"cls": {"zero_value": sink_ratio}}
        self._level = level
        self._n_layers = n_layers
        self._kind = kind
        self._special = special
        self._reads_cls_only = reads_cls_only
        self._withheld = dict(withheld)
        self._later = later
        self._more = np.random.default_rng(2)  # for those, so that the others stay as they are
        self._of_sinks = np.random.default_rng(3)
        self._n_texts = 0
        self._random = np.random.default_rng(1)
        if level == "none":
            return
        if kind == "embedding":
            self._withheld.setdefault("gradient", "embedding_output")

    def norms(self, is_special: NDArray[np.bool_]) -> Floats | None:
        """`[layer, key]`, norm-weighted attention received; rows sum to 1."""
        if self._level == "none" or "received_norm_all" in self._withheld:
            return None
        drawn = self._random.dirichlet(np.ones(len(is_special)), self._n_layers)
        drawn[:, is_special] *= 0.2
        return drawn / drawn.sum(1, keepdims=True)

    def append(
        self,
        recorder: Recorder,
        text: int,
        is_special: NDArray[np.bool_],
        views: Mapping[str, Floats],
        received: Floats,
    ) -> None:
        """Record evidence on a text; `views` are `[key]` each, `received` is `[layer, key]`."""
        if self._level == "none":
            return
        self._n_texts += 1
        n = len(is_special)
        content = ~is_special
        effects = self._effects(content)
        recorder.append(
            "effects",
            {"text": [text] * n, "position": list(range(n))}
            | {name: np.where(content, effects[name], np.nan) for name in ("deletion", "mask")}
            | {name: effects[name] for name in ("gradient", "jacobian", "ig", "alti")}
            | dict.fromkeys((DELETION_SCORES, GRADIENT_STEPS, WEIGHTED_STEPS), [None] * n)
            | {
                "attention_gradient": effects["attention_gradient"],
                "alone": np.where(content, effects["alone"], np.nan),
                "shapley": np.where(content, effects["shapley"], np.nan),
                "cp_lrp": effects["cp_lrp"],
                "effect": np.where(content, effects["deletion"], np.nan),
                JOINT: [None] * n,
                JOINT_EFFECT: [None] * n,
            },
        )
        recorder.append("evidence", {name: [value] for name, value in self._row(text, n).items()})
        self._append_agreement(recorder, text, content, effects, views)
        if self._ratios:
            self._append_sinks(recorder, text, n, received)

    def info(self) -> Evidence:
        """What was recorded, as the results say it."""
        if self._level == "none":
            return Evidence()
        scalars = {"embedding": "cosine", "class": "margin", "labels": "logit"}
        scalars["word_numbers"] = "word_sum"
        own = ("next_token", "completion", "tags", "masks", "answer", "choice")
        scalars |= {kind: kind for kind in own}
        return Evidence(
            level=self._level,
            scalar=scalars.get(self._kind, "number"),  # type: ignore[arg-type]
            asked="50",
            n_texts=self._n_texts,
            norms_error=3e-7,
            withheld=self._withheld,
            subjects=tuple(subject for subject in SUBJECTS if subject.key in self._ratios),
        )

    def _effects(self, content: NDArray[np.bool_]) -> dict[str, Floats]:
        n = len(content)
        deletion = self._random.normal(0, 0.3, n)
        if self._kind == "embedding":
            deletion = np.abs(deletion)
        noise = self._random.normal(0, 0.1, (4, n))
        full = self._level == "full"
        effects = {
            "deletion": deletion,
            "mask": deletion + noise[0] if full else np.full(n, np.nan),
            "gradient": np.abs(deletion + noise[1]),
            "jacobian": np.abs(deletion + noise[1])
            if full and self._kind == "embedding"
            else np.full(n, np.nan),
            "ig": np.where(content, deletion + noise[2], 0.0) if full else np.full(n, np.nan),
            "alti": np.abs(deletion + noise[3]) if full else np.full(n, np.nan),
        }
        later = self._later and self._kind != "embedding"
        drawn = self._more.normal(0, 0.1, (2, n))
        for name, own in zip(("attention_gradient", "alone"), drawn, strict=True):
            effects[name] = deletion + own if later else np.full(n, np.nan)
        effects["shapley"] = (deletion + effects["alone"]) / 2 if full else np.full(n, np.nan)
        propagated = deletion + np.random.default_rng(len(deletion)).normal(0, 0.1, n)
        effects["cp_lrp"] = propagated if later and full else np.full(n, np.nan)
        for name in effects:
            if name in self._withheld:
                effects[name] = np.full(n, np.nan)
        return effects

    def _row(self, text: int, n: int) -> dict[str, object]:
        full = self._level == "full"
        labels = {"class": "good", "labels": "price", "numbers": "clicks", "next_token": "の"}
        return {
            "text": text,
            "explained": 1.0 if self._kind == "embedding" else 1.5,
            "explained_label": labels.get(self._kind),
            "live_rows": 1 if self._reads_cls_only else n,
            "n_rows": n,
            "reads_cls_only": self._reads_cls_only,
            "mask_offset": 0.4 if full else None,
            "ig_steps": 32 if full else None,
            "ig_error": 0.003 if full else None,
            "ig_complete": True if full else None,
            "shapley_error": 0.0 if full and self._later else None,
            "cp_lrp_error": 1e-6 if full and self._later else None,
            "cp_lrp_holds": True if full and self._later else None,
            "message": "",
            "extra": False,
        }

    def _append_agreement(
        self,
        recorder: Recorder,
        text: int,
        content: NDArray[np.bool_],
        effects: Mapping[str, Floats],
        views: Mapping[str, Floats],
    ) -> None:
        if content.sum() < 4:
            return
        deletion = effects["deletion"][content]
        ranked = {name: values[content] for name, values in views.items()}
        ranked |= {name: effects[name][content] for name in effects if name not in PARTS}
        ranked |= {name: self._random.random(content.sum()) for name in ("rarity", "random")}
        for view, values in ranked.items():
            if np.isnan(values).any():
                continue
            has_sign = view in ("ig", "mask", "attention_gradient", "cp_lrp")
            truth = deletion if has_sign else np.abs(deletion)
            pairs = {"spearman": spearman(values, truth)}
            if has_sign and self._later and self._kind != "embedding":
                sizes = np.abs(values), np.abs(deletion)
                pairs["spearman_size"] = spearman(*sizes)
            recorder.append(
                "agreement",
                {
                    "text": [text] * len(pairs),
                    "view": [view] * len(pairs),
                    "statistic": list(pairs),
                    "value": list(pairs.values()),
                },
            )

    def _append_sinks(self, recorder: Recorder, text: int, n: int, received: Floats) -> None:
        for subject, ratios in self._ratios.items():
            position = 0 if subject == "cls" else n - 1
            for test, ratio in ratios.items():
                control = 0.04 + 0.002 * float(self._of_sinks.random())
                share = received[:, position]
                recorder.append(
                    "sinks",
                    {
                        "text": [text],
                        "subject": [subject],
                        "test": [test],
                        "effect": [control * ratio],
                        "control": [control],
                        "n_controls": [min(8, n - 2)],
                        "share_layers": [share],
                        "expected_layers": [[1 / n] * self._n_layers],
                        **self._norms_of(share, 0.2 if position == 0 else 1.8),
                    },
                )

    def _norms_of(self, share: Floats, size: float) -> dict[str, list[Floats | None]]:
        names = (
            "norm_share_layers",
            "value_size_layers",
            "content_value_size_layers",
            "value_ratio_layers",
        )
        if "received_norm_all" in self._withheld:
            return {name: [None] for name in names}
        sizes = (np.full(self._n_layers, length) for length in (size, 2.0, size / 2))
        return {name: [values] for name, values in zip(names, (share * 0.2, *sizes), strict=True)}
