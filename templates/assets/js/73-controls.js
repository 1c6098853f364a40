// The choices of a text's map: the grid of heads, and beside it everything else.

class Controls {
  constructor(panel) {
    this.panel = panel;
    this.side = 0; // which of two selections the grid and the lists of layers and heads choose
    const { number, allHeads, data } = panel;
    const set = (name) => (value) => choose(number, { [name]: value });
    this.grid = new HeadGrid(headFigures(data), allHeads, number, (selection, adds) =>
      this.pick(adds ? toggled(this.current(), selection) : selection));
    this.buildLists(allHeads);
    const parts = ["", ...Object.keys(PARTS)].map((part) => [part, say(`part_${part || "all"}`)]);
    const scales = SCALES.map((scale) => [scale, say(`scale_${scale}`)]);
    const ranges = RANGES.map((range) => [range, say(`range_${range}`)]);
    this.selects = {
      scale: select(say("scale"), scales, set("scale")),
      range: select(say("range_of"), ranges, set("range")),
      ...(data.pair ? { part: select(say("part"), parts, (value) => choose(number, { part: value || null })) } : {}),
    };
    const box = (name, text) => {
      const input = make("input", { type: "checkbox" });
      input.addEventListener("change", () => choose(number, { [name]: input.checked }));
      return { input, label: make("label", {}, input, ` ${text}`) };
    };
    this.boxes = {
      ...(data.special.length ? { content: box("content", say("content")) } : {}),
      ...(data.words && !(data.pool > 1) ? { words: box("words", say("words")) } : {}),
    };
    this.box = this.laidOut();
  }

  // Layer and head as lists: the simple way.
  buildLists(allHeads) {
    const numbers = (count) => upTo(count).map((i) => [String(i + 1), String(i + 1)]);
    const mean = say(page.sums ? "sum_heads" : "mean_heads", { n: page.heads });
    const several = ["", say("several")];
    const picked = () => this.pick(`${this.layer.control.value || "all"}.${this.head.control.value || "mean"}`);
    this.layer = select(say("layer"), [["all", say("all_layers")], ...numbers(page.layers), several], picked);
    this.head = select(say("head"), [["mean", mean], ...(allHeads ? numbers(page.heads) : []), several], picked);
    for (const { control } of [this.layer, this.head]) control.lastChild.hidden = true;
  }

  laidOut() {
    const { data, allHeads } = this.panel;
    this.compare = make("div", { className: "compare" });
    const choices = [this.layer, this.head, ...Object.values(this.selects), ...Object.values(this.boxes)];
    const controls = make("div", { className: "controls" }, ...choices.map(({ label }) => label));
    if (!allHeads) controls.append(make("small", { textContent: say("only_layers") }));
    if (data.unspaced) controls.append(make("small", { textContent: say("no_words") }));
    const hint = make("p", { className: "hint", textContent: say("pick") });
    return make("div", { className: "chooser" }, this.grid.box, make("div", {}, controls, this.compare, hint));
  }

  // Where no map is drawn: no colours of it to choose, and no second one beside it.
  withoutMap() {
    for (const name of ["scale", "range"]) this.selects[name].label.hidden = true;
    this.compare.hidden = true;
  }

  current() {
    return this.panel.selections()[this.side];
  }

  pick(selection) {
    choose(this.panel.number, this.side ? { with: selection } : asState(selection));
  }

  update(choice, selections) {
    this.side = Math.min(this.side, selections.length - 1);
    const only = onlyItem(selections[this.side]) ?? ["", ""];
    this.layer.control.value = String(only[0]);
    this.head.control.value = String(only[1]);
    for (const [name, { control }] of Object.entries(this.selects)) control.value = choice[name] ?? "";
    this.selects.range.control.disabled = choice.scale === "rank";
    for (const [name, { input }] of Object.entries(this.boxes)) input.checked = choice[name];
    this.grid.update(choice.grid, selections);
    this.showCompare(selections);
  }

  // Without a second selection a button to begin one; with it, which of the two is being chosen.
  showCompare(selections) {
    const key = JSON.stringify([selections, this.side, state.content]);
    if (key === this.compared) return;
    this.compared = key;
    const held = document.activeElement?.dataset?.compare;
    this.compare.replaceChildren(...(selections.length > 1 ? this.two(selections) : [
      this.button("begin", () => {
        this.side = 1;
        choose(this.panel.number, { with: this.panel.selections()[0] });
      })]));
    if (held && !this.compare.contains(document.activeElement)) {
      (this.compare.querySelector(`[data-compare="${held}"]`) ?? this.compare.querySelector("[data-compare]")).focus();
    }
  }

  two(selections) {
    const sides = selections.map((_, i) => {
      const input = make("input", { type: "radio", name: `side-${this.panel.number}`, checked: i === this.side });
      input.dataset.compare = `side${i}`;
      input.addEventListener("change", () => {
        this.side = i;
        this.panel.update();
      });
      return make("label", {}, input, ` ${say("side", { side: "AB"[i], view: this.panel.viewName(i) })}`);
    });
    const legend = make("legend", { textContent: say("side_chosen") });
    return [
      make("fieldset", {}, legend, ...sides),
      this.button("swap", () => choose(this.panel.number, { ...asState(selections[1]), with: selections[0] })),
      this.button("close", () => choose(this.panel.number, { with: null })),
    ];
  }

  button(name, act) {
    const button = make("button", { type: "button", textContent: say(`compare_${name}`) });
    button.dataset.compare = name;
    button.addEventListener("click", act);
    return button;
  }
}

// The figures of every head, `[layer * heads + head]`, and the classes in words.
function headFigures({ grid }) {
  const numbers = (text) => new Float32Array(bytesOf(text).buffer);
  const { special, entropy, distance, classes } = grid;
  return {
    special: numbers(special),
    entropy: numbers(entropy),
    distance: numbers(distance),
    classes: Array.from(classes, (i) => page.classes[Number(i)]),
  };
}
