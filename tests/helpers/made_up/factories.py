"""Results made without a model: attention maps drawn at random, every figure computed plainly."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers.made_up.gathered import GatheringRecorder
from helpers.made_up.made_up_evidence import MadeUpEvidence
from helpers.made_up.made_up_rows import (
    OneText,
    entropies,
    head_rows,
    layer_rows,
    role_rows,
    special_ones,
    token_rows,
)
from helpers.made_up.packed_maps import pack
from helpers.made_up.shared import shared
from reportgen.results import (
    DECODER_PARTS,
    TABLES,
    Checks,
    EvidenceLevel,
    FolderSource,
    InputInfo,
    ModelInfo,
    OutputInfo,
    OutputKind,
    Reason,
    Recorder,
    Results,
    Role,
    RunInfo,
    Settings,
    read_info,
    table_of,
)
from reportgen.results.tables import MemorySource, Source

HEADLINES = (
    "[無料]今すぐ申し込みで最大50,000ポイントもらえる[munaitaカード]",
    "これ一つで大丈夫!munaitaカードで贅沢三昧",
    "Free coffee for every new member, today only",
    "年会費無料",
    "A plain line that nobody scores",
    "最大3,000円割引、週末限定",
)
LABELS = {
    "class": ("bad", "good"),
    "labels": ("price", "taste", "service"),
    "tags": ("O", "B-PER", "I-PER", "B-LOC"),
}
WORDS = ("dog", "cat", "mat", "の", "wait")  # that fill masks
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
    similarity: str | None = None  # that the number is
    keep: int | None = None
    truncated: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    ids: tuple[str, ...] | None = None
    group: str | None = None
    variants: tuple[tuple[int, str, str | None], ...] = ()  # row, id of the original, edit
    seed: int = 0
    evidence: EvidenceLevel = "none"
    reads_cls_only: bool = True
    withheld: tuple[tuple[str, Reason], ...] = ()
    later: bool = False
    sink_ratio: float | None = None


def make_results(
    folder: Path,
    texts: tuple[str, ...] = HEADLINES,
    *,
    withheld: Mapping[str, Reason] | None = None,
    **choices: Any,
) -> Results:
    """Write the results folder of `MadeUp(texts, **choices)` and open it.

    What it holds is read once for all tests that ask for the same: who changes its files opens it
    again, which checks them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_up = MadeUp(texts, withheld=(*(withheld or {}).items(),), **choices)
    made = _made(made_up)
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    return Results(made.info, _ReadFolder(folder, made))


@dataclass(frozen=True, eq=False)
class _Made:
    """The files of a results folder by name, and what was run."""

    files: Mapping[str, bytes]
    info: RunInfo
    tables: dict[str, pa.Table] = field(default_factory=dict)  # those that were asked for

    def table(self, name: str) -> pa.Table:
        """The table `name`, without a check: it was just written."""
        if name not in self.tables:
            content, schema = self.files.get(f"{name}.parquet"), TABLES[name]
            whole = (
                schema.empty_table()
                if content is None
                else pq.read_table(BytesIO(content), use_threads=False)
            )
            self.tables[name] = whole.select(schema.names)
        return self.tables[name]


class _ReadFolder(FolderSource):
    """A results folder whose tables are read once for all that are made alike."""

    def __init__(self, folder: Path, made: _Made) -> None:
        super().__init__(folder, made.info)
        self._made = made

    def table(self, name: str) -> pa.Table:
        """The table `name`."""
        return self._made.table(name)


@lru_cache(maxsize=100)
def _made(made_up: MadeUp) -> _Made:
    return shared(repr(made_up), lambda: _make(made_up))


def _make(made_up: MadeUp) -> _Made:
    with TemporaryDirectory() as name:
        _write(Path(name), made_up)
        files = {path.name: path.read_bytes() for path in Path(name).iterdir()}
        return _Made(files, read_info(Path(name)))


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
        asked.sink_ratio,
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
            # The last two pieces of content are the completion of what stands before them.
            last = content[-2:] if asked.kind == "completion" and len(content) > 2 else []
            completed_from = last[0][1] if last else None
            n = len(tokens) if status in ("ok", "truncated") else 0
            is_special = special_ones(tokens[:n])
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
            entropy = entropies(maps)  # [layer, head, query]
            value = float(random.normal(1.5, 0.5))
            scores, names, label = _output(kind, value, random)
            if kind == "completion":
                scores, names = scores[: len(last)], names[: len(last)]
            steps: list[int] = []
            if kind == "tags":  # each piece is a word
                steps = np.flatnonzero(~is_special).tolist()
                drawn = random.integers(0, len(LABELS[kind]), len(steps))
                names = [LABELS[kind][tag] for tag in drawn]
                scores, label = (-random.random(len(steps))).tolist(), " ".join(names)
            if kind == "word_numbers":  # each piece is a word
                steps = np.flatnonzero(~is_special).tolist()
                scores = random.normal(3.0, 1.0, len(steps)).tolist()
            if kind == "masks":  # in the place of the first two pieces
                steps = np.flatnonzero(~is_special)[:2].tolist()
                names = [w for _ in steps for w in random.permutation(WORDS).tolist()]
                scores = [-0.5, -1.2, -2.0, -3.1, -4.0] * len(steps)
                label = " ".join(names[::5])
            if kind == "answer" and n:  # its second and third piece
                places = np.flatnonzero(~is_special)
                steps = [int(places[min(i, len(places) - 1)]) for i in (1, 2)]
                scores = [float(-random.random()), float(-random.random())]
                ends = tokens[steps[0]][1], tokens[steps[1]][2]
                label = text[slice(*ends)]
            if kind == "choice" and n:
                names, scores = list(WORDS[:3]), random.normal(0, 1, 3).tolist()
                steps = [int(np.argmax(scores))]
                label = names[steps[0]]
            variants = {row: (original, name) for row, original, name in asked.variants}
            recorder.append(
                "texts",
                {
                    "text_id": [asked.ids[index] if asked.ids else str(index + 1)],
                    "text": [text[:completed_from]],
                    "pair": [None],
                    "completion": [text[completed_from:] if last else None],
                    "label": [str(asked.labels[index]) if asked.labels else None],
                    "label_value": [asked.labels[index] if asked.labels else None],
                    "group": [asked.group],
                    "variant_of": [variants.get(index, (None, None))[0]],
                    "variant": [variants.get(index, (None, None))[1]],
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
                    "prediction": [_number(kind, value, scores) if n else None],
                    "prediction_label": [label if n else None],
                    "scores": [scores if n else []],
                    "score_names": [names if n else []],
                    "steps": [steps],
                    "effective_tokens": [float(np.exp(entropy).mean()) if n else None],
                    "effective_content": [float(np.exp(entropy).mean()) * 0.8 if n else None],
                    "first_token": [first],
                    "map_offset": [offset],
                    "map_bytes": [size],
                    "map_cells": [None],
                    **{f"{part}_offset": [None] for part in DECODER_PARTS},
                    **{f"{part}_bytes": [None] for part in DECODER_PARTS},
                },
            )
            first += n
            if not n:
                continue
            held = tuple(steps) if kind == "masks" else ()
            if kind == "answer":
                held = tuple(range(steps[0], steps[-1] + 1))
            one = OneText(index, tokens, maps, made_up.norms(is_special), completed_from, held)
            recorder.append("tokens", token_rows(one))
            made_up.append(recorder, index, is_special, one.views, one.received)
            recorder.append("layers", layer_rows(one))
            recorder.append("heads", head_rows(one))
            if special:
                recorder.append("roles", role_rows(one))
        info = _info(asked.texts, n_layers, n_heads, kind, special, kept)
        info = replace(info, output=replace(info.output, similarity=asked.similarity))
        recorder.finish(replace(info, evidence=made_up.info()))


def changed(results: Results, info: RunInfo | None = None, **tables: pd.DataFrame) -> Results:
    """The same results, in memory, with these `tables` or this `info` in place of their own."""
    source = results.source
    if isinstance(source, FolderSource):
        packed = (source.folder / "maps.bin").read_bytes()
    else:
        packed = source.packed
    read = {name: _as_read(results, name) for name in TABLES if name in vars(results)}
    if "texts" in tables:  # which predictions are made of
        read["predictions"] = TABLES["predictions"].empty_table().to_pandas()
    return Results(info or results.info, _Altered(source, read | tables, packed))


def _as_read(results: Results, name: str) -> pd.DataFrame:
    """The table `name`, with what a test wrote into the frame that was read of it."""
    stored, read = results.stored(name), vars(results)[name]
    is_whole = len(read) == len(stored) and list(read.columns) == list(stored.columns)
    return read if is_whole else stored


class _Altered(MemorySource):
    """The tables of a source with some in their place: the others are not converted."""

    def __init__(self, source: Source, tables: Mapping[str, pd.DataFrame], packed: bytes) -> None:
        super().__init__({}, packed)
        for name in TABLES:
            if name in tables:
                self._tables[name] = table_of(name, tables[name])
            else:
                self._tables[name] = source.table(name).select(TABLES[name].names)


def _number(kind: OutputKind, value: float, scores: list[float]) -> float | None:
    if kind in ("completion", "answer"):
        return sum(scores)
    return value if kind == "number" else None


def _output(
    kind: OutputKind, value: float, random: np.random.Generator
) -> tuple[list[float], list[str], str | None]:
    if kind == "number":
        return [value], [], None
    if kind == "numbers":
        return [value, -value], [], None
    if kind in ("embedding", "tags", "word_numbers", "masks", "answer", "choice"):
        return [], [], None
    if kind == "completion":
        return [-0.25, -3.5], ["", "の"], None
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
