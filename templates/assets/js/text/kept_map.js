// What a text shows of a map that is kept, in place of its own colours.

const STANDS_OUT = 1.3; // times an average text token; below it no token is named (`unit_measures.py`)
const SECOND = 0.05; // of the most looked-at unit, what the second gets at least to be named (`influence.py`)

// The row that the prediction is read from, or, where there is no single one or it is not shown, what is
// received: its shares and multiples [drawn], `what` these are, the `name` of the map, and the choice that
// goes back to the text's own colours.
function coloursOf({ shape, views: [view], reads }, name) {
  const { count } = shape;
  const row = (values) => values.subarray(reads * count, (reads + 1) * count);
  const isRow = reads !== null && row(view.z).some((value) => !Number.isNaN(value));
  return {
    shape, view, name,
    back: asState(OWN_MAP),
    what: say(isRow ? "row_looks" : "received_in", { row: page.row, view: name }),
    shares: isRow ? row(view.z) : Float64Array.from(view.received, (value) => value ?? NaN),
    times: isRow ? row(view.times) : view.receivedTimes,
  };
}

// The key of the colours: the text tokens that are looked at most.
function mostLookedAt({ shape, times }) {
  const order = upTo(shape.count)
    .filter((k) => !shape.isSpecial[k] && times[k] > 0)
    .sort((a, b) => times[b] - times[a] || a - b);
  const most = times[order[0]] ?? 0;
  if (most < STANDS_OUT) return say("line_even");
  const named = order.slice(0, 2).filter((k) => times[k] >= Math.max(1, SECOND * most));
  const units = named.map((k) => say("line_unit", { token: tokenName(shape, k), times: timesText(times[k]) }));
  return say("line_look", { units: units.join(say("comma")) });
}
