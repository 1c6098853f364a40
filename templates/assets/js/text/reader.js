// With scripts one text at a time is open, beside the list. Paper has that one and those to start with.

const reader = document.getElementById("panels");

function openPanel() {
  const open = panelOf(openNumber());
  if (open?.classList.contains("open")) return;
  for (const panel of reader.querySelectorAll(".panel.open")) panel.classList.remove("open");
  open?.classList.add("open");
  if (open) offerExports(open);
  markOpen();
}

// Opens a text that is already in the address, and scrolls to it.
function showText(number) {
  openPanel();
  panelOf(number)?.scrollIntoView();
}

// Opens a text that was asked for. It goes into the address, and a screen reader goes on from it.
function visitText(number) {
  turnTo(number);
  showText(number);
  const heading = document.getElementById(`t${number}`);
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

// Escape releases the chosen token wherever it was chosen, but in a field or a dialog.
function releaseToken(event) {
  if (event.key !== "Escape" || event.defaultPrevented || event.target.closest?.("input, select, dialog[open]")) return;
  const panel = panels.get(openNumber());
  if (panel && panel.unit !== null) panel.chooseUnit(null);
}

function startReader() {
  document.addEventListener("keydown", releaseToken);
  openPanel();
  addEventListener("beforeprint", prepareForPaper);
  addEventListener("afterprint", returnFromPaper);
}

const undoForPaper = []; // what undoes the changes made for paper

// Puts the open text in front, shows texts in the chosen measure, and says in a line what was chosen.
function prepareForPaper() {
  putOpenFirst();
  for (const box of document.querySelectorAll(".strip[id]")) colourForPaper(stripIn(box));
  const textContent = panels.get(openNumber())?.onScreen();
  if (!textContent) return;
  for (const place of document.querySelectorAll(".printed:not(#unprinted), .panel.open figcaption")) {
    const line = make("p", { className: "printed small", textContent });
    place.after(line);
    undoForPaper.push(() => line.remove());
  }
}

// A map that is kept is not on paper, so the text has no colours of it there.
function colourForPaper(strip) {
  if (!strip.kept) return strip.update();
  strip.showMeasure();
  undoForPaper.push(() => strip.panel.colourAgain());
  return undefined;
}

function putOpenFirst() {
  const open = reader.querySelector(".panel.open");
  const first = reader.querySelector(".panel");
  if (!open || open === first) return;
  const before = open.previousSibling;
  first.before(open);
  undoForPaper.push(() => before.after(open));
}

function returnFromPaper() {
  for (const undo of undoForPaper.splice(0)) undo();
}

const stripIn = (box) => stripOf(Number(box.id.slice("strip-".length)));
