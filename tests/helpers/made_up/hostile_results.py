"""Results in which every string that is not the project's own tries to be more than a string."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from helpers.made_up.factories import changed, make_results
from reportgen.results import OutputKind, Results, Role, Subject

STRINGS = (
    "</script><script>window.bad=1</script>",
    "<img src=x onerror=window.bad=1>",
    "<img src=https://e.vil/x.png>",
    '"><svg/onload=window.bad=1>',
    "' onmouseover='window.bad=1",
    '" autofocus onfocus="window.bad=1" x="',
    "</title></style></textarea><script>window.bad=1</script>",
    "<iframe srcdoc='<script>parent.bad=1</script>'>",
    "<base href=https://e.vil/><link rel=stylesheet href=https://e.vil/x.css>",
    "<style>@import url(https://e.vil/x.css);*{background:url(https://e.vil/y)}</style>",
    "javascript:window.bad=1",
    "[x](javascript:window.bad=1) ![y](https://e.vil/y.png)",
    "<https://e.vil> [[x]] [[x|y]]",
    "[x]: https://e.vil\n\n[x]",
    "--><script>window.bad=1</script><!--",
    "]]><script>window.bad=1</script><![CDATA[",
    "${window.bad=1} {{window.bad=1}} {% raw %}`${window.bad=1}`",
    "'-(window.bad=1)-'",
    '\\"};window.bad=1;//',
    "\\u003cscript\\u003ewindow.bad=1\\u003c/script\\u003e",
    "&lt;script&gt;window.bad=1&lt;/script&gt; &#60;b&#62;",
    "<a href='javascript:window.bad=1' ping=https://e.vil>x</a>",
    '=HYPERLINK("https://e.vil";1)',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "＝1+1",
    "<math><mtext><mglyph><style><img src=x onerror=window.bad=1>",
    "<details open ontoggle=window.bad=1>\u2028<p style='x:expression(1)'>",
    "a\x00b\u202ec\ud83d".encode("utf-8", "backslashreplace").decode(),
)
PLAIN = tuple(f"plain {i}" for i in range(len(STRINGS)))


def with_strings(folder: Path, kind: OutputKind, strings: tuple[str, ...], at: int) -> Results:
    """Results whose free strings are `strings` in turn, the first of them number `at`."""
    from_here = [*strings[at % len(strings) :], *strings[: at % len(strings)]]
    given = iter(from_here * 4)
    texts = tuple(f"{text}{i}" for i, text in enumerate(from_here[:7]))
    made = make_results(
        folder, texts, kind=kind, evidence="full", sink=0.5, failed=(6,), n_layers=2, n_heads=1
    )
    info = made.info
    roles = tuple(Role(role.key, next(given)) for role in info.roles)
    subjects = tuple(
        replace(subject, token=next(given))
        if subject.kind == "role"
        else Subject(subject.key, next(given), subject.kind)
        for subject in info.evidence.subjects
    )
    labels = tuple(f"{next(given)}{i}" for i in range(len(info.output.labels)))
    renamed = dict(zip(info.output.labels, labels, strict=True))
    info = replace(
        info,
        model=replace(
            info.model,
            name=next(given), architecture=next(given), encoder=next(given),
            tokenizer=next(given), dtype=next(given),
        ),
        output=replace(info.output, name=next(given), labels=labels),
        roles=roles,
        inputs=(replace(info.inputs[0], name=next(given)),),
        settings=replace(info.settings, options={"text-column": next(given)}),
        versions={**info.versions, "torch": next(given)},
        remarks=(next(given), next(given)),
        evidence=replace(info.evidence, subjects=subjects),
    )  # fmt: skip
    n = len(texts)
    table = made.texts.assign(
        text_id=[f"{next(given)}{i}" for i in range(n)],
        source=[next(given) for _ in range(n)],
        label=[next(given) for _ in range(n)],
        group=[next(given) for _ in range(n)],
        message=[""] * (n - 1) + [next(given)],
        prediction_label=made.texts["prediction_label"].map(
            lambda name: renamed.get(name, next(given)), na_action="ignore"
        ),
    )
    tokens = made.tokens.copy()
    names = pd.Series([from_here[i % len(from_here)] for i in range(len(tokens))])
    tokens["token"] = names.to_numpy()
    return replace(changed(made, texts=table, tokens=tokens), info=info)
