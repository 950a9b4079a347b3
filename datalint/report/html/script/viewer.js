// The viewer: one finding in full, and the decision about it.

const viewer = $("#viewer");
let opened = null;

function view(section, row) {
  const deciding = bar([row], () => onward(section, row));
  opened = { section, row, deciding };
  $("#viewer-body").replaceChildren(...shownOf(section, row));
  $("#viewer-deciding").replaceChildren(deciding.element);
  const index = section.shown.indexOf(row);
  $("#viewer-place").textContent = `${$("h3", section.element).textContent.trim()} · ${number(index + 1)} of ${number(section.shown.length)}`;
  $("[data-step='-1']").disabled = index <= 0;
  $("[data-step='1']").disabled = index >= section.shown.length - 1;
  if (!viewer.open) viewer.showModal();
  viewer.scrollTop = 0;
  if (document.activeElement === document.body || !viewer.contains(document.activeElement)) viewer.focus();
  remember(anchorOf(row));
}

/** What the viewer shows of a finding. */
function shownOf(section, row) {
  const path = pathOf(row), related = relatedOf(row), parts = [];
  const sides = comparable(row);
  if (sides) {
    parts.push(headline(section, row), compared(row, true));
  } else if (pictures[path] || drawable(row) || related.some((other) => pictures[other])) {
    const figures = [path, ...related].filter(Boolean).map((each, index) => make("figure", "",
      index || each !== path ? frame(each, texts[each]) : ownFrame(row, texts[each]), make("figcaption", "", named(texts[each]), tags(each), keeper(section, row, each))));
    parts.push(make("div", "frames", ...figures));
  }
  const headed = sides && path; // its headline says it
  if (!headed) parts.push(make("p", "said", text("message", row)));
  const chosen = headed ? null : labels(row);
  if (chosen) parts.push(chosen);
  if (text("hint", row)) parts.push(make("p", "hint", text("hint", row)));
  const list = make("dl", "pairs");
  for (const [name, value] of factsOf(row, headed, !parts[0].classList.contains("frames"))) list.append(make("dt", "", name), make("dd", "path", value));
  parts.push(list);
  if (isGroup(row)) parts.push(members(row));
  return parts;
}

/** Of copies: the button that keeps this one. */
function keeper(section, row, path) {
  const kind = relatedOf(row).length ? offersOf(row).find((each) => each.asks === "copy") : null;
  return kind ? button("keeper", kind.label, () => { decide([row], kind.name, texts[path]); onward(section, row); }) : null;
}

function factsOf(row, headed, isListed) {
  const path = pathOf(row), places = placesOf(row), related = relatedOf(row), image = images[path];
  const facts = headed ? [["Finding", text("message", row)], ["Place", where(row)]] : [["Place", where(row)]];
  if (path && text("file", row)) facts.push(["Image", texts[path]]);
  if (isGroup(row)) facts.push(["Images or records", number(findings.count[row])]);
  if (places.length && !findings.members[row]) facts.push(["Some of them", places.join(", ")]);
  if (text("subject", row)) facts.push(["Subject", text("subject", row)]);
  if (image?.[2]) facts.push(["Stored size", `${image[2]} × ${image[3]} px${image[4] > 1 ? `, EXIF orientation ${image[4]}` : ""}`]);
  if (findings.score[row] !== null) facts.push(["Score", String(findings.score[row])]);
  if (related.length && isListed) facts.push(["Related", related.map((each) => texts[each]).join(", ")]);
  if (unseenOf(row) && !isGroup(row)) facts.push(["More", `${number(unseenOf(row))} related files; the JSON report names them`]);
  return facts;
}

function step(by) {
  const next = opened.section.shown[opened.section.shown.indexOf(opened.row) + by];
  if (next !== undefined) view(opened.section, next);
}

/** After a decision: the next finding of the section without one; the same where there is none. */
function onward(section, row) {
  const later = section.shown.slice(section.shown.indexOf(row) + 1);
  view(section, later.find((each) => !decided.has(idOf(each))) ?? row);
}

viewer.addEventListener("cancel", (event) => { if (opened?.deciding.cancel()) event.preventDefault(); });
viewer.addEventListener("close", () => {
  if (!opened) return;
  const { section, row } = opened;
  remember();
  if (!isOnPage(section, row)) turnTo(section, Math.floor(section.cards.findIndex((card) => card.includes(row)) / PAGE));
  const card = $(`[data-row="${row}"]`, section.body);
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
});
$("#viewer-link").addEventListener("click", (event) => copy(location.href, event.target));
$$("[data-step]").forEach((pressed) => pressed.addEventListener("click", () => step(Number(pressed.dataset.step))));
$$("dialog").forEach((dialog) => dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
}));
$("#keys-open").addEventListener("click", () => $("#keys").showModal());
