// The plotly figures of a view: the page's empty ones, filled with the rows and columns of a crop.

const CLEAR = "rgba(0,0,0,0)";

// plotly reads text as a little HTML. Cut first and escape then, so that no entity is cut in half.
const escaped = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

// What a figure is drawn with: which rows and columns (`crop` holds the first of each and one past the
// last), and where everything stands in it.
function frameOf({ shape, crop, width }, view) {
  const [rows, columns] = [crop.rows, crop.columns].map(([start, end]) => upTo(end - start).map((i) => start + i));
  const names = (some) => some.map((i) => shape.labels[i]);
  const place = geometryOf({
    rows: names(rows), columns: names(columns), below: say("all_rows"),
    isPair: shape.segment !== null, hasSink: view.sink !== null,
  });
  return { shape, view, rows, columns, width, place, scale: width / DESIGN };
}

// The map with the row of all rows below it. In their order: the map, that row, and the same two of the
// column of a learned sink.
function makeMap(shown, view) {
  const figure = structuredClone(page.map);
  const frame = frameOf(shown, view);
  const { rows, columns } = frame;
  const { count } = shown.shape;
  const [map, all] = figure.data;
  const cells = (values, read) => rows.map((q) => columns.map((k) => read(values[q * count + k])));
  const weight = (share) => (Number.isNaN(share) ? null : share * view.factor);
  const scale = { zmin: 0, zmax: 1, colorscale: colourScale() };
  Object.assign(map, scale, {
    z: cells(view.times, placeOrNull), customdata: cells(view.z, weight), x: columns, y: rows,
  });
  Object.assign(all, scale, {
    z: [columns.map((k) => placeOrNull(view.receivedTimes[k]))],
    customdata: [columns.map((k) => (view.received[k] === null ? null : view.received[k] * view.factor))],
    x: columns, y: [0],
  });
  if (view.sink) {
    const own = { x: [sinkPlace(columns)], showscale: false, name: say("learned_sink") };
    const column = (values, read) => rows.map((q) => [read(values[q])]);
    figure.data.push(
      { ...map, ...own, meta: "sink", z: column(view.sinkTimes, placeOrNull), customdata: column(view.sink, weight) },
      { ...all, ...own, meta: "all-sink", z: [[placeOrNull(view.sinkReceivedTimes)]],
        customdata: [[view.sinkReceived * view.factor]] });
  }
  const marks = colourMarks(shown.beyond > 0);
  const inner = (frame.place.end - frame.place.mapStart) * frame.scale;
  Object.assign(map.colorbar, {
    tickvals: marks.map(([place]) => place), ticktext: marks.map(([, name]) => name),
    len: 1, thickness: BAR * frame.scale, xpad: 0, ypad: 0, y: -BELOW_ROWS * frame.scale / inner,
    tickfont: { size: 10.5 * frame.scale },
  });
  const layout = mapLayout(figure.layout, frame, shown);
  const future = page.causal ? futureOf(frame) : "";
  return { data: figure.data, layout, place: frame.place, marks, future, hatching: future && hatching(frame) };
}

// What a saved picture has in place of the hatching, which plotly has no pattern for: slanted lines.
function hatching({ rows, columns }) {
  const lines = (q, k) => [
    `M${k - 0.5},${q}L${k},${q - 0.5}`,
    `M${k - 0.5},${q + 0.5}L${k + 0.5},${q - 0.5}`,
    `M${k},${q + 0.5}L${k + 0.5},${q}`,
  ];
  const path = rows.flatMap((q) => columns.filter((k) => k > q).flatMap((k) => lines(q, k))).join("");
  return { type: "path", name: "future", path, xref: "x", yref: "y", line: { color: css("--rule"), width: 1.2 } };
}

// The path over what rows of a causal map cannot see: the columns after their own.
function futureOf({ rows, columns, place }) {
  const { left, mapStart, column, row } = place;
  const end = left + column * columns.length;
  return rows.map((q, i) => {
    const first = columns.findIndex((k) => k > q);
    return first < 0 ? "" : `M${left + column * first} ${mapStart + row * i}H${end}v${row}H${left + column * first}z`;
  }).join("");
}

const placeOrNull = (times) => (Number.isNaN(times) ? null : placeOf(times));

// Where the column of a learned sink stands, after the columns of the text.
const sinkPlace = (columns) => columns.at(-1) + 1 + APART;

// The two lines, in the place of the map; `top` is the end of their axis.
function makeLines(shown, view, top) {
  const figure = structuredClone(page.lines);
  const frame = frameOf(shown, view);
  const { columns, scale, place } = frame;
  const [received, even, row] = figure.data;
  const line = (trace, values) => {
    trace.x = columns;
    trace.y = columns.map((k) => (values[k] === null ? null : values[k] * view.factor));
    if (trace.marker) trace.marker.size = 5 * scale;
  };
  line(received, view.received);
  line(even, view.expected);
  if (row) {
    row.name = say("cls_row", { name: page.cls });
    line(row, view.row ?? shown.shape.labels.map(() => null));
    row.line.color = row.marker.color = css("--cls");
  }
  received.line.color = received.marker.color = css("--received");
  even.line.color = css("--muted");
  const { end, marks } = lineMarks(top);
  const layout = baseLayout(figure.layout, frame, place.linesEnd, place.linesEnd + 8);
  const { color, tickfont } = layout.yaxis;
  Object.assign(layout, {
    yaxis: {
      ...figure.layout.yaxis, color, tickfont: { ...tickfont, size: 12 * scale, color: css("--muted") },
      gridcolor: css("--rule"), range: [0, end], tickvals: marks,
      ticktext: marks.map((value) =>
        view.summed ? String(value) : say("percent", { x: Number((100 * value).toPrecision(12)) })),
    },
    shapes: [...bandOver(shown.chosen, columns), ...segmentRules(shown.shape, [], columns)],
    annotations: shown.shape.segment === null ? [] : segmentNames(shown.shape, [], columns, layout.margin),
  });
  return { data: figure.data, layout };
}

// Margins are set by hand: plotly can measure the labels, but draws everything twice for it. `end` is
// the lower end of what is drawn, `height` that of the whole, in pixels of the design.
function baseLayout(layout, { shape, view, rows, columns, width, place, scale }, end, height) {
  const [ink, muted, family] = [css("--ink"), css("--muted"), css("--font")];
  const axis = (name, size) => ({ ...layout[name], color: muted, tickfont: { color: ink, size: scale * size } });
  return Object.assign(layout, {
    width,
    height: scale * height,
    margin: {
      ...layout.margin,
      t: scale * place.mapStart, l: scale * place.left, r: width - scale * place.right, b: scale * (height - end),
    },
    modebar: { bgcolor: CLEAR, color: muted, activecolor: ink },
    font: { family, size: scale * LETTERS, color: ink },
    xaxis: {
      ...axis("xaxis", place.columnLetters),
      tickangle: -SLANT,
      range: [columns[0] - 0.5, (view.sink ? sinkPlace(columns) : columns.at(-1)) + 0.5],
      ...columnNames(shape, columns, place, view.sink !== null),
    },
    yaxis: {
      ...axis("yaxis", place.rowLetters),
      autorange: false,
      range: [rows.at(-1) + 0.5, rows[0] - 0.5],
      tickvals: rows,
      ticktext: rows.map((i) => escaped(cutLabel(shape.labels[i]))),
    },
  });
}

function mapLayout(layout, frame, { chosen, reads }) {
  const { shape, view, rows, columns, place, scale } = frame;
  const inner = place.end - place.mapStart;
  baseLayout(layout, frame, place.end, place.height);
  layout.yaxis.domain = [1 - (place.mapEnd - place.mapStart) / inner, 1];
  return Object.assign(layout, {
    yaxis2: {
      ...layout.yaxis2,
      domain: [0, place.row / inner],
      range: [0.5, -0.5],
      tickvals: [0],
      ticktext: [say("all_rows")],
      tickfont: { color: css("--muted"), size: scale * place.rowLetters },
    },
    shapes: [
      ...mapGround(rows, columns), ...(view.sink ? mapGround(rows, [sinkPlace(columns)]) : []),
      ...readFrame(reads, rows), ...chosenBands(chosen, rows, columns),
      ...segmentRules(shape, rows, columns),
    ],
    annotations: shape.segment === null ? [] : segmentNames(shape, rows, columns, layout.margin),
  });
}

// The names of the columns; that of a learned sink takes the room of those before it.
function columnNames(shape, columns, { columnEvery }, hasSink) {
  const vals = columns.filter((_, i) => i % columnEvery === 0);
  const text = (name) => escaped(cutLabel(name));
  const at = sinkPlace(columns);
  const kept = hasSink ? vals.filter((k) => at - k >= columnEvery) : vals;
  return {
    tickvals: hasSink ? [...kept, at] : kept,
    ticktext: [...kept.map((k) => text(shape.labels[k])), ...(hasSink ? [text(say("learned_sink"))] : [])],
  };
}

// Behind the map and the row below it, so that their gaps are seen.
function mapGround(rows, columns) {
  const ground = {
    type: "rect", layer: "below", line: { width: 0 }, fillcolor: css("--wash"),
    xref: "x", x0: columns[0] - 0.5, x1: columns.at(-1) + 0.5,
  };
  return [
    { ...ground, yref: "y", y0: rows[0] - 0.5, y1: rows.at(-1) + 0.5 },
    { ...ground, yref: "y2", y0: -0.5, y1: 0.5 },
  ];
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
  if (!rows.includes(chosen)) return bandOver(chosen, columns);
  return [{ ...chosenFrame(), ...alongRows(chosen - 0.5, chosen + 0.5) }, ...bandOver(chosen, columns)];
}

const chosenFrame = () => ({ line: { color: css("--ink"), width: 1.5 }, fillcolor: CLEAR, type: "rect" });
const bandOver = (chosen, columns) =>
  (columns.includes(chosen) ? [{ ...chosenFrame(), ...alongColumns(chosen - 0.5, chosen + 0.5) }] : []);

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

// The names of the segments, above the names of the columns and beside the rows.
function segmentNames(shape, rows, columns, margin) {
  const base = { showarrow: false, font: { color: css("--ink"), size: 12 }, xanchor: "left" };
  const above = { yref: "paper", y: 1, yshift: margin.t - TOP, yanchor: "top", xref: "x" };
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
