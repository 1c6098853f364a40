"""axe-core in a page, that judges what looks the same once."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a theme can break
_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
# axe spends nine tenths of its time on the contrast of each element that has text, most of which
# look like others: where an element passed, those with the same style of text on the same layers
# pass too. Colours are kept by their text, which axe reads as often as they are met, and no HTML of
# faults is copied: their place says which they are.
_ONCE = """
axe.configure({ noHtml: true });
const { prototype } = axe.commons.color.Color;
const { parseString } = prototype;
const colours = new Map();
prototype.parseString = function (text) {
  if (colours.has(text)) [this.r, this.g, this.b, this.alpha] = colours.get(text);
  else {
    parseString.call(this, text);
    colours.set(text, [this.r, this.g, this.b, this.alpha]);
  }
  return this;
};
const layers = ["position", "z-index", "opacity", "filter", "mix-blend-mode", "background-color",
  "background-image", "box-shadow"];
const letters = ["color", "font", "text-shadow", "-webkit-text-stroke"];
const styles = (style, names) => names.map((name) => style.getPropertyValue(name)).join();
let stacks, passed = new Set();
const stack = (element) => {
  if (!element) return "";
  if (!stacks.has(element)) {
    const own = styles(getComputedStyle(element), layers);
    stacks.set(element, `${stack(element.parentElement)}|${own}`);
  }
  return stacks.get(element);
};
const contrast = axe._audit.checks["color-contrast"];
const { evaluate } = contrast;
contrast.evaluate = function (element, ...more) {
  const look = styles(getComputedStyle(element), letters) + stack(element);
  const passes = passed.has(look) || evaluate.call(this, element, ...more);
  if (passes) passed.add(look);
  return passes;
};
window.faultsOf = async ([part, rules]) => {
  stacks = new Map();
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(part, options);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
};
"""


def found(page: Page, part: str = "html", rules: list[str] | None = None) -> list[Any]:
    """What axe-core finds in a part of the page: rule, place and reason of each fault."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_AXE} }}")
        page.evaluate(f"() => {{ {_ONCE} }}")
    return page.evaluate("asked => faultsOf(asked)", [part, rules])


def found_in_both(page: Page, part: str = "html") -> list[Any]:
    """The same of a page that follows the system's theme, which is light: in the dark, what
    depends on colours."""
    faults = found(page, part)
    page.emulate_media(color_scheme="dark")
    faults += found(page, part, COLOURS)
    page.emulate_media(color_scheme="light")
    return faults
