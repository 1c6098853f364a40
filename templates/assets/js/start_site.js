// Starts the list of reports of a site: its columns are sorted by a press on their heads.

const valueIn = {
  text: (cell) => cell.textContent.trim(),
  number: (cell) => ("value" in cell.dataset ? Number(cell.dataset.value) : NaN),
};

// Rows without a value stay last in both orders.
function sortRuns(head) {
  const at = head.cellIndex;
  const isDown = head.getAttribute("aria-sort") !== "descending";
  const read = valueIn[head.dataset.sort];
  const sign = isDown ? -1 : 1;
  const body = head.closest("table").tBodies[0];
  const rows = Array.from(body.rows, (row) => ({ row, value: read(row.cells[at]) }));
  rows.sort((a, b) => {
    const missing = Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value));
    if (missing || Number.isNaN(a.value)) return missing;
    if (head.dataset.sort === "number") return sign * (a.value - b.value);
    return sign * a.value.localeCompare(b.value, undefined, { numeric: true });
  });
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  body.append(...rows.map((each) => each.row));
}

// Shows the rows that hold every word, wherever it stands in them.
function findRuns(field, told) {
  const rows = Array.from(document.querySelectorAll(".runs tbody tr"));
  const found = rows.map((row) => row.textContent.toLowerCase());
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/);
    rows.forEach((row, at) => (row.hidden = !words.every((word) => found[at].includes(word))));
    const n = rows.filter((row) => !row.hidden).length;
    told.textContent = field.value.trim()
      ? say("runs_found", { n, of: rows.length })
      : "";
  });
}

startTheme();
root.classList.add("js");
const find = document.querySelector(".find");
find.hidden = document.querySelectorAll(".runs tbody tr").length < 10;
findRuns(find.querySelector("input"), find.querySelector("output"));
for (const head of document.querySelectorAll("th[data-sort]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sortRuns(head));
  head.append(button);
}
