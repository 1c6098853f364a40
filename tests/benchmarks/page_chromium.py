"""A page in Chromium, and the milliseconds it takes from what a reader does to what is painted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

Times = list[float]

# Runs in the page before its own scripts. What was drawn counts once the frame with it is painted.
HELPERS = """
window.painted = () => new Promise((resolve) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => resolve(performance.now());
  port2.postMessage(0);
}));
window.until = (find) => new Promise((resolve) => {
  const look = () => (find() ? resolve() : requestAnimationFrame(look));
  look();
});
window.taken = async (act, isDone) => {
  const started = performance.now();
  act();
  await isDone();
  return (await painted()) - started;
};
window.change = (choice, value) => {
  const list = choice.querySelector("select");
  const button = choice.querySelector(`[value="${value}"]`);
  if (!button) throw new Error(`no ${value} to choose`);
  if (list) list.value = value;
  else button.checked = true;
  (list ?? button).dispatchEvent(new Event("change"));
};
"""
DRAWN = "figure.drawn .js-plotly-plot"

SWITCH = """async ([at, values]) => {
  const figure = document.querySelector(".panel.open figure.drawn");
  const choice = figure.querySelector(".by-name").children[at]; // layers, then heads
  const plot = figure.querySelector(".js-plotly-plot");
  const times = [];
  for (const value of values) {
    const drawn = new Promise((resolve) => plot.once("plotly_afterplot", resolve));
    times.push(await taken(() => change(choice, value), () => drawn));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return times;
}"""
TURN = """async ([numbers, isScrolled]) => {
  const times = [];
  for (const number of numbers) {
    const link = number
      ? document.querySelector(`.texts a[href="#text=${number}"]`)
      : document.querySelector(".panel.open a[rel=next]");
    const to = number ?? Number(new URLSearchParams(link.hash.slice(1)).get("text"));
    const isDrawn = () => document.querySelector(`#map-${to}.drawn`);
    if (isDrawn()) throw new Error(`text ${to} was drawn before`);
    const act = () => {
      link.click();
      if (isScrolled) document.getElementById(`map-${to}`).scrollIntoView();
    };
    times.push(await taken(act, () => until(isDrawn)));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return times;
}"""
KEYS = """() => {
  window.keystrokes = [];
  let began = null;
  addEventListener("keydown", (event) => (began = event.timeStamp), true);
  addEventListener("input", async () => {
    const started = began;
    keystrokes.push((await painted()) - started);
  }, true);
}"""


@contextmanager
def opened(browser: Browser, path: Path, address: str = "") -> Iterator[Tab]:
    """The page at `path` in a context of its own; a request for anything but a file fails."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(HELPERS)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if r.url.startswith(("http", "ws")) else None)
    page.goto(f"{path.as_uri()}{address}", wait_until="commit")
    yield page
    context.close()
    assert not asked, f"{path.name} asked the network for {asked}"


@contextmanager
def accounted(
    browser: Browser, path: Path, address: str = ""
) -> Iterator[tuple[Tab, Callable[[], float]]]:
    """The same page, and a call for the milliseconds of processor time that its main thread took
    so far: what a machine that is shared with others moves least."""
    with opened(browser, path.parent) as page:  # in the process that the page will have
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def busy() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(m["value"] for m in metrics if m["name"] == "TaskDuration") * 1000

        page.goto(f"{path.as_uri()}{address}", wait_until="commit")
        yield page, busy


def first_content(page: Tab) -> float:
    """From the start of the navigation to the first text or picture on the screen."""
    page.wait_for_load_state()
    found: float = page.evaluate(
        """() => until(() => performance.getEntriesByName("first-contentful-paint")[0])
          .then(() => performance.getEntriesByName("first-contentful-paint")[0].startTime)"""
    )
    return found


def first_drawn(page: Tab, selector: str = DRAWN) -> float:
    """From the start of the navigation to the first frame with what `selector` finds."""
    found: float = page.evaluate(
        "async (selector) => { await until(() => document.querySelector(selector));"
        " return painted(); }",
        selector,
    )
    return found


def switched(page: Tab, control: str, values: list[str]) -> Times:
    """Another head, or layer, of the open text, again and again."""
    times: Times = page.evaluate(SWITCH, [["layer", "head"].index(control), values])
    return times


def turned(page: Tab, numbers: list[int | None], scrolled: bool = False) -> Times:
    """One text after the other, chosen in the list, until its map is drawn; None: the next one.
    The map of a long text stands below its tokens, and is drawn once it is `scrolled` to."""
    times: Times = page.evaluate(TURN, [numbers, scrolled])
    return times


def typed(page: Tab, words: list[str]) -> Times:
    """Each word searched for letter by letter, and deleted again; every key's time."""
    page.evaluate(KEYS)
    box = page.locator("input[type=search]")
    box.focus()
    for word in words:
        for key in [*word, *["Backspace"] * len(word)]:
            page.keyboard.press(key)
            page.wait_for_timeout(60)
    times: Times = page.evaluate("keystrokes")
    assert len(times) == 2 * sum(map(len, words))
    return times


def heap(page: Tab, collected: bool) -> float:
    """Megabytes of the script heap."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    if collected:
        session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 1e6
