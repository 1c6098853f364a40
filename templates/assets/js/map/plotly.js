// Starts plotly.js, which lies in the page once, compressed, or in a file beside it. It starts when
// the first map comes near, or at once where the address names a text.

let plotlyReady = null;

function loadPlotly() {
  plotlyReady ??= startPlotly();
  return plotlyReady;
}

async function startPlotly() {
  const packed = document.getElementById("plotly");
  const [canDraw, buffer] = await Promise.all([
    canDrawDataImages(), packed && inflated(bytesOf(packed.textContent), "gzip")]);
  if (!canDraw) throw new Error(say("no_images"));
  await afterTyping();
  keepPlotlyStyles();
  const script = document.createElement("script");
  if (packed) {
    script.textContent = new TextDecoder("utf-8", { ignoreBOM: true }).decode(buffer);
    document.head.append(script); // runs at once: the content policy names its hash
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
function canDrawDataImages() {
  return new Promise((resolve) => {
    const image = new Image();
    image.addEventListener("load", () => resolve(true));
    image.addEventListener("error", () => resolve(false));
    image.src = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
  });
}

// plotly adds its rules to the sheet of the element with this id, or makes a style element where
// there is none. A host may refuse that, but not a sheet made by script.
function keepPlotlyStyles() {
  if (!("adoptedStyleSheets" in document)) return;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  document.head.append(Object.assign(document.createElement("meta"), { id: "plotly.js-style-global", sheet }));
}
