// Where decisions are taken: the bar of a finding, that of a whole section, and the panel that loads and saves them.

const ASKS = { reason: "Why it stays", class: "The right class", split: "To the split", copy: "The copy that stays" };

/** Buttons for what `rows` offer, the key of each, and a form where a decision needs a value. `done` is told after it. */
function bar(rows, done) {
  const element = make("div", "deciding");
  const offers = offersOf(rows[0]).filter((kind) => rows.every((row) => offersOf(row).includes(kind)) && (rows.length === 1 || kind.asks !== "copy"));
  let asking = null;
  const take = (kind, value) => {
    asking = null;
    decide(rows, kind?.name ?? null, value);
    if (kind) done();
    else show();
  };
  const choose = (kind) => {
    asking = kind.asks ? kind : null;
    if (asking) show();
    else take(kind, null);
  };
  function show() {
    const taken = rows.length === 1 ? decided.get(idOf(rows[0])) : null;
    const choices = offers.map((kind) => {
      const made = button("decide", kind.label, () => choose(kind));
      made.append(make("kbd", "", kind.key));
      made.title = kind.means;
      made.dataset.decision = kind.name;
      made.setAttribute("aria-pressed", String((asking ?? kinds.get(taken?.decision)) === kind));
      return made;
    });
    element.replaceChildren(make("div", "choices", ...choices),
      ...(asking ? [form(asking, rows, take)] : taken ? [summary(taken, () => take(null, null))] : []));
    $("input, .option", element)?.focus();
    $("input", element)?.select();
  }
  show();
  return {
    element,
    /** Whether a key takes one of the decisions, or one of the values that are asked for. */
    press(key) {
      const option = $$(".option", element).find((each) => $("kbd", each)?.textContent === key);
      option?.click();
      if (option) return true;
      const kind = offers.find((each) => each.key === key);
      if (kind) choose(kind);
      return Boolean(kind);
    },
    /** Whether there was a form to close. */
    cancel() {
      const was = asking !== null;
      asking = null;
      if (was) show();
      return was;
    },
  };
}

function summary(taken, undo) {
  const by = [taken.by, taken.when?.slice(0, 10)].filter(Boolean).join(", ");
  return make("p", "taken", make("b", "", said(taken)), by ? make("span", "muted", ` ${by}`) : "", " ", button("quiet", "Undo", undo));
}

/** Asks for the value of a decision: by buttons where there are few, else by a field. */
function form(kind, rows, take) {
  if (kind.asks === "split") return options(kind, decisions.splits, take);
  if (kind.asks === "copy") return options(kind, [pathOf(rows[0]), ...relatedOf(rows[0])].filter(Boolean).map((path) => texts[path]), take);
  const field = make("input");
  if (kind.asks === "class") {
    field.setAttribute("list", "classes");
    field.value = suggestionFor(rows[0]);
    fillClasses();
  } else {
    field.value = kept("datalint-reason") ?? "";
  }
  field.required = true;
  field.autocomplete = "off";
  const element = make("form", "asking", make("label", "", ASKS[kind.asks], field), make("button", "main", kind.label));
  if (kind.asks === "class" && rows.length > 1 && rows.every(suggestionFor)) {
    field.value = "";
    element.append(button("", "Each as suggested", () => take(kind, suggestionFor)));
  }
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = field.value.trim();
    if (!value) return;
    if (kind.asks === "reason") keep("datalint-reason", value);
    take(kind, value);
  });
  return element;
}

/** A button for each of some values; those that have a digit are also taken by its key. */
function options(kind, values, take) {
  const made = values.map((value, index) => {
    const option = button("option", value, () => take(kind, value));
    if (index < 9) option.prepend(make("kbd", "", String(index + 1)), " ");
    return option;
  });
  return make("div", "options", make("p", "muted", ASKS[kind.asks]), ...made);
}

/** The class that the probe suggests; empty where it suggests none. */
const suggestionFor = (row) => texts[(pathOf(row) && findings.classes?.[row]?.[1]) || 0];

function fillClasses() {
  const list = $("#classes");
  if (!list.childElementCount) list.append(...decisions.classes.map((name) => new Option(name, name)));
}

// ---- a whole section ----

for (const section of sections) {
  const opener = $(".bulk", section.element);
  opener.hidden = section.rows.length < 2;
  opener.addEventListener("click", () => {
    const there = $(".all", section.element);
    there?.remove();
    opener.setAttribute("aria-expanded", String(!there));
    if (there) return;
    const rows = section.shown.filter((row) => !decided.has(idOf(row)));
    const close = () => { $(".all", section.element)?.remove(); opener.setAttribute("aria-expanded", "false"); };
    const all = make("div", "all", ...(rows.length
      ? [make("p", "", `For ${rows.length === 1 ? "the finding" : `all ${number(rows.length)} findings`} here without a decision:`), bar(rows, close).element]
      : [make("p", "muted", "All findings here are decided.")]));
    section.body.before(all);
    $("button", all)?.focus();
  });
}

// ---- the panel ----

/** Shows decisions anew: on the cards of `ids`, and how many there are. */
function changed(ids, isKept = true) {
  const those = new Set(ids);
  for (const card of $$("[data-row]")) if (those.has(idOf(Number(card.dataset.row)))) marked(card);
  const panel = $("#decisions");
  if (!panel) return;
  const count = [...rowsOf.keys()].filter((id) => decided.has(id)).length;
  $("#decided").textContent = count ? `${number(count)} of ${counted(rowsOf.size, "finding")} decided` : "Nothing decided yet";
  $("#progress").max = rowsOf.size;
  $("#progress").value = count;
  $("#save").disabled = count === 0;
  $("#then").hidden = count === 0;
  $("#accepts").hidden = ![...decided.values()].some(({ decision }) => decision === "accept");
  if (!isKept) tell("This browser does not keep them: download them before you close the page.");
}

function tell(words) {
  $("#told").textContent = words;
}

function load(file) {
  file.text().then((lines) => {
    const { taken, elsewhere, none } = imported(lines);
    tell([`${counted(taken, "decision")} loaded`, elsewhere ? `${number(elsewhere)} about findings that are not here` : "",
      none ? `${counted(none, "line")} without a decision` : ""].filter(Boolean).join("; "));
  });
}

function download() {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([exported()], { type: "application/jsonl" }));
  link.download = "decisions.jsonl";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function copy(words, copier) {
  try {
    await navigator.clipboard.writeText(words);
  } catch {
    const held = make("textarea", "", words);
    copier.after(held);
    held.select();
    document.execCommand("copy");
    held.remove();
  }
  const label = copier.textContent;
  copier.textContent = "Copied";
  setTimeout(() => { copier.textContent = label; }, 1600);
}
$$("[data-copy]").forEach((copier) => copier.addEventListener("click", () => copy(document.getElementById(copier.dataset.copy).textContent, copier)));

if ($("#decisions")) {
  $("#by").value = kept("datalint-by") ?? "";
  $("#by").addEventListener("change", (event) => keep("datalint-by", event.target.value.trim()));
  $("#load").addEventListener("click", () => $("#file").click());
  $("#file").addEventListener("change", (event) => { if (event.target.files[0]) load(event.target.files[0]); event.target.value = ""; });
  $("#save").addEventListener("click", download);
  $("#accepts").addEventListener("click", (event) => copy(acceptances(), event.target));
  addEventListener("storage", (event) => {
    if (event.key !== KEPT) return;
    recall();
    changed(rowsOf.keys());
  });
}
