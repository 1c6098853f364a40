// From weight to colour: linear, by square root, or by rank; over the view's own range or a fixed one.

const SCALES = ["linear", "sqrt", "rank"];
const RANGES = ["own", "shared"];

// Where the colours of a view stop: the 99.5th percentile of the content columns, so that a sink
// does not take the whole range.
function colourTop(shape, z) {
  const { count } = shape;
  const content = new Float64Array(z.length);
  let n = 0;
  for (let k = 0; k < count; k++) {
    if (shape.isSpecial[k]) continue;
    for (let i = k; i < z.length; i += count) if (!Number.isNaN(z[i])) content[n++] = z[i];
  }
  if (n === 0) return 1;
  const top = nth(content.subarray(0, n), Math.min(n - 1, Math.floor(0.995 * n)));
  return top > 0 ? top : 1;
}

// What would stand at `at` if the values, which are moved about, were sorted (Hoare's quickselect):
// a long text has too many cells to sort them all.
function nth(values, at) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (at <= j) high = j;
    else if (at >= i) low = i;
    else break;
  }
  return values[at];
}

// The colours of the views that are drawn, one or two, which share them. `of` gives a weight its
// place on the bar, 0 to `end`; `ticks` are places with the weights they stand for.
function colouring(shape, views, choice) {
  const factor = views.every((view) => view.summed) ? page.heads : 1;
  const most = views.map(({ z, factor: f }) => f * z.reduce((best, value) => (value > best ? value : best), 0));
  if (choice.scale === "rank") return { ...byRank(views), kind: "rank", most };
  const top = choice.range === "shared"
    ? factor
    : Math.max(...views.map((view) => view.factor * colourTop(shape, view.z)));
  const above = views.map(({ z, factor: f }) => z.reduce((n, value) => n + (f * value > top ? 1 : 0), 0));
  const isRoot = choice.scale === "sqrt";
  const of = isRoot ? Math.sqrt : (value) => value;
  const values = [0, isRoot ? top / 4 : top / 2, top];
  return { of, kind: choice.scale, isFixed: choice.range === "shared", end: of(top), top, above, most, ticks: values.map((value) => [of(value), value]) };
}

// A cell's rank among all cells drawn, 0 the smallest and 1 the largest; equal ones share the mean.
function byRank(views) {
  const all = Float64Array.from(views.flatMap(({ z, factor }) =>
    Array.from(z.filter((value) => !Number.isNaN(value)), (value) => factor * value))).sort();
  const last = Math.max(1, all.length - 1);
  const seen = new Map();
  const bound = (value, isAfter) => {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle] < value || (isAfter && all[middle] === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const of = (value) => {
    if (!seen.has(value)) seen.set(value, (bound(value, false) + bound(value, true) - 1) / 2 / last);
    return seen.get(value);
  };
  const at = (share) => all[Math.round(share * (all.length - 1))] ?? 0;
  return { of, end: 1, top: at(1), above: views.map(() => 0), ticks: [0, 0.5, 1].map((share) => [share, at(share)]) };
}

function colourScale() {
  const colours = page.scales[isDark() ? "dark" : "light"];
  return colours.map((colour, i) => [i / (colours.length - 1), colour]);
}
