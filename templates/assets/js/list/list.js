// The list of texts: searched, filtered and sorted by what its cells print.

const simplified = (text) => text.normalize("NFKC").toLowerCase();
const AT_ONCE = 40; // rows laid out before the list is scrolled
const ON_PAPER = 100; // rows on paper, at most
const list = { rows: [], ordered: [], shown: [], heads: new Map(), laid: AT_ONCE };

class TextRow {
  constructor(row) {
    this.row = row;
    this.link = row.querySelector("a");
    this.number = numberIn(this.link.getAttribute("href"));
    this.text = null;
  }

  // What a cell prints; where that was cut, the whole.
  cell(at) {
    const cell = this.row.cells[at];
    return cell.title || cell.textContent;
  }

  // What a search looks at: the row, the whole text and its tokens.
  get searched() {
    if (this.text === null) {
      const cells = Array.from(this.row.cells, (cell) => `${cell.textContent}\n${cell.title}`);
      this.text = simplified([...cells.slice(0, list.lastSearched + 1), ...wordsOf(this.number)].join("\n"));
    }
    return this.text;
  }
}

// "1,234.5", "+0.3", "−2 %" as a number; null for a cell without a figure, NaN for words.
function figureOf(text) {
  const plain = text.replace(/[,\s%×≈]/g, "").replace(/^[−-]/, "-").replace(/^\+/, "");
  return plain === "" || plain === "–" ? null : Number(plain);
}

// The values a column is sorted by: figures if all its cells are, else words. Errors are sorted by
// their size.
function columnOf(key) {
  const head = list.heads.get(key);
  if (head.values) return head;
  const texts = list.rows.map((row) => row.cell(head.at));
  const figures = texts.map(figureOf);
  head.isFigures = figures.every((value) => value === null || !Number.isNaN(value));
  head.values = head.isFigures
    ? figures.map((value) => (value !== null && key === "error" ? Math.abs(value) : value))
    : texts.map((text) => text || null);
  return head;
}

const inWordOrder = new Intl.Collator(root.lang, { numeric: true });

// Texts without a value are last either way; equal ones keep the order of input.
function sortedRows() {
  const key = listState.sort.replace(/^-/, "");
  if (!list.heads.has(key)) return list.rows;
  const { values, isFigures } = columnOf(key);
  const down = listState.sort.startsWith("-") ? -1 : 1;
  const by = (a, b) => {
    if (values[a] === null || values[b] === null) return (values[a] === null) - (values[b] === null);
    return down * (isFigures ? values[a] - values[b] : inWordOrder.compare(values[a], values[b]));
  };
  return upTo(list.rows.length).sort((a, b) => by(a, b) || a - b).map((at) => list.rows[at]);
}

// The smallest error of the tenth with the largest errors.
function worstFrom() {
  if (!list.heads.has("error")) return Infinity;
  const errors = columnOf("error").values.filter((value) => value !== null).sort((a, b) => b - a);
  return errors.length ? errors[Math.ceil(errors.length / 10) - 1] : Infinity;
}

function matchesShow(row, at, show, from) {
  if (show === "worst") return (columnOf("error").values[at] ?? -1) >= from;
  if (show === "wrong" || show === "unmeasured") return row.row.hasAttribute(`data-${show}`);
  return row.row.dataset.status === show;
}

const facetColumn = (name) => list.heads.get(name === "predicted" ? "prediction" : name);

// Figures are chosen by a range such as 1..1.5, which holds its lower end and not its upper one.
function matchesFacet(row, at, name) {
  const range = finder.ranges.get(listState[name]);
  if (name !== "label" || !range) return row.cell(facetColumn(name).at) === listState[name];
  const value = columnOf("label").values[at];
  return value !== null && value >= range[0] && value < range[1];
}

function matchingRows() {
  const terms = simplified(listState.q).split(/\s+/).filter(Boolean);
  const { show } = listState;
  const from = show === "worst" ? worstFrom() : 0;
  const facets = FACETS.filter((name) => listState[name]);
  return new Set(list.rows.filter((row, at) =>
    (!show || matchesShow(row, at, show, from))
    && facets.every((name) => matchesFacet(row, at, name))
    && terms.every((term) => row.searched.includes(term))));
}

// Shows the list as it is chosen. Rows move only when the order changes; a search only hides them. While
// one is typed, the list stays at its top.
function applyList(isTyped = false) {
  const ordered = sortedRows();
  if (ordered.some((row, at) => row !== list.ordered[at])) {
    list.body.append(...ordered.map(({ row }) => row));
    list.ordered = ordered;
  }
  const matching = matchingRows();
  list.shown = ordered.filter((row) => matching.has(row));
  list.laid = AT_ONCE;
  layRows();
  for (const [key, { head }] of list.heads) {
    const way = { [key]: "ascending", [`-${key}`]: "descending" }[listState.sort];
    if (way) head.setAttribute("aria-sort", way);
    else head.removeAttribute("aria-sort");
  }
  // A narrow list leaves some columns out until it is sorted by one of them.
  const sorted = list.heads.get(listState.sort.replace(/^-/, ""))?.head;
  list.body.parentElement.classList.toggle("with-extra", sorted?.classList.contains("extra") ?? false);
  if (LIST_NAMES.some((name) => listState[name])) showFew(false);
  updateForm();
  if (isTyped) placeStops();
  else markOpen();
}

// Lays out only the first of the shown rows, and more as the list is scrolled: a thousand would take
// too long at every key. On paper all are laid out.
function layRows(most = list.laid) {
  const laid = new Set(list.shown.slice(0, most));
  for (const row of list.rows) {
    if (row.row.hidden === laid.has(row)) row.row.hidden = !laid.has(row);
  }
}

function layMore(least = list.laid + 1) {
  if (least <= list.laid || list.laid >= list.shown.length) return;
  list.laid = Math.ceil(least / AT_ONCE) * AT_ONCE;
  layRows();
}

// The first click on a head sorts figures from the largest and words from A; the second the other
// way round; the third restores the order of input.
function sortBy(key) {
  const { isFigures } = columnOf(key);
  const first = isFigures && key !== "number" ? `-${key}` : key;
  const second = first === key ? `-${key}` : key;
  chooseList({ sort: { [first]: second, [second]: "" }[listState.sort] ?? first });
}

// The number of the open panel, or null.
function openPanelNumber() {
  const open = reader.querySelector(".panel.open");
  return open && numberIn(open.id);
}

// Marks the row of the open text, and links its panel to its neighbours in the list.
function markOpen() {
  const number = openPanelNumber();
  if (!number || !list.body) return;
  for (const link of document.querySelectorAll(".listed [aria-current]")) link.removeAttribute("aria-current");
  document.querySelector(`.pick[href="#text=${number}"]`)?.setAttribute("aria-current", "true");
  const row = list.rows.find((one) => one.number === number);
  row?.link.setAttribute("aria-current", "true");
  const at = list.shown.indexOf(row);
  if (at >= 0) {
    layMore(at + 1);
    scrollToRow(row.row);
  }
  placeStops();
  const steps = reader.querySelector(".panel.open .steps");
  if (!steps) return;
  for (const [rel, key, by] of [["next", "next_text", 1], ["prev", "previous_text", -1]]) {
    const to = neighbour(number, by);
    let link = steps.querySelector(`a[rel=${rel}]`);
    if (!link) steps.prepend(link = make("a", { rel, textContent: say(key) }), " ");
    link.hidden = to === null;
    if (to !== null) link.setAttribute("href", `#text=${to}`);
  }
}

// The next text of the list as it is sorted and filtered, also from one that it does not show.
function neighbour(number, by) {
  const shown = new Set(list.shown);
  const at = list.ordered.findIndex((row) => row.number === number);
  for (let i = at < 0 && by < 0 ? list.ordered.length - 1 : at + by; list.ordered[i]; i += by) {
    if (shown.has(list.ordered[i])) return list.ordered[i].number;
  }
  return null;
}

// Scrolls a row that is out of sight to the top of the list's own box, whose lower end may be below
// the window; the page stays where it is.
function scrollToRow(row) {
  const box = document.getElementById("list");
  const top = row.offsetTop - list.body.previousElementSibling.offsetHeight;
  const isBelow = row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight;
  if (top < box.scrollTop || isBelow) box.scrollTop = top;
}
