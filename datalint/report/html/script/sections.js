// One section per rule, a page of its findings filled at once: what grows while the page scrolls moves what one is
// about to click.

const sections = $$("[data-section]").map((element) => ({
  element, body: $(".body", element), fold: $(".fold", element), rows: [], shown: [], cards: [], page: 0, stale: true, found: [],
}));
findings.rule.forEach((rule, row) => sections[rule].rows.push(row));
const ALL = { query: "", severity: null, fresh: false, open: false, rule: "" };
const state = { ...ALL, sort: "worst" };
const PAGE = 24;
const haystacks = new Map();

function haystack(row) {
  let found = haystacks.get(row);
  if (found === undefined) {
    const path = pathOf(row);
    const paths = relatedOf(row).map((other) => texts[other]);
    found = [where(row), texts[path], text("message", row), text("subject", row), classOf(path),
      ...(findings.classes?.[row] ?? []).map((name) => texts[name]), ...paths].join("\n").toLowerCase();
    haystacks.set(row, found);
  }
  return found;
}

function apply() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  let total = 0;
  sections.forEach((section, index) => {
    section.shown = state.rule !== "" && Number(state.rule) !== index ? [] : section.rows.filter((row) =>
      (state.severity === null || state.severity === findings.severity[row]) && !(state.fresh && findings.baselined[row])
      && !(state.open && decided.has(idOf(row))) && words.every((word) => haystack(row).includes(word)));
    if (state.sort !== "worst") {
      const key = state.sort === "place" ? where : (row) => text("subject", row) || classOf(pathOf(row));
      const keys = new Map(section.shown.map((row) => [row, key(row)]));
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      section.shown.sort((a, b) => compare(keys.get(a), keys.get(b)) || a - b);
    }
    section.cards = together(section.shown);
    section.shown = section.cards.flat();
    section.page = 0;
    section.stale = true;
    section.element.hidden = section.shown.length === 0;
    total += section.shown.length;
  });
  const all = findings.rule.length;
  if ($("#matches")) $("#matches").textContent = total === all ? `${number(all)} finding${all === 1 ? "" : "s"}` : `${number(total)} of ${number(all)}`;
  if ($("#nothing")) $("#nothing").hidden = total > 0;
  sections.forEach(fill);
}

/** The rows of each card: one, or all about objects of one image, where the first of them stands. */
function together(rows) {
  const cards = [], known = new Map();
  for (const row of rows) {
    const image = isObject(row) ? pathOf(row) : null;
    if (image !== null && known.has(image)) {
      known.get(image).push(row);
      continue;
    }
    const card = [row];
    if (image !== null) known.set(image, card);
    cards.push(card);
  }
  return cards;
}

function fill(section) {
  if (!section.stale) return;
  section.stale = false;
  const start = section.page * PAGE;
  const cards = section.cards.slice(start, start + PAGE), rows = cards.flat();
  const pictured = rows.filter((row) => pictures[pathOf(row)] || comparable(row) || drawable(row));
  const groups = rows.filter((row) => isGroup(row) && !pictured.includes(row));
  const compared = pictured.some(comparable) ? pictured.filter((row) => findings.classes[row]) : [];
  const single = pictured.filter((row) => !compared.includes(row));
  const rest = rows.filter((row) => !pictured.includes(row) && !groups.includes(row));
  const pairs = single.some((row) => relatedOf(row).length > 0);
  const drawn = single.some((row) => boxOf(row) || outlinesOf(row) || pointsOf(row));
  const parts = [];
  if (groups.length) parts.push(make("div", "groups", ...groups.map((row) => group(section, row))));
  if (compared.length) parts.push(legend(compared[0]), make("div", "grid comparing", ...cards.filter((rows) => compared.includes(rows[0])).map((rows) => rows.length > 1 ? objects(section, rows) : comparison(section, rows[0]))));
  if (single.length) parts.push(make("div", pairs ? "grid two" : drawn ? "grid records" : "grid", ...single.map((row) => card(section, row))));
  if (rest.length) parts.push(make("div", "rows", ...rest.map((row) => line(section, row))));
  if (section.cards.length > PAGE) parts.push(pager(section, section.cards.slice(0, start).flat().length, rows.length));
  section.body.replaceChildren(...parts);
  section.found = [];
  if (section.cards.length > PAGE) soon(() => searchable(section));
}

/** Whether a finding is on the page of its section that is shown. */
const isOnPage = (section, row) => section.cards.slice(section.page * PAGE, (section.page + 1) * PAGE).some((card) => card.includes(row));

function turnTo(section, page) {
  section.page = page;
  section.stale = true;
  fill(section);
}

// ---- what the browser's own search finds though it is not shown ----

const soon = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 200));

/** The words of the other pages, hidden until the browser's search finds them: then the section turns to that page. */
function searchable(section) {
  if (!("onbeforematch" in document.body) || section.found.length) return;
  for (let page = 0; page * PAGE < section.cards.length; page += 1) {
    if (page === section.page) continue;
    const rows = section.cards.slice(page * PAGE, (page + 1) * PAGE).flat();
    const words = make("div", "", rows.map((row) => `${[...new Set([text("path", row), where(row)])].join(" ")} ${text("message", row)}`).join("\n"));
    words.hidden = "until-found";
    words.addEventListener("beforematch", () => {
      turnTo(section, page);
      land(section.body);
    });
    section.found.push(words);
  }
  section.body.append(...section.found);
}

function pager(section, start, length) {
  const turn = (step) => {
    const made = button("", step < 0 ? "Previous" : "Next", () => {
      turnTo(section, section.page + step);
      land(section.element);
      $(".item, .row", section.body)?.focus({ preventScroll: true });
    });
    made.disabled = step < 0 ? start === 0 : start + length >= section.shown.length;
    return made;
  };
  const total = Number(section.element.dataset.total);
  return make("div", "pages", turn(-1), turn(1),
    `${number(start + 1)}–${number(start + length)} of ${number(section.shown.length)}`,
    total > section.rows.length ? ` (the rule has ${number(total)}; the JSON report lists all)` : "");
}

// ---- filters ----

let waiting = 0;
$("#search")?.addEventListener("input", (event) => {
  clearTimeout(waiting);
  state.query = event.target.value;
  waiting = setTimeout(filtered, 80);
});
$("form.tools")?.addEventListener("submit", (event) => event.preventDefault());
$$("[data-severity]").forEach((pressed) => pressed.addEventListener("click", () => {
  const severity = Number(pressed.dataset.severity);
  filtered({ severity: state.severity === severity ? null : severity });
}));
$("#fresh")?.addEventListener("click", () => filtered({ fresh: !state.fresh }));
$("#open")?.addEventListener("click", () => filtered({ open: !state.open }));
$("#rule")?.addEventListener("change", (event) => filtered({ rule: event.target.value }));
$("#sort")?.addEventListener("change", (event) => filtered({ sort: event.target.value }));
$("#reset")?.addEventListener("click", () => filtered(ALL));

/** Shows what the filters leave, with what is pressed and typed as they say, and keeps them in the address. */
function filtered(changes = {}) {
  clearTimeout(waiting);
  Object.assign(state, changes);
  controls();
  apply();
  remember();
}

function controls() {
  if (!$("form.tools")) return;
  $$("[data-severity]").forEach((pressed) => pressed.setAttribute("aria-pressed", String(Number(pressed.dataset.severity) === state.severity)));
  $("#fresh")?.setAttribute("aria-pressed", String(state.fresh));
  $("#open").setAttribute("aria-pressed", String(state.open));
  if ($("#search").value !== state.query) $("#search").value = state.query;
  $("#rule").value = state.rule;
  $("#sort").value = state.sort;
}

function fold(section, open) {
  section.body.hidden = open ? false : "until-found";
  section.fold.setAttribute("aria-expanded", String(open));
  section.fold.textContent = open ? "Hide" : "Show";
}
for (const section of sections) {
  section.fold.addEventListener("click", () => fold(section, Boolean(section.body.hidden)));
  section.body.addEventListener("beforematch", () => fold(section, true));
}
