// Single keys for the whole page: next and previous text, search, help, theme.

const KEYS = {
  "]": () => turnBy(1),
  j: () => turnBy(1),
  "[": () => turnBy(-1),
  k: () => turnBy(-1),
  "/": goToSearch,
  "?": openHelp,
  d: switchTheme,
};

// Where letters are typed or choose an option, they are left alone.
const TYPED_IN = [
  "input:not([type=checkbox], [type=radio], [type=button], [type=range])",
  "textarea",
  "select",
  "[contenteditable]",
].join();

let keysOn = stored("keys") !== "off";

function switchKeys(isOn) {
  keysOn = isOn;
  stored("keys", isOn ? "on" : "off");
}

function onKey(event) {
  if (!keysOn || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.defaultPrevented || event.target.closest?.(TYPED_IN)) return;
  if (document.querySelector("dialog[open]")) return;
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

function turnBy(step) {
  const number = openPanelNumber();
  const to = number && neighbour(number, step);
  if (to) visitText(to);
}

function goToSearch() {
  finder.search.scrollIntoView({ block: "nearest" });
  finder.search.focus({ preventScroll: true });
  finder.search.select();
}
