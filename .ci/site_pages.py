"""Pages of the documentation's site that lie outside `docs/`, for MkDocs: README, changelog,
security, the card of the bundled models, and files that pages link to."""

import os
import re
from os.path import normpath
from pathlib import Path, PurePosixPath
from posixpath import relpath
from typing import Any
from urllib.parse import urlsplit

from mkdocs.structure.files import File, Files

from reportgen.api.own_source import own_address

ROOT = Path(__file__).parents[1]
# Pages by their path from the top of the checkout, and as they are called on the site.
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
    "reportgen/demo/README.md": "bundled.md",
}
# Code, which stays as it is, or a link: a mark of a picture, label, path and anchor.
_PART = re.compile(
    r"^```.*?^```$"
    r"|(?P<picture>!?)\[(?P<label>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<path>[^)\s#]+)(?P<anchor>[^)\s]*)\)"
    r"|`[^`\n]+`",
    re.DOTALL | re.MULTILINE,
)
# The line of links between pages below a title, which the site has in its head.
_LINKS_ABOVE = re.compile(r"\A(# .+\n\n)\[README\].*\n\n", re.MULTILINE)


def on_config(config: Any) -> Any:
    """Give headings the anchors that they have on GitHub, which pages link to, and link to the
    repository where it is known."""
    config.mdx_configs["toc"]["slugify"] = _anchor
    config.repo_url = config.repo_url or _repository()
    return config


def _repository() -> str | None:
    """The address of the repository: of the one whose job this is, or of the checkout's remote."""
    name = os.environ.get("GITHUB_REPOSITORY")
    if name:
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}"
    return own_address()


def _anchor(heading: str, _: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages outside `docs/`, and what any page links to there."""
    sources = {f"docs/{file.src_uri}": file for file in files.documentation_pages()}
    texts = {source: file.content_string for source, file in sources.items()}
    texts |= {source: (ROOT / source).read_text("utf-8") for source in OUTSIDE}
    for source, name in OUTSIDE.items():
        files.append(File.generated(config, name, content=texts[source]))
    linked = {target for source, text in texts.items() for target in _targets(source, text)}
    for target in sorted(linked - set(texts)):
        if not target.startswith("docs/") and (ROOT / target).is_file():
            files.append(File.generated(config, target, abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """The text of a page with its links as they lead on the site, and with the name of the
    repository in its recipes."""
    names = {name: source for source, name in OUTSIDE.items()}
    source = names.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    text = _LINKS_ABOVE.sub(r"\1", markdown)
    if config.repo_url:
        text = text.replace("https://github.com/OWNER/reportgen", config.repo_url)
        text = text.replace("OWNER/reportgen", urlsplit(config.repo_url).path.strip("/"))
    return _PART.sub(lambda match: _led(match, source), text)


def _led(match: re.Match[str], source: str) -> str:
    path = match["path"]
    if path is None or "://" in path:
        return match[0]
    target = _target(source, path)
    if (ROOT / target).is_dir():
        return match["label"]  # a folder of the repository has no page here
    there = relpath(_on_site(target), str(PurePosixPath(_on_site(source)).parent))
    return f"{match['picture']}[{match['label']}]({there}{match['anchor']})"


def _targets(source: str, text: str) -> set[str]:
    paths = (found["path"] for found in _PART.finditer(text))
    return {_target(source, path) for path in paths if path and "://" not in path}


def _target(source: str, link: str) -> str:
    """The path from the top of the checkout of what `source` links to."""
    return normpath(PurePosixPath(source).parent / link)


def _on_site(path: str) -> str:
    return OUTSIDE.get(path, path.removeprefix("docs/"))
