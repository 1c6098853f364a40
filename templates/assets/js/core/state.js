// What the reader chose, held in the address bar: #text=3&layer=11&head=4&content=1&measure=effect, or
// #text=3&heads=3.5+4.1&with=6.mean&part=1-2&words=1&token=5&at=64.0&grid=entropy.
// Links from elsewhere name a text by its id, #id=movie7025, which becomes its number.

const PARTS = { "1": [0, 0], "2": [1, 1], "1-2": [0, 1], "2-1": [1, 0] }; // from one segment of a pair to another
const MAPS = page.decoder ? ["encoder", "decoder", "cross"] : ["encoder"]; // of an encoder-decoder
const FIGURES = ["map", "special", "entropy", "distance", "class"]; // that the grid of heads shows

const initial = {
  text: null,
  layer: page.layers,
  head: "mean",
  heads: null, // a set of heads instead of a layer and a head
  with: null, // a second selection beside the first
  content: false,
  measure: null,
  part: null, // of a pair
  words: false,
  token: null, // the chosen unit, counted from 0
  at: null, // first row and column of the window into a long text's map
  grid: null, // the figure that colours the grid of heads
  map: MAPS.at(-1), // whose attention is shown
  decoded: null, // the layer and head of a decoder of its own
};
let state = readState();
let owner = state.text; // the text that `token` and `at` belong to

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  const whole = (name, last, first = 1) => {
    if (!/^\d+$/.test(given.get(name) ?? "")) return null;
    const number = Number(given.get(name));
    return number >= first && number <= last ? number : null;
  };
  const oneOf = (name, some) => (some.includes(given.get(name)) ? given.get(name) : initial[name]);
  const named = given.has("id") ? numberOfId(given.get("id")) : whole("text", Infinity);
  const text = hasPanel(named) ? named : null; // not all texts are listed
  const heads = readSelection(given.get("heads"));
  return {
    text,
    layer: given.get("layer") === "all" ? "all" : (whole("layer", page.layers) ?? initial.layer),
    head: whole("head", page.heads) ?? initial.head,
    ...(heads ? asState(heads) : { heads: null }),
    with: readSelection(given.get("with")),
    content: given.get("content") === "1",
    measure: oneOf("measure", page.measures),
    part: oneOf("part", Object.keys(PARTS)),
    words: given.get("words") === "1",
    token: whole("token", countUnits(text ?? page.first) - 1, 0),
    at: /^\d{1,6}\.\d{1,6}$/.test(given.get("at") ?? "") ? given.get("at") : null,
    grid: oneOf("grid", FIGURES),
    map: oneOf("map", MAPS),
    decoded: page.decoder && readItem(given.get("decoded"), page.decoder),
  };
}

function countUnits(text) {
  return document.querySelectorAll(`[id="strip-${text}"] .u`).length;
}

// A selection as layer and head, or as a set.
function asState(selection) {
  const only = onlyItem(selection);
  return only
    ? { layer: only[0], head: only[1], heads: null }
    : { layer: initial.layer, head: initial.head, heads: selection };
}

// The map of a decoder that stands there at first.
const OWN_DECODER_MAP = page.decoder && `${page.decoder.layers}.mean`;

// The map that stands there at first, to which the text's own colours belong.
const OWN_MAP = `${initial.layer}.${initial.head}`;

const selectionOf = ({ layer, head, heads }) => heads ?? `${layer}.${head}`;

// The text that is open.
const openNumber = () => state.text ?? page.first;

function isInitial(choice) {
  return Object.keys(initial).every((name) => name === "text" || choice[name] === initial[name]);
}

// The address of a text, with what is chosen there and in the list. Where nothing is chosen, the
// plain form is the id of the text's panel.
function addressOf(choice, isPlain) {
  const { text, layer, head, heads } = choice;
  if (isPlain && isInitial(choice)) return `#text=${text}${listQuery()}`;
  const parts = [`#text=${text}`, heads ? `heads=${heads}` : `layer=${layer}&head=${head}`];
  for (const [name, value] of Object.entries(initial)) {
    if (["text", "layer", "head", "heads"].includes(name) || choice[name] === value) continue;
    parts.push(`${name}=${choice[name] === true ? 1 : choice[name]}`);
  }
  return parts.join("&") + listQuery();
}

// Whether the address is one of a text, or none; others are links to sections.
const isTextAddress = () => !location.hash || /^#(text|id)=/.test(location.hash);

// A token and a window are forgotten when another text is opened.
function setOwner(text) {
  if (text !== (owner ?? page.first)) Object.assign(state, { token: null, at: null });
  owner = text;
}

// A step that the Back button undoes.
function goTo(text, isPlain) {
  setOwner(text);
  const address = addressOf({ ...state, text }, isPlain);
  if (location.hash !== address) location.hash = address;
}

// Opens a text.
function turnTo(text) {
  state.text = text;
  goTo(text, true);
}

// Changes what is chosen in a text.
function choose(text, change) {
  setOwner(text);
  Object.assign(state, change, { text });
  goTo(text, false);
  redraw();
}

// The same without a step for Back, for what changes many times in one movement.
function adjust(text, change) {
  setOwner(text);
  Object.assign(state, change, { text });
  location.replace(addressOf(state, false));
  redraw();
}

// Follows a new address: Back, one that was typed in, or a link.
function followAddress() {
  if (!isTextAddress()) return;
  const before = state.text;
  const next = readState();
  correctAddress(next);
  const isSame = Object.keys(next).every((name) => next[name] === state[name]);
  if (isSame) return;
  state = next;
  owner = state.text;
  openPanel();
  redraw();
  if (state.text !== null && state.text !== before) showText(state.text);
}

// Replaces an address that names what does not exist.
function correctAddress(right) {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("text") && !given.has("id")) return;
  const asGiven = (name) => given.get(name).replaceAll(" ", "+"); // a plus is read as a space
  const isRight = !given.has("id") && Object.keys(initial).every((name) => {
    if (!given.has(name) || name === "text") return true;
    return asGiven(name) === String(right[name] === true ? 1 : right[name]);
  });
  if (right.text === null) location.replace("#texts");
  else if (!isRight) location.replace(addressOf(right, true));
}
