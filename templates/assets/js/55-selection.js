// Which heads are shown, in one word: "3.5" a head, "3.mean" a layer, "all.5" a head's mean over
// layers, "all.mean", or a set of heads and layers, "3.5+4.mean", of which the mean is shown.

// What is shown of a pair: from one segment to another.
const PARTS = { "1": [0, 0], "2": [1, 1], "1-2": [0, 1], "2-1": [1, 0] };

const NAMED = 6; // heads of a set that its name lists

function itemsOf(selection) {
  return selection.split("+").map((item) =>
    item.split(".").map((part) => (part === "all" || part === "mean" ? part : Number(part))));
}

// [layer, head] of a selection that is not a set.
function onlyItem(selection) {
  const items = itemsOf(selection);
  return items.length === 1 ? items[0] : null;
}

// The heads of a selection, numbered layer by layer.
function headCells(selection) {
  const cells = new Set();
  for (const [layer, head] of itemsOf(selection)) {
    for (const l of layer === "all" ? upTo(page.layers) : [layer - 1]) {
      for (const h of head === "mean" ? upTo(page.heads) : [head - 1]) cells.add(l * page.heads + h);
    }
  }
  return [...cells].sort((a, b) => a - b);
}

// The same in the text's own maps, which may be layer means.
function mapCells(data, selection) {
  const cells = headCells(selection);
  if (data.heads === page.heads) return cells;
  return [...new Set(cells.map((cell) => Math.floor(cell / page.heads)))];
}

// The word for a set of heads.
function selectionFor(cells) {
  const layers = upTo(page.layers).map((l) =>
    cells.filter((cell) => Math.floor(cell / page.heads) === l).map((cell) => cell % page.heads));
  const isWhole = (heads) => heads.length === page.heads && page.heads > 1;
  if (page.layers > 1 && layers.every(isWhole)) return "all.mean";
  const [{ [0]: head }] = layers;
  if (page.layers > 1 && layers.every((heads) => heads.length === 1 && heads[0] === head)) return `all.${head + 1}`;
  return layers
    .flatMap((heads, l) => (isWhole(heads) ? [`${l + 1}.mean`] : heads.map((h) => `${l + 1}.${h + 1}`)))
    .join("+");
}

// What an address says, in its shortest form; null where it names what is not there.
function readSelection(given) {
  if (!given) return null;
  const within = (part, word, last) =>
    part === word || (/^[1-9]\d*$/.test(part) && Number(part) <= last);
  const items = given.split(/[+ ]/).map((item) => item.split("."));
  const right = items.every((item) =>
    item.length === 2 && within(item[0], "all", page.layers) && within(item[1], "mean", page.heads));
  if (!right) return null;
  const selection = items.map((item) => item.join(".")).join("+");
  return items.length === 1 ? selection : selectionFor(headCells(selection));
}

// A selection without the heads that a text of layer means does not carry.
function carried(selection, allHeads) {
  const items = itemsOf(selection);
  if (allHeads || items.every(([, head]) => head === "mean")) return selection;
  return `${items[0][0]}.mean`;
}

// `item` joins a selection, or leaves it. A head does not join a mean that was not put together
// by hand: it begins a set of its own.
function toggled(selection, item) {
  const was = onlyItem(selection);
  const [, head] = itemsOf(item)[0];
  if (was && (was[0] === "all" || (was[1] === "mean" && head !== "mean"))) return item;
  const have = new Set(headCells(selection));
  const cells = headCells(item);
  const leaves = cells.every((cell) => have.has(cell));
  for (const cell of cells) leaves ? have.delete(cell) : have.add(cell);
  return have.size ? selectionFor([...have].sort((a, b) => a - b)) : selection;
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
