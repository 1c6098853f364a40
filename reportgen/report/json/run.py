"""A report as a JSON object: flat figures that scripts, dashboards and gates read,
then the details, nested, with names that depend on what was measured."""

from reportgen.comparison import Runs
from reportgen.findings import (
    Colouring,
    EditKind,
    Findings,
    HeadEffects,
    JointTokens,
    LastToken,
    ListedToken,
    ShapleyFigures,
    ShuffledFigures,
    SinkScores,
    SubjectFigures,
    TestFigures,
    TriedChange,
    TriedChanges,
    ViewFigures,
    WhatIf,
    gate_records,
    rounded,
    tried_changes,
)
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import (
    SHARED,
    Records,
    ends,
    errors_record,
    its_ends,
    record,
    shows,
    to_json,
)
from reportgen.report.options import WriteOptions
from reportgen.results import SUMMARY_VERSION, InputInfo, RunInfo


def write(runs: Runs, options: WriteOptions, output: Output | None = None) -> Document:
    """The summary as a document."""
    return Document(render(runs.findings, options).encode())


def render(findings: Findings, options: WriteOptions) -> str:
    """The summary as JSON, names in a fixed order, null for what is not defined.

    It is as `summary.schema.json`, which stands beside this file, says.
    """
    info = findings.info
    summary: dict[str, object] = {
        "schema_version": SUMMARY_VERSION,
        "reportgen_version": info.versions["reportgen"],
        "created": info.created,
        "title": options.title,
        "provenance": record(info, _RECORDS),
        "verdicts": _verdicts(findings),
        "quality": _quality(findings),
        "figures": findings.figures,
        "gates": gate_records(options.gates),
        "errors": errors_record(findings),
        **_what_if(findings),
        "evidence": _evidence(findings),
    }
    return to_json(summary)


def _what_if(findings: Findings) -> dict[str, object]:
    """What changed texts change, by kind of edit; nothing without changed texts."""
    what_if = findings.what_if
    if what_if is None:
        return {}
    tried = [record(lists, _RECORDS) for lists in tried_changes(findings)]
    return {"what_if": {**record(what_if, _RECORDS), **({"tried": tried} if tried else {})}}


def _quality(findings: Findings) -> dict[str, object] | None:
    """The figure that decides how good the model is; null without labels."""
    if findings.deciding is None:
        return None
    kind, value = findings.deciding
    return {"decided_by": kind.name, "figure": kind.of_run, "value": rounded(value)}


def _verdicts(findings: Findings) -> dict[str, dict[str, object]]:
    """What each special-token role is, by its key; `special` where the model has no such token."""
    effects = findings.sink_effects
    return {
        note.role or "special": {
            "verdict": note.verdict,
            "token": note.token,
            "layer": note.values.get("layer"),
            "effect": effect.kind if (effect := effects.get(str(note.role))) else None,
            "sink_heads": note.values.get("n_sink_heads"),
            "heads": note.values.get("n_heads"),
        }
        for note in findings.notes
        if note.is_verdict
    }


_RECORDS: Records = {
    **SHARED,
    RunInfo: shows(
        *("model=model.name", "model_source=model.source"),
        *("model_architecture=model.architecture", "model_weights_sha256=model.weights_sha256"),
        *("tokenizer=model.tokenizer", "dtype=model.dtype"),
        *("output_kind=output.kind", "output_name=output.name", "inputs"),
        ("versions", lambda info: dict(sorted(info.versions.items()))),
    ),
    InputInfo: shows("name", ("sha256", lambda item: item.sha256 or None)),
    JointTokens: shows("tokens", "target", "effect", only_known=True),
    ShapleyFigures: shows(
        *("effect", "colours", "n_exact", "error", "largest_error"), only_known=True
    ),
    LastToken: shows("mean=share", its_ends, "n_texts", "chance", "stands_out"),
    ListedToken: shows("mean=value", its_ends, "n_texts", "wrong_sign", "is_named"),
    ShuffledFigures: shows("agreement=shuffled", "whole", "difference"),
    Colouring: shows(
        *("view", "way", "missing", "n_views", "n_texts", "agreement", "rarity"),
        lambda colouring: colouring.judgement,
        only_known=True,
    ),
    # The shares are those of the strongest layer.
    SubjectFigures: shows(
        *("token=subject.token", "kind=subject.kind", "n_texts", "layer=strongest.layer"),
        *("share=strongest.share", "expected=strongest.expected", "tests"),
    ),
    WhatIf: shows(
        *("n_texts", ("n_changes", lambda what_if: len(what_if.changes)), "n_missing"),
        *("change_max", "flips", "kinds"),
    ),
    EditKind: shows("name", "n_texts", "sure=is_clear", "change", "size", "flips", "change_max"),
    TriedChanges: shows("target", "n_tried", "raises", "lowers"),
    TriedChange: shows("kind", "name", "change"),
    TestFigures: shows(
        "effect=effect.mean", "control=control.mean", "ratio", "n_texts=effect.n_texts"
    ),
    HeadEffects: shows("n_texts", "largest", "n_top", "named"),
    SinkScores: shows(
        *("layer", "n_texts", "alike", "lead", "key_size", "value_size", "key_cosine"),
        *("text_key_cosine=text_cosine", "heads"),
    ),
}


def _evidence(findings: Findings) -> dict[str, object]:
    """What was measured beside attention; names of what was not are left out."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return {"level": "none"}
    measures = {
        "level": evidence.level,
        "scalar": evidence.scalar,
        "target": evidence.target,
        "against": evidence.against,
        "n_texts": evidence.n_texts,
        "n_extra": evidence.n_extra or None,
        "interrupted": evidence.interrupted or None,
        "norms_error": evidence.norms_error,
        "withheld": dict(sorted(evidence.withheld.items())),
        "sinks": {figures.subject.key: figures for figures in findings.subjects},
        "sink_scores": _sink_scores(findings),
        "unread_scores": evidence.unread_scores,
        "yardstick": "effect" if findings.has_joint else "deletion",
        "joint": findings.joint_tokens,
        "colouring": findings.colouring,
        "agreement": _agreement(findings),
        "shuffled": findings.shuffled,
        "heads": findings.head_effects,
        "shapley": {"n_paid": evidence.n_yardstick} if evidence.n_yardstick is not None else {},
        "live_rows": findings.live_rows,
        "last_token": findings.tokens.last,
        "tokens": [] if findings.results.is_redacted else _tokens(findings),
        "mixing": findings.mixing,
        "mask_offset": findings.mask_offset,
        "deletion_offset": findings.deletion_offset,
    }
    made = record(measures, _RECORDS)
    # Of basic evidence `n_paid` says of how many texts its share of the work pays them.
    made["shapley"] |= record(findings.shapley, _RECORDS) or {}
    return {name: value for name, value in made.items() if value not in (None, {}, [])}


def _tokens(findings: Findings) -> list[dict[str, object]]:
    """The lists of tokens that change each explained figure; `doubtful` ones may be chance."""
    tokens = findings.tokens

    def listed(token: ListedToken) -> dict[str, object]:
        group = {"is_group": True} if token.label >= tokens.n_units else {}
        return {"token": tokens.labels[token.label], **group, **record(token, _RECORDS)}

    return [
        {
            "target": lists.target,
            "kind": kind,
            "n_texts": lists.n_texts,
            "n_sure": listing.n_sure,
            "n_doubtful": listing.n_doubtful,
            "sure": list(map(listed, listing.sure)),
            "doubtful": list(map(listed, listing.doubtful)),
        }
        for lists in findings.token_lists
        for kind, listing in lists.lists.items()
        if listing.n_sure or listing.n_doubtful
    ]


def _sink_scores(findings: Findings) -> dict[str, SinkScores]:
    """The scores of each sink, by its key, in the layer that its verdict names."""
    known = (
        (note.role, findings.sink_scores.get(note.role, {}).get(note.sink_layer))
        for note in findings.notes
        if note.sink_layer is not None and note.role is not None
    )
    return {role: scores for role, scores in known if scores is not None}


def _agreement(findings: Findings) -> dict[str, dict[str, dict[str, object]]]:
    """The agreement of each view with effects, by statistic; with what is judged of it."""
    by_view: dict[str, dict[str, dict[str, object]]] = {}
    for figures in findings.agreement:
        by_view.setdefault(figures.view, {})[figures.statistic] = _of_view(figures)
    for view, judged in findings.judgements.items():
        if by_size := findings.agreement_by_size.get(view):
            by_view[view][by_size.statistic] |= record(judged, SHARED)
    return by_view


def _of_view(figures: ViewFigures) -> dict[str, object]:
    if figures.stated is None:
        return {"mean": None, **ends(None), "n_texts": figures.estimate.n_texts}
    fields: dict[str, object] = record(figures.estimate, SHARED)
    return fields
