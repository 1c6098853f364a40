// The plotly figure of a view: the page's empty figure, filled with the rows and columns of a crop.

const CLEAR = "rgba(0,0,0,0)";

// plotly reads text as a little HTML. Cut first and escape then, so that no entity is cut in half.
const escaped = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

// `crop` holds the first row and column and one past the last; `lineTop` is the end of the lines' axis.
function makeFigure(shape, view, { beyond, crop, width, chosen, reads, lineTop }) {
  const figure = structuredClone(page.figure);
  const [map, received, even, row] = figure.data;
  const [rows, columns] = [crop.rows, crop.columns].map(([start, end]) => upTo(end - start).map((i) => start + i));
  const line = (trace, values) => {
    trace.x = columns;
    trace.y = columns.map((k) => (values[k] === null ? null : values[k] * view.factor));
  };
  fillMap(map, shape, view, { rows, columns });
  if (view.sink) figure.data.push(sinkTrace(map, view, { rows, columns }));
  line(received, view.received);
  line(even, view.expected);
  if (row) {
    row.name = say("cls_row", { name: page.cls });
    line(row, view.row ?? shape.labels.map(() => null));
    row.line.color = row.marker.color = css("--cls");
  }
  received.line.color = received.marker.color = css("--received");
  even.line.color = css("--muted");
  const place = geometryOf(shape, rows, columns, width, view.sink !== null);
  for (const trace of [received, row]) if (trace) trace.marker.size = 5 * place.scale;
  const values = [received, even, row].flatMap((trace) => trace?.y ?? []);
  const layout = makeLayout(figure.layout, place,
    { shape, view, rows, columns, width, chosen, reads, lineTop: lineTop ?? Math.max(...values) });
  const marks = colourMarks(beyond > 0);
  Object.assign(map.colorbar, {
    tickvals: marks.map(([place]) => place), ticktext: marks.map(([, name]) => name),
    len: layout.yaxis.domain[1], thickness: 12 * place.scale, ypad: 0, xpad: 8 * place.scale, x: 1,
    tickfont: { size: 11 * place.scale },
  });
  return { data: figure.data, layout };
}

const placeOrNull = (times) => (Number.isNaN(times) ? null : placeOf(times));
const weightOrNull = (share, view) => (Number.isNaN(share) ? null : share * view.factor);

function fillMap(map, shape, view, { rows, columns }) {
  Object.assign(map, {
    z: rows.map((q) => columns.map((k) => placeOrNull(view.times[q * shape.count + k]))),
    customdata: rows.map((q) => columns.map((k) => weightOrNull(view.z[q * shape.count + k], view))),
    x: columns,
    y: rows,
    zmin: 0,
    zmax: 1,
    colorscale: colourScale(),
  });
}

// Where the column of a learned sink stands, after the columns of the text.
const sinkPlace = (columns) => columns.at(-1) + 1 + APART;

// The column of a learned sink: a map of its own, in the same colours.
function sinkTrace(map, view, { rows, columns }) {
  const z = rows.map((q) => [placeOrNull(view.sinkTimes[q])]);
  const customdata = rows.map((q) => [weightOrNull(view.sink[q], view)]);
  return { ...map, name: say("learned_sink"), meta: "sink", x: [sinkPlace(columns)], z, customdata, showscale: false };
}

// Margins are set by hand: plotly can measure the labels, but draws everything twice for it.
function makeLayout(layout, place, { shape, view, rows, columns, width, chosen, reads, lineTop }) {
  const { scale } = place;
  const margin = {
    ...layout.margin,
    t: scale * place.linesStart, l: scale * place.left, b: scale * (place.height - place.mapEnd),
    r: width - scale * place.right,
  };
  const inner = place.mapEnd - place.linesStart;
  const names = (some, every) => {
    const vals = some.filter((_, i) => i % every === 0);
    return { tickvals: vals, ticktext: vals.map((i) => escaped(cutLabel(shape.labels[i]))) };
  };
  const [ink, muted, family] = [css("--ink"), css("--muted"), css("--font")];
  const axis = (name, size, color) =>
    ({ ...layout[name], color: muted, tickfont: { color, size: scale * size } });
  const { end, marks } = lineMarks(lineTop);
  return Object.assign(layout, {
    width,
    height: scale * place.height,
    margin,
    modebar: { bgcolor: CLEAR, color: muted, activecolor: ink },
    font: { family, size: scale * LETTERS, color: ink },
    xaxis: {
      ...axis("xaxis", place.columnLetters, ink),
      tickangle: -SLANT,
      range: [columns[0] - 0.5, (view.sink ? sinkPlace(columns) : columns.at(-1)) + 0.5],
      ...(view.sink ? withSink(names(columns, place.columnEvery), columns, place) : names(columns, place.columnEvery)),
    },
    yaxis: {
      ...axis("yaxis", place.rowLetters, ink),
      autorange: false,
      range: [rows.at(-1) + 0.5, rows[0] - 0.5],
      domain: [0, (place.mapEnd - place.mapStart) / inner],
      ...names(rows, 1),
    },
    yaxis2: {
      ...axis("yaxis2", LETTERS, muted),
      domain: [1 - LINES / inner, 1],
      gridcolor: css("--rule"),
      range: [0, end],
      tickvals: marks,
      ticktext: marks.map((value) =>
        view.summed ? String(value) : say("percent", { x: Number((100 * value).toPrecision(12)) })),
    },
    shapes: [
      ...mapGround(rows, columns), ...(view.sink ? mapGround(rows, [sinkPlace(columns)]) : []),
      ...readFrame(reads, rows), ...chosenBands(chosen, rows, columns),
      ...segmentRules(shape, rows, columns),
    ],
    annotations: shape.segment === null ? [] : segmentNames(shape, rows, columns, margin),
  });
}

// The names of the columns with that of a learned sink, which takes the room of those before it.
function withSink({ tickvals, ticktext }, columns, { columnEvery }) {
  const at = sinkPlace(columns);
  const kept = tickvals.filter((k) => at - k >= columnEvery);
  return {
    tickvals: [...kept, at],
    ticktext: [...ticktext.slice(0, kept.length), escaped(cutLabel(say("learned_sink")))],
  };
}

// Behind the map, so that its gaps are seen; the lines stand on the paper.
function mapGround(rows, columns) {
  return [{
    type: "rect", layer: "below", line: { width: 0 }, fillcolor: css("--wash"),
    xref: "x", x0: columns[0] - 0.5, x1: columns.at(-1) + 0.5,
    yref: "y", y0: rows[0] - 0.5, y1: rows.at(-1) + 0.5,
  }];
}

// Shapes of the figure from one end of it to the other: along the rows, and along the columns.
const alongRows = (y0, y1) => ({ xref: "paper", x0: 0, x1: 1, yref: "y", y0, y1 });
const alongColumns = (x0, x1) => ({ xref: "x", x0, x1, yref: "paper", y0: 0, y1: 1 });

// A frame around the row that the output reads alone.
function readFrame(reads, rows) {
  if (!rows.includes(reads)) return [];
  const line = { color: css("--cls"), width: 2 };
  return [{ type: "rect", name: "reads", line, fillcolor: CLEAR, ...alongRows(reads - 0.47, reads + 0.47) }];
}

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
