"use strict";
/* The map of an image. All names are foreign: they are set as text, never as HTML. */
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const ROWS = 300;
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const svg = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const bytes = (count) => {
    for (const [unit, scale] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])
      if (count >= scale) return (count / scale).toPrecision(3) + " " + unit;
    return count + " B";
  };
  const unpack = async (text) => {
    const packed = Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  function show(section, data) {
    const map = section.querySelector(".map svg");
    const list = section.querySelector(".list");
    const why = section.querySelector(".why");
    const path = section.querySelector(".path");
    const search = section.querySelector("input");
    const group = section.querySelector("select");
    const up = section.querySelector(".up");
    const made = JSON.parse(section.querySelector(".made").textContent);
    const classes = {};
    const kinds = {};
    data.reasons.forEach((reason, file) => {
      const kind = reason < 0 ? "" : data.reason_names[reason].split(":")[0];
      if (kind) kinds[kind] = (kinds[kind] || 0) + data.sizes[file];
    });
    Object.keys(kinds).sort((a, b) => kinds[b] - kinds[a]).forEach((kind, number) => {
      classes[kind] = "c" + Math.min(number, 7);
    });
    const kindOf = (file) =>
      data.reasons[file] < 0 ? "" : data.reason_names[data.reasons[file]].split(":")[0];
    const groupOf = {
      folder: () => "",
      layer: (file) => "/layer " + data.layers[file],
      package: (file) =>
        "/" + (data.packages[file] < 0 ? "no package" : data.package_names[data.packages[file]]),
    };
    let at = "";

    function legend() {
      const shown = section.querySelector(".legend");
      shown.replaceChildren();
      const entry = (className, text) => {
        const item = element("li");
        const mark = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
        mark.append(svg("rect", { width: 10, height: 10, class: className }));
        item.append(mark, document.createTextNode(text));
        shown.append(item);
      };
      const names = Object.keys(classes);
      names.slice(0, 7).forEach((name) => entry(classes[name], name + ", " + bytes(kinds[name])));
      const rest = names.slice(7).reduce((sum, name) => sum + kinds[name], 0);
      if (rest) entry("c7", "other reasons, " + bytes(rest));
      entry("gone", "not kept");
    }

    // Write as much of a text as there is room for.
    function write(label, text, room) {
      label.textContent = text;
      for (let end = text.length - 1; end > 0 && label.getComputedTextLength() > room; end--)
        label.textContent = text.slice(0, end) + "…";
    }

    function draw() {
      const found = data.maps[group.value];
      map.replaceChildren();
      const zoom = found.find((box) => box[4] === at) || found[0];
      const [x, y, width, height] = zoom;
      map.setAttribute("viewBox", [x, y, Math.max(width, 1), Math.max(height, 1)].join(" "));
      // Letters are as large on the screen however far the map is zoomed in.
      const scale = Math.max(width / (map.clientWidth || 700), height / (map.clientHeight || 400));
      let outer = "";
      for (const [number, box] of found.entries()) {
        const [left, top, wide, high, name, size, kept, file] = box;
        if (at && name !== at && !name.startsWith(at + "/")) continue;
        let className = "folder";
        if (file >= 0) className = "file " + (classes[kindOf(file)] || "gone");
        else if (file === -2) className = "file " + (kept * 2 > size ? "c7" : "gone");
        const shape = svg("rect", { x: left, y: top, width: wide, height: high, class: className });
        const hint = svg("title", {});
        hint.textContent = name + ", " + bytes(size) + (kept ? ", kept " + bytes(kept) : ", not kept");
        shape.append(hint);
        shape.dataset.name = name;
        shape.addEventListener("click", () => {
          if (file >= 0) explain(file);
          else if (file === -1) go(name);
        });
        if (file === -1) shape.setAttribute("pointer-events", "all");
        map.append(shape);
        const last = name.slice(name.lastIndexOf("/") + 1);
        // A folder's title stands above its content. One that holds only a folder has none.
        const next = found[number + 1];
        const head = file === -1 && next && next[4].startsWith(name + "/") ? next[1] - top : high;
        if (name && head === 0) outer += last + "/";
        else if (name && wide / scale > 28 && head / scale > 11.5) {
          const label = svg("text", { x: left + 3 * scale, y: top + 11 * scale, "font-size": 11 * scale });
          label.setAttribute("class", file === -1 ? "" : className.includes("gone") ? "ongone" : "onfile");
          map.append(label);
          write(label, outer + last, wide - 4 * scale);
        }
        if (head !== 0) outer = "";
      }
      dim();
    }

    function row(name, size, kept, open) {
      const line = element("tr");
      const cell = element("td");
      const button = element("button", name);
      button.type = "button";
      button.addEventListener("click", open);
      cell.append(button);
      line.append(cell, element("td", bytes(size), "number"));
      line.append(element("td", kept === size && size ? "all" : kept ? bytes(kept) : "–", "number"));
      return line;
    }

    function fill(rows, caption) {
      const table = element("table");
      const head = element("tr");
      for (const title of ["name", "size", "kept"]) {
        const cell = element("th", title, title === "name" ? "" : "number");
        cell.scope = "col";
        head.append(cell);
      }
      const top = element("thead");
      top.append(head);
      const body = element("tbody");
      rows.slice(0, ROWS).forEach((each) => body.append(row(...each)));
      table.append(element("caption", caption), top, body);
      list.replaceChildren(table);
    }

    function within() {
      const inner = new Map();
      const nameOf = groupOf[group.value];
      data.paths.forEach((name, file) => {
        const whole = nameOf(file) + name;
        if (!whole.startsWith(at + "/")) return;
        const rest = whole.slice(at.length + 1);
        const end = rest.indexOf("/");
        const key = end < 0 ? rest : rest.slice(0, end + 1);
        const found = inner.get(key) || { size: 0, kept: 0, file: end < 0 ? file : -1 };
        found.size += data.sizes[file];
        if (data.reasons[file] >= 0) found.kept += data.sizes[file];
        inner.set(key, found);
      });
      const rows = [...inner].sort((a, b) => b[1].size - a[1].size).map(([name, each]) => [
        name, each.size, each.kept,
        () => (each.file >= 0 ? explain(each.file) : go(at + "/" + name.slice(0, -1))),
      ]);
      fill(rows, (at || "/") + ": " + rows.length + " entries");
    }

    function find() {
      const wanted = search.value.toLowerCase();
      const rows = [];
      data.paths.forEach((name, file) => {
        if (name.toLowerCase().includes(wanted))
          rows.push([name, data.sizes[file], data.reasons[file] < 0 ? 0 : data.sizes[file],
            () => explain(file)]);
      });
      rows.sort((a, b) => b[1] - a[1]);
      fill(rows, rows.length + (rows.length === 1 ? " file" : " files") + " with “" + search.value + "” in their path");
    }

    function dim() {
      const wanted = search.value.toLowerCase();
      for (const shape of map.querySelectorAll("rect.file"))
        shape.classList.toggle("dim", !!wanted && !shape.dataset.name.toLowerCase().includes(wanted));
    }

    function explain(file) {
      const reason = data.reasons[file];
      why.replaceChildren(element("code", data.paths[file]));
      const layer = data.layers[file];
      const owner = data.packages[file] < 0 ? "" : ", package " + data.package_names[data.packages[file]];
      why.append(element("div", reason < 0 ? "not kept" : "kept: " + data.reason_names[reason]));
      why.append(element("div", bytes(data.sizes[file]) + owner + ", layer " + layer +
        (made[layer] ? ": " + made[layer] : ""), "soft"));
      if (reason < 0) {
        why.append(element("div", "To keep it, add this to the image in .ci-slim.yml:"));
        const line = element("pre", "keep:\n  - " + JSON.stringify(data.paths[file]));
        line.tabIndex = 0; // it may scroll
        why.append(line);
      }
    }

    function go(name) {
      at = name;
      path.textContent = at || "/";
      up.disabled = !at;
      search.value = "";
      draw();
      within();
    }

    search.addEventListener("input", () => { if (search.value) find(); else within(); dim(); });
    group.addEventListener("change", () => go(""));
    up.addEventListener("click", () => go(at.slice(0, at.lastIndexOf("/"))));
    legend();
    go("");
    section.dataset.ready = "yes";
  }

  for (const section of document.querySelectorAll("[data-map]")) {
    const open = async () => {
      if (section.dataset.open) return;
      section.dataset.open = "yes";
      try {
        show(section, await unpack(section.querySelector(".data").textContent));
      } catch (error) {
        section.querySelector(".why").textContent = "This browser cannot draw the map: " + error;
      }
    };
    const details = section.closest("details");
    if (details.open) open();
    details.addEventListener("toggle", () => { if (details.open) open(); });
  }
})();
