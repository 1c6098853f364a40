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
  addEventListener("beforeprint", () => afterTrust.after(reader));
  addEventListener("afterprint", placeReader);
}

function showText(number) {
  openPanel();
  document.getElementById(`text=${number}`)?.scrollIntoView();
}
