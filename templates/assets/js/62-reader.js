// With scripts, one text at a time stands below the list; the others wait unseen. Paper shows them
// all, below everything that holds for all texts, as the page does without scripts.

const reader = document.getElementById("panels");
const afterTrust = reader.previousElementSibling;

function placeReader() {
  document.getElementById("texts").after(reader);
}

function openPanel() {
  const open = document.getElementById(`text=${state.text ?? page.first}`);
  if (open?.classList.contains("open")) return;
  for (const panel of reader.querySelectorAll(".panel.open")) panel.classList.remove("open");
  open?.classList.add("open");
  if (open) offerExports(open);
  markOpen();
}

function startReader() {
  placeReader();
  openPanel();
  addEventListener("beforeprint", layOnPaper);
  addEventListener("afterprint", takeOffPaper);
}

const onPaper = []; // what undoes the changes made for paper

// All texts in the chosen measure, their tables open, and a line that says what was chosen.
function layOnPaper() {
  afterTrust.after(reader);
  for (const box of reader.querySelectorAll(".strip[id]")) stripOf(Number(box.id.slice("strip-".length))).update();
  for (const folded of document.querySelectorAll(".panel > details:not([open]), .folded:not([open])")) {
    folded.open = true;
    onPaper.push(() => (folded.open = false));
  }
  const chosen = panels.get(state.text ?? page.first)?.onScreen() ?? "";
  for (const place of chosen ? document.querySelectorAll(".printed, .panel.open figcaption") : []) {
    const line = make("p", { className: "printed small", textContent: chosen });
    place.after(line);
    onPaper.push(() => line.remove());
  }
}

function takeOffPaper() {
  for (const undo of onPaper.splice(0)) undo();
  placeReader();
}

function showText(number) {
  openPanel();
  document.getElementById(`text=${number}`)?.scrollIntoView();
}
