"""Lines on what a run did: texts and tokens, what was left out, labels that are not used, and the
verdict on attention sinks."""

from collections.abc import Sequence
from dataclasses import asdict

from reportgen.errors import counted
from reportgen.findings import Findings
from reportgen.report import Lang, headline, load_language
from reportgen.results import Results
from reportgen.tasks import task_of

_IDS, _ID = 5, 40  # ids that are named, and characters of one
_COUNTED = {
    "truncated": "cut to the longest text that the model is given",
    "empty": "empty, not analysed",
    "failed": "failed; the report says why",
}


def account_of(
    findings: Findings,
    lang: Lang = "en",
    *,
    reduced: Sequence[str] = (),
    seconds: float | None = None,
    verbose: bool = False,
) -> list[str]:
    """Lines about what was analysed, in how many `seconds`, what was left out, and the verdict on
    attention sinks; among them those in `reduced`, on what outputs lack. The last one is in the
    language `lang`."""
    results = findings.results
    took = "" if seconds is None else f", {seconds:.1f} seconds"
    lines = [f"{counted(findings.n_texts, 'text')}, {findings.n_tokens:,} tokens{took}"]
    lines += [
        f"{counted(count, 'text')} {words}: {_ids(results, name)}"
        for name, words in _COUNTED.items()
        if (count := findings.n_by_status[name])
    ]
    if verbose:
        failed = results.texts[results.texts["status"] == "failed"]
        lines += [
            f"text {row.text_id} ({row.source}): {row.message}" for row in failed.itertuples()
        ]
        lines += [f"{name} {version}" for name, version in results.info.versions.items()]
        lines += [f"{name} {value}" for name, value in asdict(results.info.checks).items()]
    lines += _labels(findings)
    lines += _maps_left_out(results)
    lines += results.info.remarks
    lines += reduced
    if results.info.model.source == "demo":
        lines.append("Bundled demonstration model: its score is made up; give yours with --model")
    lines.append(headline(findings.notes, results.info.model.name, load_language(lang)))
    return lines


def _ids(results: Results, status: str) -> str:
    """The ids of the first texts with a status, and how many more there are."""
    ids = [str(id) for id in results.texts["text_id"][results.texts["status"] == status]]
    shown = [id if len(id) <= _ID else f"{id[: _ID - 1]}…" for id in ids[:_IDS]]
    more = f" and {len(ids) - _IDS:,} more" if len(ids) > _IDS else ""
    return f"id {', '.join(shown)}{more}"


def _labels(findings: Findings) -> list[str]:
    """Lines about labels that are not used, or not read to the letter."""
    use, task = findings.label_use, task_of(findings.info.output)
    if use is None or task.labels is None:
        has_labels = findings.texts["label"].notna() & findings.analysed
        if not task.returns or not has_labels.any():
            return []
        return [f"labels are not compared with anything: the model's output is {task.returns}"]
    lines = []
    if use.misfits:
        misfit, part = use.misfits[0], task.labels.part
        text = str(findings.texts["text_id"].iloc[misfit.text])
        lines.append(
            f"{use.n_labelled - use.n_used:,} of {use.n_labelled:,} labels not used: text {text!r} "
            f"has {counted(misfit.n_labels, part)} for "
            f"{counted(misfit.n_words, 'word')}; give a list with "
            f"one {part} for each word between spaces, or the words in a column units"
        )
    if use.unused is not None:
        n, label = use.n_labelled - use.n_used, use.unused
        first = label if len(label) <= _ID else f"{label[: _ID - 1]}…"
        why = task.labels.misread(label, findings.info.output, use.read_as if use.n_used else None)
        lines.append(f"{n:,} of {use.n_labelled:,} labels not used: {first!r} is {why}")
    if use.n_percent:
        lines.append(f"{counted(use.n_percent, 'label')} with a percent sign: 2.1% is read as 2.1")
    if use.n_folded:
        lines.append(f"{counted(use.n_folded, 'label')} matched without regard to case and spaces")
    return lines


def _maps_left_out(results: Results) -> list[str]:
    """A line if --keep-maps all could not keep the maps of all texts."""
    kept = results.info.settings.maps_kept
    n_analysed = int((results.texts["n_tokens"] > 0).sum())
    is_asked = results.info.settings.keep_maps != "all" or results.is_redacted
    if is_asked or kept == n_analysed:
        return []
    return [
        f"Attention maps kept of the first {counted(kept, 'text')}, as many as fit in 2 GB; "
        f"--keep-maps {n_analysed} keeps all"
    ]
