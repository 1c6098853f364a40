"""Tags over all texts: entities, their fit with labels, and labels that do not fit."""

from pathlib import Path

import numpy as np
import pytest
from helpers.made_up.factories import changed
from helpers.made_up.tagged import tagged_results

from reportgen.api.closing_lines import _labels
from reportgen.findings import Findings, Tags
from reportgen.tasks import ENTITY_RECALL, spans

TEXTS = ("ab cd ef gh ij", "kl mn op qr st uv", "ab", "cd ef gh", "wx yz ab cd", "ef gh")


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O", []),
        ("B-PER I-PER O B-LOC", [("PER", 0, 1), ("LOC", 3, 3)]),
        ("B-PER B-PER", [("PER", 0, 0), ("PER", 1, 1)]),
        ("O I-PER I-PER", [("PER", 1, 2)]),
        ("B-PER I-LOC", [("PER", 0, 0), ("LOC", 1, 1)]),
        ("B-X I-X E-X I-X", [("X", 0, 2), ("X", 3, 3)]),
        ("S-X S-X", [("X", 0, 0), ("X", 1, 1)]),
        ("B-X L-X U-X O I-X", [("X", 0, 1), ("X", 2, 2), ("X", 4, 4)]),
        ("PER PER O LOC", [("PER", 0, 1), ("LOC", 3, 3)]),
        ("B_X I_X", [("X", 0, 1)]),
    ],
)
def test_entities_are_whole(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == found


def tags_of(folder: Path, *labels: object) -> tuple[Findings, Tags]:
    given = (*labels, *[None] * (len(TEXTS) - len(labels))) if labels else ()
    findings = Findings(tagged_results(folder, TEXTS, given))  # type: ignore[arg-type]
    assert findings.tags is not None
    return findings, findings.tags


def right_labels(folder: Path) -> list[list[str]]:
    return [own.split() for own in tagged_results(folder, TEXTS).texts["prediction_label"]]


def test_words_have_their_characters_and_their_tag(tmp_path: Path) -> None:
    findings, found = tags_of(tmp_path)
    for text, words in found.words.items():
        row = findings.texts.iloc[text]
        pieces = [row["text"][i : i + 2] for i in range(0, len(row["text"]), 2)]
        assert [word.name for word in words] == [p if p != "  " else "␣␣" for p in pieces]
        assert [word.probability for word in words] == pytest.approx(np.exp(row["scores"]))
        names = [findings.info.output.labels[word.tag] for word in words]
        assert names == list(row["score_names"])
        assert [(e.kind, *e.words) for e in found.entities[text]] == spans(names)
    assert found.n_words == sum(map(len, findings.texts["scores"]))
    assert not found.wrong
    assert findings.class_fit is None
    assert findings.label_use is None


def test_fit_equals_a_plain_count(tmp_path: Path) -> None:
    labels = right_labels(tmp_path / "right")
    random = np.random.default_rng(5)
    names = ("O", "B-PER", "I-PER", "B-LOC")
    given = [[n if random.random() < 0.6 else str(random.choice(names)) for n in o] for o in labels]
    findings, found = tags_of(tmp_path / "made", *given)
    flat = [[tag for own in side for tag in own] for side in (labels, given)]
    pairs = list(zip(*flat, strict=True))
    n_right = sum(own == label for own, label in pairs)
    assert findings.class_fit is not None
    assert findings.class_fit.counts.sum() == len(pairs)
    assert np.trace(findings.class_fit.counts) == n_right
    assert findings.fits.known("tag_accuracy").mean == pytest.approx(n_right / len(pairs))
    expected = [set(spans(own)) for own in given]
    predicted = [set(spans(own)) for own in labels]
    both = sum(len(a & b) for a, b in zip(expected, predicted, strict=True))
    n_expected, n_predicted = sum(map(len, expected)), sum(map(len, predicted))
    f1 = 2 * both / (n_expected + n_predicted)
    assert len(found.wrong) == len(pairs) - n_right
    figures = findings.figures
    assert figures["tag_accuracy"] == pytest.approx(
        findings.fits.known("tag_accuracy").mean, abs=1e-6
    )
    assert figures["entity_f1"] == pytest.approx(f1, abs=1e-6)
    assert figures["entity_precision"] == pytest.approx(both / n_predicted, abs=1e-6)
    assert figures["entity_recall"] == pytest.approx(both / n_expected, abs=1e-6)
    counts = np.array(
        [(len(a & b), len(b), len(a)) for a, b in zip(expected, predicted, strict=True) if a or b]
    )
    drawn = counts[np.random.default_rng(0).integers(0, len(counts), (5000, len(counts)))].sum(1)
    for name, column in (("entity_precision", 1), ("entity_recall", 2)):
        low, high = np.quantile(drawn[:, 0] / drawn[:, column], (0.025, 0.975))
        assert figures[f"{name}_low"] < figures[name] < figures[f"{name}_high"]
        assert figures[f"{name}_low"] == pytest.approx(low, abs=0.1)
        assert figures[f"{name}_high"] == pytest.approx(high, abs=0.1)
    assert findings.label_use is not None
    assert findings.label_use.n_used == len(TEXTS)


def test_numbers_of_tags_are_labels_too(tmp_path: Path) -> None:
    labels = right_labels(tmp_path / "right")
    places = {"O": "0", "B-PER": "1", "I-PER": "2", "B-LOC": "3"}
    numbers = [" ".join(places[tag] for tag in own) for own in labels]
    findings, found = tags_of(tmp_path / "made", *numbers)
    assert findings.label_use is not None
    assert findings.label_use.read_as == "number"
    assert findings.items["score"].eq(1).sum() == found.n_words


def test_a_label_of_another_length_is_named_and_not_used(tmp_path: Path) -> None:
    labels = right_labels(tmp_path / "right")
    findings, _ = tags_of(tmp_path / "made", labels[0], "O O", labels[2])
    assert findings.label_use is not None
    (misfit,) = findings.label_use.misfits
    n_words = len(labels[1])
    assert (misfit.text, misfit.n_labels, misfit.n_words) == (1, 2, n_words)
    assert findings.items["score"].notna().sum() == len(labels[0]) + len(labels[2])
    (line,) = _labels(findings)
    assert line == (
        f"1 of 3 labels not used: text '2' has 2 tags for {n_words} words; give a list with one "
        "tag for each word between spaces, or the words in a column units"
    )


def test_of_a_text_that_was_cut_the_first_labels_count(tmp_path: Path) -> None:
    made = tagged_results(tmp_path, TEXTS)
    texts = made.stored("texts").copy()
    texts["label"] = [own + " O O" for own in texts["prediction_label"]]
    texts["status"] = ["truncated", *texts["status"][1:]]
    findings = Findings(changed(made, texts=texts))
    assert findings.tags is not None
    assert findings.label_use is not None
    assert findings.items["score"].eq(1).sum() == len(findings.tags.words[0])
    assert findings.items["score"].notna().sum() == len(findings.tags.words[0])
    assert len(findings.label_use.misfits) == len(TEXTS) - 1


def test_labels_that_are_no_tags_are_left_out(tmp_path: Path) -> None:
    labels = right_labels(tmp_path / "right")
    findings, _ = tags_of(tmp_path / "made", ["B-MISC", "-100", *labels[0][2:]], labels[1])
    assert findings.label_use is not None
    assert findings.label_use.n_unknown == 1
    assert findings.items["score"].notna().sum() == len(labels[0]) - 2 + len(labels[1])
    expected = ENTITY_RECALL.sums(findings.items).parts[1].sum()
    assert expected == len(spans(labels[1]))
