"""The README and the pages of `docs/`, and the examples that stand in them."""

import re
from collections.abc import Iterator, Mapping

from helpers.places import ROOT

README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
# The text of each page by its path from the top of the checkout.
PAGES: Mapping[str, str] = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in (README, *DOCS)
}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_IN_LINE = re.compile(r"`([^`\n]+)`")


def blocks(language: str, page: str | None = None) -> list[str]:
    """The code blocks in `language` of one page, or of all pages."""
    texts = PAGES.values() if page is None else [PAGES[page]]
    return [code for text in texts for name, code in _BLOCK.findall(text) if name == language]


def commands(page: str) -> Iterator[str]:
    """Every call of `reportgen` on a page, in a code block or in a line, each on one line."""
    text = PAGES[page]
    examples = [code.replace("\\\n", " ") for _, code in _BLOCK.findall(text)]
    examples += [code.replace(r"\|", "|") for code in _IN_LINE.findall(_BLOCK.sub("", text))]
    for example in examples:
        for line in example.splitlines():
            if found := re.search(r"\breportgen (run|analyze|render|compare|check) .+", line):
                is_groovy = line.lstrip().startswith("sh '")
                yield found[0].rstrip("'") if is_groovy else found[0]
