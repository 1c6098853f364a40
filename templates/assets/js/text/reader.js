// With scripts one text at a time is open, beside the list. Paper shows all texts.

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

// Shows texts in the chosen measure with their tables open, and a line that says what was chosen.
function prepareForPaper() {
  if (!isPrintedInPart()) moveOthersDown();
  for (const box of document.querySelectorAll(".strip[id]")) stripIn(box).update();
  for (const folded of document.querySelectorAll(".panel > details:not([open]), .folded:not([open])")) {
    folded.open = true;
    undoForPaper.push(() => (folded.open = false));
  }
  const textContent = panels.get(openNumber())?.onScreen();
  if (!textContent) return;
  for (const place of document.querySelectorAll(".printed:not(#unprinted), .panel.open figcaption")) {
    const line = make("p", { className: "printed small", textContent });
    place.after(line);
    undoForPaper.push(() => line.remove());
  }
}

// Of many texts paper has only the open one and those to start with.
function isPrintedInPart() {
  return reader.classList.contains("some");
}

// Texts that are neither open nor among those to start with follow the sections on all texts.
function moveOthersDown() {
  const all = Array.from(reader.querySelectorAll(".panel"));
  const first = new Set(Array.from(document.querySelectorAll(".pick[href]"), (link) => numberIn(link.hash)));
  const others = all.filter((panel) => !first.has(numberIn(panel.id)) && numberIn(panel.id) !== openNumber());
  if (!first.size || !others.length) return;
  const place = make("div", { className: "panels" }, ...others);
  document.getElementById("main").append(place);
  undoForPaper.push(() => {
    reader.append(...all);
    place.remove();
  });
}

function returnFromPaper() {
  for (const undo of undoForPaper.splice(0)) undo();
}

const stripIn = (box) => stripOf(Number(box.id.slice("strip-".length)));
