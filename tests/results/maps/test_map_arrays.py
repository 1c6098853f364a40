"""Attention maps as arrays, and every column of tokens.csv in Python."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up.factories import make_results

from reportgen import Report
from reportgen.comparison import Runs
from reportgen.errors import UsageError
from reportgen.findings import Findings
from reportgen.report import RenderOptions
from reportgen.report.format_register import output_at
from reportgen.report.maps_npz import write
from reportgen.report.spreadsheets import TOKEN_COLUMNS, to_csv
from reportgen.results import MAX_ERROR, Results

TEXTS = ("abcdefgh", "", "xyz", "ij kl mn op")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("results")
    ids = ("R051", "R052", "R053", "R054")
    options = {"n_layers": 3, "n_heads": 2, "ids": ids, "keep": 2, "evidence": "full"}
    return make_results(folder, TEXTS, **options)


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    return Report(results)


def npz(results: Results) -> bytes:
    return write(Runs(Findings(results)), RenderOptions(), output_at("maps.npz")).content


class TestMaps:
    def test_shapes_follow_what_is_asked_for(self, report: Report) -> None:
        n = len(report.maps("R051").tokens)
        assert report.maps("R051").values.shape == (n, n)
        assert report.maps("R051", layer=None).values.shape == (3, n, n)
        assert report.maps("R051", head=None).values.shape == (2, n, n)
        assert report.maps("R051", None, None).values.shape == (3, 2, n, n)
        assert report.maps("R051").tokens[0] == "[CLS]"
        assert report.maps("R051").text_id == "R051"

    def test_layers_and_heads_count_from_one_and_from_the_last(self, report: Report) -> None:
        whole = report.maps("R053", None, None).values
        for layer in (1, 2, 3):
            for head in (1, 2):
                own = report.maps("R053", layer, head).values
                assert np.array_equal(own, whole[layer - 1, head - 1])
                assert np.array_equal(own, report.maps("R053", layer - 4, head - 3).values)
            mean = report.maps("R053", layer).values
            np.testing.assert_allclose(mean, whole[layer - 1].mean(axis=0), atol=1e-7)

    def test_rows_look_at_columns(self, report: Report, results: Results) -> None:
        """The mean of a column is the attention received in tokens.csv."""
        own = report.tokens[report.tokens["text_id"] == "R051"]
        received = report.maps("R051").values.mean(axis=0)
        np.testing.assert_allclose(received, own["received_last"], atol=MAX_ERROR)
        np.testing.assert_allclose(report.maps("R051").values.sum(axis=1), 1, atol=0.02)

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            (("x",), "no text has the id 'x'; ids are 'R051', 'R052', 'R053', ...$"),
            (("R051", 0), "layer=0: layers are 1 to 3, or -1 to -3 from the last$"),
            (("R051", 4), "layer=4: layers are 1 to 3"),
            (("R051", -1, 3), "head=3: heads are 1 to 2"),
            (("R051", "last"), "layer='last': give a number from 1 to 3, or None for all$"),
            (
                ("R051", -1, "sum"),
                "head='sum': give a number from 1 to 2, \"mean\", or None for all",
            ),
            (("R051", True), "layer=True: give a number"),
            (("R052",), r"text 'R052': has no maps, as it was not analysed \(empty\)$"),
            (("R054",), "text 'R054': its maps were not kept; analyse with --keep-maps all$"),
        ],
    )
    def test_what_is_not_there_is_told_in_one_line(
        self, report: Report, asked: tuple[object, ...], said: str
    ) -> None:
        with pytest.raises(UsageError, match=said) as caught:
            report.maps(*asked)
        assert len(str(caught.value).splitlines()) == 1


class TestTheFile:
    def test_it_has_the_maps_and_tokens_of_every_text_that_kept_them(
        self, report: Report, results: Results
    ) -> None:
        found = np.load(io.BytesIO(npz(results)), allow_pickle=False)
        assert found["ids"].tolist() == ["R051", "R053"]
        assert len(found.files) == 5
        for number, text_id in enumerate(found["ids"], 1):
            expected = report.maps(text_id, None, None)
            assert np.array_equal(found[f"maps_{number}"], expected.values)
            assert tuple(found[f"tokens_{number}"].tolist()) == expected.tokens

    def test_the_same_results_give_the_same_bytes(self, results: Results) -> None:
        assert npz(results) == npz(results)

    def test_without_maps_it_is_not_written(self, tmp_path: Path) -> None:
        report = Report(make_results(tmp_path / "r", TEXTS, keep=0))
        with pytest.raises(UsageError, match=r"maps\.npz: no text kept its maps; analyse with"):
            report.save(tmp_path / "maps.npz")
        assert not (tmp_path / "maps.npz").exists()


class TestTokens:
    def test_they_are_those_of_the_file(
        self, report: Report, results: Results, tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens.csv"
        report.save(path)
        assert path.read_bytes() == to_csv(report.tokens)
        names = pd.read_csv(path).columns.tolist()
        assert set(TOKEN_COLUMNS) < set(names)
        assert names == report.tokens.columns.tolist()
        assert to_csv(results.tokens[names].astype(report.tokens.dtypes)) == path.read_bytes()

    def test_rows_are_those_of_the_results(self, results: Results) -> None:
        for text, text_id in enumerate(results.texts["text_id"]):
            own = results.tokens[results.tokens["text_id"] == text_id]
            stored = results.tokens_of(text)
            assert own["token"].tolist() == stored["token"].tolist()
            effects = results.effects_of(text)
            if effects is not None:
                assert own["deletion"].tolist() == pytest.approx(
                    effects["deletion"].tolist(), nan_ok=True
                )
