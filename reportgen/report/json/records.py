"""Parts of findings as they stand in JSON objects: names in a fixed order, null for None."""

from reportgen.findings.figures.flat import rounded
from reportgen.findings.findings import Findings
from reportgen.findings.judgement import Judgement
from reportgen.findings.outputs.calibration import Calibration
from reportgen.findings.outputs.where_wrong import LengthTrend, Subset
from reportgen.findings.statistics import Estimate, Interval


def estimate_record(estimate: Estimate) -> dict[str, object]:
    """A mean, both ends of its interval, and how many texts it is of."""
    return {
        "mean": rounded(estimate.mean),
        **ends(estimate.interval),
        "n_texts": estimate.n_texts,
    }


def ends(interval: Interval | None) -> dict[str, object]:
    """Both ends of an interval; null for None."""
    low, high = interval or (None, None)
    return {"low": rounded(low), "high": rounded(high)}


def errors_record(findings: Findings) -> dict[str, object] | None:
    """Where predictions are wrong, and whether their probabilities fit; null without right
    answers."""
    if findings.scored is None:
        return None
    where, slopes, chances = findings.where_wrong, findings.slopes, findings.calibration
    return {
        "measure": findings.scored.measure,
        "against_constant": findings.against_constant,
        "n_texts": where.n_texts if where else None,
        "n_compared": where.n_tried if where else None,
        "error": estimate_record(where.error) if where else None,
        "length": _length(where.trend) if where and where.trend else None,
        "parts": [_part(part) for part in where.parts] if where else [],
        "slope": slopes.verdict if slopes else None,
        "calibration": _calibration(chances) if chances else None,
    }


def _length(trend: LengthTrend) -> dict[str, object]:
    return {
        "correlation": estimate_record(trend.correlation),
        "shortest_third": estimate_record(trend.shortest),
        "longest_third": estimate_record(trend.longest),
        "p": rounded(trend.p),
        "sure": trend.is_sure,
    }


def _part(part: Subset) -> dict[str, object]:
    low, high = part.band or (None, None)
    return {
        "by": part.aspect,
        "name": part.name or None,
        "from": rounded(low),
        "to": rounded(high),
        "error": estimate_record(part.error),
        "elsewhere": estimate_record(part.rest),
        "difference": ends(part.difference),
        "p": rounded(part.p),
        "sure": part.is_sure,
    }


def _calibration(found: Calibration) -> dict[str, object]:
    return {
        "verdict": found.verdict,
        "n_predictions": found.n_items,
        "mean_probability": rounded(found.mean_chance),
        "right": rounded(found.right),
        "overconfidence": estimate_record(found.gap),
        "p": rounded(found.p),
        "error": estimate_record(found.error),
        "plain_error": rounded(found.plain_error),
        "error_by_chance": rounded(found.noise),
        "curve": [
            {
                "n_predictions": own.n_items,
                "probability": rounded(own.chance),
                "right": estimate_record(own.right),
            }
            for own in found.bins
        ],
    }


def judgement_record(judged: Judgement) -> dict[str, object]:
    """What an agreement says beyond the baselines; what is not known is left out."""
    said = {
        "verdict": judged.verdict,
        "baseline": judged.baseline,
        "over_baseline": estimate_record(judged.over) if judged.over else None,
    }
    return {name: value for name, value in said.items() if value is not None}
