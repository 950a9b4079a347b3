"use strict";
// The data lies in two JSON blocks; every text reaches the page through textContent, never as markup.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { findings, images, boxes, texts } = JSON.parse($("#data").textContent);
  const pictures = JSON.parse($("#pictures").textContent);
  const PAGE = 24;
  const number = new Intl.NumberFormat("en").format;

  /** An element of a class, holding those of `children` that are not empty. */
  const make = (tag, name, ...children) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  const text = (column, row) => texts[findings[column]?.[row] ?? 0];
  const classOf = (path) => texts[images[path]?.[0] ?? 0];
  const splitOf = (path) => texts[images[path]?.[1] ?? 0];

  function where(row) {
    const file = text("file", row);
    if (!file) return text("path", row) || text("subject", row) || "dataset";
    const line = findings.line?.[row], column = findings.column?.[row], pointer = text("pointer", row);
    const numbered = line && !(pointer && line === 1 && !column); // a JSON file is often one line
    return file + (numbered ? `:${line}${column ? `:${column}` : ""}` : "") + (pointer ? `#${pointer}` : "") + (text("record", row) ? ` (id ${text("record", row)})` : "");
  }

  // ---- one section per rule, filled at once: what grows while the page scrolls moves what one is about to click ----

  const sections = $$("[data-section]").map((element) => ({
    element, body: $(".body", element), fold: $(".fold", element), rows: [], shown: [], cards: [], page: 0, stale: true,
  }));
  findings.rule.forEach((rule, row) => sections[rule].rows.push(row));
  const state = { query: "", severity: null, fresh: false, rule: "", sort: "worst" };
  const haystacks = new Map();

  function haystack(row) {
    let found = haystacks.get(row);
    if (found === undefined) {
      const path = findings.path?.[row] ?? 0;
      const paths = findings.related[row].map((other) => texts[other]);
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
        (state.severity === null || state.severity === findings.severity[row]) && !(state.fresh && findings.baselined[row]) && words.every((word) => haystack(row).includes(word)));
      if (state.sort !== "worst") {
        const key = state.sort === "place" ? where : (row) => text("subject", row) || classOf(findings.path?.[row] ?? 0);
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
      const image = isObject(row) ? findings.path[row] : null;
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
    if (!section.stale || section.body.hidden) return;
    section.stale = false;
    const start = section.page * PAGE;
    const cards = section.cards.slice(start, start + PAGE), rows = cards.flat();
    const pictured = rows.filter((row) => pictures[findings.path?.[row]] || comparable(row) || drawable(row));
    const groups = rows.filter((row) => isGroup(row) && !pictured.includes(row));
    const compared = pictured.some(comparable) ? pictured.filter((row) => findings.classes[row]) : [];
    const single = pictured.filter((row) => !compared.includes(row));
    const rest = rows.filter((row) => !pictured.includes(row) && !groups.includes(row));
    const pairs = single.some((row) => findings.related[row].length > 0);
    const parts = [];
    if (groups.length) parts.push(make("div", "groups", ...groups.map((row) => group(section, row))));
    if (compared.length) parts.push(legend(compared[0]), make("div", "grid comparing", ...cards.filter((rows) => compared.includes(rows[0])).map((rows) => rows.length > 1 ? objects(section, rows) : comparison(section, rows[0]))));
    if (single.length) parts.push(make("div", pairs ? "grid two" : "grid", ...single.map((row) => card(section, row))));
    if (rest.length) parts.push(make("div", "rows", ...rest.map((row) => line(section, row))));
    if (section.cards.length > PAGE) parts.push(pager(section, section.cards.slice(0, start).flat().length, rows.length));
    section.body.replaceChildren(...parts);
  }

  function pager(section, start, length) {
    const turn = (step) => {
      const button = make("button", "", step < 0 ? "Previous" : "Next");
      button.type = "button";
      button.disabled = step < 0 ? start === 0 : start + length >= section.shown.length;
      button.addEventListener("click", () => {
        section.page += step;
        section.stale = true;
        fill(section);
        section.element.scrollIntoView({ block: "start" });
        $(".item, .row", section.body)?.focus({ preventScroll: true });
      });
      return button;
    };
    const total = Number(section.element.dataset.total);
    return make("div", "pages", turn(-1), turn(1),
      `${number(start + 1)}–${number(start + length)} of ${number(section.shown.length)}`,
      total > section.rows.length ? ` (the rule has ${number(total)}; the JSON report lists all)` : "");
  }

  // ---- one finding ----

  function openable(section, row, element) {
    element.tabIndex = 0;
    element.dataset.row = row;
    element.setAttribute("role", "button");
    const known = Boolean(findings.baselined[row]);
    element.setAttribute("aria-label", `${where(row)}: ${text("message", row)}${known ? " (in the baseline)" : ""}`);
    if (known) {
      element.classList.add("baselined");
      ($(".words, .what", element) ?? element).prepend(make("span", "tag known", "in the baseline"));
    }
    element.addEventListener("click", () => view(section, row));
    return element;
  }

  function pathOf(value) {
    const cut = value.lastIndexOf("/") + 1;
    const element = make("span", "path", cut ? make("span", "dir", value.slice(0, cut)) : "", value.slice(cut));
    element.title = value;
    return element;
  }

  /** A picture; on it, if the finding is about places, those: `places` (boxes) and `outlines` are in pixels of the image. */
  function frame(path, alt, places = [], outlines = null) {
    const element = make("div", "frame");
    const source = pictures[path];
    const [, , width, height] = images[path] ?? [0, 0, 0, 0];
    if (!source && width && height && (places.length || outlines)) {
      element.append(drawing(null, alt, width, height, false, [], places, outlines ?? []));
      element.title = `no picture; the image has ${width} × ${height} pixels`;
      return element;
    }
    if (!source) {
      element.append("no picture");
      return element;
    }
    const tiny = width > 0 && Math.max(width, height) <= 64;
    if (width && height && (places.length || outlines || boxes[path])) {
      element.append(drawing(source, alt, width, height, tiny, boxes[path] ?? [], places, outlines ?? []));
      return element;
    }
    const image = make("img", tiny ? "tiny" : "");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = alt;
    image.src = source;
    element.append(image);
    return element;
  }

  /** The picture with its boxes, and around it as much room as what is drawn sticks out: half an image at most. */
  function drawing(source, alt, width, height, tiny, others, places, outlines) {
    const shape = (tag, attributes, name) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (name) made.setAttribute("class", name);
      return made;
    };
    const clamp = (value, size) => Math.min(Math.max(value, -size / 2), size * 1.5);
    const xs = [0, width], ys = [0, height];
    const corners = (x, y, w, h) => {
      const [left, right] = [clamp(Math.min(x, x + w), width), clamp(Math.max(x, x + w), width)];
      const [top, bottom] = [clamp(Math.min(y, y + h), height), clamp(Math.max(y, y + h), height)];
      xs.push(left, right);
      ys.push(top, bottom);
      return { x: left, y: top, width: right - left, height: bottom - top };
    };
    const image = source ? shape("image", { href: source, width, height, preserveAspectRatio: "none" }, tiny ? "tiny" : "")
      : shape("rect", { x: 0, y: 0, width, height }, "absent");
    const shapes = others.filter((other) => !places.some((box) => other.slice(0, 4).every((side, index) => Math.abs(side - box[index]) <= 0.1)))
      .map(([x, y, w, h, name]) => {
        const made = shape("rect", corners(x, y, w, h), "other");
        made.append(shape("title", {}));
        made.firstChild.textContent = texts[name];
        return made;
      });
    for (const outline of outlines) {
      const points = outline.map((value, index) => clamp(value, index % 2 ? height : width));
      points.forEach((value, index) => (index % 2 ? ys : xs).push(value));
      shapes.push(shape("polygon", { points: points.join(" ") }));
    }
    places.forEach((box, index) => {
      const place = corners(...box);
      shapes.push(shape("rect", place));
      if (places.length > 1) {
        const size = 0.06 * Math.max(width, height);
        shapes.push(shape("text", { x: place.x, y: place.y > size ? place.y - size / 6 : place.y + place.height + size, "font-size": size }));
        shapes.at(-1).textContent = index + 1;
      }
      // Next to nothing cannot be seen: a ring shows where it is.
      if (Math.max(place.width, place.height) < 0.04 * Math.max(width, height)) {
        shapes.push(shape("circle", { cx: place.x + place.width / 2, cy: place.y + place.height / 2, r: 0.05 * Math.max(width, height) }));
      }
    });
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const svg = shape("svg", { viewBox: `${left} ${top} ${Math.max(...xs) - left} ${Math.max(...ys) - top}`, role: "img", "aria-label": alt });
    svg.append(image, shape("rect", { x: 0, y: 0, width, height }, "edge"), ...shapes);
    return svg;
  }

  function tags(path) {
    const made = [];
    if (splitOf(path)) made.push(make("span", "tag split", splitOf(path)));
    if (classOf(path)) made.push(make("span", "tag", classOf(path)));
    return made.length ? make("div", "tags", ...made) : null;
  }

  function ownHint(section, row) {
    // Where all findings have the same hint, the section shows it.
    const hint = $(":scope > .hint", section.element) ? "" : text("hint", row);
    return hint ? make("div", "hint", hint) : null;
  }

  function labels(row) {
    if (!findings.classes?.[row] || !findings.path?.[row]) return null;
    const [given, suggested] = findings.classes[row];
    return make("div", "labels", make("span", "given", texts[given]), "→", make("span", "suggested", texts[suggested]));
  }

  // ---- two classes, for a person to compare: of one image as given and suggested, or two that are exchanged ----

  const isObject = (row) => (findings.own?.[row] ?? null) !== null;
  const placesIn = (rows) => rows.map((row) => findings.box[row]).filter(Boolean);
  /** Whether the place of a label can be drawn though there is no picture: the size of the image is known. */
  const drawable = (row) => Boolean(findings.box[row] || findings.outlines[row]) && (images[findings.path?.[row]]?.[2] ?? 0) > 0;
  const comparable = (row) => Boolean(findings.beside?.[row]?.some((paths) => paths.length));

  function legend(row) {
    if (isObject(row)) {
      return make("p", "legend muted", "Beside each object: the objects most like it that have the given label, and those that have the suggested label, from other images.");
    }
    return make("p", "legend muted", findings.path?.[row]
      ? "Beside each image: the images most like it that have the given label, and those that have the suggested label."
      : "Images of each class that the probe takes for the other.");
  }

  function percent(share) {
    if (share < 0.0005 || share > 0.9995) return share < 0.5 ? "under 0.1 %" : "over 99.9 %";
    return `${Number((100 * share).toFixed(share < 0.1 || share > 0.99 ? 1 : 0))} %`;
  }

  /** `labelled cat · looks like dog 97 %` */
  function headline(section, row) {
    if (!findings.path?.[row]) return make("div", "headline", make("b", "", text("subject", row)));
    const [given, suggested] = findings.classes[row].map((name) => texts[name]);
    const chance = findings.chances[row][1];
    const seems = section.element.dataset.confidence === "low" ? "could be" : "looks like";
    return make("div", "headline", "labelled ", make("b", "given", given), ` · ${seems} `, make("b", "suggested", suggested),
      chance === null ? "" : ` ${percent(chance)}`);
  }

  function side(row, place, role, framed) {
    const name = texts[findings.classes[row][place]], chance = findings.chances[row][place];
    const parts = [make("div", "class", make("span", "role", role), make("b", "", name), chance === null ? "" : make("span", "chance", percent(chance)))];
    if (chance !== null) {
      const filled = make("i");
      filled.style.width = `${100 * chance}%`;
      parts.push(make("div", "chances", filled));
    }
    parts.push(make("div", "strip", ...findings.beside[row][place].map((path) => framed(path, `labelled ${name}: ${texts[path]}`))));
    return make("div", `side ${role}`, ...parts);
  }

  /** The picture, and beside it those of both classes; `named` says whether their paths stand under them. */
  function compared(row, named) {
    const path = findings.path?.[row];
    const framed = (each, ...rest) => named
      ? make("figure", "", frame(each, ...rest), make("figcaption", "", pathOf(texts[each])))
      : frame(each, ...rest);
    const roles = path ? ["given", "suggested"] : ["labelled", "labelled"];
    return make("div", path ? "compared" : "compared alone",
      path ? framed(path, `the image: ${texts[path]}`, placesIn([row]), findings.outlines[row]) : "",
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
    const element = make("div", "item several", frame(path, `the image: ${texts[path]}`, placesIn(rows)), make("div", "words", pathOf(texts[path])));
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
      ? make("div", "", pathOf(texts[findings.path[row]]), make("div", "anchor", where(row)))
      : findings.path?.[row] ? pathOf(texts[findings.path[row]]) : make("div", "", text("message", row));
    const element = make("div", "item", headline(section, row), compared(row, false), make("div", "words", words, ownHint(section, row)));
    return openable(section, row, element);
  }

  function card(section, row) {
    const path = findings.path[row];
    const beside = findings.related[row].slice(0, 2);
    const others = findings.related[row].length + findings.unseen[row] - beside.length;
    const frames = make("div", "frames", frame(path, "", placesIn([row]), findings.outlines[row]), ...beside.map((other) => frame(other, "")));
    if (others > 0) frames.lastChild.append(make("span", "more", `+${number(others)}`));
    const chosen = labels(row);
    const names = [path, ...beside].map((each) => make("div", "", pathOf(texts[each]), chosen ? null : tags(each)));
    const element = make("div", "item", frames, make("div", "words", make("div", "names", ...names), chosen,
      text("file", row) ? make("div", "anchor", where(row)) : null, make("div", "message", text("message", row)),
      ownHint(section, row)));
    return openable(section, row, element);
  }

  /** A finding about many images or records: what is true of them, and some of them. */
  const isGroup = (row) => (findings.count?.[row] ?? 1) > 1;
  const placesOf = (row) => (findings.places?.[row] ?? []).map((place) => texts[place]);

  function group(section, row) {
    const shown = findings.related[row].filter((path) => pictures[path]).slice(0, 6);
    const figures = shown.map((path) => make("figure", "", frame(path, texts[path]), make("figcaption", "", pathOf(texts[path]))));
    const places = placesOf(row);
    const names = places.length ? places.slice(0, 6) : shown.length ? [] : findings.related[row].slice(0, 6).map((path) => texts[path]);
    const more = findings.count[row] - (names.length || shown.length);
    const element = make("div", "item group",
      make("div", "words", make("div", "message", text("message", row)), ownHint(section, row)),
      shown.length ? make("div", "frames", ...figures) : null,
      make("div", "words muted", names.join(", "), more > 0 ? `${names.length ? " " : ""}and ${number(more)} more; --export lists all in the table members` : ""));
    return openable(section, row, element);
  }

  function line(section, row) {
    const image = text("file", row) && text("path", row) ? pathOf(text("path", row)) : null;
    const what = make("div", "what", image, make("div", "", text("message", row)), ownHint(section, row));
    const beside = findings.related[row];
    if (beside.length) {
      const more = beside.length + findings.unseen[row] - 3;
      what.append(make("div", "muted", beside.slice(0, 3).map((path) => texts[path]).join(", ") + (more > 0 ? ` and ${number(more)} more` : "")));
    }
    const element = make("div", "row", make("div", "where", where(row)), what);
    return openable(section, row, element);
  }

  // ---- the viewer ----

  const viewer = $("#viewer");
  let opened = null;

  function view(section, row) {
    opened = { section, row };
    const path = findings.path?.[row] ?? 0;
    const related = findings.related[row];
    const parts = [];
    const sides = comparable(row);
    if (sides) {
      parts.push(headline(section, row), compared(row, true));
    } else if (pictures[path] || drawable(row) || related.some((other) => pictures[other])) {
      const figures = [path, ...related].filter(Boolean).map((each, index) => make("figure", "",
        frame(each, texts[each], index ? [] : placesIn([row]), index ? null : findings.outlines[row]), make("figcaption", "", pathOf(texts[each]), tags(each))));
      parts.push(make("div", "frames", ...figures));
    }
    const headed = sides && path; // its headline says it
    if (!headed) parts.push(make("p", "said", text("message", row)));
    const chosen = headed ? null : labels(row);
    if (chosen) parts.push(chosen);
    if (text("hint", row)) parts.push(make("p", "hint", text("hint", row)));
    const places = placesOf(row);
    const facts = headed ? [["Finding", text("message", row)], ["Place", where(row)]] : [["Place", where(row)]];
    if (path && text("file", row)) facts.push(["Image", texts[path]]);
    if (isGroup(row)) facts.push(["Images or records", number(findings.count[row])]);
    if (places.length) facts.push(["Some of them", places.join(", ")]);
    if (text("subject", row)) facts.push(["Subject", text("subject", row)]);
    const image = images[path];
    if (image?.[2]) facts.push(["Stored size", `${image[2]} × ${image[3]} px${image[4] > 1 ? `, EXIF orientation ${image[4]}` : ""}`]);
    if (findings.score[row] !== null) facts.push(["Score", String(findings.score[row])]);
    if (related.length && !parts[0].classList.contains("frames")) facts.push(["Related", related.map((each) => texts[each]).join(", ")]);
    if (findings.unseen[row]) facts.push(["More", `${number(findings.unseen[row])} related files; the JSON report names them`]);
    const list = make("dl", "pairs");
    for (const [name, value] of facts) list.append(make("dt", "", name), make("dd", "path", value));
    parts.push(list);
    $("#viewer-body").replaceChildren(...parts);
    const index = section.shown.indexOf(row);
    $("#viewer-place").textContent = `${$("h3", section.element).textContent.trim()} · ${number(index + 1)} of ${number(section.shown.length)}`;
    $("[data-step='-1']").disabled = index <= 0;
    $("[data-step='1']").disabled = index >= section.shown.length - 1;
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const next = opened.section.shown[opened.section.shown.indexOf(opened.row) + by];
    if (next !== undefined) view(opened.section, next);
  }

  $$("[data-step]").forEach((button) => button.addEventListener("click", () => step(Number(button.dataset.step))));
  $$("dialog").forEach((dialog) => dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  }));
  $("#keys-open").addEventListener("click", () => $("#keys").showModal());

  // ---- tools ----

  let waiting = 0;
  $("#search")?.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.query = event.target.value; apply(); }, 80);
  });
  $("form.tools")?.addEventListener("submit", (event) => event.preventDefault());
  /** What is pressed is what is shown alone; pressed again, or another, lets it go. */
  function pressed() {
    $$("[data-severity]").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.severity) === state.severity)));
    $("#fresh")?.setAttribute("aria-pressed", String(state.fresh));
    apply();
  }
  $$("[data-severity]").forEach((button) => button.addEventListener("click", () => {
    const severity = Number(button.dataset.severity);
    state.severity = state.severity === severity ? null : severity;
    pressed();
  }));
  $("#fresh")?.addEventListener("click", () => { state.fresh = !state.fresh; pressed(); });
  $("#rule")?.addEventListener("change", (event) => { state.rule = event.target.value; apply(); });
  $("#sort")?.addEventListener("change", (event) => { state.sort = event.target.value; apply(); });
  $("#reset")?.addEventListener("click", () => {
    Object.assign(state, { query: "", severity: null, fresh: false, rule: "" });
    $("#search").value = $("#rule").value = "";
    pressed();
  });

  function fold(section, open) {
    section.body.hidden = !open;
    section.fold.setAttribute("aria-expanded", String(open));
    section.fold.textContent = open ? "Hide" : "Show";
    fill(section);
  }
  for (const section of sections) section.fold.addEventListener("click", () => fold(section, section.body.hidden));


  $$("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }));

  // ---- keyboard ----

  function move(by) {
    const list = $$("[data-row]").filter((item) => item.offsetParent !== null), current = list.indexOf(document.activeElement);
    const next = list[current < 0 ? 0 : current + by];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (viewer.open) {
      if (event.key === "ArrowLeft" || event.key === "k") step(-1);
      if (event.key === "ArrowRight" || event.key === "j") step(1);
      return;
    }
    if ($("#keys").open) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape" && event.target.id === "search") {
      event.target.value = state.query = "";
      apply();
      event.target.blur();
    } else if (typing) {
      return;
    } else if (event.key === "/" && $("#search")) {
      event.preventDefault();
      $("#search").focus();
    } else if (event.key === "j" || event.key === "k") {
      move(event.key === "j" ? 1 : -1);
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && event.target.dataset?.row) {
      event.preventDefault();
      move(event.key === "ArrowRight" ? 1 : -1);
    } else if ((event.key === "Enter" || event.key === " ") && event.target.dataset?.row) {
      event.preventDefault();
      event.target.click();
    } else if (event.key === "?") {
      $("#keys").showModal();
    } else if (event.key === "t") {
      $("#theme").click();
    } else if (event.key === "Escape") {
      document.activeElement?.blur();
    }
  });

  // ---- light and dark ----

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const remembered = (() => { try { return localStorage.getItem("datalint-theme"); } catch { return null; } })();
  if (remembered === "light" || remembered === "dark") root.dataset.theme = remembered;
  $("#theme").addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
    try { localStorage.setItem("datalint-theme", root.dataset.theme); } catch { /* a page from a file may not remember */ }
  });

  apply();
})();
