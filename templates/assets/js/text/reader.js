// With scripts one text at a time is open, below the list. Paper shows all texts, below everything
// that is about all of them, where they stand without scripts.

const reader = document.getElementById("panels");
const placeOnPaper = reader.previousElementSibling;

function placeBelowList() {
  document.getElementById("texts").after(reader);
}

function openPanel() {
  const open = document.getElementById(`text=${openNumber()}`);
  if (open?.classList.contains("open")) return;
  for (const panel of reader.querySelectorAll(".panel.open")) panel.classList.remove("open");
  open?.classList.add("open");
  if (open) offerExports(open);
  markOpen();
}

// Opens a text that is already in the address, and scrolls to it.
function showText(number) {
  openPanel();
  document.getElementById(`text=${number}`)?.scrollIntoView();
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

function startReader() {
  placeBelowList();
  openPanel();
  addEventListener("beforeprint", prepareForPaper);
  addEventListener("afterprint", returnFromPaper);
}

const undoForPaper = []; // what undoes the changes made for paper

// Shows all texts in the chosen measure with their tables open, and a line that says what was chosen.
function prepareForPaper() {
  placeOnPaper.after(reader);
  for (const box of reader.querySelectorAll(".strip[id]")) stripIn(box).update();
  for (const folded of document.querySelectorAll(".panel > details:not([open]), .folded:not([open])")) {
    folded.open = true;
    undoForPaper.push(() => (folded.open = false));
  }
  const textContent = panels.get(openNumber())?.onScreen();
  if (!textContent) return;
  for (const place of document.querySelectorAll(".printed, .panel.open figcaption")) {
    const line = make("p", { className: "printed small", textContent });
    place.after(line);
    undoForPaper.push(() => line.remove());
  }
}

function returnFromPaper() {
  for (const undo of undoForPaper.splice(0)) undo();
  placeBelowList();
}

const stripIn = (box) => stripOf(Number(box.id.slice("strip-".length)));
