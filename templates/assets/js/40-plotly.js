// plotly.js lies in the page once, compressed, or in a file beside it; it is started when the first
// map comes near, or at once where the address names a text.

let plotlyReady = null;

function loadPlotly() {
  plotlyReady ??= startPlotly();
  return plotlyReady;
}

async function startPlotly() {
  const packed = document.getElementById("plotly");
  const [draws, buffer] = await Promise.all([
    drawsDataImages(), packed && inflated(bytesOf(packed.textContent), "gzip")]);
  if (!draws) throw new Error(say("no_images"));
  await afterTyping();
  keepPlotlyStyles();
  const script = document.createElement("script");
  if (packed) {
    script.textContent = new TextDecoder("utf-8", { ignoreBOM: true }).decode(buffer);
    document.head.append(script); // runs at once; its hash stands in the content policy
  } else {
    await new Promise((resolve) => {
      script.addEventListener("load", resolve);
      script.addEventListener("error", resolve);
      script.src = "plotly.min.js";
      document.head.append(script);
    });
  }
  if (!window.Plotly) throw new Error(say("no_plotly"));
  return window.Plotly;
}

// plotly draws the cells of a map as a data image, which some hosts refuse.
function drawsDataImages() {
  return new Promise((resolve) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(true));
    image.addEventListener("error", () => resolve(false));
    image.src = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  });
}

// plotly adds its rules to the sheet of the element with this id, and makes a style element where
// there is none; a host may refuse that, but not a sheet made by script.
function keepPlotlyStyles() {
  if (!("adoptedStyleSheets" in document)) return;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  document.head.append(Object.assign(document.createElement("meta"), { id: "plotly.js-style-global", sheet }));
}

// plotly reads text as a little HTML; escape after cutting, so that no entity is cut in half.
const escaped = (text) =>
  text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
const widthOf = (characters) => characters.reduce((sum, c) => sum + (WIDE.test(c) ? 2 : 1), 0);

function cutLabel(text, width = 14) {
  const characters = Array.from(text);
  if (widthOf(characters) <= width) return text;
  const take = (list) => {
    const taken = [];
    for (const c of list) {
      if (widthOf([...taken, c]) > (width - 1) / 2) break;
      taken.push(c);
    }
    return taken;
  };
  return `${take(characters).join("")}…${take(characters.slice(-width).reverse()).reverse().join("")}`;
}
