// One finding as a card, or as a line.

function ownHint(section, row) {
  // Where all findings have the same hint, the section shows it.
  const hint = $(":scope > .hint", section.element) ? "" : text("hint", row);
  return hint ? make("div", "hint", hint) : null;
}

function labels(row) {
  if (!findings.classes?.[row] || !pathOf(row)) return null;
  const [given, suggested] = findings.classes[row];
  return make("div", "labels", make("span", "given", texts[given]), "→", make("span", "suggested", texts[suggested]));
}

// ---- two classes, for a person to compare: of one image as given and suggested, or two that are exchanged ----

function legend(row) {
  if (isObject(row)) {
    return make("p", "legend muted", "Beside each object: the objects most like it that have the given label, and those that have the suggested label, from other images.");
  }
  return make("p", "legend muted", pathOf(row)
    ? "Beside each image: the images most like it that have the given label, and those that have the suggested label."
    : "Images of each class that the probe takes for the other.");
}

function percent(share) {
  if (share < 0.0005 || share > 0.9995) return share < 0.5 ? "under 0.1 %" : "over 99.9 %";
  return `${Number((100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0))} %`;
}

const chanceOf = (row, place) => findings.chances[row]?.[place] ?? null;

/** `labelled cat · looks like dog 97 %` */
function headline(section, row) {
  if (!pathOf(row)) return make("div", "headline", make("b", "", text("subject", row)));
  const [given, suggested] = findings.classes[row].map((name) => texts[name]);
  const chance = chanceOf(row, 1);
  const seems = section.element.dataset.confidence === "low" ? "could be" : "looks like";
  return make("div", "headline", "labelled ", make("b", "given", given), ` · ${seems} `, make("b", "suggested", suggested),
    chance === null ? "" : ` ${percent(chance)}`);
}

function side(row, place, role, framed) {
  const name = texts[findings.classes[row][place]], chance = chanceOf(row, place);
  const parts = [make("div", "class", make("span", "role", role), make("b", "", name), chance === null ? "" : make("span", "chance", percent(chance)))];
  if (chance !== null) {
    const filled = make("i");
    filled.style.width = `${100 * chance}%`;
    parts.push(make("div", "chances", filled));
  }
  parts.push(make("div", "strip", ...(besideOf(row)?.[place] ?? []).map((path) => framed(path, `labelled ${name}: ${texts[path]}`))));
  return make("div", `side ${role}`, ...parts);
}

/** The picture, and beside it those of both classes; `captioned` says whether their paths stand under them. */
function compared(row, captioned) {
  const path = pathOf(row);
  const framed = (each, ...rest) => captioned
    ? make("figure", "", frame(each, ...rest), make("figcaption", "", named(texts[each])))
    : frame(each, ...rest);
  const roles = path ? ["given", "suggested"] : ["labelled", "labelled"];
  return make("div", path ? "compared" : "compared alone",
    path ? framed(path, `the image: ${texts[path]}`, placesIn([row]), outlinesOf(row), pointsOf(row)) : "",
    sides(row, roles, framed));
}

function sides(row, roles, framed) {
  const own = findings.own?.[row];
  return make("div", "sides", own ? make("div", "side object", make("div", "class", make("span", "role", "the object")), make("div", "strip", framed(own, `the object: ${texts[own]}`))) : null,
    ...roles.map((role, place) => side(row, place, role, framed)));
}

/** Several objects of one image: the image with all of them, and each beside those of both classes. */
function objects(section, rows) {
  const path = findings.path[rows[0]];
  const element = make("div", "item several", frame(path, `the image: ${texts[path]}`, placesIn(rows)), make("div", "words", named(texts[path])));
  rows.forEach((row, index) => {
    const head = headline(section, row);
    head.prepend(make("span", "number", String(index + 1)), " ");
    const part = make("div", "object", head, sides(row, ["given", "suggested"], frame), make("div", "words", make("div", "anchor", where(row)), ownHint(section, row)));
    element.append(openable(section, row, part));
  });
  return element;
}

function comparison(section, row) {
  const words = isObject(row)
    ? make("div", "", named(texts[pathOf(row)]), make("div", "anchor", where(row)))
    : pathOf(row) ? named(texts[pathOf(row)]) : make("div", "", text("message", row));
  const element = make("div", "item", headline(section, row), compared(row, false), make("div", "words", words, ownHint(section, row)));
  return openable(section, row, element);
}

function card(section, row) {
  const path = pathOf(row);
  const beside = relatedOf(row).slice(0, 2);
  const others = relatedOf(row).length + unseenOf(row) - beside.length;
  const frames = make("div", "frames", ownFrame(row, ""), ...beside.map((other) => frame(other, "")));
  if (others > 0) frames.lastChild.append(make("span", "more", `+${number(others)}`));
  const chosen = labels(row);
  const names = [path, ...beside].map((each) => make("div", "", named(texts[each]), chosen ? null : tags(each)));
  const element = make("div", "item", frames, make("div", "words", make("div", "names", ...names), chosen,
    text("file", row) ? make("div", "anchor", where(row)) : null, make("div", "message", text("message", row)),
    ownHint(section, row)));
  return openable(section, row, element);
}

/** A finding about many images or records: what is true of them, some of them, and all that the page knows. */
function group(section, row) {
  const shown = relatedOf(row).filter((path) => pictures[path]).slice(0, 6);
  const figures = shown.map((path) => make("figure", "", frame(path, texts[path]), make("figcaption", "", named(texts[path]))));
  const places = placesOf(row);
  const names = places.length ? places.slice(0, 6) : shown.length ? [] : relatedOf(row).slice(0, 6).map((path) => texts[path]);
  const element = make("div", "item group",
    make("div", "words", make("div", "message", text("message", row)), ownHint(section, row)),
    shown.length ? make("div", "frames", ...figures) : null,
    make("div", "words muted", ...names.map((name) => make("div", "path", name)), members(row)));
  return openable(section, row, element);
}

/** The members of a group, in a grid that opens; made when it does. */
function members(row) {
  const known = findings.members[row] ?? [], all = findings.count[row];
  if (!known.length) return make("div", "", `${number(all)} in all; --export lists them in the table members`);
  const grid = make("div", "grid members");
  const opening = make("details", "opens", make("summary", "", `Show ${known.length < all ? `${number(known.length)} of ` : "all "}${number(all)}`), grid);
  opening.addEventListener("toggle", () => {
    if (!opening.open || grid.childElementCount) return;
    grid.append(...known.map(([path, place, box]) => make("figure", "", pictures[path] || (box && images[path]?.[2]) ? frame(path, texts[path], box ? [box] : []) : "",
      make("figcaption", "", path ? named(texts[path]) : "", place ? make("div", "anchor", texts[place]) : "", tags(path)))));
    if (known.length < all) opening.append(make("p", "muted", `and ${number(all - known.length)} more; --export lists all in the table members`));
  });
  return opening;
}

function line(section, row) {
  const image = text("file", row) && text("path", row) ? named(text("path", row)) : null;
  const what = make("div", "what", image, make("div", "", text("message", row)), ownHint(section, row));
  const beside = relatedOf(row);
  if (beside.length) {
    const more = beside.length + unseenOf(row) - 3;
    what.append(make("div", "muted", beside.slice(0, 3).map((path) => texts[path]).join(", ") + (more > 0 ? ` and ${number(more)} more` : "")));
  }
  const element = make("div", "row", make("div", "where", where(row)), what);
  return openable(section, row, element);
}

/** Makes an element the card of a finding: it can be reached, linked to and opened, and shows what was decided. */
function openable(section, row, element) {
  element.tabIndex = 0;
  element.dataset.row = row;
  if (rowsOf.get(idOf(row))[0] === row) element.id = anchorOf(row);
  element.setAttribute("role", "group");
  element.setAttribute("aria-keyshortcuts", "Enter");
  const known = Boolean(findings.baselined[row]);
  element.setAttribute("aria-label", `${where(row)}: ${text("message", row)}${known ? " (in the baseline)" : ""}`);
  const words = $(".words:last-child, .what", element) ?? element;
  if (known) {
    element.classList.add("baselined");
    words.prepend(make("span", "tag known", "in the baseline"));
  }
  const link = make("a", "link", "#");
  link.href = `#${anchorOf(row)}`;
  link.title = "Link to this finding";
  link.setAttribute("aria-label", link.title);
  link.tabIndex = -1;
  words.append(link);
  element.addEventListener("click", (event) => {
    if (!event.target.closest("a, button, summary, .members")) view(section, row);
  });
  return marked(element);
}

/** Shows on a card what was decided. */
function marked(element) {
  const decision = decided.get(idOf(Number(element.dataset.row)));
  element.classList.toggle("decided", Boolean(decision));
  $(":scope > .decision", element)?.remove();
  if (decision) element.append(make("div", "decision", said(decision)));
  return element;
}
