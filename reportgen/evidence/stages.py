"""The stages of evidence that give a figure a token: each takes texts and fills them in."""

from collections.abc import Callable, Mapping, Sequence

from reportgen.attention.capture import Capture
from reportgen.attention.proof import Norms
from reportgen.evidence.alti import alti
from reportgen.evidence.collected import TextEvidence
from reportgen.evidence.deletion import deletion_effects, mask_effects, mask_offset
from reportgen.evidence.embeddings import Missing
from reportgen.evidence.gradients import text_gradients
from reportgen.evidence.integrated import integrated_gradients
from reportgen.evidence.jacobian import jacobian_norms
from reportgen.evidence.target import Explained, Explainer
from reportgen.info import Reason
from reportgen.progress import Stage

# Takes texts that have something to explain.
Measure = Callable[[Sequence[TextEvidence]], None]


class Stages:
    """What is measured on every text with evidence, in this order."""

    def __init__(
        self, explainer: Explainer, capture: Capture, norms: Norms | Reason, *, is_full: bool
    ) -> None:
        self.is_full = is_full
        self._explainer = explainer
        self._capture = capture
        self._norms = norms

    def views(self, spread: float) -> Mapping[Stage, Measure]:
        """Each stage with what does it; its view has its name.

        `spread` is the standard deviation of the scalar over texts.
        """
        stages: dict[Stage, Measure] = {"deletion": self._delete, "gradient": self._gradient}
        if self.is_full:
            stages["mask"] = self._mask
            stages["ig"] = lambda texts: self._integrate(texts, spread)
            stages["alti"] = self._alti
            if self._explainer.scalar == "cosine":
                stages["jacobian"] = self._jacobian
        return stages

    def _delete(self, texts: Sequence[TextEvidence]) -> None:
        all_found = deletion_effects(self._explainer, _explained(texts))
        for text, found in zip(texts, all_found, strict=True):
            text.put_units("deletion", found)

    def _gradient(self, texts: Sequence[TextEvidence]) -> None:
        all_found = text_gradients(self._explainer, self._capture, _explained(texts))
        for text, found in zip(texts, all_found, strict=True):
            if isinstance(found, Missing):
                text.miss("gradient", found)
                continue
            text.row["live_rows"] = found.live_rows
            text.row["n_rows"] = found.n_rows
            text.row["reads_cls_only"] = found.reads_cls_only
            if found.sizes is not None:
                text.put("gradient", found.sizes)
            if found.reason is not None:
                text.miss("gradient", Missing(found.reason))

    def _mask(self, texts: Sequence[TextEvidence]) -> None:
        all_found = mask_effects(self._explainer, _explained(texts))
        if isinstance(all_found, str):
            for text in texts:
                text.miss("mask", Missing(all_found))
            return
        for text, found in zip(texts, all_found, strict=True):
            text.put_units("mask", found)
            if not isinstance(found, str):
                text.row["mask_offset"] = mask_offset(found.effects)

    def _integrate(self, texts: Sequence[TextEvidence], spread: float) -> None:
        all_found = integrated_gradients(self._explainer, _explained(texts), spread)
        for text, found in zip(texts, all_found, strict=True):
            if isinstance(found, Missing):
                text.miss("ig", found)
                continue
            text.put("ig", found.scores)
            text.row["ig_steps"] = found.steps
            text.row["ig_error"] = found.error
            text.row["ig_complete"] = found.is_complete

    def _jacobian(self, texts: Sequence[TextEvidence]) -> None:
        _put("jacobian", texts, jacobian_norms(self._explainer, _explained(texts)))

    def _alti(self, texts: Sequence[TextEvidence]) -> None:
        found = alti(self._explainer, self._capture, self._norms, _explained(texts))
        _put("alti", texts, found)


def _explained(texts: Sequence[TextEvidence]) -> list[Explained]:
    return [text.explained for text in texts if text.explained is not None]


def _put(
    view: str, texts: Sequence[TextEvidence], all_found: Sequence[tuple[float, ...] | Missing]
) -> None:
    for text, found in zip(texts, all_found, strict=True):
        if isinstance(found, Missing):
            text.miss(view, found)
        else:
            text.put(view, found)
