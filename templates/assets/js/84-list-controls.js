// The list's search, filters, count and sortable heads, which only scripts can offer.

const FACET_OPTIONS = 60; // a filter with more values than that is a search
const FILTER_NAMES = { label: "label", group: "group", predicted: "prediction", show: "list_show" };
const SHOW_NAMES = {
  worst: "list_worst",
  wrong: "list_wrong",
  truncated: "list_truncated",
  empty: "list_empty",
  failed: "list_failed",
};
const finder = { facets: new Map() };

function startList() {
  const box = document.getElementById("list");
  const table = box?.querySelector("table");
  if (!table) return;
  list.body = table.tBodies[0];
  list.rows = Array.from(list.body.rows, (row) => new TextRow(row));
  list.ordered = list.rows;
  Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
    list.heads.set(head.dataset.key, { head, at });
    const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
    if (head.dataset.key === "error") button.title = say("list_by_size");
    button.addEventListener("click", () => sortBy(head.dataset.key));
    head.append(button);
  });
  box.addEventListener("scroll", () => {
    if (box.scrollTop + 2 * box.clientHeight > box.scrollHeight) layMore();
  }, { passive: true });
  addEventListener("beforeprint", () => layRows(Infinity));
  addEventListener("afterprint", () => layRows());
  list.lastSearched = list.heads.get("group")?.at ?? list.heads.get("text").at;
  list.shows = Object.keys(SHOW_NAMES).filter(isOffered);
  box.before(listControls());
  box.after(emptyHint());
  keepWidths(table);
  listState = listStateOf(location.hash);
  applyList();
  whenIdle(0);
}

// Columns keep the widths that all their cells asked for, whichever of them are shown.
function keepWidths(table) {
  const whole = table.offsetWidth;
  const widths = Array.from(list.heads.values(), ({ head }) => [head, head.offsetWidth]);
  for (const [head, width] of widths) head.style.width = `${(100 * width) / whole}%`;
  table.classList.add("steady");
}

// Whether some texts, and not all, would be left.
function isOffered(show) {
  const from = show === "worst" ? worstFrom() : 0;
  if (show === "worst" && (!Number.isFinite(from) || list.rows.length < 5)) return false;
  const n = list.rows.filter((row, at) => isOfShow(row, at, show, from)).length;
  return n > 0 && n < list.rows.length;
}

function listControls() {
  finder.search = make("input", { type: "search", autocomplete: "off", spellcheck: false, placeholder: say("list_search_hint") });
  finder.search.addEventListener("input", () => chooseList({ q: finder.search.value }, true));
  const form = make("form", { className: "find" }, make("label", {}, `${say("list_search")} `, finder.search));
  form.setAttribute("role", "search");
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const [name, options] of facetOptions()) {
    const { control, label } = select(say(FILTER_NAMES[name]), [["", say("list_all")], ...options], (value) => chooseList({ [name]: value }));
    finder.facets.set(name, control);
    form.append(label);
  }
  const heads = Array.from(list.heads, ([key, { head }]) => [key, head.textContent]);
  const ways = heads.flatMap(([key, name]) => [[`-${key}`, `${name} ↓`], [key, `${name} ↑`]]);
  const order = select(say("list_sort"), [["", say("list_input_order")], ...ways], (value) => chooseList({ sort: value }));
  order.label.className = "narrow";
  finder.facets.set("sort", order.control);
  finder.count = make("p", { className: "count" });
  finder.count.setAttribute("role", "status");
  finder.reset = make("button", { type: "button", textContent: say("list_reset") });
  finder.reset.addEventListener("click", resetList);
  form.append(order.label, make("span", { className: "shown" }, finder.count, finder.reset));
  return form;
}

// The values of a column, with how many texts have each, where they are few enough to choose from.
function facetOptions() {
  const facets = FACETS.flatMap((name) => {
    const column = facetColumn(name);
    if (!column || (name === "predicted" && columnOf("prediction").isFigures)) return [];
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

function emptyHint() {
  finder.none = make("p", { className: "banner quiet", textContent: say("list_none"), hidden: true });
  return finder.none;
}

function resetList() {
  chooseList(Object.fromEntries(LIST_NAMES.map((name) => [name, ""])));
  finder.search.focus();
}

// The finder say what is chosen, from wherever it came.
function showListControls() {
  if (finder.search.value !== listState.q) finder.search.value = listState.q;
  for (const [name, control] of finder.facets) {
    control.value = listState[name];
  }
  const n = list.shown.length.toLocaleString("en");
  const of = list.rows.length.toLocaleString("en");
  finder.count.textContent = n === of ? say("list_count_all", { n }) : say("list_count", { n, of });
  finder.reset.hidden = LIST_NAMES.every((name) => !listState[name]);
  finder.none.hidden = list.shown.length > 0;
}

// What a search looks at is gathered when there is time, some texts at once.
function whenIdle(from) {
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));
  if (from >= list.rows.length) return;
  later(() => {
    list.rows.slice(from, from + 40).forEach((row) => row.searched);
    whenIdle(from + 40);
  }, { timeout: 200 });
}
