// Single keys for the whole page: next and previous text, search, help, theme.

const KEYS = {
  "]": () => turn(1),
  j: () => turn(1),
  "[": () => turn(-1),
  k: () => turn(-1),
  "/": search,
  "?": openHelp,
  d: switchTheme,
};

// Where a letter is typed or chooses an option, it stays that.
const TYPED_IN = "input:not([type=checkbox], [type=radio], [type=button], [type=range]), textarea, select, [contenteditable]";

let keysOn = stored("keys") !== "off";

function onKey(event) {
  if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.defaultPrevented || event.target.closest?.(TYPED_IN) || document.querySelector("dialog[open]")) return;
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function turn(by) {
  const open = document.querySelector(".panel.open");
  const to = open && neighbour(panelNumber(open), by);
  if (to) visitText(to);
}

function search() {
  document.getElementById("texts").scrollIntoView();
  finder.search.focus({ preventScroll: true });
  finder.search.select();
}

// A text that was asked for: in the address, in sight, and where a screen reader goes on reading.
function visitText(number) {
  turnTo(number);
  showText(number);
  const heading = document.getElementById(`t${number}`);
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
