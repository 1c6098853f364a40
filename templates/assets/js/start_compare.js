// Starts the page that compares two models. Its drawings follow the style sheet, so that a change
// of theme needs no script.

startTheme();
root.classList.add("js");
startTexts();
startHolding();
startFolds();
offerExports(document);
