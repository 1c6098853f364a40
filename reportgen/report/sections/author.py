"""The author's words: what of a Markdown comment is shown, as parts of a page and of short forms.

Only the marks in `_TAGS` are made, each from a token that the parser knows; all else is text, HTML
too. Links lead to web pages and mail addresses; pictures are those that the comment holds itself,
since a page asks for nothing from outside.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reportgen.report.author import AuthorComment, image_type
from reportgen.report.components import Section, Span
from reportgen.report.language.language import Language
from reportgen.report.language.printable import half_widths, shorten
from reportgen.report.options import WriteOptions
from reportgen.report.sections.page_section import PageContext

# The tokens that become marks of a page. Headings lie below those of its sections, which are h2.
_AS_NAMED = ("blockquote", "em", "strong", "table", "thead", "tbody", "tr", "th", "td")
_TAGS = {name: name for name in _AS_NAMED} | {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "s": "del",
    "heading": "h",
}
_TOP, _DEEPEST = 3, 6  # of headings
_LINK = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)
_IMAGE = re.compile(r"data:image/[a-z+]+;base64,(?P<content>[A-Za-z0-9+/=]+)")
_HTML = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>|<!--")
_MARKED = 10_000  # characters of a paragraph, beyond which marks in it are text: time is the square
_LINE = 110  # half-width characters of a line of the page, about
_SHOWN_LINES = 4  # beyond which the words are folded
_LEAST = 8  # half-width characters of a text that a comment cannot repeat by chance
_MOST_NAMED = 5  # texts in a line
_BEGINNING = 90  # half-width characters of what stands on a fold
PieceKind: TypeAlias = Literal["open", "close", "text", "break", "rule", "image"]
LeftOut: TypeAlias = Literal["links", "images", "html"]


class AuthorPiece(NamedTuple):
    """A piece of the author's words."""

    kind: PieceKind
    tag: str = ""
    text: str = ""  # what is written; the alternative of an image
    address: str = ""  # of a link or an image


@dataclass(frozen=True, slots=True)
class Author:
    """What the author adds to a page."""

    pieces: tuple[AuthorPiece, ...]  # in reading order; none without a comment
    is_folded: bool
    beginning: str  # what stands on the fold

    @property
    def has_images(self) -> bool:
        """Whether a page shows pictures for it."""
        return any(piece.kind == "image" for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class AuthorWords:
    """A comment, read: its pieces, and how many of what was left out."""

    pieces: tuple[AuthorPiece, ...]
    left_out: tuple[tuple[LeftOut, int], ...]


def author_of(comment: AuthorComment | None) -> Author | None:
    """What the author adds to a page; None where that is nothing."""
    if comment is None:
        return None
    pieces = read_words(comment).pieces
    lines = list(_lines(pieces))
    n_lines = sum(1 + half_widths(line) // _LINE for line in lines)
    beginning = _beginning(next(iter(lines), ""))
    return Author(pieces, n_lines > _SHOWN_LINES, beginning)


def make_author(context: PageContext) -> Author | None:
    """The section with the author's words."""
    return author_of(context.options.comment)


def short_author(context: PageContext) -> Iterable[Section]:
    """The author's words in a short form."""
    author = author_of(context.options.comment)
    if author is None:
        return
    heading = context.language.say("author", "heading")
    blocks = tuple(_blocks(author.pieces))
    yield Section(4, heading, words=blocks, is_folded=author.is_folded, place=10)


def comment_lines(options: WriteOptions, language: Language) -> Iterator[str]:
    """A line on what of the comment was left out, or is shown otherwise than it was meant."""
    if options.comment is None:
        return
    counts = read_words(options.comment).left_out
    told = [language.count("author", kind, n) for kind, n in counts]
    if told:
        yield language.say(
            "author", "left_out", name=options.comment.name, what=language.listed(told)
        )


def unredacted_lines(
    options: WriteOptions, texts: Iterable[tuple[str, str]], language: Language
) -> Iterator[str]:
    """A line for redacted outputs: the comment is not redacted, and which of `texts`, each with
    its id, it repeats."""
    if options.comment is None:
        return
    words = " ".join(options.comment.text.split())
    found = (id for id, text in texts if _is_in(" ".join(text.split()), words))
    repeated = list(dict.fromkeys(found))
    key = "unredacted_repeats" if repeated else "unredacted"
    first = language.listed(shorten(id) for id in repeated[:_MOST_NAMED])
    more = language.say("author", "more", n=n) if (n := len(repeated) - _MOST_NAMED) > 0 else ""
    yield language.say("author", key, name=options.comment.name, ids=first + more)


def _is_in(text: str, words: str) -> bool:
    return half_widths(text) >= _LEAST and text in words


@lru_cache(maxsize=4)  # each output of a run asks for the same
def read_words(comment: AuthorComment) -> AuthorWords:
    """The pieces of a comment that are shown."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100}).enable(
        ["table", "strikethrough"]
    )
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # judged here, and told
    parser.disable("inline")
    env: dict[str, Any] = {}
    tokens = parser.parse(comment.text, env)
    for token in tokens:
        if token.type == "inline":
            token.children = []
            if len(token.content) > _MARKED:
                token.children.append(Token("text", "", 0, content=token.content))
            else:
                parser.inline.parse(token.content, parser, env, token.children)
    left_out: Counter[LeftOut] = Counter()
    pieces = tuple(_pieces(tokens, left_out))
    return AuthorWords(pieces, tuple((+left_out).items()))


def _pieces(tokens: Sequence[Token], left_out: Counter[LeftOut]) -> Iterator[AuthorPiece]:
    """The pieces of `tokens`, with those inside them, in one pass: no depth of them matters."""
    links: list[bool] = []  # of the links that are open, whether they are shown
    for token in _flat(tokens):
        name, _, end = token.type.rpartition("_")
        if token.type == "hardbreak":
            yield AuthorPiece("break", "br")
        elif token.type == "hr":
            yield AuthorPiece("rule", "hr")
        elif token.type == "code_inline":
            yield from (AuthorPiece("open", "code"), AuthorPiece("text", text=token.content))
            yield AuthorPiece("close", "code")
        elif token.type in ("fence", "code_block"):
            yield AuthorPiece("open", "pre")
            for n, line in enumerate(token.content.removesuffix("\n").split("\n")):
                yield from (AuthorPiece("break", "br"),) * (n > 0)
                yield AuthorPiece("text", text=line)
            yield AuthorPiece("close", "pre")
        elif token.type == "image":
            yield _image(token, left_out)
        elif name == "link":
            if end == "open":
                address = str(token.attrGet("href") or "")
                links.append(bool(_LINK.match(address)) and address.isprintable())
                left_out["links"] += not links[-1]
                if links[-1]:
                    yield AuthorPiece("open", "a", address=address)
            elif links.pop():
                yield AuthorPiece("close", "a")
        elif end in ("open", "close") and name in _TAGS:
            if not token.hidden:
                yield AuthorPiece("open" if end == "open" else "close", _tag(name, token))
        elif token.content:
            left_out["html"] += len(_HTML.findall(token.content))
            yield AuthorPiece("text", text=token.content)


def _flat(tokens: Iterable[Token]) -> Iterator[Token]:
    """`tokens`, each line of text by what is in it. Where a line ends within a sentence, there is
    a space, but for Japanese and Chinese."""
    for token in tokens:
        if token.type != "inline":
            yield token
            continue
        children = token.children or []
        for n, child in enumerate(children):
            if child.type != "softbreak":
                yield child
                continue
            around = (*children[n - 1].content[-1:], *children[n + 1].content[:1])
            is_wide = len(around) == 2 and half_widths("".join(around)) == 4
            yield Token("text", "", 0, content="" if is_wide else " ")


def _tag(name: str, token: Token) -> str:
    if name != "heading":
        return _TAGS[name]
    return f"h{min(_TOP - 1 + int(token.tag[1:]), _DEEPEST)}"


def _image(token: Token, left_out: Counter[LeftOut]) -> AuthorPiece:
    """A picture that the comment holds itself; of another only its name."""
    address = str(token.attrGet("src") or "")
    match = _IMAGE.fullmatch(address)
    try:
        media_type = image_type(b64decode(match["content"], validate=True)) if match else None
    except Base64Error:
        media_type = None
    alternative = "".join(child.content for child in token.children or ())
    if match is None or media_type is None:
        left_out["images"] += 1
        return AuthorPiece("text", text=alternative)
    address = f"data:{media_type};base64,{match['content']}"
    return AuthorPiece("image", text=alternative, address=address)


_STRONG = frozenset({"strong", "th", *(f"h{n}" for n in range(1, _DEEPEST + 1))})
_BLOCKS = _STRONG - {"strong", "th"} | {"p", "li", "pre", "tr", "hr"}


def _blocks(pieces: Iterable[AuthorPiece]) -> Iterator[tuple[Span, ...]]:
    """The words as lines of spans, for a short form: a paragraph, an item of a list, a heading, a
    line of code and a row of a table is one each."""
    line: list[Span] = []
    numbers: list[int] = []  # the next of each list that is open; 0: one without numbers
    n_strong, address = 0, ""
    for kind, tag, text, leads_to in (*pieces, AuthorPiece("close", "p")):
        step = {"open": 1, "close": -1}.get(kind, 0)
        is_end = tag in _BLOCKS or kind == "break"
        if is_end and any(span.text.strip("• ") for span in line):
            yield tuple(line)
            line = []
        n_strong += step * (tag in _STRONG)
        if tag == "a":
            address = leads_to
        elif tag in ("ul", "ol"):
            numbers = [*numbers, int(tag == "ol")] if step > 0 else numbers[:-1]
        elif tag == "li" and step > 0:
            line = [Span(f"{numbers[-1]}. " if numbers[-1] else "• ")]
            numbers[-1] += numbers[-1] > 0
        elif tag in ("th", "td") and step > 0 and line:
            line.append(Span(" · "))
        if kind in ("text", "image"):
            span = Span(text, is_strong=n_strong > 0, address=address)
            if line and replace(line[-1], text=text) == span:
                span = replace(span, text=line.pop().text + text)
            line.append(span)


def _lines(pieces: Iterable[AuthorPiece]) -> Iterator[str]:
    return ("".join(span.text for span in block) for block in _blocks(pieces))


def _beginning(text: str) -> str:
    """`text` cut at its end to what stands on a fold."""
    if half_widths(text) <= _BEGINNING:
        return text
    return shorten(text, 2 * _BEGINNING).partition("…")[0] + "…"
