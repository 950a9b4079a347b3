// Pictures, and what is drawn on them.

/** A path, its folder in a quieter colour. */
function named(value) {
  const cut = value.lastIndexOf("/") + 1;
  const element = make("span", "path", cut ? make("span", "dir", value.slice(0, cut)) : "", value.slice(cut));
  element.title = value;
  return element;
}

/** A picture; on it, if the finding is about places, those: boxes, outlines, points in pixels of the image, and a mask. */
function frame(path, alt, places = [], outlines = null, points = null, mask = null) {
  const element = make("div", "frame");
  const source = pictures[path];
  const [, , width, height] = images[path] ?? [0, 0, 0, 0];
  if (!source && width && height && (places.length || outlines || points)) {
    element.append(drawing([null], alt, width, height, false, [], places, outlines ?? [], points ?? []));
    element.title = `no picture; the image has ${width} × ${height} pixels`;
    return element;
  }
  if (!source) {
    element.append("no picture");
    return element;
  }
  const tiny = width > 0 && Math.max(width, height) <= 64;
  if (width && height && (places.length || outlines || points || mask || boxes[path])) {
    element.append(drawing([source, mask], alt, width, height, tiny, boxes[path] ?? [], places, outlines ?? [], points ?? []));
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

/** The picture of the image that a finding is about, with what it is about. */
const ownFrame = (row, alt) => frame(pathOf(row), alt, placesIn([row]), outlinesOf(row), pointsOf(row), maskOf(row));

/** The picture with its boxes, and around it as much room as what is drawn sticks out: half an image at most. */
function drawing([source, mask], alt, width, height, tiny, others, places, outlines, points) {
  const xs = [0, width], ys = [0, height], size = Math.max(width, height);
  const clamp = (value, side) => Math.min(Math.max(value, -side / 2), side * 1.5);
  const corners = (x, y, w, h) => {
    const [left, right] = [clamp(Math.min(x, x + w), width), clamp(Math.max(x, x + w), width)];
    const [top, bottom] = [clamp(Math.min(y, y + h), height), clamp(Math.max(y, y + h), height)];
    xs.push(left, right);
    ys.push(top, bottom);
    return { x: left, y: top, width: right - left, height: bottom - top };
  };
  const shapes = [
    ...others.filter((other) => !places.some((box) => isSame(other, box))).map(([x, y, w, h, name]) => titled(shape("rect", corners(x, y, w, h), "other"), texts[name])),
    ...outlines.map((outline) => {
      const ends = outline.map((value, index) => clamp(value, index % 2 ? height : width));
      ends.forEach((value, index) => (index % 2 ? ys : xs).push(value));
      return shape("polygon", { points: ends.join(" ") });
    }),
    ...points.map(([x, y]) => shape("circle", { cx: clamp(x, width), cy: clamp(y, height), r: 0.012 * size }, "point")),
    ...places.flatMap((box, index) => placed(corners(...box), places.length > 1 ? index + 1 : null, size)),
  ];
  points.forEach(([x, y]) => { xs.push(clamp(x, width)); ys.push(clamp(y, height)); });
  const image = source ? shape("image", { href: source, width, height, preserveAspectRatio: "none" }, tiny ? "tiny" : "")
    : shape("rect", { x: 0, y: 0, width, height }, "absent");
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const svg = shape("svg", { viewBox: `${left} ${top} ${Math.max(...xs) - left} ${Math.max(...ys) - top}`, role: "img", "aria-label": alt });
  const over = mask ? [shape("image", { href: mask, width, height, preserveAspectRatio: "none" }, "mask")] : [];
  svg.append(image, ...over, shape("rect", { x: 0, y: 0, width, height }, "edge"), ...shapes);
  return svg;
}

function shape(tag, attributes, name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (name) made.setAttribute("class", name);
  return made;
}

function titled(element, words) {
  element.append(shape("title", {}));
  element.firstChild.textContent = words;
  return element;
}

const isSame = (other, box) => other.slice(0, 4).every((side, index) => Math.abs(side - box[index]) <= 0.1);

/** The box that a finding is about, with its number if there are several; next to nothing has a ring around it. */
function placed(place, label, size) {
  const shapes = [shape("rect", place)];
  if (label !== null) {
    const high = 0.06 * size;
    shapes.push(shape("text", { x: place.x, y: place.y > high ? place.y - high / 6 : place.y + place.height + high, "font-size": high }));
    shapes.at(-1).textContent = label;
  }
  if (Math.max(place.width, place.height) < 0.04 * size) {
    shapes.push(shape("circle", { cx: place.x + place.width / 2, cy: place.y + place.height / 2, r: 0.05 * size }));
  }
  return shapes;
}

/** The split and the class of an image. */
function tags(path) {
  const made = [];
  if (splitOf(path)) made.push(make("span", "tag split", splitOf(path)));
  if (classOf(path)) made.push(make("span", "tag", classOf(path)));
  return made.length ? make("div", "tags", ...made) : null;
}
