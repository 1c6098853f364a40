"""Words and numbers of a language."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.report.language.language import LANGUAGES, Language
    from reportgen.report.language.numbers import (
        STYLES,
        about_percentage,
        correlation,
        decimals,
        difference,
        exact,
        fixed,
        in_column,
        number,
        percentage,
        rounded,
        times,
        token_percentage,
        written,
    )
    from reportgen.report.language.printable import half_widths, inert_page, segments, shorten
    from reportgen.report.language.remarks import remark
    from reportgen.report.language.sentences import (
        beside,
        citation,
        in_short,
        last_values,
        measure_names,
        scalar_name,
        spoken,
        subject_name,
        threshold,
        verdicts,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
