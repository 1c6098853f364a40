// Starts plotly.js, which lies in the page once, compressed, or in a file beside it. It takes a second,
// so it starts when a map is first pointed at, touched or given the focus, when something is chosen that
// the static map does not show, or else when the browser has nothing to do.

const IDLE_BY = 2000; // milliseconds after which it starts in any case
const SPARE = { timeout: 500 }; // milliseconds after which a text that was opened is drawn in any case

let plotlyReady = null;

function loadPlotly() {
  if (plotlyReady) return plotlyReady;
  plotlyReady = startPlotly();
  plotlyReady.catch(() => {}).then(redraw); // the panel says what failed
  return plotlyReady;
}

// When what is shown already has been painted.
function startPlotlySoon() {
  if (!plotlyReady) setTimeout(loadPlotly, 50);
}

function startPlotlyWhenIdle() {
  const isHere = document.querySelector("figure.map[data-level='2'], figure.map[data-level='3']");
  if (!isHere || plotlyReady) return;
  if (window.requestIdleCallback) requestIdleCallback(loadPlotly, { timeout: IDLE_BY });
  else setTimeout(loadPlotly, IDLE_BY);
}

function startPlotlyOnUse() {
  for (const event of ["pointerover", "focusin", "touchstart"]) {
    const start = ({ target }) => target.closest("figure.map") && startPlotlySoon();
    reader.addEventListener(event, start, { passive: true });
  }
}

const spareTime = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, SPARE));

async function startPlotly() {
  const packed = document.getElementById("plotly");
  const [canDraw, buffer] = await Promise.all([
    canDrawDataImages(), packed && inflated(packedBytes(packed.textContent), "gzip")]);
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
      const beside = document.querySelector("script[src$='report.js']").getAttribute("src");
      script.src = beside.replace("report.js", "plotly.min.js");
      document.head.append(script);
    });
  }
  if (!window.Plotly) throw new Error(say("no_plotly"));
  return window.Plotly;
}

// The letters of base85, but for those that HTML reads as its own: `compressed` in report/html/script_data.py.
const LETTERS_85 =
  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";

// Five letters hold four bytes; where the end is short, letters are left out as bytes are.
function packedBytes(text) {
  const place = new Uint8Array(128);
  Array.from(LETTERS_85).forEach((letter, i) => (place[letter.charCodeAt(0)] = i));
  const short = (5 - (text.length % 5)) % 5;
  const whole = new DataView(new ArrayBuffer(((text.length + short) / 5) * 4));
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (let i = at; i < at + 5; i++) value = value * 85 + (i < text.length ? place[text.charCodeAt(i)] : 84);
    whole.setUint32((at / 5) * 4, value);
  }
  return new Uint8Array(whole.buffer, 0, whole.byteLength - short);
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
