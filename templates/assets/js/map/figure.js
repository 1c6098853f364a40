// The plotly figure of a view: the page's empty figure, filled with the rows and columns of a crop.

const NARROW = 440; // pixels; below, the room goes to the map
const TITLED = 620; // pixels; from there on axes have titles
const LINES = 100; // pixels, height of the lines
const CLEAR = "rgba(0,0,0,0)";

// plotly reads text as a little HTML. Cut first and escape then, so that no entity is cut in half.
const escaped = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

// `crop` holds the first row and column and one past the last; `lineTop` is the end of the lines' axis.
function makeFigure(shape, view, { colours, crop, width, chosen, lineTop }) {
  const figure = structuredClone(page.figure);
  const [map, received, even, row] = figure.data;
  const [rows, columns] = [crop.rows, crop.columns].map(([start, end]) => upTo(end - start).map((i) => start + i));
  const names = new Map([...rows, ...columns].map((i) => [i, escaped(cutLabel(shape.labels[i], 40))]));
  const line = (trace, values, name, isExact) => {
    trace.x = columns;
    trace.y = columns.map((k) => (values[k] === null ? null : values[k] * view.factor));
    trace.customdata = trace.y.map((value, i) => value === null ? ""
      : `${names.get(columns[i])}<br>${escaped(name)}: ${weightText(value, view.summed, !isExact)}`);
  };
  fillMap(map, shape, view, { colours, rows, columns, names });
  line(received, view.received, say("received"), view.exact);
  line(even, view.expected, say("even_line"), true);
  if (row) {
    row.name = say("cls_row", { name: page.cls });
    line(row, view.row ?? shape.labels.map(() => null), row.name, view.exact);
    row.line.color = row.marker.color = css("--blue");
  }
  received.line.color = received.marker.color = css("--red");
  even.line.color = css("--muted");
  const layout = makeLayout(figure.layout, { shape, view, rows, columns, width, chosen, lineTop });
  map.showscale = width > NARROW; // the caption says the range as well
  map.colorbar.len = layout.yaxis.domain[1];
  return { data: figure.data, layout };
}

function fillMap(map, shape, view, { colours, rows, columns, names }) {
  const weightAt = (q, k) => {
    const value = view.z[q * shape.count + k];
    return Number.isNaN(value) ? null : value * view.factor;
  };
  const z = rows.map((q) => columns.map((k) => weightAt(q, k)));
  const text = (value) => weightText(value, view.summed, true);
  const hover = (value, q, k) =>
    `${say("from_to", { from: names.get(q), to: names.get(k) })}<br>${text(value)}`;
  Object.assign(map, {
    z: z.map((cells) => cells.map((value) => (value === null ? null : colours.of(value)))),
    x: columns,
    y: rows,
    zmin: 0,
    zmax: colours.end,
    colorscale: colourScale(),
    customdata: z.map((cells, i) =>
      cells.map((value, j) => (value === null ? "" : hover(value, rows[i], columns[j])))),
  });
  const isCut = colours.above.some((n) => n > 0);
  Object.assign(map.colorbar, {
    tickvals: colours.ticks.map(([place]) => place),
    ticktext: colours.ticks.map(([, value], i) =>
      `${i === 2 && isCut ? "≥ " : ""}${text(value).replace("≈ ", "")}`),
  });
}

// In pixels, about.
const longestLabel = (shape, some) =>
  7 * Math.max(...some.map((i) => widthOf(Array.from(cutLabel(shape.labels[i])))));

// Margins are set by hand: plotly can measure the labels, but draws everything twice for it.
function makeLayout(layout, { shape, view, rows, columns, width, chosen, lineTop }) {
  const mapHeight = Math.max(140, Math.min(1100, Math.min(26, Math.max(12, 640 / rows.length)) * rows.length));
  const [tall, long] = [longestLabel(shape, columns), longestLabel(shape, rows)];
  const isWide = width > NARROW;
  const isTitled = width > TITLED;
  const isPair = shape.segment !== null;
  // Between the lines and the map stand the columns' labels: slanted, or upright where it is narrow.
  const inner = LINES + (isTitled ? 0.77 * tall + 52 : isWide ? 0.77 * tall + 22 : tall + 26) + mapHeight;
  const margin = {
    ...layout.margin,
    t: isPair ? 24 : layout.margin.t,
    l: Math.max(46, long + 12) + (isTitled ? 28 : 0) + (isPair ? 18 : 0),
    r: isTitled ? 96 : isWide ? 80 : 8,
    b: 8,
  };
  const ticks = (some, room, each) => {
    const every = Math.max(1, Math.ceil((some.length * each) / room));
    const vals = some.filter((_, i) => i % every === 0);
    return { tickvals: vals, ticktext: vals.map((i) => escaped(cutLabel(shape.labels[i]))) };
  };
  const [ink, muted, family] = [css("--ink"), css("--muted"), css("--font")];
  const axis = (name) => ({
    ...layout[name],
    color: muted,
    tickfont: { color: ink, size: 12 },
    title: { ...(isTitled ? layout[name].title : { text: "" }), font: { color: muted, size: 12 } },
  });
  return Object.assign(layout, {
    width,
    height: inner + margin.t + margin.b,
    margin,
    modebar: { bgcolor: CLEAR, color: muted, activecolor: ink },
    font: { family, size: 12, color: ink },
    plot_bgcolor: css("--wash"),
    hoverlabel: { bgcolor: ink, bordercolor: ink, font: { color: css("--paper"), family, size: 13 } },
    xaxis: {
      ...axis("xaxis"),
      tickangle: isWide ? -50 : -90,
      range: [columns[0] - 0.5, columns.at(-1) + 0.5],
      ...ticks(columns, width - margin.l - margin.r, 15),
    },
    yaxis: {
      ...axis("yaxis"),
      autorange: false,
      range: [rows.at(-1) + 0.5, rows[0] - 0.5],
      domain: [0, mapHeight / inner],
      ...ticks(rows, mapHeight, 12),
    },
    yaxis2: {
      ...axis("yaxis2"),
      domain: [1 - LINES / inner, 1],
      gridcolor: css("--rule"),
      tickformat: view.summed ? "~g" : "~%",
      ...(lineTop === null ? {} : { range: [0, lineTop], autorange: false }),
    },
    shapes: [...chosenBands(chosen, rows, columns), ...segmentRules(shape, rows, columns)],
    annotations: isPair ? segmentNames(shape, rows, columns, margin) : [],
  });
}

// Shapes of the figure from one end of it to the other: along the rows, and along the columns.
const alongRows = (y0, y1) => ({ xref: "paper", x0: 0, x1: 1, yref: "y", y0, y1 });
const alongColumns = (x0, x1) => ({ xref: "x", x0, x1, yref: "paper", y0: 0, y1: 1 });

// Frames around the row and the column of the chosen token.
function chosenBands(chosen, rows, columns) {
  if (chosen === null) return [];
  const frame = { line: { color: css("--ink"), width: 1.5 }, fillcolor: CLEAR, type: "rect" };
  const ends = [chosen - 0.5, chosen + 0.5];
  return [
    ...(rows.includes(chosen) ? [{ ...frame, ...alongRows(...ends) }] : []),
    ...(columns.includes(chosen) ? [{ ...frame, ...alongColumns(...ends) }] : []),
  ];
}

// Lines where the second segment of a pair begins.
function segmentRules(shape, rows, columns) {
  const second = shape.segment?.indexOf(1) ?? -1;
  const line = { type: "line", line: { color: css("--ink"), width: 1.5, dash: "dash" } };
  const ends = [second - 0.5, second - 0.5];
  const isInside = (some) => second > 0 && second > some[0] && second <= some.at(-1);
  return [
    ...(isInside(columns) ? [{ ...line, ...alongColumns(...ends) }] : []),
    ...(isInside(rows) ? [{ ...line, ...alongRows(...ends) }] : []),
  ];
}

// The names of the segments, above the columns and beside the rows.
function segmentNames(shape, rows, columns, margin) {
  const base = { showarrow: false, font: { color: css("--ink"), size: 12 }, xanchor: "left" };
  const above = { yref: "paper", y: 1, yanchor: "bottom", xref: "x" };
  const beside = { xref: "paper", x: 0, xshift: -margin.l, yref: "y", yanchor: "top", textangle: -90 };
  const names = [];
  for (const segment of [0, 1]) {
    const text = say(segment ? "second" : "first");
    const firstOf = (some) => some.find((i) => shape.segment[i] === segment);
    const [k, q] = [firstOf(columns), firstOf(rows)];
    if (k !== undefined) names.push({ ...base, ...above, text, x: k - 0.5 });
    if (q !== undefined) names.push({ ...base, ...beside, text, y: q - 0.5 });
  }
  return names;
}
