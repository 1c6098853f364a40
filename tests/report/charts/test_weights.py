"""Weights in words."""

from reportgen.report import load_language
from reportgen.report.charts import Weights

EN = load_language("en")


def test_weights_are_shares_or_sums():
    mean, total = Weights(EN, "mean", 4), Weights(EN, "sum", 4)
    assert (mean.show(0.125), mean.bare(0.125), mean.unit) == ("12.5\u00a0%", "12.50", " (%)")
    assert (total.show(0.125), total.bare(0.125), total.unit) == (
        *("0.50", "0.500"),
        " (sum of heads)",
    )
    assert (mean.mode, total.mode) == ("mean over 4 heads", "sum over 4 heads")
    assert (mean.rough(0.1254), total.rough(0.1254)) == ("13\u00a0%", "0.50")
    assert (mean.about(0.1254), total.about(0.1254)) == ("≈ 13\u00a0%", "≈ 0.50")


def test_of_one_head_there_is_no_mean():
    for lang, said in (("en", "the only head"), ("ja", "唯一のヘッド")):
        language = load_language(lang)
        assert [Weights(language, kind, 1).mode for kind in ("mean", "sum")] == [said, said]
