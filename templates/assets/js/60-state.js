// What is chosen, held in the address bar: #text=3&layer=11&head=4&content=1&measure=deletion

const initial = { text: null, layer: page.layers, head: "mean", content: false, measure: null };
let state = readState();

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  const whole = (name, last) => {
    const number = Number(given.get(name));
    return Number.isInteger(number) && number >= 1 && number <= last ? number : null;
  };
  return {
    text: whole("text", document.querySelectorAll(".panel").length),
    layer: given.get("layer") === "all" ? "all" : (whole("layer", page.layers) ?? initial.layer),
    head: whole("head", page.heads) ?? initial.head,
    content: given.get("content") === "1",
    measure: page.measures.includes(given.get("measure")) ? given.get("measure") : null,
  };
}

function isInitial(choice) {
  return ["layer", "head", "content", "measure"].every((name) => choice[name] === initial[name]);
}

// A link to a text keeps what is chosen; the plain form is also the id of the text's panel.
function addressOf(choice, plain) {
  const { text, layer, head, content, measure } = choice;
  if (plain && isInitial(choice)) return `#text=${text}`;
  const rest = (content ? "&content=1" : "") + (measure ? `&measure=${measure}` : "");
  return `#text=${text}&layer=${layer}&head=${head}${rest}`;
}

function goTo(text, plain) {
  const address = addressOf({ ...state, text }, plain);
  if (location.hash === address) return;
  location.hash = address; // a step that Back undoes
}

function choose(text, change) {
  Object.assign(state, change, { text });
  goTo(text, false);
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
  openPanel();
  changed();
  if (state.text !== null && state.text !== before) showText(state.text);
}

// An address that names what is not there is put right.
function tidyAddress(right) {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("text")) return;
  const isRight = ["layer", "head", "measure"].every((name) => !given.has(name) || given.get(name) === String(right[name]));
  if (right.text === null) location.replace("#texts");
  else if (!isRight) location.replace(addressOf(right, true));
}
