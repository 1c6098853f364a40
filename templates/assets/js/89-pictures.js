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
  const svg = (tag, properties) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
    return element;
  };
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("font-family", css("--font"));
  const [left, top] = drawing.getAttribute("viewBox").split(/[\s,]+/);
  copy.prepend(svg("rect", { x: left, y: top, width, height, fill: "#ffffff" }));
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
