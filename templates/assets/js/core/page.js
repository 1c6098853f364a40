// What the page brings along for its scripts, and what the browser remembers between visits.

// Words in the page's language, the model's size, the empty figure, the colour scales.
const page = JSON.parse(document.getElementById("page-data").textContent);

// The words with this key, in their form for one thing where {n} is 1; a {name} in them is replaced
// by the value of that name.
function say(key, values = {}) {
  const one = `${key}_one`;
  const words = page.words[values.n === 1 && one in page.words ? one : key];
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? apart(String(values[name])) : whole));
}

// Returns text that runs from right to left, such as a token, so that it moves no figure behind it.
function apart(text) {
  const isFromRight = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
  return isFromRight.test(text) ? `\u2068${text}\u2069` : text;
}

// Returns what is stored under a name, or null. Where a value is given, stores it first.
function stored(name, value) {
  try {
    if (value) localStorage.setItem(`reportgen-${name}`, value);
    return localStorage.getItem(`reportgen-${name}`);
  } catch {
    return null; // a sandboxed frame has no storage
  }
}

// Its classes and data say how the page looks now.
const root = document.documentElement;
