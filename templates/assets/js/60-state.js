// What is chosen, held in the address bar: #text=3&layer=11&head=4&content=1&measure=deletion, or
// #text=3&heads=3.5+4.1&with=6.mean&scale=sqrt&range=shared&part=1-2&words=1&token=5&at=64.0&grid=entropy

const FIGURES = ["special", "entropy", "distance", "class"];
const initial = {
  text: null,
  layer: page.layers,
  head: "mean",
  heads: null, // a set of heads in place of layer and head
  with: null, // the selection beside it
  content: false,
  measure: null,
  scale: "linear",
  range: "own",
  part: null, // of a pair
  words: false,
  token: null, // the chosen unit, from 0
  at: null, // the window of a long text: its first row and column
  grid: null, // the figure that colours the grid
};
let state = readState();
let marked = state.text; // the text that `token` and `at` belong to

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  const whole = (name, last, first = 1) => {
    if (!/^\d+$/.test(given.get(name) ?? "")) return null;
    const number = Number(given.get(name));
    return number >= first && number <= last ? number : null;
  };
  const one = (name, some) => (some.includes(given.get(name)) ? given.get(name) : initial[name]);
  const named = whole("text", Infinity);
  const text = document.getElementById(`text=${named}`) ? named : null; // not all texts are listed
  const heads = readSelection(given.get("heads"));
  return {
    text,
    layer: given.get("layer") === "all" ? "all" : (whole("layer", page.layers) ?? initial.layer),
    head: whole("head", page.heads) ?? initial.head,
    ...(heads ? asState(heads) : { heads: null }),
    with: readSelection(given.get("with")),
    content: given.get("content") === "1",
    measure: one("measure", page.measures),
    scale: one("scale", SCALES),
    range: one("range", RANGES),
    part: one("part", Object.keys(PARTS)),
    words: given.get("words") === "1",
    token: whole("token", unitsOf(text ?? page.first) - 1, 0),
    at: /^\d{1,6}\.\d{1,6}$/.test(given.get("at") ?? "") ? given.get("at") : null,
    grid: one("grid", FIGURES),
  };
}

function unitsOf(text) {
  return document.querySelectorAll(`[id="strip-${text}"] .u`).length;
}

// A selection as layer and head, or as a set.
function asState(selection) {
  const only = onlyItem(selection);
  return only
    ? { layer: only[0], head: only[1], heads: null }
    : { layer: initial.layer, head: initial.head, heads: selection };
}

const selectionOf = ({ layer, head, heads }) => heads ?? `${layer}.${head}`;

function isInitial(choice) {
  return Object.keys(initial).every((name) => name === "text" || choice[name] === initial[name]);
}

// A link to a text keeps what is chosen, here and in the list; the plain form is also the id of the
// text's panel.
function addressOf(choice, plain) {
  const { text, layer, head, heads } = choice;
  if (plain && isInitial(choice)) return `#text=${text}${listQuery()}`;
  const parts = [`#text=${text}`, heads ? `heads=${heads}` : `layer=${layer}&head=${head}`];
  for (const [name, value] of Object.entries(initial)) {
    if (["text", "layer", "head", "heads"].includes(name) || choice[name] === value) continue;
    parts.push(`${name}=${choice[name] === true ? 1 : choice[name]}`);
  }
  return parts.join("&") + listQuery();
}

// What belongs to one text stays behind when another is opened.
function mark(text) {
  if (text !== (marked ?? page.first)) Object.assign(state, { token: null, at: null });
  marked = text;
}

function goTo(text, plain) {
  mark(text);
  const address = addressOf({ ...state, text }, plain);
  if (location.hash === address) return;
  location.hash = address; // a step that Back undoes
}

function turnTo(text) {
  state.text = text;
  goTo(text, true);
}

function choose(text, change) {
  mark(text);
  Object.assign(state, change, { text });
  goTo(text, false);
  changed();
}

// The same without a step for Back, for what changes many times in one movement.
function adjust(text, change) {
  mark(text);
  Object.assign(state, change, { text });
  location.replace(addressOf(state, false));
  changed();
}

// Back, a typed address, or a link to a section, which leaves the choice as it is.
function followAddress() {
  if (location.hash && !location.hash.startsWith("#text=")) return;
  const before = state.text;
  const next = readState();
  tidyAddress(next);
  const same = Object.keys(next).every((name) => next[name] === state[name]);
  if (same) return;
  state = next;
  marked = state.text;
  openPanel();
  changed();
  if (state.text !== null && state.text !== before) showText(state.text);
}

// An address that names what is not there is put right.
function tidyAddress(right) {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("text")) return;
  const asGiven = (name) => given.get(name).replaceAll(" ", "+"); // a plus stands for a space there
  const isRight = Object.keys(initial).every((name) => {
    if (!given.has(name) || name === "text") return true;
    return asGiven(name) === String(right[name] === true ? 1 : right[name]);
  });
  if (right.text === null) location.replace("#texts");
  else if (!isRight) location.replace(addressOf(right, true));
}
