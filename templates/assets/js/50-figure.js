// The plotly figure of one view: the empty figure of the page, filled.

const NARROW = 560; // pixels; below, the room goes to the map
const MARKED = 80; // units; beyond, a mark for each would hide the lines
const CELL_HOVERS = 160; // units; beyond, a label for every cell would take too long

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function makeFigure(data, view, width, chosen) {
  const figure = structuredClone(page.figure);
  const [map, received, even, row] = figure.data;
  const indices = data.labels.map((_, i) => i);
  const shown = (value) => (value === null ? null : value * view.factor);
  const z = view.z.map((cells) => cells.map(shown));
  const top = colourTop(data, z);
  const names = data.labels.map((label) => escaped(cutLabel(label, 40)));
  const cell = (value) => weight(value, view.summed, true);
  const most = z.flat().reduce((best, value) => (value > best ? value : best), 0);
  const ticks = [0, top / 2, top];
  Object.assign(map, {
    z,
    x: indices,
    y: indices,
    zmin: 0,
    zmax: top,
    colorscale: colourScale(),
    xgap: data.count > 80 ? 0 : 1,
    ygap: data.count > 80 ? 0 : 1,
    ...(data.count <= CELL_HOVERS
      ? {
          customdata: z.map((cells, q) => cells.map((value, k) =>
            value === null ? "" : `${say("from_to", { from: names[q], to: names[k] })}<br>${cell(value)}`)),
        }
      : { hovertemplate: "%{y} → %{x}: %{z:.2g}<extra></extra>" }),
  });
  Object.assign(map.colorbar, {
    tickvals: ticks,
    ticktext: ticks.map((value, i) =>
      `${i === 2 && most > top ? "≥ " : ""}${cell(value).replace("≈ ", "")}`),
  });
  const line = (trace, values, name, exact) => {
    trace.x = indices;
    trace.y = values.map(shown);
    trace.customdata = trace.y.map((value, k) =>
      value === null ? "" : `${names[k]}<br>${escaped(name)}: ${weight(value, view.summed, !exact)}`);
  };
  line(received, view.received, say("received"), view.exact);
  line(even, view.expected, say("even"), true);
  const mode = data.count > MARKED ? "lines" : "lines+markers";
  received.mode = mode;
  if (row) {
    row.mode = mode;
    row.name = say("cls_row", { name: page.cls });
    line(row, view.row ?? data.labels.map(() => null), row.name, view.exact);
    row.line.color = row.marker.color = css("--blue");
  }
  received.line.color = received.marker.color = css("--red");
  even.line.color = css("--muted");
  const layout = layoutOf(figure.layout, data, view, width, chosen);
  map.showscale = width > NARROW; // the caption says the range as well
  map.colorbar.len = layout.yaxis.domain[1];
  return { data: figure.data, layout, most, top };
}

function layoutOf(layout, data, view, width, chosen) {
  const linesHeight = 150;
  const rowHeight = Math.min(26, Math.max(9, 640 / data.count));
  const mapHeight = Math.max(140, Math.min(1100, rowHeight * data.count));
  // Margins by hand: plotly measures the labels itself, but draws everything twice for it.
  const longest = 7 * Math.max(...data.labels.map((label) => widthOf(Array.from(cutLabel(label)))));
  const wide = width > NARROW;
  // The key's labels stand between the lines and the map: slanted, or upright where it is narrow.
  const inner = linesHeight + (wide ? 0.77 * longest + 52 : longest + 26) + mapHeight;
  const margin = {
    ...layout.margin,
    l: Math.max(46, longest + 12) + (wide ? 28 : 0),
    r: wide ? 96 : 8,
    b: 8,
  };
  const height = inner + margin.t + margin.b;
  const ticks = (room, each) => {
    const every = Math.max(1, Math.ceil((data.count * each) / room));
    const vals = data.labels.map((_, i) => i).filter((i) => i % every === 0);
    return { tickvals: vals, ticktext: vals.map((i) => escaped(cutLabel(data.labels[i]))) };
  };
  const ink = css("--ink");
  const title = (name) => (wide ? layout[name].title : { text: "" });
  const axis = { color: css("--muted"), tickfont: { color: ink, size: 12 }, title: { font: { color: css("--muted"), size: 12 } } };
  const merge = (name) => ({ ...layout[name], ...axis, title: { ...title(name), ...axis.title } });
  Object.assign(layout, {
    width,
    height,
    margin,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--muted"), activecolor: css("--ink") },
    font: { family: css("--font"), size: 12, color: ink },
    plot_bgcolor: css("--wash"),
    hoverlabel: { bgcolor: css("--ink"), bordercolor: css("--ink"), font: { color: css("--paper"), family: css("--font"), size: 13 } },
    xaxis: { ...merge("xaxis"), tickangle: wide ? -50 : -90, range: [-0.5, data.count - 0.5], ...ticks(width - margin.l - margin.r, 15) },
    yaxis: {
      ...merge("yaxis"),
      autorange: false,
      range: [data.count - 0.5, -0.5],
      domain: [0, mapHeight / inner],
      ...ticks(mapHeight, 12),
    },
    yaxis2: {
      ...merge("yaxis2"),
      domain: [1 - linesHeight / inner, 1],
      gridcolor: css("--rule"),
      tickformat: view.summed ? "~g" : "~%",
    },
    shapes: chosen === null ? [] : [band(chosen, "row"), band(chosen, "column")],
  });
  return layout;
}

function band(unit, kind) {
  const along = { line: { color: css("--ink"), width: 1.5 }, fillcolor: "rgba(0,0,0,0)", type: "rect" };
  return kind === "row"
    ? { ...along, xref: "paper", x0: 0, x1: 1, yref: "y", y0: unit - 0.5, y1: unit + 0.5 }
    : { ...along, xref: "x", x0: unit - 0.5, x1: unit + 0.5, yref: "paper", y0: 0, y1: 1 };
}

function colourScale() {
  const colours = page.scales[isDark() ? "dark" : "light"];
  return colours.map((colour, i) => [i / (colours.length - 1), colour]);
}
