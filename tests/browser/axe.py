"""axe-core in a page, that judges what looks the same once."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a theme can break
_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
# axe spends nine tenths of its time on the contrast of each element that has text, most of which
# look like others: where an element passed, those with the same style of text on the same layers
# pass too, here and on later pages. So does what axe cannot tell for a reason that is in the
# style, as text on a gradient or within a picture, or in style and text, as of a single letter.
# Colours are kept by their text, which axe reads as often as they are met, and no HTML of faults is
# copied: their place says which they are.
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
const lines = ["text-decoration", "border", "outline", "display"];
const styles = (style, names) => names.map((name) => style.getPropertyValue(name)).join();
const byStyle = ["bgGradient", "imgNode"];
const byText = ["nonBmp", "shortTextContent"];
let stacks, looks, passed;
// A look as a number of 53 bits (cyrb53, bryc 2018).
const hashed = (text) => {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
};
const stack = (element) => {
  if (!element) return "";
  if (!stacks.has(element)) {
    const own = styles(getComputedStyle(element), layers);
    const svg = element.ownerSVGElement !== undefined;
    stacks.set(element, hashed(`${stack(element.parentElement)}|${svg}|${own}`));
  }
  return stacks.get(element);
};
const look = (element) => {
  if (!looks.has(element)) {
    looks.set(element, hashed(`${stack(element)}|${styles(getComputedStyle(element), letters)}`));
  }
  return looks.get(element);
};
const linkLook = (element) => {
  let block = element.parentElement;
  while (getComputedStyle(block).display === "inline") block = block.parentElement;
  const own = [element, block].map((one) => styles(getComputedStyle(one), lines) + look(one));
  return hashed(own.join());
};
const hasText = ({ tagName, childNodes }) => ["INPUT", "SELECT"].includes(tagName)
  || Array.from(childNodes).some(({ nodeType, data }) => nodeType === 3 && data.trim());
const withText = (element, key) => hashed(`${key(element)}|${element.textContent}`);
const remember = (rule, checks, key) => {
  const asked = axe._audit.rules.find(({ id }) => id === rule);
  const { matches } = asked;
  const isKnown = (element) => passed.has(key(element)) || passed.has(withText(element, key));
  asked.matches = function (element, ...more) {
    return !(hasText(element) && isKnown(element)) && matches.call(this, element, ...more);
  };
  for (const check of checks.map((id) => axe._audit.checks[id])) {
    const { evaluate } = check;
    check.evaluate = function (element, ...more) {
      if (isKnown(element)) return true; // since another was judged after all had been matched
      let reason;
      const data = (found) => { reason = found?.messageKey; this.data(found); };
      const own = Object.create(this, { data: { value: data } });
      const passes = evaluate.call(own, element, ...more);
      const isUntold = passes === undefined;
      if (passes || (isUntold && byStyle.includes(reason))) passed.add(key(element));
      else if (isUntold && byText.includes(reason)) passed.add(withText(element, key));
      return passes;
    };
  }
};
remember("color-contrast", ["color-contrast"], look);
remember("link-in-text-block", ["link-in-text-block", "link-in-text-block-style"], linkLook);
// Before it judges a contrast, axe lays all elements on a grid, which is half of its time; what has
// no box covers nothing, and nothing in it has one.
const { createTreeWalker } = document;
const { FILTER_ACCEPT, FILTER_REJECT } = NodeFilter;
const hasBoxes = (element) =>
  element.checkVisibility() || getComputedStyle(element).display === "contents";
document.createTreeWalker = (root, what, filter) => createTreeWalker.call(document, root, what,
  filter ?? ((element) => (hasBoxes(element) ? FILTER_ACCEPT : FILTER_REJECT)));
window.faultsOf = async ([part, rules, known]) => {
  [stacks, looks] = [new Map(), new Map()];
  passed = new Set(known);
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = await axe.run(part, options);
  const faults = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => [id, target.join(" "), failureSummary]));
  return [faults, Array.from(passed).slice(known.length)];
};
"""
_PASSED: list[int] = []  # the looks that passed on any page


def found(page: Page, part: str = "html", rules: list[str] | None = None) -> list[Any]:
    """What axe-core finds in a part of the page: rule, place and reason of each fault."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"() => {{ {_AXE} }}")
        page.evaluate(f"() => {{ {_ONCE} }}")
    faults, passed = page.evaluate("asked => faultsOf(asked)", [part, rules, _PASSED])
    _PASSED.extend(passed)
    return faults


def found_in_both(page: Page, part: str = "html") -> list[Any]:
    """The same of a page that follows the system's theme, which is light: in the dark, what
    depends on colours."""
    faults = found(page, part)
    page.emulate_media(color_scheme="dark")
    faults += found(page, part, COLOURS)
    page.emulate_media(color_scheme="light")
    return faults


def leave_one_text(page: Page) -> None:
    """Take away texts that are not open: they are not judged anyway, but make axe-core slow."""
    page.evaluate("document.querySelectorAll('.panel:not(.open)').forEach((one) => one.remove())")
