// Tab reaches one link of each list of texts, that of the open text or the last that had the focus;
// arrow keys go from link to link, so that the open text is a few steps away however long the list is.

const TO_LINK = 'a[href^="#text="]';
const MOVES = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_, n) => n - 1,
};
const tabStops = new Map(); // the link of each list that Tab reaches

function startArrows() {
  for (const box of document.querySelectorAll("#notable ol, #list tbody")) {
    for (const link of box.querySelectorAll(TO_LINK)) link.tabIndex = -1;
    tabStops.set(box, null);
    box.addEventListener("keydown", moveInList);
    box.addEventListener("focusin", (event) => stopAt(box, event.target.closest(TO_LINK)));
  }
  document.getElementById("list").removeAttribute("tabindex"); // the focus of a link scrolls it
}

function stopAt(box, link) {
  if (!link || tabStops.get(box) === link) return;
  tabStops.get(box)?.setAttribute("tabindex", "-1");
  link.tabIndex = 0;
  tabStops.set(box, link);
}

// Where the open text is listed, Tab reaches it; else the last stop, as long as it is shown, or the first.
function placeStops() {
  for (const [box, stop] of tabStops) {
    const open = box.querySelector(`tr:not([hidden]) > * > [aria-current], li > [aria-current]`);
    const isShown = stop && !stop.closest("[hidden]");
    stopAt(box, open ?? (isShown ? stop : box.querySelector(`:not(tr[hidden]) > * > ${TO_LINK}`)));
  }
}

function moveInList(event) {
  const move = Object.hasOwn(MOVES, event.key) && MOVES[event.key];
  const link = event.target.closest(TO_LINK);
  if (!move || !link || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  const box = event.currentTarget;
  const isAll = box === list.body;
  if (isAll) layMore(event.key === "End" ? list.shown.length : list.shown.findIndex((row) => row.link === link) + 2);
  const links = isAll ? list.shown.map((row) => row.link) : Array.from(box.querySelectorAll(TO_LINK));
  links[move(links.indexOf(link), links.length)]?.focus();
}
