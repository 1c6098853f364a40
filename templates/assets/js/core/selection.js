// A selection names the heads that are shown, as the address writes it: "3.5" is a head, "3.mean" a
// layer, "all.5" a head over all layers, "all.mean" all of them, and "3.5+4.mean" a set of heads and
// layers. Of several heads the mean is shown.

const NAMED = 6; // heads that the name of a set lists

function itemsOf(selection) {
  return selection.split("+").map((item) =>
    item.split(".").map((part) => (part === "all" || part === "mean" ? part : Number(part))));
}

// [layer, head] of a selection that is not a set.
function onlyItem(selection) {
  const items = itemsOf(selection);
  return items.length === 1 ? items[0] : null;
}

// The numbers of the selected heads, counted layer by layer.
function headCells(selection) {
  const cells = new Set();
  for (const [layer, head] of itemsOf(selection)) {
    for (const l of layer === "all" ? upTo(page.layers) : [layer - 1]) {
      for (const h of head === "mean" ? upTo(page.heads) : [head - 1]) cells.add(l * page.heads + h);
    }
  }
  return [...cells].sort((a, b) => a - b);
}

// The same in the maps of a text, which may hold the means of layers only.
function mapCells(data, selection) {
  const cells = headCells(selection);
  if (data.heads === page.heads) return cells;
  return [...new Set(cells.map((cell) => Math.floor(cell / page.heads)))];
}

// The shortest selection of these heads.
function selectionFor(cells) {
  const layers = upTo(page.layers).map((l) =>
    cells.filter((cell) => Math.floor(cell / page.heads) === l).map((cell) => cell % page.heads));
  const isWhole = (heads) => heads.length === page.heads && page.heads > 1;
  if (page.layers > 1 && layers.every(isWhole)) return "all.mean";
  const head = layers[0][0];
  const isSameHead = layers.every((heads) => heads.length === 1 && heads[0] === head);
  if (page.layers > 1 && isSameHead) return `all.${head + 1}`;
  return layers
    .flatMap((heads, l) => (isWhole(heads) ? [`${l + 1}.mean`] : heads.map((h) => `${l + 1}.${h + 1}`)))
    .join("+");
}

// A layer and a head of an address, as it is written; null where they do not exist.
function readItem(given, { layers, heads }) {
  const isNamed = (part, word, last) =>
    part === word || (/^[1-9]\d*$/.test(part) && Number(part) <= last);
  const [layer, head, ...more] = (given ?? "").split(".");
  return more.length || !isNamed(layer, "all", layers) || !isNamed(head ?? "", "mean", heads) ? null : given;
}

// The selection in an address, in its shortest form; null where it names what does not exist.
function readSelection(given) {
  if (!given) return null;
  const items = given.split(/[+ ]/).map((item) => readItem(item, page));
  if (items.includes(null)) return null;
  const selection = items.join("+");
  return items.length === 1 ? selection : selectionFor(headCells(selection));
}

// What a text shows of a selection; one that has only the means of layers cannot show heads.
function availableIn(selection, hasHeads) {
  const items = itemsOf(selection);
  if (hasHeads || items.every(([, head]) => head === "mean")) return selection;
  return `${items[0][0]}.mean`;
}

// Adds `item` to a selection, or removes it. A head that is added to a mean over heads starts a new
// selection, unless the mean is part of a set.
function toggled(selection, item) {
  const only = onlyItem(selection);
  const [, head] = itemsOf(item)[0];
  if (only && (only[0] === "all" || (only[1] === "mean" && head !== "mean"))) return item;
  const selected = new Set(headCells(selection));
  const cells = headCells(item);
  const isRemoved = cells.every((cell) => selected.has(cell));
  for (const cell of cells) isRemoved ? selected.delete(cell) : selected.add(cell);
  return selected.size ? selectionFor([...selected].sort((a, b) => a - b)) : selection;
}

function selectionName(selection, content) {
  const only = onlyItem(selection);
  if (only) {
    const [layer, head] = only;
    const one = head === "mean"
      ? say(page.sums && !content ? "sum_of_heads" : "mean_of_heads", { n: page.heads })
      : say("view_head", { head });
    return say(layer === "all" ? "view_all" : "view", { layer, head: one });
  }
  const names = itemsOf(selection).map(([layer, head]) => (head === "mean" ? `L${layer}` : `L${layer}H${head}`));
  const list = names.slice(0, NAMED).join(say("comma"));
  const more = names.length - NAMED;
  return say("view_set", {
    n: headCells(selection).length,
    list: more > 0 ? say("and_more", { list, n: more }) : list,
  });
}
