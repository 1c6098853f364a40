"""A results folder with every table that there is, for tests that alter it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from helpers.made_up.factories import make_results
from helpers.made_up.unlisted import without_manifest

from reportgen.results import (
    DECODER_PARTS,
    DELETION_SCORES,
    GRADIENT_STEPS,
    TABLES,
    VIEWS,
    WEIGHTED_STEPS,
    DecoderInfo,
    Results,
    write_info,
)
from reportgen.tasks import items_from_texts

TEXTS = ("abcdefgh", "", "xyz", "ij kl mn op")
BY_STEP = (DELETION_SCORES, GRADIENT_STEPS, WEIGHTED_STEPS)


def write_whole(folder: Path) -> None:
    """Write the results of TEXTS, of a model that has a decoder, into `folder`, without a manifest
    of what is altered then."""
    made = make_results(folder, TEXTS, n_layers=2, n_heads=2, evidence="full")
    pq.write_table(targets(made), folder / "targets.parquet")
    pq.write_table(decoder_heads(made), folder / "decoder_heads.parquet")
    pq.write_table(target_effects(made), folder / "target_effects.parquet")
    pq.write_table(sink_scores(made), folder / "sink_scores.parquet")
    pq.write_table(shuffled(made), folder / "shuffled.parquet")
    pq.write_table(edits(made), folder / "edits.parquet")
    pq.write_table(head_effects(made), folder / "head_effects.parquet")
    predictions = pa.concat_tables(items_from_texts(made))
    pq.write_table(predictions, folder / "predictions.parquet")
    model = replace(made.info.model, decoder=DecoderInfo("Decoder", 2, 2))
    settings = replace(made.info.settings, edits=("typo", "swap:a → b"))
    write_info(folder, replace(made.info, model=model, settings=settings))
    without_manifest(folder)


def decoder_heads(made: Results) -> pa.Table:
    """Both parts of a decoder of two layers and heads, for the texts that were analysed."""
    rows = [
        {
            "text": text,
            "part": part,
            "layer": layer,
            "head": head,
            "special_share": 0.5,
            "uniform_share": 0.5,
            "entropy": 0.5,
        }
        for text in np.flatnonzero(made.texts["n_tokens"])
        for part in DECODER_PARTS
        for layer in (1, 2)
        for head in (1, 2)
    ]
    return pa.Table.from_pylist(rows, TABLES["decoder_heads"])


def sink_scores(made: Results) -> pa.Table:
    """Figures of [CLS] in each head of every text that was analysed."""
    fields = TABLES["sink_scores"]
    figures = {field.name: 0.5 for field in fields if pa.types.is_floating(field.type)}
    places = [
        {"text": text, "subject": "cls", "layer": layer, "head": head, "n_pairs": 3}
        for text in np.flatnonzero(made.texts["n_tokens"])
        for layer in (1, 2)
        for head in (1, 2)
    ]
    return pa.Table.from_pylist([place | figures for place in places], fields)


def shuffled(made: Results) -> pa.Table:
    """Two views of every text that was analysed, with the model's weights shuffled."""
    rows = [
        {"text": text, "view": view, "value": 0.5}
        for text in np.flatnonzero(made.texts["n_tokens"])
        for view in VIEWS[:2]
    ]
    return pa.Table.from_pylist(rows, TABLES["shuffled"])


def edits(made: Results) -> pa.Table:
    """Two edits of every text that was analysed, of which one does not apply."""
    figures = {"before": 0.5, "message": "", "extra": False}
    known = {"status": "run", "changed": "a", "after": 0.5, "prediction": 0.5, "scores": [0.5]}
    lacking = {"status": "unchanged", "scores": []}
    rows = [
        {"text": text, "edit": edit, **figures, **more}
        for text in np.flatnonzero(made.texts["n_tokens"])
        for edit, more in (("typo", known), ("swap:a → b", lacking))
    ]
    return pa.Table.from_pylist(rows, TABLES["edits"])


def head_effects(made: Results) -> pa.Table:
    """What each head does to the prediction of every text that was analysed."""
    rows = [
        {"text": text, "layer": layer, "head": head, "effect": 0.5}
        for text in np.flatnonzero(made.texts["n_tokens"])
        for layer in (1, 2)
        for head in (1, 2)
    ]
    return pa.Table.from_pylist(rows, TABLES["head_effects"])


def target_effects(made: Results) -> pa.Table:
    """Two or three tokens that the decoder has read of each text, the first with a step; evidence
    was gathered on the last text first."""
    rows = [
        {"text": text, "position": at} | dict.fromkeys(BY_STEP, None if at else [None, 0.5])
        for text in np.flatnonzero(made.texts["n_tokens"])[::-1]
        for at in range(2 + text % 2)
    ]
    return pa.Table.from_pylist(rows, TABLES["target_effects"])


def targets(made: Results) -> pa.Table:
    """Targets of the texts that were analysed: a token that is given and one that is written."""
    rows = [
        {
            "text": text,
            "position": at,
            "unit": at,
            "token": "ab",
            "token_id": 3,
            "start": None,
            "end": None,
            "is_special": at == 0,
            "is_given": at == 0,
        }
        for text in np.flatnonzero(made.texts["n_tokens"])
        for at in range(2)
    ]
    return pa.Table.from_pylist(rows, TABLES["targets"])
