// The list's search, filters, count and sortable column heads, which need scripts.

const FACET_OPTIONS = 60; // a column with more values than that is searched, not filtered
const FEW_FIGURES = 8; // labels with more figures than that are filtered by ranges of them
const MOST_RANGES = 6; // at most
const FOLDED_FROM = 30; // texts; with fewer the filters are not folded
const FILTER_NAMES = { label: "label", group: "group", predicted: "prediction", show: "list_show" };
const SHOW_NAMES = {
  worst: "list_worst",
  wrong: "list_wrong",
  truncated: "list_truncated",
  empty: "list_empty",
  failed: "list_failed",
  unmeasured: "list_unmeasured",
};
const finder = { facets: new Map(), ranges: new Map() }; // elements of the form; ranges of labels

function startList() {
  const box = document.getElementById("list");
  const table = box?.querySelector("table");
  if (!table) return;
  list.body = table.tBodies[0];
  list.rows = Array.from(list.body.rows, (row) => new TextRow(row));
  list.ordered = list.rows;
  makeSortable(table);
  startArrows();
  box.addEventListener("scroll", () => {
    if (box.scrollTop + 2 * box.clientHeight > box.scrollHeight) layMore();
  }, { passive: true });
  addEventListener("beforeprint", () => layRows(ON_PAPER));
  addEventListener("afterprint", () => layRows());
  table.addEventListener("beforeexport", () => layRows(Infinity));
  table.addEventListener("afterexport", () => layRows());
  list.lastSearched = list.heads.get("group")?.at ?? list.heads.get("text").at;
  list.shows = Object.keys(SHOW_NAMES).filter(isUseful);
  startTabs(list.rows.length);
  placeForm(makeForm(), box);
  finder.none = make("p", { className: "banner quiet", textContent: say("list_none"), hidden: true });
  box.after(finder.none);
  keepWidths(table);
  listState = readListState(location.hash);
  linkConfusion();
  applyList();
  prepareSearch(0);
}

// The search stands below the tabs, so that it is there in both; without tabs above the list.
function placeForm(form, box) {
  if (tabs.row) tabs.row.after(form);
  else box.before(form);
}

// Every column head becomes a button.
function makeSortable(table) {
  Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
    list.heads.set(head.dataset.key, { head, at });
    const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
    if (head.dataset.key === "error") button.title = say("list_by_size");
    button.addEventListener("click", () => sortBy(head.dataset.key));
    head.append(button);
  });
}

// Columns keep the widths that fit all their cells, whichever of them are shown.
function keepWidths(table) {
  if (!table.tHead.offsetWidth) return; // rows without columns, where it is narrow
  const whole = table.offsetWidth;
  const widths = Array.from(list.heads.values(), ({ head }) => [head, head.offsetWidth]);
  for (const [head, width] of widths) head.style.width = `${(100 * width) / whole}%`;
  table.classList.add("steady");
}

// Whether a filter would leave some texts, but not all.
function isUseful(show) {
  const from = show === "worst" ? worstFrom() : 0;
  if (show === "worst" && (!Number.isFinite(from) || list.rows.length < 5)) return false;
  const n = list.rows.filter((row, at) => matchesShow(row, at, show, from)).length;
  return n > 0 && n < list.rows.length;
}

function makeForm() {
  finder.search = make("input", {
    type: "search", autocomplete: "off", spellcheck: false, placeholder: say("list_search_hint"),
  });
  finder.search.addEventListener("input", () => chooseList({ q: finder.search.value }, true));
  finder.filters = make("div", { className: "filters", id: "filters" });
  finder.unfold = makeButton(say("list_filter"), () => showFilters(finder.filters.hidden), { className: "unfold" });
  finder.unfold.setAttribute("aria-controls", "filters");
  const label = make("label", {}, `${say("list_search")} `, finder.search);
  const form = make("form", { className: "find" }, label, finder.unfold, finder.filters);
  form.setAttribute("role", "search");
  form.addEventListener("submit", (event) => event.preventDefault());
  const addSelect = (name, title, options) => {
    const { control, label } = makeSelect(title, options, (value) => chooseList({ [name]: value }));
    finder.facets.set(name, control);
    finder.filters.append(label);
    return label;
  };
  for (const [name, options] of facetOptions()) {
    addSelect(name, say(FILTER_NAMES[name]), [["", say("list_all")], ...options]);
  }
  addSelect("sort", say("list_sort"), sortOptions()).className = "narrow"; // the heads do it elsewhere
  finder.count = make("p", { className: "count" });
  finder.count.setAttribute("role", "status");
  finder.reset = makeButton(say("list_reset"), resetList);
  form.append(make("span", { className: "shown" }, finder.count, finder.reset));
  finder.unfold.hidden = list.rows.length < FOLDED_FROM;
  showFilters(finder.unfold.hidden);
  return form;
}

// Filters and order stand behind one button where there are many texts.
function showFilters(isShown) {
  finder.filters.hidden = !isShown;
  finder.unfold.setAttribute("aria-expanded", String(isShown));
}

function sortOptions() {
  const heads = Array.from(list.heads, ([key, { head }]) => [key, head.textContent]);
  const ways = heads.flatMap(([key, name]) => [[`-${key}`, `${name} ↓`], [key, `${name} ↑`]]);
  return [["", say("list_input_order")], ...ways];
}

// The filters: for a column with few enough values these, each with its number of texts.
function facetOptions() {
  const facets = FACETS.flatMap((name) => {
    const column = facetColumn(name);
    if (!column || (name === "predicted" && columnOf("prediction").isFigures)) return [];
    if (name === "label" && columnOf("label").isFigures) {
      const ranges = labelRanges(columnOf("label").values.filter((value) => value !== null));
      if (ranges.length) return [[name, ranges]];
    }
    const counts = new Map();
    for (const row of list.rows) {
      const value = row.cell(column.at);
      if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    if (counts.size < 2 || counts.size > FACET_OPTIONS) return [];
    const values = Array.from(counts.keys()).sort(inWordOrder.compare);
    return [[name, values.map((value) => [value, say("list_option", { name: value, n: counts.get(value) })])]];
  });
  const shows = list.shows.map((show) => [show, say(SHOW_NAMES[show])]);
  return shows.length ? [...facets, ["show", shows]] : facets;
}

// Ranges between round values that together hold all `values`, each with its number of texts; none
// where there are so few values that each can be chosen.
function labelRanges(values) {
  if (new Set(values).size <= FEW_FIGURES) return [];
  const low = Math.min(...values);
  const high = Math.max(...values);
  const tens = 10 ** Math.floor(Math.log10((high - low) / MOST_RANGES));
  const step = [1, 2, 5, 10].map((n) => n * tens).find((size) => nRanges(low, high, size) <= MOST_RANGES) ?? 20 * tens;
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const first = Math.floor(low / step);
  const ends = upTo(nRanges(low, high, step) + 1).map((n) => ((first + n) * step).toFixed(digits));
  return upTo(ends.length - 1).flatMap((n) => {
    const [from, to] = [Number(ends[n]), Number(ends[n + 1])];
    const count = values.filter((value) => value >= from && value < to).length;
    if (!count) return [];
    const value = `${ends[n]}..${ends[n + 1]}`;
    finder.ranges.set(value, [from, to]);
    const name = say("list_range", { from: ends[n], to: ends[n + 1] });
    return [[value, say("list_option", { name, n: count })]];
  });
}

const nRanges = (low, high, size) => Math.floor(high / size) - Math.floor(low / size) + 1;

function resetList() {
  chooseList(initialList());
  finder.search.focus();
}

// Sets the form to what is chosen, wherever that came from.
function updateForm() {
  if (finder.search.value !== listState.q) finder.search.value = listState.q;
  for (const [name, control] of finder.facets) control.value = listState[name];
  const n = list.shown.length.toLocaleString("en");
  const of = list.rows.length.toLocaleString("en");
  finder.count.textContent = n === of ? say("list_count_all", { n }) : say("list_count", { n, of });
  finder.reset.hidden = LIST_NAMES.every((name) => !listState[name]);
  if ([...finder.facets.keys()].some((name) => listState[name])) showFilters(true);
  finder.none.hidden = list.shown.length > 0;
}

// Gathers what a search looks at while the browser is idle, some texts at a time.
function prepareSearch(from) {
  const whenIdle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  if (from >= list.rows.length) return;
  whenIdle(() => {
    list.rows.slice(from, from + 40).forEach((row) => row.searched);
    prepareSearch(from + 40);
  }, { timeout: 200 });
}
