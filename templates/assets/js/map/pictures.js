// Saves the maps of a text as pictures: what a pane shows, and the overview of a long text.

const HEAD = 64; // pixels, height of the title and the key above a plot
const BESIDE = 20; // room on the right for the last number of the colour bar, which plotly else leaves out

// plotly's own picture of a figure, in light colours, with its title and its key.
async function plotPicture(makeFigure, heading, format) {
  const { data, layout, hatching } = inLight(makeFigure);
  const { t, r } = layout.margin;
  const [width, height] = [layout.width + BESIDE, layout.height + HEAD];
  const margin = { ...layout.margin, t: t + HEAD, r: r + BESIDE };
  const ink = inLight(() => css("--ink"));
  const title = {
    text: escaped(heading), font: { size: 15, color: ink },
    x: 0, xref: "container", xanchor: "left", y: 1, yref: "container", yanchor: "top", pad: { t: 10, l: 10 },
  };
  // A map has a key of its own: the colour bar.
  const legend = { orientation: "h", x: 0, y: 1 - 32 / height, yref: "container", yanchor: "top" };
  const shapes = hatching ? [...layout.shapes, hatching] : layout.shapes;
  const settings = { format, width, height, scale: SHARPER };
  const figure = {
    data: data.map((trace) => ({ ...trace, showlegend: trace.type !== "heatmap" })),
    layout: { ...layout, shapes, width, height, margin, title, showlegend: true, legend, paper_bgcolor: "#ffffff" },
  };
  const address = await window.Plotly.toImage(figure, settings).catch(() => {
    throw new Error(say("no_picture"));
  });
  const comma = address.indexOf(",");
  const body = address.slice(comma + 1);
  if (format === "svg") return svgBlob(decodeURIComponent(body));
  return new Blob([bytesOf(body)], { type: "image/png" });
}

// The heading of a text, with what its map shows at the moment: that names the file.
const viewHeading = (panel, at) =>
  `${document.getElementById(`t${panel.number}`).textContent} · ${panel.viewName(at)}`;

function paneTools(pane) {
  return pictureTools(() => viewHeading(pane.panel, pane.at),
    (format) => plotPicture(() => pane.figure(pane.panel.shown), viewHeading(pane.panel, pane.at), format),
    () => paneCells(pane));
}

// The weights of the map that a pane shows, a row for each query and one for all rows together; "" where
// it draws none.
function paneCells({ panel, at }) {
  const { shape, views, crop } = panel.shown;
  const { z, sink, factor } = views[at];
  const places = ([start, end]) => upTo(end - start).map((i) => start + i);
  const columns = places(crop.columns);
  const weight = (value) => (Number.isNaN(value) ? "" : String(Number((value * factor).toPrecision(4))));
  const ofSink = (q) => (sink ? [weight(sink[q])] : []);
  const row = (q) =>
    [safeWord(shape.labels[q]), ...columns.map((k) => weight(z[q * shape.count + k])), ...ofSink(q)];
  const names = [...columns.map((k) => safeWord(shape.labels[k])), ...(sink ? [say("learned_sink")] : [])];
  const all = columns.map((k) => weight(views[at].received[k] ?? NaN));
  const ofAll = [say("all_rows"), ...all, ...(sink ? [weight(views[at].sinkReceived)] : [])];
  return [["", ...names], ...places(crop.rows).map(row), ofAll];
}

// The whole map of a long text as a drawing: one path per colour, whose strokes are runs of dots.
function overviewPicture({ shape, views, crop }, name) {
  const { across, down, steps } = overviewDots(shape, views[0], crop.whole);
  const table = inLight(colourTable);
  const [size, left, top] = [Math.max(2, Math.round(640 / Math.max(across, down))), 24, 48];
  const [width, height] = [left + size * across + 8, top + size * down + 8];
  const drawing = svgElement("svg", {
    xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height,
    "font-family": css("--font"),
  });
  const map = svgElement("g", { transform: `translate(${left} ${top}) scale(${size})`, fill: "none" });
  for (const [step, path] of dotRuns(steps, across)) {
    map.append(svgElement("path", { d: path, stroke: `rgb(${table[step].slice(0, 3)})` }));
  }
  const label = (textContent, properties) =>
    Object.assign(svgElement("text", { fill: "#1b1d22", "font-size": 11, ...properties }), { textContent });
  drawing.append(
    svgElement("rect", { width, height, fill: "#ffffff" }),
    map,
    label(name, { x: left, y: 16, "font-size": 12 }),
    label(say("axis_key"), { x: left, y: top - 8 }),
    label(say("axis_query"), { transform: `translate(14 ${top}) rotate(-90)`, "text-anchor": "end" }),
  );
  return { source: new XMLSerializer().serializeToString(drawing), width, height };
}

// The path of each step on the colour scale.
function dotRuns(steps, across) {
  const paths = new Map();
  for (let at = 0; at < steps.length;) {
    const row = Math.floor(at / across);
    const end = (row + 1) * across;
    let next = at + 1;
    while (next < end && steps[next] === steps[at]) next++;
    if (!Number.isNaN(steps[at])) {
      paths.set(steps[at], `${paths.get(steps[at]) ?? ""}M${at % across} ${row}.5h${next - at}`);
    }
    at = next;
  }
  return paths;
}

function overviewTools(panel) {
  const name = () => `${viewHeading(panel)} ${say("overview")}`;
  return pictureTools(() => (panel.shown ? name() : say("overview")),
    (format) => pictureBlob(overviewPicture(panel.shown, name()), format));
}
