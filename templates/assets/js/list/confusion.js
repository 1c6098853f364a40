// The counts in the table of labels by predicted classes become links to the texts they count.

function linkConfusion() {
  const table = document.querySelector("table.confusion");
  if (!table || !list.heads.has("label") || !list.heads.has("prediction")) return;
  const texts = new Map();
  for (const row of list.rows) {
    const pair = pairOf(row.cell(list.heads.get("label").at), row.cell(list.heads.get("prediction").at));
    texts.set(pair, (texts.get(pair) ?? 0) + 1);
  }
  const predicted = Array.from(table.tHead.rows[0].cells, (head) => head.textContent);
  for (const { cells } of table.tBodies[0].rows) {
    for (const cell of Array.from(cells).slice(1)) {
      linkCount(cell, cells[0].textContent, predicted[cell.cellIndex], texts);
    }
  }
}

// A count is linked only where the list, filtered by both names, shows as many texts: labels may be
// read as numbers of classes, and the list may be a part of the texts.
function linkCount(cell, label, predicted, texts) {
  const n = texts.get(pairOf(label, predicted));
  if (!n || figureOf(cell.textContent) !== n) return;
  const link = make("a", {
    href: "#list",
    title: say("confusion_link", { label, predicted }),
    textContent: cell.textContent,
  });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    chooseList({ ...initialList(), label, predicted });
    document.getElementById("texts").scrollIntoView();
    finder.facets.get("label")?.focus({ preventScroll: true });
  });
  cell.replaceChildren(link);
}

const pairOf = (label, predicted) => JSON.stringify([label, predicted]);
