// The plotly figure of one view: the empty figure of the page, filled with what `crop` cuts out.

const NARROW = 560; // pixels; below, the room goes to the map
const LINES = 150; // pixels, height of the lines

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// `crop` has the first row and column and one past the last; `lineTop` is the end of the lines' axis.
function makeFigure(shape, view, { colours, crop, width, chosen, lineTop }) {
  const figure = structuredClone(page.figure);
  const [map, received, even, row] = figure.data;
  const rows = upTo(crop.rows[1] - crop.rows[0]).map((i) => crop.rows[0] + i);
  const columns = upTo(crop.columns[1] - crop.columns[0]).map((i) => crop.columns[0] + i);
  const names = new Map([...rows, ...columns].map((i) => [i, escaped(cutLabel(shape.labels[i], 40))]));
  const cellAt = (q, k) => {
    const value = view.z[q * shape.count + k];
    return Number.isNaN(value) ? null : value * view.factor;
  };
  const z = rows.map((q) => columns.map((k) => cellAt(q, k)));
  const cell = (value) => weight(value, view.summed, true);
  Object.assign(map, {
    z: z.map((cells) => cells.map((value) => (value === null ? null : colours.of(value)))),
    x: columns,
    y: rows,
    zmin: 0,
    zmax: colours.end,
    colorscale: colourScale(),
    customdata: z.map((cells, i) => cells.map((value, j) => value === null ? ""
      : `${say("from_to", { from: names.get(rows[i]), to: names.get(columns[j]) })}<br>${cell(value)}`)),
  });
  const isCut = colours.above.some((n) => n > 0);
  Object.assign(map.colorbar, {
    tickvals: colours.ticks.map(([place]) => place),
    ticktext: colours.ticks.map(([, value], i) =>
      `${i === 2 && isCut ? "≥ " : ""}${cell(value).replace("≈ ", "")}`),
  });
  const line = (trace, values, name, exact) => {
    trace.x = columns;
    trace.y = columns.map((k) => (values[k] === null ? null : values[k] * view.factor));
    trace.customdata = trace.y.map((value, i) => value === null ? ""
      : `${names.get(columns[i])}<br>${escaped(name)}: ${weight(value, view.summed, !exact)}`);
  };
  line(received, view.received, say("received"), view.exact);
  line(even, view.expected, say("even_line"), true);
  if (row) {
    row.name = say("cls_row", { name: page.cls });
    line(row, view.row ?? shape.labels.map(() => null), row.name, view.exact);
    row.line.color = row.marker.color = css("--blue");
  }
  received.line.color = received.marker.color = css("--red");
  even.line.color = css("--muted");
  const layout = layoutOf(figure.layout, { shape, view, rows, columns, width, chosen, lineTop });
  map.showscale = width > NARROW; // the caption says the range as well
  map.colorbar.len = layout.yaxis.domain[1];
  return { data: figure.data, layout };
}

const longestOf = (shape, some) =>
  7 * Math.max(...some.map((i) => widthOf(Array.from(cutLabel(shape.labels[i])))));

function layoutOf(layout, { shape, view, rows, columns, width, chosen, lineTop }) {
  const mapHeight = Math.max(140, Math.min(1100, Math.min(26, Math.max(12, 640 / rows.length)) * rows.length));
  // Margins by hand: plotly measures the labels itself, but draws everything twice for it.
  const [tall, long] = [longestOf(shape, columns), longestOf(shape, rows)];
  const wide = width > NARROW;
  const isPair = shape.segment !== null;
  // The key's labels stand between the lines and the map: slanted, or upright where it is narrow.
  const inner = LINES + (wide ? 0.77 * tall + 52 : tall + 26) + mapHeight;
  const margin = {
    ...layout.margin,
    t: isPair ? 24 : layout.margin.t,
    l: Math.max(46, long + 12) + (wide ? 28 : 0) + (isPair ? 18 : 0),
    r: wide ? 96 : 8,
    b: 8,
  };
  const ticks = (some, room, each) => {
    const every = Math.max(1, Math.ceil((some.length * each) / room));
    const vals = some.filter((_, i) => i % every === 0);
    return { tickvals: vals, ticktext: vals.map((i) => escaped(cutLabel(shape.labels[i]))) };
  };
  const ink = css("--ink");
  const muted = css("--muted");
  const axis = { color: muted, tickfont: { color: ink, size: 12 } };
  const merge = (name) => ({
    ...layout[name],
    ...axis,
    title: { ...(wide ? layout[name].title : { text: "" }), font: { color: muted, size: 12 } },
  });
  const last = (some) => some[some.length - 1];
  return Object.assign(layout, {
    width,
    height: inner + margin.t + margin.b,
    margin,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: muted, activecolor: ink },
    font: { family: css("--font"), size: 12, color: ink },
    plot_bgcolor: css("--wash"),
    hoverlabel: { bgcolor: ink, bordercolor: ink, font: { color: css("--paper"), family: css("--font"), size: 13 } },
    xaxis: {
      ...merge("xaxis"),
      tickangle: wide ? -50 : -90,
      range: [columns[0] - 0.5, last(columns) + 0.5],
      ...ticks(columns, width - margin.l - margin.r, 15),
    },
    yaxis: {
      ...merge("yaxis"),
      autorange: false,
      range: [last(rows) + 0.5, rows[0] - 0.5],
      domain: [0, mapHeight / inner],
      ...ticks(rows, mapHeight, 12),
    },
    yaxis2: {
      ...merge("yaxis2"),
      domain: [1 - LINES / inner, 1],
      gridcolor: css("--rule"),
      tickformat: view.summed ? "~g" : "~%",
      ...(lineTop === null ? {} : { range: [0, lineTop], autorange: false }),
    },
    shapes: [...bands(chosen, rows, columns), ...rules(shape, rows, columns)],
    annotations: isPair ? segmentNames(shape, rows, columns, margin, wide) : [],
  });
}

const clear = "rgba(0,0,0,0)";

// The chosen token's row and column.
function bands(chosen, rows, columns) {
  if (chosen === null) return [];
  const along = { line: { color: css("--ink"), width: 1.5 }, fillcolor: clear, type: "rect" };
  const [low, high] = [chosen - 0.5, chosen + 0.5];
  return [
    ...(rows.includes(chosen) ? [{ ...along, xref: "paper", x0: 0, x1: 1, yref: "y", y0: low, y1: high }] : []),
    ...(columns.includes(chosen) ? [{ ...along, xref: "x", x0: low, x1: high, yref: "paper", y0: 0, y1: 1 }] : []),
  ];
}

// Where the second segment of a pair begins, in both axes.
function rules(shape, rows, columns) {
  const second = shape.segment?.indexOf(1) ?? -1;
  const line = { type: "line", line: { color: css("--ink"), width: 1.5, dash: "dash" } };
  const at = second - 0.5;
  const isInside = (some) => second > some[0] && second <= some[some.length - 1];
  return [
    ...(second > 0 && isInside(columns) ? [{ ...line, xref: "x", x0: at, x1: at, yref: "paper", y0: 0, y1: 1 }] : []),
    ...(second > 0 && isInside(rows) ? [{ ...line, xref: "paper", x0: 0, x1: 1, yref: "y", y0: at, y1: at }] : []),
  ];
}

// The names of the segments, above the columns and beside the rows.
function segmentNames(shape, rows, columns, margin) {
  const base = { showarrow: false, font: { color: css("--ink"), size: 12 } };
  const names = [];
  for (const segment of [0, 1]) {
    const text = say(segment ? "second" : "first");
    const of = (some) => some.filter((i) => shape.segment[i] === segment);
    const [k] = of(columns);
    const [q] = of(rows);
    if (k !== undefined) {
      names.push({ ...base, text, xref: "x", x: k - 0.5, xanchor: "left", yref: "paper", y: 1, yanchor: "bottom" });
    }
    if (q !== undefined) {
      names.push({ ...base, text, xref: "paper", x: 0, xanchor: "left", xshift: -margin.l, yref: "y", y: q - 0.5, yanchor: "top", textangle: -90 });
    }
  }
  return names;
}
