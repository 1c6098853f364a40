// Every chart can be saved as PNG and SVG: in light colours, on white, with nothing fetched.

const INLINED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity",
  "font-size", "font-weight", "text-anchor", "dominant-baseline", "display", "visibility"];
const SHARPER = 2; // pixels of a PNG for each of the page

// Colours that the style sheet mixed, as every program reads them.
function plainColour(value) {
  const mixed = value.match(/^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/);
  if (!mixed) return value;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(255 * Number(part)));
  return mixed[4] === undefined ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${mixed[4]})`;
}

function svgElement(tag, properties) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  return element;
}

// A drawing with its styles as attributes, so that it looks the same outside the page.
function standalone(drawing) {
  const copy = drawing.cloneNode(true);
  const all = [drawing, ...drawing.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, at) => {
    const style = getComputedStyle(all[at]);
    for (const name of INLINED) {
      if (element === copy && name === "display") continue;
      element.setAttribute(name, plainColour(style.getPropertyValue(name)));
    }
    for (const name of ["class", "data-tools", "tabindex"]) element.removeAttribute(name);
  });
  const [, , width, height] = drawing.getAttribute("viewBox").split(/[\s,]+/).map(Number);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("font-family", css("--font"));
  const [left, top] = drawing.getAttribute("viewBox").split(/[\s,]+/);
  copy.prepend(svgElement("rect", { x: left, y: top, width, height, fill: "#ffffff" }));
  return { source: new XMLSerializer().serializeToString(copy), width, height };
}

const svgBlob = (source) => new Blob([source], { type: "image/svg+xml" });

// As a data address: the page's own policy allows it, and so do frames of no origin.
async function pngBlob({ source, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode().catch(() => {
    throw new Error(say("no_picture"));
  });
  const canvas = make("canvas", { width: SHARPER * width, height: SHARPER * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  if (!blob) throw new Error(say("no_picture"));
  return blob;
}

// plotly's own picture of a pane, in light colours.
async function panePicture(pane, format) {
  const { data, layout } = inLight(() => pane.figure(pane.panel.shown));
  const settings = { format, width: layout.width, height: layout.height, scale: SHARPER };
  const figure = { data, layout: { ...layout, paper_bgcolor: "#ffffff" } };
  const address = await window.Plotly.toImage(figure, settings).catch(() => {
    throw new Error(say("no_picture"));
  });
  const comma = address.indexOf(",");
  const body = address.slice(comma + 1);
  if (format === "svg") return svgBlob(decodeURIComponent(body));
  return new Blob([bytesOf(body)], { type: "image/png" });
}

// `picture` gives the blob of a format.
function pictureTools(name, picture) {
  const button = (format) => async (said) => save(await picture(format), fileName(name(), format), said);
  return toolRow(say("picture_tools", { name: name() }),
    [say("save_png"), button("png")], [say("save_svg"), button("svg")]);
}

function drawingTools(drawing) {
  const name = drawingName(drawing);
  return pictureTools(() => name, async (format) => {
    const alone = inLight(() => standalone(drawing));
    return format === "svg" ? svgBlob(alone.source) : pngBlob(alone);
  });
}

function drawingName(drawing) {
  const text = drawing.closest(".panel")?.querySelector("h3")?.textContent;
  const title = drawing.closest("figure")?.querySelector("figcaption b.said")?.textContent;
  return text ? `${text} ${title ?? ""}`.trim() : headingAbove(drawing);
}

// What the pane shows at the moment gives the file its name.
function paneTools(pane) {
  const { panel } = pane;
  const heading = document.getElementById(`t${panel.number}`).textContent;
  return pictureTools(() => `${heading} ${panel.viewName(pane.at)}`, (format) => panePicture(pane, format));
}

// The whole map of a long text as a drawing: a path a colour, whose strokes are runs of dots.
function overviewPicture({ shape, views, colours, crop }, name, overview) {
  const { across, down, steps } = overview.dots(shape, views[0], colours, crop.whole);
  const table = inLight(colourTable);
  const runs = new Map();
  for (let at = 0; at < steps.length;) {
    const row = Math.floor(at / across);
    const end = (row + 1) * across;
    let next = at + 1;
    while (next < end && steps[next] === steps[at]) next++;
    if (!Number.isNaN(steps[at])) runs.set(steps[at], `${runs.get(steps[at]) ?? ""}M${at % across} ${row}.5h${next - at}`);
    at = next;
  }
  const [size, left, top] = [Math.max(2, Math.round(640 / Math.max(across, down))), 24, 48];
  const [width, height] = [left + size * across + 8, top + size * down + 8];
  const drawing = svgElement("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height, "font-family": css("--font") });
  const map = svgElement("g", { transform: `translate(${left} ${top}) scale(${size})`, fill: "none" });
  for (const [step, path] of runs) map.append(svgElement("path", { d: path, stroke: `rgb(${table[step].slice(0, 3)})` }));
  const text = (said, properties) => {
    const element = svgElement("text", { fill: "#1b1d22", "font-size": 12, ...properties });
    element.textContent = said;
    return element;
  };
  drawing.append(svgElement("rect", { width, height, fill: "#ffffff" }), map,
    text(name, { x: left, y: 16 }), text(say("axis_key"), { x: left, y: top - 8, "font-size": 11 }),
    text(say("axis_query"), { transform: `translate(14 ${top}) rotate(-90)`, "text-anchor": "end", "font-size": 11 }));
  return { source: new XMLSerializer().serializeToString(drawing), width, height };
}

function overviewTools(panel) {
  const name = () => `${document.getElementById(`t${panel.number}`).textContent} ${panel.viewName()} ${say("overview")}`;
  return pictureTools(() => (panel.shown ? name() : say("overview")), (format) => {
    const alone = overviewPicture(panel.shown, name(), panel.overview);
    return format === "svg" ? svgBlob(alone.source) : pngBlob(alone);
  });
}
