"""A report as a JSON object: flat figures that scripts, dashboards and gates read,
then the details, nested, with names that depend on what was measured."""

import json
from dataclasses import asdict

from reportgen.findings.colouring import Colouring
from reportgen.findings.evidence import ViewFigures
from reportgen.findings.figures.flat import rounded
from reportgen.findings.figures.gates import gate_records
from reportgen.findings.findings import Findings
from reportgen.findings.shapley import ShapleyFigures
from reportgen.findings.sinks.sink_scores import SinkScores
from reportgen.findings.sinks.sink_test_figures import SubjectFigures
from reportgen.findings.statistics import Estimate
from reportgen.findings.tokens.figures import CorpusTokens
from reportgen.findings.tokens.joint import JointTokens
from reportgen.findings.tokens.last_token import LastToken
from reportgen.findings.tokens.lists import ListedToken
from reportgen.report.format_register import Document, Output
from reportgen.report.json.records import errors_record, estimate_record, judgement_record
from reportgen.report.options import RenderOptions
from reportgen.results.info import SUMMARY_VERSION, RunInfo


def write_report(findings: Findings, options: RenderOptions, output: Output) -> Document:
    """The summary as a document."""
    return Document(render(findings, options).encode())


def render(findings: Findings, options: RenderOptions) -> str:
    """The summary as JSON, names in a fixed order, null for what is not defined.

    It is as `summary.schema.json`, which stands beside this file, says.
    """
    info = findings.info
    summary: dict[str, object] = {
        "schema_version": SUMMARY_VERSION,
        "reportgen_version": info.versions["reportgen"],
        "created": info.created,
        "title": options.title,
        "provenance": _provenance(info),
        "verdicts": _verdicts(findings),
        "quality": _quality(findings),
        "figures": findings.figures,
        "gates": gate_records(options.gates),
        "errors": errors_record(findings),
        "evidence": _evidence(findings),
    }
    return to_json(summary)


def to_json(record: object) -> str:
    """A record as JSON in which a CI log takes no string as a command (see `printable`)."""
    text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"


def _provenance(info: RunInfo) -> dict[str, object]:
    """Which model, which texts and what measured them; strings alone."""
    model, output = info.model, info.output
    return {
        "model": model.name,
        "model_source": model.source,
        "model_architecture": model.architecture,
        "model_weights_sha256": model.weights_sha256,
        "tokenizer": model.tokenizer,
        "dtype": model.dtype,
        "output_kind": output.kind,
        "output_name": output.name,
        "inputs": [{"name": item.name, "sha256": item.sha256 or None} for item in info.inputs],
        "versions": dict(sorted(info.versions.items())),
    }


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
            "effect": own.kind if (own := effects.get(str(note.role))) else None,
            "sink_heads": note.values.get("n_sink_heads"),
            "heads": note.values.get("n_heads"),
        }
        for note in findings.notes
        if note.is_verdict
    }


def _evidence(findings: Findings) -> dict[str, object]:
    """What was measured beside attention; names of what was not are left out."""
    evidence = findings.info.evidence
    if evidence.level == "none":
        return {"level": "none"}
    live = findings.live_rows
    estimates = {
        "mixing": findings.mixing,
        "rollout_special_share": findings.rollout_share,
        "mask_offset": findings.mask_offset,
        "deletion_offset": findings.deletion_offset,
    }
    agreement: dict[str, dict[str, dict[str, object]]] = {}
    for figures in findings.agreement:
        agreement.setdefault(figures.view, {})[figures.statistic] = _agreement(figures)
    for view, judged in findings.judgements.items():
        if by_size := findings.agreement_by_size.get(view):
            agreement[view][by_size.statistic] |= judgement_record(judged)
    said: dict[str, object] = {
        "level": evidence.level,
        "scalar": evidence.scalar,
        "target": evidence.target,
        "against": evidence.against,
        "n_texts": evidence.n_texts,
        "n_extra": evidence.n_extra or None,
        "interrupted": evidence.interrupted or None,
        "norms_error": rounded(evidence.norms_error),
        "withheld": dict(sorted(evidence.withheld.items())),
        "sinks": {figures.subject.key: _sink(figures) for figures in findings.subjects},
        "sink_scores": _sink_scores(findings),
        "unread_scores": evidence.unread_scores,
        "yardstick": "effect" if findings.has_joint else "deletion",
        "joint": [_joint(found) for found in findings.joint_tokens],
        "colouring": _colouring(findings.colouring),
        "agreement": agreement,
        "shuffled": {
            view: {
                "agreement": estimate_record(own.shuffled),
                "whole": estimate_record(own.whole),
                "difference": estimate_record(own.difference),
            }
            for view, own in findings.shuffled.items()
        },
        "shapley": _shapley(findings.shapley, evidence.n_yardstick),
        "live_rows": asdict(live) if live else None,
        "last_token": _last_token(findings.tokens.last),
        "tokens": [] if findings.results.is_redacted else _tokens(findings),
        **{name: estimate_record(estimate) for name, estimate in estimates.items() if estimate},
    }
    return {name: value for name, value in said.items() if value not in (None, {}, [])}


def _joint(found: JointTokens) -> dict[str, object]:
    """Tokens that say the same, and what leaving out all of them changes."""
    target = {} if found.target is None else {"target": found.target}
    return {"tokens": found.tokens, **target, "effect": estimate_record(found.effect)}


def _shapley(figures: ShapleyFigures | None, n_paid: int | None) -> dict[str, object]:
    """Agreement with Shapley values, and how exact these are; what is not known is left out.

    Of basic evidence `n_paid` says of how many texts its share of the work pays them.
    """
    if figures is None:
        return {} if n_paid is None else {"n_paid": n_paid}
    said = {
        "n_paid": n_paid,
        "effect": estimate_record(figures.effect),
        "colours": estimate_record(figures.colours) if figures.colours else None,
        "n_exact": figures.n_exact,
        "error": rounded(figures.error),
        "largest_error": rounded(figures.largest_error),
    }
    return {name: value for name, value in said.items() if value is not None}


def _last_token(last: LastToken | None) -> dict[str, object] | None:
    """In how many texts of a causal model the last token is the strongest."""
    if last is None:
        return None
    share = Estimate(last.share, last.interval, last.n_texts)
    chance = rounded(last.chance)
    return {**estimate_record(share), "chance": chance, "stands_out": last.stands_out}


def _tokens(findings: Findings) -> list[dict[str, object]]:
    """The lists of tokens that change each explained figure; `doubtful` ones may be chance."""
    return [
        {
            "target": own.target,
            "kind": kind,
            "n_texts": own.n_texts,
            "n_sure": listing.n_sure,
            "n_doubtful": listing.n_doubtful,
            "sure": [_token(token, findings.tokens) for token in listing.sure],
            "doubtful": [_token(token, findings.tokens) for token in listing.doubtful],
        }
        for own in findings.token_lists
        for kind, listing in own.lists.items()
        if listing.n_sure or listing.n_doubtful
    ]


def _token(token: ListedToken, tokens: CorpusTokens) -> dict[str, object]:
    is_group = token.label >= tokens.n_units
    return {
        "token": tokens.labels[token.label],
        **({"is_group": True} if is_group else {}),
        **estimate_record(Estimate(token.value, token.interval, token.n_texts)),
        "wrong_sign": rounded(token.wrong_sign),
        "is_named": token.is_named,
    }


def _colouring(colouring: Colouring) -> dict[str, object]:
    """What colours the texts first, and why; what is not known is left out."""
    agreement, rarity = colouring.agreement, colouring.rarity
    said = {
        "view": colouring.view,
        "way": colouring.way,
        "missing": colouring.missing,
        "ahead_of": colouring.ahead_of,
        "n_views": colouring.n_views,
        "n_texts": colouring.n_texts,
        "agreement": estimate_record(agreement) if agreement else None,
        "rarity": estimate_record(rarity) if rarity else None,
        **(judgement_record(colouring.judgement) if colouring.judgement else {}),
    }
    return {name: value for name, value in said.items() if value is not None}


def _sink(figures: SubjectFigures) -> dict[str, object]:
    """What was found of one token; its shares are those of its strongest layer."""
    strongest, swapped = figures.strongest, figures.share_swapped
    return {
        "token": figures.subject.token,
        "kind": figures.subject.kind,
        "n_texts": figures.n_texts,
        "layer": strongest.layer,
        "share": estimate_record(strongest.share),
        "expected": rounded(strongest.expected),
        "share_swapped": estimate_record(swapped) if swapped else None,
        "tests": {
            test: {
                "effect": rounded(found.effect.mean),
                "control": rounded(found.control.mean),
                "ratio": estimate_record(found.ratio) if found.ratio else None,
                "n_texts": found.effect.n_texts,
            }
            for test, found in figures.tests.items()
        },
    }


def _sink_scores(findings: Findings) -> dict[str, dict[str, object]]:
    """The scores of each sink, by its key, in the layer that its verdict names."""
    found = {}
    for note in findings.notes:
        layer = note.sink_layer
        if layer is None or note.role is None:
            continue
        own = findings.sink_scores.get(note.role, {}).get(layer)
        if own is not None:
            found[note.role] = _scores(own)
    return found


def _scores(own: SinkScores) -> dict[str, object]:
    vectors = {
        "key_size": own.key_size,
        "value_size": own.value_size,
        "key_cosine": own.key_cosine,
        "text_key_cosine": own.text_cosine,
    }
    return {
        "layer": own.layer,
        "n_texts": own.n_texts,
        "alike": estimate_record(own.alike),
        "lead": estimate_record(own.lead),
        **{name: found and estimate_record(found) for name, found in vectors.items()},
        "heads": [
            {
                "head": head.head,
                "share": rounded(head.share),
                "lead": rounded(head.lead),
                "alike": rounded(head.alike),
            }
            for head in own.heads
        ],
    }


def _agreement(figures: ViewFigures) -> dict[str, object]:
    said = estimate_record(figures.estimate)
    if figures.stated is None:
        return {"mean": None, "low": None, "high": None, "n_texts": figures.estimate.n_texts}
    if figures.over_rarity:
        said["over_rarity"] = estimate_record(figures.over_rarity)
    if figures.beats_random is not None:
        said["beats_random"] = figures.beats_random
    return said
