"""Made-up results with right answers whose errors are as they are wanted."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from helpers.made_up.factories import changed, make_results
from reportgen.findings import Findings

_TEXTS = tuple(f"text {i}" + " and more" * (i % 6) for i in range(48))
_SHORT = np.arange(48) % 6 < 2
_LONG = np.arange(48) % 6 > 3
_GROUPS = np.array(["a", "b", "c"])[np.arange(48) // 16]
_SIXTHS = np.array(list("abcdef"))[np.arange(48) // 8]


def numbers_with_labels(folder: Path) -> Iterator[Findings]:
    """Numbers with errors that grow or shrink with length, are larger or smaller in a group, or
    lie nowhere; from predictions that are squeezed, spread, or have nothing to do with answers."""
    made = make_results(folder, _TEXTS, n_layers=1, n_heads=1, keep=0)
    random = np.random.default_rng(0)
    known, rest, other = random.normal(size=(3, 48))
    nowhere = np.ones(48)
    shapes = {
        "nowhere": nowhere,
        "long": np.where(_LONG, 5.0, np.where(_SHORT, 0.2, 1.0)),
        "short": np.where(_SHORT, 5.0, np.where(_LONG, 0.2, 1.0)),
        "worse": np.where(_GROUPS == "c", 6.0, 1.0),
        "better": np.where(_SIXTHS == "f", 0.02, 1.0),
    }
    pairs = [(known, known + 0.3 * rest * size) for size in shapes.values()]
    # The same size of error everywhere, whatever the answer is.
    pairs += [(known, known + 0.3 * np.where(rest > 0, 1.01, -1.0))]
    pairs += [(times * known, known + rest) for times in (0.2, 1.0, 3.0)]
    pairs += [(other, known), (0.05 * other, known), (known.mean() + 3 + other, known)]
    for i, (predictions, labels) in enumerate(pairs):
        texts = made.texts.assign(
            prediction=predictions,
            label=[f"{value:.6f}" for value in labels],
            label_value=labels,
            group=_SIXTHS if i == 4 else _GROUPS,
        )
        yield Findings(changed(made, texts=texts))


def classes_with_labels(folder: Path) -> Iterator[Findings]:
    """Classes that are right at some rates, with probabilities from low to high."""
    made = make_results(folder, _TEXTS, kind="class", n_layers=1, n_heads=1, keep=0)
    names = np.array(made.info.output.labels)
    random = np.random.default_rng(1)
    for rate, lead, rare in (
        (0.9, 2.2, 2),
        (0.6, 5.0, 2),
        (0.95, 0.2, 2),
        (0.2, 1.0, 2),
        (0.6, 1.0, 5),
    ):
        labels = (np.arange(48) % rare == 0) * 1
        predicted = np.where(random.random(48) < rate, labels, 1 - labels)
        yield _classes(made, names[labels], names[predicted], np.full(48, lead))
    # Right on average, but surer where it is wrong.
    labels = np.arange(48) % 2
    wrong = np.arange(48) % 4 == 0
    leads = np.where(wrong, 4.0, np.where(np.arange(48) % 4 == 1, 4.0, 0.05))
    yield _classes(made, names[labels], names[np.where(wrong, 1 - labels, labels)], leads)


def _classes(made, labels, predicted, leads) -> Findings:  # type: ignore[no-untyped-def]
    names = list(made.info.output.labels)
    scores = [
        [float(lead) if name == own else 0.0 for name in names]
        for own, lead in zip(predicted, leads, strict=True)
    ]
    texts = made.texts.assign(label=labels, prediction_label=predicted, scores=scores)
    return Findings(changed(made, texts=texts))
