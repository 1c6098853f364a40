// The highlighted text: one tab stop, arrow keys between tokens, Enter to choose one.

// What the colours show: what raises the prediction, another strength that is no attention, or where
// a token looks, which has the colours of attention. Attention itself has no class.
const TONES = ["signed", "size", "looking"];
// Of measures whose gradient each token of a completion has.
const STEP_LEGENDS = { gradient: "step_gradient", attention_gradient: "step_weighted" };

// What a unit says, without its figure and what is written beside it.
function ownText(unit) {
  const own = Array.from(unit.childNodes).filter((part) => !(part.matches?.("small, .tag")));
  return own.map((part) => part.textContent).join("").trim();
}

// The units of a text in their order; markers stand behind the text, and say which ones they are.
function unitsOf(box) {
  const all = Array.from(box.querySelectorAll(".u"));
  const units = all.filter((unit) => !unit.dataset.at);
  for (const marker of all.filter((unit) => unit.dataset.at)) units.splice(Number(marker.dataset.at), 0, marker);
  return units;
}

// Whether a unit stands behind the text, for no characters of it.
const isMarker = (unit) => "at" in unit.dataset;

class Strip {
  constructor(number) {
    this.measures = new Measures(number);
    this.box = document.getElementById(`strip-${number}`);
    this.legend = document.getElementById(`legend-${number}`);
    this.units = unitsOf(this.box);
    this.stops = Array.from(this.box.querySelectorAll(".u")); // in the order in which they are seen
    this.first = this.units.map((unit) => {
      const share = unit.querySelector("small")?.textContent; // of a special token, which has no title
      return [unit.className, unit.title || share, share];
    });
    this.bars = this.units.map((unit) => / [bn]\d+/.exec(unit.className)?.[0] ?? "");
    this.wide = this.units.map((unit) => unit.classList.contains("w"));
    this.firstLegend = this.legend.textContent;
    this.markers = this.box.querySelector(".markers > .of"); // what the shares of markers are of
    this.firstMarkers = this.markers?.textContent;
    this.firstTone = TONES.find((tone) => this.box.classList.contains(tone));
    this.look = this.box.parentElement.querySelector(".without .look")?.parentElement; // what is looked at most
    this.firstLook = Array.from(this.look?.childNodes ?? []);
    const steps = document.getElementById(`steps-${number}`);
    this.steps = steps ? JSON.parse(steps.textContent) : {}; // by unit of a completion
    this.panel = null;
    this.kept = null; // the colours of a map, in place of its own
    this.values = [];
    this.update();
    offerTips(this.box, ".u", (unit) => this.tipOf(this.units.indexOf(unit)));
    const table = this.box.closest(".panel").querySelector(".influence");
    if (table) offerTips(table, "[data-u]", (row) => this.tipOf(Number(row.dataset.u)));
  }

  figuresOf(i) {
    return this.measures.figuresOf(i, this.first);
  }

  // Units of what a decoder wrote stand after those of the text.
  nameOf(i) {
    const { labels, written } = this.panel.data;
    return i < labels.length ? tokenName({ labels }, i) : tokenName({ labels: written }, i - labels.length);
  }

  labelOf(i) {
    const { labels, written } = this.panel.data;
    return labels[i] ?? written[i - labels.length];
  }

  // What is known of a unit: the figure that its colour shows, its attention, its effect.
  tipOf(i) {
    const unit = this.units[i];
    const name = this.panel ? this.nameOf(i) : ownText(unit);
    const chosen = this.panel?.unit ?? null;
    const shown = this.measures.shown;
    const other = chosen === null ? this.kept?.what : this.legendName;
    const colour = other ?? (shown ? shortName(shown) : say("received"));
    const others = this.kept ? this.measures.changesOf(i, this.first) : this.figuresOf(i);
    const own = this.values[i] ? [[colour, this.values[i]]] : [];
    return { title: name, figures: [...own, ...others.filter(([other]) => other !== colour)] };
  }

  // Where there is a map, a token can be chosen to see where it looks.
  listen(panel) {
    this.panel = panel;
    setAttributes(this.box, { role: "group", "aria-label": say("strip_help") });
    this.answer = make("p", { className: "answer live", textContent: say("choose") });
    for (const live of [this.answer, this.look]) live?.setAttribute("aria-live", "polite");
    (this.box.parentElement.querySelector(".without") ?? this.box).after(this.answer);
    this.units.forEach((unit, i) => {
      unit.setAttribute("role", "button");
      const name = this.nameOf(i);
      const isBlank = !unit.textContent.trim(); // a space that is a token of its own
      const isNamed = name !== this.labelOf(i) && !unit.querySelector("small");
      if (isBlank || isNamed) unit.setAttribute("aria-label", name);
      unit.setAttribute("aria-pressed", "false");
      unit.tabIndex = unit === this.stops[0] ? 0 : -1;
    });
    this.box.addEventListener("click", (event) => this.onClick(event));
    this.box.addEventListener("keydown", (event) => this.onKey(event));
  }

  onClick(event) {
    const at = this.units.indexOf(event.target.closest(".u"));
    if (at < 0) return;
    this.focus(at);
    this.panel.chooseUnit(at);
  }

  onKey(event) {
    const stops = this.stops.filter((one) => !state.content || !isMarker(one));
    const at = stops.indexOf(document.activeElement);
    const last = stops.length - 1;
    const to = {
      ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last,
    }[event.key];
    const unit = (stop) => this.units.indexOf(stops[stop]);
    if (to !== undefined) this.focus(unit(Math.min(last, Math.max(0, to))));
    else if (event.key === "Enter" || event.key === " ") this.panel.chooseUnit(unit(at));
    else if (event.key === "Escape" && this.panel.unit !== null) this.panel.chooseUnit(null);
    else return;
    event.preventDefault();
  }

  focus(at) {
    this.units.forEach((unit, i) => (unit.tabIndex = i === at ? 0 : -1));
    this.units[at].focus();
  }

  // The value is not a title of the element, for the tooltip says it.
  setUnit(i, className, value, share) {
    const unit = this.units[i];
    unit.className = className;
    unit.classList.toggle("w", this.wide[i]); // may go on in the next line
    unit.removeAttribute("title");
    unit.dataset.value = value;
    this.values[i] = value;
    const small = unit.querySelector("small"); // special tokens print their share
    if (small) small.textContent = share;
  }

  setTone(shown) {
    for (const tone of TONES) this.box.classList.toggle(tone, tone === shown);
  }

  sayMarkers(text) {
    if (this.markers) this.markers.textContent = text;
  }

  // Shows the chosen measure, unless the colours show where a token looks or those of a map.
  update() {
    if (this.panel?.unit == null && !this.panel?.coloursText()) this.showMeasure();
  }

  showMeasure() {
    this.kept = null;
    this.look?.replaceChildren(...this.firstLook);
    this.measures.update();
    if (this.answer) this.answer.textContent = say("choose");
    const shown = this.measures.shown;
    this.setTone(shown ? toneOf(shown.id) : this.firstTone);
    this.isOther = false;
    this.legend.style.minHeight = "";
    if (!shown || shown === this.measures.all[0]) {
      this.units.forEach((_, i) => this.setUnit(i, ...this.first[i]));
      this.legend.textContent = this.firstLegend;
      this.sayMarkers(this.firstMarkers);
      refreshTip();
      return;
    }
    this.units.forEach((unit, i) => {
      const step = shown.steps[i] ?? (unit.matches(".s") ? null : 0); // none for what a decoder wrote
      const text = shown.shown[i] ?? "";
      const className = step === null ? "u s" : `u h${Math.abs(step)}${step < 0 ? " m" : ""}`;
      this.setUnit(i, className + this.bars[i], text, text);
    });
    this.legend.textContent = shown.legend;
    this.sayMarkers(say("markers"));
    refreshTip();
  }

  // Shows the colours of a map that is kept; a chip says so where it is another (`isOther`) than at first.
  showKept(kept, isOther) {
    this.kept = kept;
    this.markChosen(null);
    this.beginOther();
    this.setTone("");
    const { shape, view, shares, times } = kept;
    this.units.forEach((_, i) => {
      const k = shape.at[i];
      if (k === undefined) return this.setUnit(i, ...this.first[i]); // what a decoder wrote
      const text = Number.isNaN(shares[k]) ? "" : weightText(shares[k] * view.factor, view.summed, true);
      const colour = shape.isSpecial[k] ? "s" : `h${stepOfTimes(times[k] || 0)}`;
      this.setUnit(i, `u ${colour}${this.bars[i]}`, text, text);
    });
    this.legend.textContent = say("map_colours", { what: kept.what });
    this.sayLooked(kept);
    if (isOther) this.measures.showMap(kept.name, kept.back);
    else this.measures.update();
    this.answer.textContent = say("choose");
    refreshTip();
    this.keepRoom();
  }

  // Hides the markers behind the text, which keep their room.
  hideMarkers(isHidden) {
    this.box.classList.toggle("unmarked", isHidden);
    const stop = this.units.find((unit) => unit.tabIndex === 0);
    if (isHidden && stop && isMarker(stop)) [stop.tabIndex, this.stops[0].tabIndex] = [-1, 0];
  }

  // The key of the colours: what is looked at most.
  sayLooked(seen) {
    const [mark] = this.firstLook;
    this.look?.replaceChildren(mark, ` ${mostLookedAt(seen)}`);
  }

  markChosen(chosen) {
    this.units.forEach((unit, i) => unit.setAttribute("aria-pressed", String(i === chosen)));
  }

  // What comes in place of its own colours must move nothing below.
  beginOther() {
    if (!this.isOther) this.room = this.legendRoom();
    this.isOther = true;
    this.sayMarkers(say("markers"));
    this.legend.style.minHeight = "";
  }

  // Shows where the chosen token looks, or, where its row is not shown, what looks at it. Without a
  // token, the measure. Units that are drawn as one, such as those of a word, have one colour.
  show(shape, view, chosen) {
    this.markChosen(chosen);
    if (chosen === null || (chosen >= shape.at.length && !this.steps[chosen])) {
      this.update();
      return;
    }
    this.kept = null;
    this.look?.replaceChildren(...this.firstLook);
    this.beginOther();
    this.setTone("looking");
    const step = this.steps[chosen];
    if (step) {
      this.showStep(step, chosen, this.nameOf(chosen));
      return;
    }
    const { at, count, isSpecial } = shape;
    const token = at[chosen];
    const ownRow = view.z.subarray(token * count, (token + 1) * count);
    const hasRow = ownRow.some((value) => !Number.isNaN(value));
    const row = hasRow ? ownRow : ownRow.map((_, q) => view.z[q * count + token]);
    const cell = (k) => (hasRow ? token * count + k : k * count + token);
    const top = largestContent(shape, row);
    if (hasRow) this.sayLooked({ shape, times: view.times.subarray(token * count, (token + 1) * count) });
    this.units.forEach((unit, i) => {
      const k = at[i];
      if (k === undefined) return this.setUnit(i, ...this.first[i]); // what a decoder wrote
      const share = Number.isNaN(row[k]) ? 0 : row[k];
      const step = isSpecial[k] ? 0 : stepOfTimes(view.times[cell(k)] || 0);
      const text = Number.isNaN(row[k]) ? "" : weightText(share * view.factor, view.summed, true);
      const marks = `${isSpecial[k] ? " s" : ""} h${step}${this.bars[i]}${k === token ? " chosen" : ""}`;
      this.setUnit(i, `u${marks}`, text, text);
    });
    const name = tokenName(shape, token);
    this.legend.textContent = say(hasRow ? "looking" : "looked_at", {
      token: name,
      view: this.panel.viewName(),
      most: aboutText(top * view.factor, view.summed),
    });
    this.legendName = say(hasRow ? "where_looks" : "who_looks", { token: name });
    this.measures.showOther(this.legendName);
    this.answer.textContent = describeToken(shape, view, token);
    refreshTip();
    this.keepRoom();
  }

  // A shorter legend must not move what stands below.
  keepRoom() {
    const left = this.room - this.legendRoom();
    if (left > 0) this.legend.style.minHeight = `${this.legend.getBoundingClientRect().height + left}px`;
  }

  // Shows what changes the probability of a token of the completion, or its gradient where the colours
  // showed that of the whole.
  showStep(step, chosen, token) {
    const id = this.measures.shown?.id;
    const own = step.others?.[id] ?? step;
    this.setTone(own === step ? "signed" : toneOf(id));
    const shown = own.shown.split("|");
    this.units.forEach((_, i) => {
      const colour = stepOf(own.steps[i] ?? ".") ?? 0;
      const marks = `${colour < 0 ? " m" : ""}${i === chosen ? " chosen" : ""}`;
      const special = / s\b/.test(this.first[i][0]) ? " s" : "";
      const text = shown[i] ?? "";
      this.setUnit(i, `u${special} h${Math.abs(colour)}${marks}`, text, text);
    });
    this.legend.textContent = say(own === step ? "step_legend" : STEP_LEGENDS[id], { token });
    this.legendName = say("moves_step", { token });
    this.measures.showOther(this.legendName);
    this.answer.textContent = step.said;
    refreshTip();
    this.keepRoom();
  }

  // Pixels from the end of the text to the end of its legend.
  legendRoom() {
    return this.legend.getBoundingClientRect().bottom - this.box.getBoundingClientRect().bottom;
  }
}

function toneOf(id) {
  if (page.attention.includes(id)) return "";
  return page.signed.includes(id) ? "signed" : "size";
}

// Sentences on where a token looks most, and how much attention it receives.
function describeToken(shape, view, at) {
  const { count, isSpecial } = shape;
  const token = tokenName(shape, at);
  const sentences = [];
  const row = view.z.subarray(at * count, (at + 1) * count);
  const largest = indexOfLargest(row);
  const share = (value) => aboutText(value * view.factor, view.summed);
  if (row[largest] > 0) {
    sentences.push(say("gives", { token, to: tokenName(shape, largest), share: share(row[largest]) }));
  }
  const received = view.received[at];
  const content = Array.from(view.received).filter((value, k) => !isSpecial[k] && value !== null);
  const mean = content.reduce((sum, value) => sum + value, 0) / content.length;
  if (received !== null && mean > 0) {
    const text = view.exact ? weightText(received * view.factor, view.summed, false) : share(received);
    sentences.push(say("receives", { token, share: text, times: timesText(received / mean) }));
  }
  return sentences.join(say("space"));
}
