"""What is worth a sentence: verdicts on sinks and on trust, with their thresholds."""

from typing import TYPE_CHECKING

from reportgen.lazy_imports import exported

if TYPE_CHECKING:
    from reportgen.findings.notes.citations import (
        ALI,
        BRUNNER,
        DARCET,
        GU,
        GUO,
        HASE,
        KOBAYASHI_2021,
        KOVALEVA,
        SUN,
    )
    from reportgen.findings.notes.missing import (
        constant_notes,
        copies_notes,
        missing_notes,
        missing_text_notes,
    )
    from reportgen.findings.notes.note import about
    from reportgen.findings.notes.note_register import subject_notes
    from reportgen.findings.notes.sink_causes import (
        massive_note,
        score_case,
        score_id,
        score_note,
        why_note,
    )
    from reportgen.findings.notes.sinks import sink_effects, sink_test_note, value_note
    from reportgen.findings.notes.spread import mixing_notes
    from reportgen.findings.notes.thresholds import (
        ALIKE_LITTLE,
        ALIKE_MOST,
        TRUST_LARGELY,
        TRUST_PARTLY,
        certain,
    )
    from reportgen.findings.notes.trust import (
        deletion_offset_note,
        incomplete_note,
        incomplete_text_note,
        offset_note,
        trust_notes,
        unconserved_note,
        unconserved_text_note,
    )
    from reportgen.findings.sinks.sink_verdicts import (
        VERDICTS,
        caution_notes,
        subject_verdict,
        verdict,
        with_heads,
    )
else:
    __getattr__, __dir__, __all__ = exported(__name__, __file__)
