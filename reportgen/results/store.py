"""What one analysis measured, in memory or in a folder of open formats.

A results folder holds `results.json` (what was run, and on what), the tables of `schema` as Parquet
files, and `maps.bin` (the packed attention maps, one text after another). Torch is not needed.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from reportgen.errors import ResultsError
from reportgen.results.info import ANALYSED, REDACT, RunInfo
from reportgen.results.run_file import read_run
from reportgen.results.tables.frames import (
    columns_of_role,
    frame_of,
    map_cells,
    numbers_of,
    row_reader,
    rows_by_text,
    text_reader,
    texts_frame,
)
from reportgen.results.tables.row_groups import (
    FirstPassSource,
    FolderSource,
    LazyTable,
    MemorySource,
    Source,
    part_of,
)
from reportgen.results.tables.schema import EXTRA, LEARNED_SHARE, TABLES

_RECENT = 256  # things made of texts: several of each that is written, for some fifty texts
Made = TypeVar("Made")


class _Recent(Protocol):
    """Calls `make` for some arguments, or returns what that returned before."""

    def __call__(self, make: Callable[..., Made], *of: Hashable) -> Made: ...


@dataclass(frozen=True, eq=False)
class Results:
    """What one analysis measured; a table is read when it is first asked for.

    Tables are whole DataFrames in input order. Those of tokens and heads grow to gigabytes with the
    number of texts: `tokens_of` and `heads_of` return the rows of one text, `token_columns` and
    `head_values` single columns of all texts.

    The tables of evidence hold an even sample of the texts, which averages are made of. Texts that
    have evidence only because a report lists them first are not in these tables: `evidence_row` and
    `effects_of` have those too, and `stored` has the tables with all of them.
    """

    info: RunInfo
    source: Source

    @classmethod
    def from_tables(
        cls, info: RunInfo, tables: Mapping[str, pd.DataFrame], maps: bytes = b""
    ) -> Self:
        """Results made in memory, without a folder.

        Args:
            info: what was run; the tables must fit it, which is not checked.
            tables: the tables by name, as in `TABLES`. A table that is left out is empty, a column
                that is left out holds no values.
            maps: the packed attention maps, which the table of texts points into.
        """
        return cls(info, MemorySource(tables, maps))

    @property
    def folder(self) -> Path:
        """The folder that these results were opened from.

        Raises:
            ResultsError: they were made in memory.
        """
        return self.stored_in.folder

    @property
    def stored_in(self) -> FolderSource:
        """That folder with its files.

        Raises:
            ResultsError: they were made in memory.
        """
        if not isinstance(self.source, FolderSource):
            raise ResultsError("these results are not in a folder")
        return self.source

    @property
    def is_redacted(self) -> bool:
        """Whether texts and tokens were removed: dots stand in their place."""
        return self.info.settings.options.get(REDACT) is True

    @cached_property
    def texts(self) -> pd.DataFrame:
        """One row per text, in input order; columns as in `TEXTS_SCHEMA`."""
        return texts_frame(self.source.table("texts").select(TABLES["texts"].names))

    @cached_property
    def analysed(self) -> NDArray[np.bool_]:
        """`[text]`: whether a text has figures, so is neither empty nor failed."""
        return self.texts["status"].isin(ANALYSED).to_numpy(dtype=np.bool_)

    @cached_property
    def original_of(self) -> NDArray[np.intp]:
        """`[text]`: the row of the original of a variant; of any other text its own row, and of a
        variant whose original is not in these results."""
        texts, rows = self.texts, np.arange(len(self.texts))
        variants = np.flatnonzero(texts["variant_of"].notna())
        if len(variants):
            places = {id: row for row, id in enumerate(texts["text_id"].tolist())}
            named = texts["variant_of"].iloc[variants].tolist()
            rows[variants] = [places.get(id, row) for row, id in zip(variants, named, strict=True)]
        return rows

    @cached_property
    def independent(self) -> NDArray[np.bool_]:
        """`[text]`: whether a text is no variant of another. Variants are not independent of their
        originals: figures over all texts leave them out."""
        return np.asarray(self.original_of == np.arange(len(self.texts)))

    @cached_property
    def text_row(self) -> Callable[[int], Mapping[str, Any]]:
        """`text_row(text)` is row `text` of `texts`, by column."""
        return row_reader(self.texts)

    @cached_property
    def recent(self) -> "_Recent":
        """`recent(make, text, ...)` is `make(results, text, ...)`, of which the last few results
        are kept: it takes long and is needed again and again."""
        return lru_cache(_RECENT)(lambda make, *of: make(self, *of))

    @cached_property
    def tokens(self) -> pd.DataFrame:
        """One row per token; columns as in `TOKENS_SCHEMA`, after the id of its text, and as in
        `EFFECTS_SCHEMA`: every column of `tokens.csv` is among them."""
        rows = self.token_columns(*TABLES["tokens"].names).merge(
            self._effects, how="left", on=["text", "position"], validate="one_to_one"
        )
        ids = self.texts["text_id"].to_numpy()[rows["text"].to_numpy(dtype=np.int64)]
        rows.insert(0, "text_id", ids)
        return rows

    @cached_property
    def heads(self) -> pd.DataFrame:
        """One row per text, layer and head; columns as in `HEADS_SCHEMA`."""
        return self._frame_of("heads")

    @cached_property
    def roles(self) -> pd.DataFrame:
        """One row per text, layer and special-token role; columns as in `ROLES_SCHEMA`."""
        return frame_of(self._table("roles").select(TABLES["roles"].names))

    def of_role(self, role: str, *names: str) -> tuple[NDArray[Any], ...]:
        """The columns `names` of the table of roles, for one role."""
        if "roles" in self.__dict__:  # all of it is in memory
            is_own = self.roles["role"].to_numpy() == role
            return tuple(self.roles[name].to_numpy(np.float64)[is_own] for name in names)
        return tuple(columns_of_role(self._table("roles"), role, names))

    @cached_property
    def layers(self) -> pd.DataFrame:
        """One row per text and layer; columns as in `LAYERS_SCHEMA`."""
        return self._frame_of("layers")

    def layer_columns(self, *names: str) -> pd.DataFrame:
        """The columns `names` of the table of layers."""
        return frame_of(self._table("layers").select(list(names)))

    @cached_property
    def targets(self) -> pd.DataFrame:
        """One row per token of a separate decoder; columns as in `TARGETS_SCHEMA`. Empty for models
        without one."""
        return self._frame_of("targets")

    @cached_property
    def decoder_heads(self) -> pd.DataFrame:
        """One row per text, part of a separate decoder, layer and head; columns as in
        `DECODER_HEADS_SCHEMA`."""
        return self._frame_of("decoder_heads")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """One row per predicted item as it is stored; columns as in `PREDICTIONS_SCHEMA`. Empty
        where the table is not stored: `tasks/predictions.py` makes it then."""
        rows = self._table("predictions").select(TABLES["predictions"].names)
        return texts_frame(rows.combine_chunks())

    @cached_property
    def has_learned_sink(self) -> bool:
        """Whether heads have a learned sink, which gets what each row lacks to 1."""
        return bool(self.layer_columns(LEARNED_SHARE)[LEARNED_SHARE].notna().any())

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """One row per text of the sample; columns as in `EVIDENCE_SCHEMA`."""
        return self._sampled(self._evidence)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row per token of the texts of the sample; columns as in `EFFECTS_SCHEMA`."""
        return self._sampled(self._effects)

    @cached_property
    def target_effects(self) -> pd.DataFrame:
        """One row per token that a separate decoder has read, for texts with evidence; columns as
        in `TARGET_EFFECTS_SCHEMA`. Empty for models without one."""
        return self._frame_of("target_effects")

    def target_effects_of(self, text: int) -> pd.DataFrame | None:
        """The target effects of row `text` of `texts`, by position; None if not measured."""
        return self._of_text("target_effects", text)

    @cached_property
    def sinks(self) -> pd.DataFrame:
        """One row per text, subject and sink test; columns as in `SINKS_SCHEMA`."""
        return self._sampled(self._frame_of("sinks"))

    @cached_property
    def sink_scores(self) -> pd.DataFrame:
        """One row per text, subject, layer and head; columns as in `SINK_SCORES_SCHEMA`."""
        return self._sampled(self._frame_of("sink_scores"))

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """One row per text, view and statistic; columns as in `AGREEMENT_SCHEMA`."""
        return self._sampled(self._frame_of("agreement"))

    @cached_property
    def shuffled(self) -> pd.DataFrame:
        """One row per view of texts of the sample, of the model with its weights shuffled; columns
        as in `SHUFFLED_SCHEMA`."""
        return self._sampled(self._frame_of("shuffled"))

    @cached_property
    def edits(self) -> pd.DataFrame:
        """One row per text with evidence and edit; columns as in `EDITS_SCHEMA`."""
        return self._frame_of("edits")

    def edits_of(self, text: int) -> pd.DataFrame | None:
        """The edits of row `text` of `texts`; None if none was tried."""
        return self._of_text("edits", text)

    @cached_property
    def head_effects(self) -> pd.DataFrame:
        """One row per layer and head of a few texts of the sample; columns as in
        `HEAD_EFFECTS_SCHEMA`."""
        return self._sampled(self._frame_of("head_effects"))

    def stored(self, name: str) -> pd.DataFrame:
        """The table `name` as stored: without added columns, and with all texts, also those beside
        the sample."""
        if name == "tokens":
            return self.token_columns(*TABLES["tokens"].names)
        if name in ("evidence", "effects"):
            return self._evidence if name == "evidence" else self._effects
        if name in ("sinks", "sink_scores", "agreement", "shuffled", "head_effects"):
            return self._frame_of(name)
        table: pd.DataFrame = getattr(self, name)
        return table

    @cached_property
    def evidence_row(self) -> Callable[[int], Mapping[str, Any] | None]:
        """`evidence_row(text)` is the evidence on row `text` of `texts`, by column; or None."""
        return text_reader(self._evidence)

    def effects_of(self, text: int) -> pd.DataFrame | None:
        """The effects of row `text` of `texts`, in the order of positions; None if not measured."""
        return self._of_text("effects", text)

    def heads_of(self, text: int, *names: str) -> pa.Table:
        """The columns `names` of the heads of row `text`, layer by layer; empty if not analysed."""
        size = self.info.model.n_layers * self.info.model.n_heads
        place = int(self._places[text])
        n_rows = size if self.texts["n_tokens"].iloc[text] else 0
        return self._table("heads").slice(place * size, n_rows).select(list(names))

    def head_values(self, name: str, texts: slice = slice(None)) -> NDArray[np.float32]:
        """The column `name` of the heads of all `texts`, rows that follow each other, as `[text,
        layer, head]`; NaN where it has no value."""
        shape = self.info.model.n_layers, self.info.model.n_heads
        is_analysed = self.texts["n_tokens"].to_numpy(np.int64) > 0
        chosen, n_before = is_analysed[texts], int(is_analysed[: texts.start or 0].sum())
        return numbers_of(self._table("heads"), name, n_before, chosen, shape)

    def mean_of_heads(self, name: str) -> NDArray[np.float64]:
        """`[text, layer]`, mean over heads, of a column of the table of heads; NaN where a text has
        none."""
        return np.asarray(self.head_values(name).astype(np.float64).mean(axis=2))

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """How many texts before each one were analysed, `[text]`."""
        is_analysed = self.texts["n_tokens"].to_numpy(np.int64) > 0
        return np.asarray(np.cumsum(is_analysed) - is_analysed, np.int64)

    @cached_property
    def _by_text(self) -> dict[str, Mapping[Hashable, NDArray[np.intp] | slice]]:
        """Where the rows of each text are, by the name of the table."""
        return {}

    def _of_text(self, name: str, text: int) -> pd.DataFrame | None:
        table = self.stored(name)
        if name not in self._by_text:
            self._by_text[name] = rows_by_text(table)
        rows = self._by_text[name].get(text)
        return None if rows is None else table.iloc[rows]

    def target_of(self, text: int) -> pd.DataFrame | None:
        """The tokens of a separate decoder for row `text`, by position; None without one."""
        return self._of_text("targets", text)

    def tokens_of(self, text: int, *names: str) -> pd.DataFrame:
        """The tokens of row `text` of `texts`, in the order of positions: the columns `names`, or
        all of them."""
        rows = self.token_table(text)
        return frame_of(rows.select(list(names)) if names else rows)

    def token_table(self, text: int) -> pa.Table:
        """The tokens of row `text` of `texts` as they are stored, in the order of positions."""
        row = self.text_row(text)
        return self._table("tokens").slice(int(row["first_token"]), int(row["n_tokens"]))

    def packed_maps(self, text: int) -> bytes | None:
        """The packed maps of row `text` of `texts`, of a long text pooled; None if not kept."""
        row = self.text_row(text)
        if pd.isna(row["map_offset"]):
            return None
        model, cells = self.info.model, map_cells(row)
        side = int(row["n_tokens"]) if cells is None else len(cells)
        shape = (model.n_layers, model.n_heads, side, side)
        return self.source.maps(int(row["map_offset"]), int(row["map_bytes"]), shape)

    def token_columns(self, *names: str) -> pd.DataFrame:
        """The columns `names` of all tokens."""
        return frame_of(self._table("tokens").select(list(names)))

    def token_part(self, first: int, size: int, *names: str) -> pa.Table:
        """The columns `names` of `size` tokens from row `first` on, as they are stored. What is
        read is not kept, as these tokens are needed once."""
        return part_of(self._table("tokens"), first, size, names)

    def by_layer(self, column: pa.ChunkedArray) -> NDArray[np.float32]:
        """A column of lists of tokens as `[token, layer]`; NaN where a token has no value."""
        values = np.full((len(column), self.info.model.n_layers), np.nan, np.float32)
        known = column.is_valid().to_numpy()
        given = pa.concat_arrays([chunk.flatten() for chunk in column.drop_null().chunks])
        values[known] = given.to_numpy(zero_copy_only=False).reshape(-1, values.shape[1])
        return values

    @cached_property
    def _table(self) -> Callable[[str], LazyTable]:
        """`_table(name)` is the table `name`, opened once, of which parts are read."""
        return cache(self.source.table)

    @cached_property
    def _evidence(self) -> pd.DataFrame:
        return self._frame_of("evidence")

    @cached_property
    def _effects(self) -> pd.DataFrame:
        return self._frame_of("effects")

    def _sampled(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Those of `rows` whose text belongs to the sample, and is no variant."""
        is_extra = self._evidence[EXTRA].fillna(False).astype(bool)
        if not is_extra.any() and self.independent.all():
            return rows
        extra = {*self._evidence.loc[is_extra, "text"], *np.flatnonzero(~self.independent)}
        sample: pd.DataFrame = rows[~rows["text"].isin(extra)].reset_index(drop=True)
        return sample

    def _frame_of(self, name: str) -> pd.DataFrame:
        return frame_of(self.source.table(name).select(TABLES[name].names))


def open_results(folder: Path) -> Results:
    """Open the results folder at `folder`. Where another run replaces it meanwhile, what is read
    from then on is refused.

    Raises:
        ResultsError: it is not a results folder, is damaged, or has a schema version that this
            version cannot read.
    """
    info, manifest = read_run(folder)
    return Results(info, FolderSource(folder, info, manifest))


def open_first_pass(folder: Path, info: RunInfo) -> Results:
    """The results in `folder` after the first pass: `info` says what was run, and the tables of
    evidence, which are not there yet, are empty."""
    return Results(info, FirstPassSource(folder, info, is_own=True))


def open_own(folder: Path, info: RunInfo) -> Results:
    """Open results that this process has just written to `folder`, without checking them."""
    return Results(info, FolderSource(folder, info, is_own=True))
