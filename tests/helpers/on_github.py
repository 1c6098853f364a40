"""What GitHub makes of Markdown: its own parser, then the list of tags that it lets through."""

import cmarkgfm
import nh3
from bs4 import BeautifulSoup
from cmarkgfm.cmark import Options

_EXTENSIONS = ["table", "strikethrough", "autolink", "tagfilter", "tasklist"]
TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "br", "b", "i", "strong", "em", "a", "pre", "code"),
    *("img", "tt", "div", "ins", "del", "sup", "sub", "p", "picture", "ol", "ul", "table"),
    *("thead", "tbody", "tfoot", "blockquote", "dl", "dt", "dd", "kbd", "q", "samp", "var", "hr"),
    *("ruby", "rt", "rp", "li", "tr", "td", "th", "s", "strike", "summary", "details", "caption"),
    *("figure", "figcaption", "abbr", "mark", "span"),
}
_ATTRIBUTES = {
    "*": {"align", "alt", "title", "width", "height", "lang", "open", "colspan", "rowspan"},
    "img": {"src"},
    "a": {"href"},
    "code": {"class"},
    "pre": {"lang"},
}


def rendered(markdown: str) -> str:
    """The HTML as the parser gives it, with raw HTML let through."""
    options = Options.CMARK_OPT_UNSAFE
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        markdown, options=options, extensions=_EXTENSIONS
    )
    return html


def sanitised(html: str) -> str:
    """What is left of it: no styles, no classes, no `data:`."""
    return nh3.clean(
        html, tags=TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https"}, link_rel=None
    )


def soup(markdown: str) -> BeautifulSoup:
    """What a reader on GitHub gets."""
    return BeautifulSoup(sanitised(rendered(markdown)), "html.parser")
