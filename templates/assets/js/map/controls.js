// The choices of a text's map: layer and head above it, all heads and everything else below.

class Controls {
  constructor(panel) {
    this.panel = panel;
    this.side = 0; // which of two selections the grid and the lists of layers and heads change
    const { number, hasHeads, data } = panel;
    this.grid = new HeadGrid(headFigures(data), hasHeads, number, (selection, isAdded) =>
      this.pick(isAdded ? toggled(this.current(), selection) : selection));
    this.makeLists(hasHeads);
    const set = (name) => (value) => choose(number, { [name]: value });
    const scales = SCALES.map((scale) => [scale, say(`scale_${scale}`)]);
    const ranges = RANGES.map((range) => [range, say(`range_${range}`)]);
    this.selects = {
      scale: makeSelect(say("scale"), scales, set("scale")),
      range: makeSelect(say("range_of"), ranges, set("range")),
    };
    if (data.pair) {
      const parts = ["", ...Object.keys(PARTS)].map((part) => [part, say(`part_${part || "all"}`)]);
      this.selects.part = makeSelect(say("part"), parts, (value) => choose(number, { part: value || null }));
    }
    this.boxes = {
      ...(data.special.length ? { content: makeCheckbox(say("content"), set("content")) } : {}),
      ...(data.words && !(data.pool > 1) ? { words: makeCheckbox(say("words"), set("words")) } : {}),
    };
    this.makeBoxes();
  }

  // Layer and head as lists: the simple way.
  makeLists(hasHeads) {
    const numbers = (count) => upTo(count).map((i) => [String(i + 1), String(i + 1)]);
    const mean = say(page.sums ? "sum_heads" : "mean_heads", { n: page.heads });
    const several = ["", say("several")];
    const heads = [["mean", mean], ...(hasHeads ? numbers(page.heads) : []), several];
    const pick = () => this.pick(`${this.layer.control.value || "all"}.${this.head.control.value || "mean"}`);
    this.layer = makeSelect(say("layer"), [["all", say("all_layers")], ...numbers(page.layers), several], pick);
    this.head = makeSelect(say("head"), heads, pick);
    for (const { control } of [this.layer, this.head]) control.lastChild.hidden = true;
  }

  // Above the map what is chosen most often; below it all heads, and the rest folded.
  makeBoxes() {
    const { data, hasHeads } = this.panel;
    const labels = (controls) => Object.values(controls).map(({ label }) => label);
    this.compare = make("div", { className: "compare" });
    const hide = this.boxes.content ? [this.boxes.content.label] : [];
    this.top = make("div", { className: "controls" }, this.layer.label, this.head.label, ...hide);
    const words = this.boxes.words ? [this.boxes.words.label] : [];
    const rest = make("div", { className: "controls" }, ...labels(this.selects), ...words);
    if (data.unspaced) rest.append(make("small", { textContent: say("no_words") }));
    this.more = make("details", { className: "more" },
      make("summary", { textContent: say("more_options") }), rest, this.compare);
    this.box = make("div", { className: "chooser" }, this.more);
    if (!hasHeads) this.box.append(make("small", { textContent: say("only_layers") }));
    this.box.append(this.grid.box);
  }

  // Where no map can be drawn, there are no colours to choose and no second map beside it.
  hideMapChoices() {
    for (const name of ["scale", "range"]) this.selects[name].label.hidden = true;
    this.compare.hidden = true;
  }

  hide(isHidden) {
    this.top.hidden = this.box.hidden = isHidden;
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
    const { scale, range, part, words } = choice;
    if (selections.length > 1 || scale !== "linear" || range !== "own" || part || words) this.more.open = true;
    this.showCompare(selections);
  }

  // With one selection, a button to add a second; with two, which of them is being changed.
  showCompare(selections) {
    const key = JSON.stringify([selections, this.side, state.content]);
    if (key === this.compared) return;
    this.compared = key;
    const focused = document.activeElement?.dataset?.compare;
    this.compare.replaceChildren(...(selections.length > 1 ? this.twoSides(selections) : [this.beginButton()]));
    if (!focused || this.compare.contains(document.activeElement)) return;
    const again = this.compare.querySelector(`[data-compare="${focused}"]`);
    (again ?? this.compare.querySelector("[data-compare]")).focus();
  }

  beginButton() {
    return this.makeButton("begin", () => {
      this.side = 1;
      const [shown] = this.panel.selections();
      choose(this.panel.number, { with: shown === "all.mean" ? `${page.layers}.mean` : "all.mean" });
    });
  }

  twoSides(selections) {
    const { number } = this.panel;
    const sides = selections.map((_, i) => {
      const input = make("input", { type: "radio", name: `side-${number}`, checked: i === this.side });
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
      this.makeButton("swap", () => choose(number, { ...asState(selections[1]), with: selections[0] })),
      this.makeButton("close", () => choose(number, { with: null })),
    ];
  }

  makeButton(name, act) {
    const button = makeButton(say(`compare_${name}`), act);
    button.dataset.compare = name;
    return button;
  }
}
