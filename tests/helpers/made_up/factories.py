"""Results made without a model: attention maps drawn at random, every figure computed plainly."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from helpers.made_up.gathered import GatheringRecorder
from helpers.made_up.made_up_evidence import MadeUpEvidence
from helpers.made_up.packed_maps import pack
from reportgen.results.info import (
    Checks,
    EvidenceLevel,
    InputInfo,
    ModelInfo,
    OutputInfo,
    OutputKind,
    Reason,
    Role,
    RunInfo,
    Settings,
)
from reportgen.results.row_groups import FolderSource
from reportgen.results.schema import TABLES
from reportgen.results.store import Results, open_results
from reportgen.results.write import Recorder

HEADLINES = (
    "[無料]今すぐ申し込みで最大50,000ポイントもらえる[munaitaカード]",
    "これ一つで大丈夫!munaitaカードで贅沢三昧",
    "Free coffee for every new member, today only",
    "年会費無料",
    "A plain line that nobody scores",
    "最大3,000円割引、週末限定",
)
LABELS = {"class": ("bad", "good"), "labels": ("price", "taste", "service")}
ROLES = (Role("cls", "[CLS]"), Role("sep", "[SEP]"))


def pieces(text: str) -> list[tuple[str, int, int]]:
    """Tokens of two code points each, with their span."""
    return [(text[i : i + 2], i, min(i + 2, len(text))) for i in range(0, len(text), 2)]


@dataclass(frozen=True)
class MadeUp:
    """What made-up results are like.

    `sink` is the extra attention every row gives to [CLS] (0 none, 1 all of it); `special` is
    whether texts stand between [CLS] and [SEP]; `keep` is how many texts keep their maps. A text
    that is "" becomes an empty one. `evidence` adds made-up norms and evidence on every analysed
    text, but for the measures that are `withheld`, each with its reason; `later` adds those that
    came in version 2 of the results.
    """

    texts: tuple[str, ...] = HEADLINES
    n_layers: int = 4
    n_heads: int = 3
    sink: float = 0.0
    kind: OutputKind = "number"
    special: bool = True
    labels: tuple[float, ...] | None = None
    keep: int | None = None
    truncated: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    ids: tuple[str, ...] | None = None
    group: str | None = None
    seed: int = 0
    evidence: EvidenceLevel = "none"
    reads_cls_only: bool = True
    withheld: tuple[tuple[str, Reason], ...] = ()
    later: bool = False


def make_results(
    folder: Path,
    texts: tuple[str, ...] = HEADLINES,
    *,
    withheld: Mapping[str, Reason] | None = None,
    **choices: Any,
) -> Results:
    """Write the results folder of `MadeUp(texts, **choices)` and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _files(MadeUp(texts, withheld=(*(withheld or {}).items(),), **choices)):
        (folder / name).write_bytes(content)
    return open_results(folder)


@lru_cache(maxsize=100)
def _files(made_up: MadeUp) -> tuple[tuple[str, bytes], ...]:
    """The files of a results folder by name; made once for all tests that ask for the same."""
    with TemporaryDirectory() as name:
        _write(Path(name), made_up)
        return tuple((path.name, path.read_bytes()) for path in Path(name).iterdir())


def _write(folder: Path, asked: MadeUp) -> None:
    random = np.random.default_rng(asked.seed)
    n_layers, n_heads, kind, special = asked.n_layers, asked.n_heads, asked.kind, asked.special
    made_up = MadeUpEvidence(
        asked.evidence,
        n_layers,
        kind,
        special,
        asked.reads_cls_only,
        dict(asked.withheld),
        asked.later,
    )
    kept = first = 0
    with Recorder(folder) as whole:
        recorder = GatheringRecorder(whole)
        for index, text in enumerate(asked.texts):
            status = "ok" if text else "empty"
            if index in asked.truncated:
                status = "truncated"
            if index in asked.failed:
                status = "failed"
            content = pieces(text)
            tokens = (
                [("[CLS]", None, None), *content, ("[SEP]", None, None)] if special else content
            )
            n = len(tokens) if status in ("ok", "truncated") else 0
            is_special = np.array([start is None for _, start, _ in tokens[:n]], dtype=bool)
            maps = random.dirichlet(np.full(max(n, 1), 0.7), (n_layers, n_heads, max(n, 1)))[
                ..., :n
            ]
            if n and special:
                maps = maps * (1 - asked.sink)
                maps[..., 0] += asked.sink
            maps = maps.astype(np.float32)
            offset = size = None
            if n and (asked.keep is None or kept < asked.keep):
                offset, size = recorder.append_maps(pack(maps))
                kept += 1
            entropy = -(maps * np.log(maps + 1e-30)).sum(-1)  # [layer, head, query]
            value = float(random.normal(1.5, 0.5))
            scores, names, label = _output(kind, value, random)
            recorder.append(
                "texts",
                {
                    "text_id": [asked.ids[index] if asked.ids else str(index + 1)],
                    "text": [text],
                    "pair": [None],
                    "label": [str(asked.labels[index]) if asked.labels else None],
                    "label_value": [asked.labels[index] if asked.labels else None],
                    "group": [asked.group],
                    "source": [f"made.txt:{index + 1}"],
                    "status": [status],
                    "message": [
                        {"empty": "no text", "failed": "the output is not a number"}.get(status, "")
                    ],
                    "n_tokens": [n],
                    "n_content": [int((~is_special).sum())],
                    "n_truncated": [3 if status == "truncated" else 0],
                    "cut_text": [len(text) if status == "truncated" else None],
                    "cut_pair": [None],
                    "n_unknown": [0],
                    "prediction": [value if kind == "number" and n else None],
                    "prediction_label": [label if n else None],
                    "scores": [scores if n else []],
                    "score_names": [names if n else []],
                    "effective_tokens": [float(np.exp(entropy).mean()) if n else None],
                    "effective_content": [float(np.exp(entropy).mean()) * 0.8 if n else None],
                    "first_token": [first],
                    "map_offset": [offset],
                    "map_bytes": [size],
                },
            )
            first += n
            if not n:
                continue
            mean = maps.mean(axis=1)  # [layer, query, key]
            received = mean.mean(axis=1)  # [layer, key]
            cls_row = mean[:, 0, :]
            norms = made_up.norms(is_special)  # [layer, key], None where not measured
            rows = range(n)
            recorder.append(
                "tokens",
                {
                    "text": [index] * n,
                    "position": list(rows),
                    "unit": list(rows),
                    "segment": [None if s else 0 for s in is_special],
                    "token": [token for token, _, _ in tokens],
                    "token_id": list(rows),
                    "start": [start for _, start, _ in tokens],
                    "end": [end for _, _, end in tokens],
                    "is_special": is_special.tolist(),
                    "role": [
                        None if not s else ("cls" if i == 0 else "sep")
                        for i, s in enumerate(is_special)
                    ],
                    "cls_row_last": cls_row[-1] if special else [None] * n,
                    "received_last": received[-1],
                    "cls_row_all": cls_row.mean(0) if special else [None] * n,
                    "received_all": received.mean(0),
                    "expected": [1 / n] * n,
                    "cls_row_layers": [cls_row[:, i] if special else None for i in rows],
                    "received_layers": [received[:, i] for i in rows],
                    "expected_layers": [[1 / n] * n_layers for _ in rows],
                    "received_norm_last": [None] * n if norms is None else norms[-1],
                    "received_norm_all": [None] * n if norms is None else norms.mean(0),
                    "received_norm_layers": [None if norms is None else norms[:, i] for i in rows],
                    "value_size_layers": [
                        None if norms is None else [0.2 if i == 0 else 2.0] * n_layers for i in rows
                    ],
                    "value_ratio_layers": [
                        None if norms is None else [0.1 if i == 0 else 1.0] * n_layers for i in rows
                    ],
                    "output_rank_layers": [
                        None if norms is None else [1.25 if i == 0 else 3.0] * n_layers
                        for i in rows
                    ],
                    "activation_layers": [
                        None if norms is None else [500.0 if i == 0 else 10.0] * n_layers
                        for i in rows
                    ],
                    "rollout": [None] * n if norms is None else cls_row.mean(0),
                },
            )
            views = {"received_all": received.mean(0), "received_last": received[-1]}
            if special:
                views |= {"cls_row_all": cls_row.mean(0), "cls_row_last": cls_row[-1]}
            if norms is not None:
                views |= {"received_norm_all": norms.mean(0), "received_norm_last": norms[-1]}
            made_up.append(recorder, index, is_special, views, received)
            recorder.append(
                "layers",
                {
                    "text": [index] * n_layers,
                    "layer": list(range(1, n_layers + 1)),
                    "mixing": [None if norms is None else 0.25] * n_layers,
                    "rollout_special": [None if norms is None else 0.4] * n_layers,
                    "learned_share": [None] * n_layers,
                    "learned_expected": [None] * n_layers,
                },
            )
            per_head = maps.mean(axis=2)  # [layer, head, key]
            where = [(layer, head) for layer in range(n_layers) for head in range(n_heads)]
            recorder.append(
                "heads",
                {
                    "text": [index] * len(where),
                    "layer": [layer + 1 for layer, _ in where],
                    "head": [head + 1 for _, head in where],
                    "special_share": [
                        per_head[w][is_special].sum() if special else None for w in where
                    ],
                    "cls_share": [per_head[w][0] if special else None for w in where],
                    "sep_share": [per_head[w][-1] if special else None for w in where],
                    "learned_share": [None] * len(where),
                    "uniform_share": [is_special.sum() / n] * len(where),
                    "entropy": [entropy[w].mean() / np.log(n) if n > 1 else None for w in where],
                    "distance": [_distance(maps[w], ~is_special) for w in where],
                    "head_class": [
                        "vertical" if per_head[w][is_special].sum() > 0.5 else "heterogeneous"
                        for w in where
                    ],
                },
            )
            if special:
                where = [(layer, role) for layer in range(n_layers) for role in (0, n - 1)]
                recorder.append(
                    "roles",
                    {
                        "text": [index] * len(where),
                        "layer": [layer + 1 for layer, _ in where],
                        "role": ["cls" if role == 0 else "sep" for _, role in where],
                        "n_tokens": [1] * len(where),
                        "share": [received[layer, role] for layer, role in where],
                        "expected": [1 / n] * len(where),
                        "self_share": [mean[layer, role, role] for layer, role in where],
                        "norm_share": [
                            None if norms is None else norms[layer, role] for layer, role in where
                        ],
                        "value_size": [
                            None if norms is None else (0.2, 1.8)[role > 0] for _, role in where
                        ],
                        "content_value_size": [None if norms is None else 2.0 for _ in where],
                        "output_rank": [
                            None if norms is None else (1.25, 3.0)[role > 0] for _, role in where
                        ],
                        "activation": [
                            None if norms is None else (500.0, 12.0)[role > 0] for _, role in where
                        ],
                        "content_activation": [None if norms is None else 10.0 for _ in where],
                        "value_ratio": [
                            None if norms is None else (0.1, 0.9)[role > 0] for _, role in where
                        ],
                    },
                )
        info = _info(asked.texts, n_layers, n_heads, kind, special, kept)
        recorder.finish(replace(info, evidence=made_up.info()))


def changed(results: Results, info: RunInfo | None = None, **tables: pd.DataFrame) -> Results:
    """The same results, in memory, with these `tables` or this `info` in place of their own."""
    source = results.source
    if isinstance(source, FolderSource):
        packed = (source.folder / "maps.bin").read_bytes()
    else:
        packed = source.packed
    whole = {name: results.stored(name) for name in TABLES} | tables
    return Results.from_tables(info or results.info, whole, packed)


def _distance(weights: np.ndarray, content: np.ndarray) -> float:
    inside = weights[:, content]
    gaps = np.abs(np.arange(len(weights))[:, None] - np.arange(len(weights))[content])
    return float(((inside * gaps).sum(1) / inside.sum(1)).mean())


def _output(
    kind: OutputKind, value: float, random: np.random.Generator
) -> tuple[list[float], list[str], str | None]:
    if kind == "number":
        return [value], [], None
    if kind == "numbers":
        return [value, -value], [], None
    if kind == "embedding":
        return [], [], None
    if kind == "next_token":
        return [-0.5, -1.2, -2.0, -3.1, -4.0], ["の", "、", "です", "!", "</s>"], "の"
    logits = random.normal(0, 1, len(LABELS[kind])).tolist()
    if kind == "class":
        return logits, [], LABELS[kind][int(np.argmax(logits))]
    return (
        logits,
        [],
        ", ".join(name for name, z in zip(LABELS[kind], logits, strict=True) if z > 0),
    )


def _info(
    texts: tuple[str, ...], n_layers: int, n_heads: int, kind: OutputKind, special: bool, kept: int
) -> RunInfo:
    return RunInfo(
        created="2026-01-31",
        versions={
            "reportgen": "0.1.0",
            "python": "3.11.7",
            "torch": "2.13.0",
            "transformers": "5.24.0",
            "tokenizers": "0.23.3",
        },
        model=ModelInfo(
            name="made-up",
            source="folder",
            architecture="AlbertForSequenceClassification",
            encoder="AlbertModel",
            n_layers=n_layers,
            n_heads=n_heads,
            head_size=32,
            max_tokens=256,
            is_causal=False,
            shares_layers=True,
            n_parameters=447169,
            dtype="float32",
            weights_sha256="0" * 64,
            tokenizer="TokenizersBackend",
            vocabulary_size=4395,
        ),
        output=OutputInfo(
            kind=kind,
            name="score",
            labels=LABELS.get(kind, ("clicks", "cost") if kind == "numbers" else ()),
            pooling="mean" if kind == "embedding" else None,
        ),
        roles=ROLES if special else (),
        inputs=(InputInfo("made.txt", "1" * 64, len(texts), 2),),
        checks=Checks("hooks", 3e-7, 0.0, 2e-7, "padded", 0.0),
        settings=Settings({"text-column": "text"}, "all", kept),
    )
