// From weight to colour: linear, by square root or by rank; up to the strongest text token or up
// to a fixed value.

// Where the colours of a view end: the 99.5th percentile of the content columns, so that an
// attention sink does not take the whole scale.
function colourTop(shape, z) {
  const { count } = shape;
  const content = new Float64Array(z.length);
  let n = 0;
  for (let k = 0; k < count; k++) {
    if (shape.isSpecial[k]) continue;
    for (let i = k; i < z.length; i += count) if (!Number.isNaN(z[i])) content[n++] = z[i];
  }
  if (n === 0) return 1;
  const top = nthSmallest(content.subarray(0, n), Math.min(n - 1, Math.floor(0.995 * n)));
  return top > 0 ? top : 1;
}

// The value that would stand at `at` if `values` were sorted (Hoare's quickselect, which reorders
// them): a long text has too many cells to sort them all.
function nthSmallest(values, at) {
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

// One colour scale for all views that are drawn, one or two. `of` gives the place of a weight on the
// colour bar, from 0 to `end`; `ticks` are pairs of a place and its weight; `above` counts the cells
// of each view beyond `top`.
function makeColours(shape, views, choice) {
  const factor = views.every((view) => view.summed) ? page.heads : 1;
  const cells = ({ z, sink }) => [z, ...(sink ? [sink] : [])];
  const most = views.map((view) => view.factor * Math.max(...cells(view).map((some) =>
    some.reduce((best, value) => (value > best ? value : best), 0))));
  if (choice.scale === "rank") return { ...rankColours(views), kind: "rank", most };
  const isFixed = choice.range === "shared";
  const top = isFixed ? factor : Math.max(...views.map((view) => view.factor * colourTop(shape, view.z)));
  const above = views.map((view) => cells(view).reduce((sum, some) =>
    sum + some.reduce((n, value) => n + (view.factor * value > top ? 1 : 0), 0), 0));
  const isRoot = choice.scale === "sqrt";
  const of = isRoot ? Math.sqrt : (value) => value;
  const ticks = [0, isRoot ? top / 4 : top / 2, top].map((value) => [of(value), value]);
  return { of, kind: choice.scale, isFixed, end: of(top), top, above, most, ticks };
}

// By the rank of a cell among all cells drawn, from 0 to 1; equal cells have their mean rank.
function rankColours(views) {
  const all = Float64Array.from(views.flatMap(({ z, sink, factor }) =>
    [...z, ...(sink ?? [])].filter((value) => !Number.isNaN(value)).map((value) => factor * value))).sort();
  const last = Math.max(1, all.length - 1);
  const ranks = new Map();
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
    if (!ranks.has(value)) ranks.set(value, (bound(value, false) + bound(value, true) - 1) / 2 / last);
    return ranks.get(value);
  };
  const at = (share) => all[Math.round(share * (all.length - 1))] ?? 0;
  const ticks = [0, 0.5, 1].map((share) => [share, at(share)]);
  return { of, end: 1, top: at(1), above: views.map(() => 0), ticks };
}

// The colour scale as plotly takes it.
function colourScale() {
  const colours = page.scales[isDark() ? "dark" : "light"];
  return colours.map((colour, i) => [i / (colours.length - 1), colour]);
}

// The same in 256 steps of red, green, blue and opacity.
function colourTable() {
  const stops = colourScale().map(([, colour]) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  return upTo(256).map((step) => {
    const place = (step / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    const mix = (value, i) => Math.round(value + (place - low) * (stops[low + 1][i] - value));
    return [...stops[low].map(mix), 255];
  });
}
