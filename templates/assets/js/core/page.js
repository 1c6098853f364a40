// What the page brings along for its scripts, and what the browser remembers between visits.

// Words in the page's language, the model's size, the empty figure, the colour scales.
const page = JSON.parse(document.getElementById("page-data").textContent);

// The words with this key; a {name} in them is replaced by the value of that name.
const say = (key, values = {}) =>
  page.words[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

// Returns what is stored under a name, or null. Where a value is given, stores it first.
function stored(name, value) {
  try {
    if (value) localStorage.setItem(`reportgen-${name}`, value);
    return localStorage.getItem(`reportgen-${name}`);
  } catch {
    return null; // a sandboxed frame has no storage
  }
}
