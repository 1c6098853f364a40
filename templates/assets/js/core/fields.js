// Makes the fields of forms, each with its label.

// A check box and its label.
function makeCheckbox(text, onChange = () => {}) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => onChange(input.checked));
  return { input, label: make("label", {}, input, ` ${text}`) };
}

// A list to choose from and its label; `options` are pairs of a value and its text.
function makeSelect(label, options, onChange) {
  const control = make("select");
  for (const [value, textContent] of options) control.append(make("option", { value, textContent }));
  control.addEventListener("change", () => onChange(control.value));
  return { control, label: make("label", {}, `${label} `, control) };
}

// A row of buttons of which one is down, with its name before them; `options` are a value, its text
// and what stands behind it. Arrow keys go from one to the next, as in any group of radio buttons.
function makeRadios(label, name, options, onChange) {
  const inputs = new Map();
  const buttons = options.map(([value, textContent, beside]) => {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => onChange(value));
    inputs.set(value, input);
    const more = beside === undefined ? [] : [" ", make("small", { textContent: beside })];
    return make("label", {}, input, make("span", {}, make("bdi", { textContent }), ...more));
  });
  const box = make("div", { className: "choice" }, make("span", { className: "name", textContent: label }), ...buttons);
  setAttributes(box, { role: "radiogroup", "aria-label": label });
  const show = (value) => inputs.forEach((input, own) => (input.checked = own === value));
  return { label: box, show, get value() {
    return options.find(([value]) => inputs.get(value).checked)?.[0] ?? "";
  } };
}
