// Shows the timeline that is in the page. Nothing is fetched, and what partitions have said is only ever text.
"use strict";
(() => {
const element = (id) => document.getElementById(id);
const canvas = element("picture"), frame = element("rows"), context = canvas.getContext("2d");
const data = JSON.parse(element("timeline").textContent);
const strings = data.strings;
const origin = BigInt(data.origin); // Times in the page are nanoseconds from here, so that numbers are exact.

// What there is. A slice is begin, length, name, details, colour and opacity; an event time, group, name and details.
const SLICE = 6, EVENT = 4;
const rows = data.groups.flatMap((group, number) =>
    group.rows.map((row) => ({ ...row, group: number, slices: Float64Array.from(row.slices) })));
const events = Float64Array.from(data.events);
const eventCount = events.length / EVENT;
const eventsOf = data.groups.map(() => []);
for (let event = 0; event < eventCount; event++) eventsOf[events[event * EVENT + 1]].push(event);

// Okabe's and Ito's colours, as in the pictures; how full they are tells what the processor did.
const COLOURS = data.colours;
const OPACITIES = data.opacities;
const HEIGHTS = { configured: 4, observed: 18, events: 12, task: 10, interrupts: 8 };
const NAMES = 190, RIGHT = 16, AXIS = 24, GAP = 4, BETWEEN = 14;
const FINEST = 1; // What is nearer together than this is drawn once.
const LISTED = 200, ARROWS = 4000;
const ALARMS = new Set(["health", "module-health", "restarted", "stopped", "module-restarted", "kernel-fault"]);

// What is shown.
const view = { from: data.from, until: data.until, groups: new Set(data.groups.keys()), kinds: new Set(), text: "" };
const kinds = [...new Set([
    ...rows.filter((row) => row.kind !== "events").map((row) => row.kind),
    ...(data.messages.length > 0 ? ["messages"] : []),
    ...Array.from(events.filter((_, place) => place % EVENT === 2), (name) => strings[name]),
])];
kinds.forEach((kind) => view.kinds.add(kind));
let matching = null; // Of each string, whether the text that is looked for is in it; nothing if none is.
let isKind = new Uint8Array(strings.length); // Of each string, whether it names a kind of event that is shown.
let chosen = null;
let drawnArrows = [];

// Times in words.
const UNITS = [["s", 1000000000n], ["ms", 1000000n], ["us", 1000n], ["ns", 1n]];
function timeText(time, exact = true) {
    const whole = origin + BigInt(Math.round(time));
    const size = exact ? whole : BigInt(Math.max(1, Math.round(view.until - view.from)));
    const [unit, factor] = UNITS.find(([, factor]) => (size < 0n ? -size : size) >= factor) ?? UNITS[3];
    const digits = String(factor).length - 1;
    const sign = whole < 0n ? "-" : "", positive = whole < 0n ? -whole : whole;
    const fraction = digits > 0 ? String(positive % factor).padStart(digits, "0").replace(/0+$/, "") : "";
    return `${sign}${positive / factor}${fraction && "."}${fraction} ${unit}`;
}
function timeOf(text) {
    const parts = /^\s*(-?\d+)(?:\.(\d+))?\s*(s|ms|us|µs|ns|)\s*$/.exec(text);
    if (!parts) return null;
    const unit = parts[3] === "µs" ? "us" : parts[3] || "ns";
    const digits = String(UNITS.find(([name]) => name === unit)[1]).length - 1;
    const fraction = (parts[2] ?? "").padEnd(digits, "0").slice(0, digits);
    return Number(BigInt(parts[1] + fraction) - origin);
}

// Filters.
const has = (string) => matching === null || matching[string] === 1;
const eventIsShown = (event) => {
    const place = event * EVENT;
    return view.groups.has(events[place + 1]) && isKind[events[place + 2]] === 1 &&
        (has(events[place + 2]) || has(events[place + 3]));
};
const sliceIsShown = (row, place) =>
    matching === null || row.matches || has(row.slices[place + 2]) || has(row.slices[place + 3]);
const rowIsShown = (row) => view.groups.has(row.group) && (row.kind === "events" || view.kinds.has(row.kind));
function look() {
    const text = view.text.toLowerCase();
    matching = text === "" ? null : Uint8Array.from(strings, (string) => (string.toLowerCase().includes(text) ? 1 : 0));
    rows.forEach((row) => { row.matches = text !== "" && row.name.toLowerCase().includes(text); });
    isKind = Uint8Array.from(strings, (string) => (view.kinds.has(string) ? 1 : 0));
}

// Where rows are, from the upper end of the first one.
let places = [], middles = new Map();
function layOut() {
    places = [];
    middles = new Map();
    let y = AXIS + GAP, group = null;
    for (const row of rows.filter(rowIsShown)) {
        if (group !== null && group !== row.group) y += BETWEEN;
        group = row.group;
        places.push({ row, y, height: HEIGHTS[row.kind] });
        if (row.kind === "observed") middles.set(group, y + HEIGHTS.observed / 2);
        y += HEIGHTS[row.kind] + GAP;
    }
    frame.style.height = `min(${y}px, 60vh)`;
    element("room").style.height = `${Math.max(0, y - frame.clientHeight)}px`;
}

// Drawing.
let width = 100;
const x = (time) => NAMES + (time - view.from) / (view.until - view.from) * width;
const timeAt = (place) => view.from + (place - NAMES) / width * (view.until - view.from);

// The first number from 0 up to the count for which this is true, if it stays true from there on.
function first(count, isTrue) {
    let low = 0, high = count;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if (isTrue(middle)) high = middle; else low = middle + 1;
    }
    return low;
}
// Calls back with the place of each slice of a row that is in view.
function slicesInView(row, callback) {
    const slices = row.slices, count = slices.length / SLICE;
    let slice = first(count, (number) => slices[number * SLICE] + slices[number * SLICE + 1] >= view.from);
    for (; slice < count && slices[slice * SLICE] <= view.until; slice++) {
        if (sliceIsShown(row, slice * SLICE)) callback(slice * SLICE);
    }
}
const inView = (all) => [
    first(all.length, (number) => events[all[number] * EVENT] >= view.from),
    first(all.length, (number) => events[all[number] * EVENT] > view.until),
];

function draw() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [paper, ink, grey, line, alarm] = ["--paper", "--ink", "--grey", "--line", "--alarm"].map(colour);
    const scale = window.devicePixelRatio || 1, top = frame.scrollTop;
    const [wide, high] = [frame.clientWidth, frame.clientHeight];
    width = Math.max(100, wide - NAMES - RIGHT);
    const times = steps();
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(high * scale);
    canvas.style.height = `${high}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = paper;
    context.fillRect(0, 0, wide, high);
    context.font = "12px Helvetica, Arial, sans-serif";
    context.save();
    context.beginPath();
    context.rect(0, AXIS, wide, high - AXIS);
    context.clip();
    drawGaps(top, grey);
    drawGrid(times, line, high);
    for (const place of places) {
        const y = place.y - top;
        if (y + place.height < AXIS || y > high) continue;
        if (place.row.kind === "events") drawEvents(place, y, ink, alarm);
        else drawSlices(place, y);
        const name = place.row.kind === "observed" ? data.groups[place.row.group].name : place.row.name;
        context.fillStyle = place.row.kind === "observed" ? ink : grey;
        if (place.row.kind !== "configured") {
            context.fillText(name, place.row.kind === "observed" ? 8 : 20, y + place.height / 2 + 4, NAMES - 24);
        }
    }
    drawMessages(top, ink);
    drawChosen(top, high, ink);
    context.restore();
    drawAxis(times, wide, grey, paper);
}
function steps() {
    const length = view.until - view.from;
    let step = 10 ** Math.floor(Math.log10(Math.max(1, length / (width / 110))));
    for (const factor of [2, 2.5, 2]) if (length / step > width / 110) step *= factor;
    const all = [];
    step = Math.max(1, Math.round(step));
    for (let time = Math.ceil(view.from / step) * step; time <= view.until; time += step) all.push(time);
    return all;
}
// When records are missing, and of which rows: those of a group, or all.
const GAP_SIZE = 4;
function gapsInView() {
    const gaps = [];
    for (let place = 0; place < data.gaps.length; place += GAP_SIZE) {
        const [begin, end, count, group] = data.gaps.slice(place, place + GAP_SIZE);
        if (end < view.from || begin > view.until) continue;
        const own = places.filter(({ row }) => group < 0 || row.group === group);
        if (own.length === 0) continue;
        const last = own[own.length - 1];
        const left = Math.max(NAMES, x(begin)), right = Math.min(NAMES + width, Math.max(x(end), left + 1));
        gaps.push({ begin, end, count, left, right, upper: own[0].y - GAP, lower: last.y + last.height + GAP });
    }
    return gaps;
}
function drawGaps(top, grey) {
    context.fillStyle = grey;
    context.globalAlpha = 0.35;
    for (const { left, right, upper, lower } of gapsInView()) {
        context.fillRect(left, upper - top, right - left, lower - upper);
    }
    context.globalAlpha = 1;
}
function drawGrid(times, line, high) {
    context.fillStyle = line;
    for (const time of times) context.fillRect(Math.round(x(time)), AXIS, 1, high);
}
function drawAxis(times, wide, grey, paper) {
    context.fillStyle = paper;
    context.fillRect(0, 0, wide, AXIS);
    context.fillStyle = grey;
    for (const time of times) {
        const text = timeText(time, false), size = context.measureText(text).width;
        // The first and the last one have no room beside them.
        context.fillText(text, Math.min(Math.max(x(time) - size / 2, 2), wide - size - 2), AXIS - 8);
    }
}
function drawSlices({ row, height }, y) {
    const slices = row.slices;
    const scale = width / (view.until - view.from);
    let drawn = -1, colour = null, opacity = null;
    slicesInView(row, (place) => {
        const right = Math.min(NAMES + width, NAMES + (slices[place] + slices[place + 1] - view.from) * scale);
        if (right < drawn + FINEST) return;
        const left = Math.max(NAMES, NAMES + (slices[place] - view.from) * scale);
        drawn = Math.max(right, left + FINEST / 2);
        if (colour !== slices[place + 4]) context.fillStyle = COLOURS[(colour = slices[place + 4]) % COLOURS.length];
        if (opacity !== slices[place + 5]) context.globalAlpha = OPACITIES[opacity = slices[place + 5]];
        context.fillRect(left, y, drawn - left, height);
    });
    context.globalAlpha = 1;
}
function drawEvents({ row, height }, y, ink, alarm) {
    const all = eventsOf[row.group], [begin, end] = inView(all);
    let drawn = -1, alarmed = -1;
    for (let number = begin; number < end; number++) {
        const event = all[number];
        const place = x(events[event * EVENT]);
        const isAlarm = ALARMS.has(strings[events[event * EVENT + 2]]);
        if (place < (isAlarm ? alarmed : drawn) + FINEST || !eventIsShown(event)) continue;
        context.fillStyle = isAlarm ? alarm : ink;
        if (!isAlarm) {
            drawn = place;
            context.fillRect(place - 0.5, y + 3, 1, height - 6);
            continue;
        }
        alarmed = place;
        context.beginPath();
        context.moveTo(place, y);
        context.lineTo(place + 5, y + height);
        context.lineTo(place - 5, y + height);
        context.fill();
    }
}
function drawMessages(top, ink) {
    drawnArrows = view.kinds.has("messages") ? arrowsInView(top) : [];
    context.strokeStyle = context.fillStyle = ink;
    context.save();
    context.beginPath();
    context.rect(NAMES, AXIS, width, frame.clientHeight);
    context.clip();
    for (const arrow of drawnArrows) {
        context.beginPath();
        context.moveTo(arrow.left, arrow.upper);
        context.lineTo(arrow.right, arrow.lower);
        context.stroke();
        context.fillRect(arrow.right - 2, arrow.lower - 2, 4, 4);
    }
    context.restore();
}
function arrowsInView(top) {
    const arrows = [], seen = new Set(), count = data.messages.length / 2;
    // They are in the order in which they were received.
    let message = first(count, (number) => events[data.messages[2 * number + 1] * EVENT] >= view.from);
    for (; message < count && arrows.length < ARROWS; message++) {
        const [put, got] = [data.messages[2 * message] * EVENT, data.messages[2 * message + 1] * EVENT];
        if (events[put] > view.until) continue;
        const [from, to] = [middles.get(events[put + 1]), middles.get(events[got + 1])];
        if (from === undefined || to === undefined || !(has(events[put + 3]) || has(events[got + 3]))) continue;
        const arrow = { left: x(events[put]), upper: from - top, right: x(events[got]), lower: to - top, put, got };
        const key = `${Math.round(arrow.left)} ${arrow.upper} ${Math.round(arrow.right)} ${arrow.lower}`;
        if (!seen.has(key)) arrows.push(arrow);
        seen.add(key);
    }
    return arrows;
}
function drawChosen(top, high, ink) {
    if (chosen === null) return;
    context.globalAlpha = 0.5;
    context.fillStyle = ink;
    context.fillRect(x(events[chosen * EVENT]) - 1, AXIS, 2, high);
    context.globalAlpha = 1;
}

// What is said of something.
const groupName = (group) => data.groups[group]?.name ?? "";
function eventText(event) {
    const [time, group, name, details] = events.subarray(event * EVENT, event * EVENT + EVENT);
    return `${timeText(time)}: ${groupName(group)}, ${strings[name]}${strings[details] && ": "}${strings[details]}`;
}
function sliceText(row, place) {
    const [begin, length, name, details] = row.slices.subarray(place, place + SLICE);
    const of = row.kind === "task" ? `${groupName(row.group)}, ${row.name}` : groupName(row.group);
    return `${timeText(begin)} to ${timeText(begin + length)} (${duration(length)}): ${of}, ${row.kind}, ` +
        `${strings[name]}${strings[details] && ": "}${strings[details]}`;
}
const duration = (length) => `${length.toLocaleString("en").replaceAll(",", " ")} ns`;
function messageText({ put, got }) {
    const waited = duration(events[got] - events[put]);
    return `message ${timeText(events[put])} from ${groupName(events[put + 1])} to ${groupName(events[got + 1])} ` +
        `${timeText(events[got])}, ${waited} on its way: ${strings[events[got + 3]]}`;
}
// What is at a place of the picture, in words, and the event if it is one.
function at(left, upper) {
    const down = upper + frame.scrollTop;
    const place = places.find(({ y, height }) => down >= y - 2 && down <= y + height + 2);
    if (upper < AXIS || left < NAMES) return { text: place ? groupName(place.row.group) : "" };
    if (place?.row.kind === "events") {
        const all = eventsOf[place.row.group], [begin, end] = inView(all);
        let nearest = null, distance = 6;
        for (let number = begin; number < end; number++) {
            const away = Math.abs(x(events[all[number] * EVENT]) - left);
            if (away < distance && eventIsShown(all[number])) [nearest, distance] = [all[number], away];
        }
        if (nearest !== null) return { text: eventText(nearest), event: nearest };
    } else if (place) {
        let found = null;
        slicesInView(place.row, (slice) => {
            const [begin, length] = place.row.slices.subarray(slice, slice + 2);
            if (x(begin) <= left + 1 && x(begin + length) >= left - 1) found = slice;
        });
        if (found !== null) return { text: sliceText(place.row, found) };
    }
    const gap = gapsInView().find((gap) =>
        left >= gap.left - 1 && left <= gap.right + 1 && down >= gap.upper && down <= gap.lower);
    if (gap) {
        const count = `${gap.count} ${gap.count === 1 ? "record is" : "records are"}`;
        return { text: `${timeText(gap.begin)} to ${timeText(gap.end)}: ${count} lost, and what they would have told` };
    }
    const arrow = drawnArrows.find((arrow) => isNear(arrow, left, upper));
    return { text: arrow ? messageText(arrow) : timeText(timeAt(left)) };
}
function isNear({ left, upper, right, lower }, across, down) {
    const [wide, high] = [right - left, lower - upper];
    const along = ((across - left) * wide + (down - upper) * high) / (wide * wide + high * high || 1);
    const share = Math.min(1, Math.max(0, along));
    return Math.hypot(left + share * wide - across, upper + share * high - down) < 4;
}
function say(text) { element("pointed").textContent = text; }

// The events in view as a table, which is there for those who do not see the picture, too.
function list() {
    const shown = [];
    let count = 0;
    const begin = first(eventCount, (event) => events[event * EVENT] >= view.from);
    for (let event = begin; event < eventCount && events[event * EVENT] <= view.until; event++) {
        if (!eventIsShown(event)) continue;
        if (count++ < LISTED) shown.push(event);
    }
    element("events").replaceChildren(...shown.map((event) => {
        const [time, group, name, details] = events.subarray(event * EVENT, event * EVENT + EVENT);
        const row = document.createElement("tr");
        row.className = event === chosen ? "chosen" : "";
        for (const text of [timeText(time), groupName(group), strings[name], strings[details]]) {
            row.append(Object.assign(document.createElement("td"), { textContent: text }));
        }
        row.addEventListener("click", () => choose(event));
        return row;
    }));
    const listed = count > shown.length ? `, the first ${shown.length} of which are listed` : "";
    const lost = data.lost > 0 ? `; ${data.lost} records are lost` : "";
    element("summary").textContent =
        `${timeText(view.from)} to ${timeText(view.until)}: ${count} of ${eventCount} events${listed}` +
        `${drawnArrows.length === ARROWS ? `; of the messages ${ARROWS} are drawn` : ""}${lost}`;
    for (const [id, time] of [["from", view.from], ["until", view.until]]) {
        if (document.activeElement !== element(id)) element(id).value = timeText(time);
    }
}
function choose(event) {
    chosen = event;
    const time = events[event * EVENT], length = view.until - view.from;
    if (time < view.from || time > view.until) move(time - length / 2 - view.from);
    say(eventText(event));
    changed();
}
function next(direction) {
    const here = chosen ?? first(eventCount, (event) => events[event * EVENT] >= view.from) - (direction > 0 ? 1 : 0);
    for (let event = here + direction; event >= 0 && event < eventCount; event += direction) {
        if (eventIsShown(event)) return choose(event);
    }
}

// Moving. There is never less in view than a nanosecond, or more than the timeline.
function show(from, until) {
    const length = Math.min(Math.max(until - from, 1), data.end - data.begin);
    view.from = Math.min(Math.max(from, data.begin), data.end - length);
    view.until = view.from + length;
    changed();
}
const move = (time) => show(view.from + time, view.until + time);
function zoom(factor, time = (view.from + view.until) / 2) {
    const share = (time - view.from) / (view.until - view.from);
    const length = Math.max((view.until - view.from) * factor, 1);
    show(time - share * length, time + (1 - share) * length);
}
let asked = null, later = null;
function changed() {
    asked ??= requestAnimationFrame(() => {
        asked = null;
        draw();
    });
    clearTimeout(later);
    later = setTimeout(() => {
        list();
        keep();
    }, 80);
}
function filtered() {
    look();
    layOut();
    changed();
}

// The address says what is shown, and what it says is shown.
function keep() {
    const parts = new URLSearchParams();
    parts.set("from", timeText(view.from).replace(" ", ""));
    parts.set("until", timeText(view.until).replace(" ", ""));
    const shown = (all, which) => all.filter((_, number) => which(number));
    if (view.groups.size < data.groups.length) {
        parts.set("only", shown(data.groups, (group) => view.groups.has(group)).map((group) => group.name).join(","));
    }
    if (view.kinds.size < kinds.length) parts.set("kinds", [...view.kinds].join(","));
    if (view.text !== "") parts.set("text", view.text);
    try {
        history.replaceState(null, "", `#${parts}`);
    } catch {
        // A browser need not let a file change its address.
    }
}
function take() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const words = (name) => parts.get(name)?.split(",");
    const only = words("only"), some = words("kinds");
    view.groups = new Set([...data.groups.keys()].filter((group) => !only || only.includes(groupName(group))));
    view.kinds = new Set(kinds.filter((kind) => !some || some.includes(kind)));
    view.text = parts.get("text") ?? "";
    element("text").value = view.text;
    boxes();
    filtered();
    show(timeOf(parts.get("from") ?? "") ?? data.from, timeOf(parts.get("until") ?? "") ?? data.until);
}

// What there is to press.
function boxes() {
    const box = (set, value, name) => {
        const input = Object.assign(document.createElement("input"), { type: "checkbox", checked: set.has(value) });
        input.addEventListener("change", () => {
            if (input.checked) set.add(value); else set.delete(value);
            filtered();
        });
        const label = document.createElement("label");
        label.append(input, ` ${name}`);
        return label;
    };
    const fill = (id, all) => element(id).replaceChildren(element(id).firstElementChild, ...all);
    fill("groups", data.groups.map((group, number) => box(view.groups, number, group.name)));
    fill("kinds", kinds.map((kind) => box(view.kinds, kind, kind)));
}
const quarter = () => (view.until - view.from) / 4;
const whole = () => show(data.begin, data.end);
const presses = {
    nearer: () => zoom(1 / 1.5),
    farther: () => zoom(1.5),
    earlier: () => move(-quarter()),
    later: () => move(quarter()),
    whole,
    everything: () => {
        view.groups = new Set(data.groups.keys());
        view.kinds = new Set(kinds);
        view.text = element("text").value = "";
        boxes();
        filtered();
    },
    nothing: () => {
        view.kinds = new Set();
        boxes();
        filtered();
    },
    colours: () => {
        const root = document.documentElement.classList;
        const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
        root.remove("light", "dark");
        root.add(dark ? "light" : "dark");
        changed();
    },
};
for (const [id, press] of Object.entries(presses)) element(id).addEventListener("click", press);
element("text").addEventListener("input", () => {
    view.text = element("text").value;
    filtered();
});
for (const id of ["from", "until"]) {
    element(id).addEventListener("change", () => {
        const time = timeOf(element(id).value);
        element(id).setAttribute("aria-invalid", String(time === null));
        if (time === null) return say(`${element(id).value}: a time is a number with a unit, such as 20 ms`);
        if (id === "from") show(time, Math.max(view.until, time + 1)); else show(Math.min(view.from, time - 1), time);
    });
}
const keys = {
    "+": presses.nearer, "=": presses.nearer, "-": presses.farther, "0": whole, Home: whole,
    ArrowLeft: presses.earlier, ArrowRight: presses.later,
    ArrowUp: () => frame.scrollBy(0, -40), ArrowDown: () => frame.scrollBy(0, 40),
    n: () => next(1), p: () => next(-1), "/": () => element("text").focus(),
    Escape: () => {
        chosen = null;
        frame.focus();
        changed();
    },
};
addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
    const press = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!press || event.ctrlKey || event.metaKey || event.altKey || (isTyping && event.key !== "Escape")) return;
    press();
    event.preventDefault();
});
frame.addEventListener("wheel", (event) => {
    if (event.altKey) return;
    event.preventDefault();
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) move(quarter() * Math.sign(sideways) / 2);
    else zoom(1.2 ** Math.sign(event.deltaY), timeAt(Math.max(NAMES, event.offsetX)));
}, { passive: false });
let held = null;
canvas.addEventListener("pointerdown", (event) => {
    const { from, until } = view;
    held = { x: event.clientX, y: event.clientY, from, until, top: frame.scrollTop, moved: false };
    canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointermove", (event) => {
    if (held === null) return say(at(event.offsetX, event.offsetY).text);
    const [right, down] = [event.clientX - held.x, event.clientY - held.y];
    held.moved ||= Math.hypot(right, down) > 3;
    if (!held.moved) return;
    const time = right / width * (held.until - held.from);
    show(held.from - time, held.until - time);
    frame.scrollTop = held.top - down;
});
canvas.addEventListener("pointerup", (event) => {
    const found = at(event.offsetX, event.offsetY);
    if (held !== null && !held.moved && found.event !== undefined) choose(found.event);
    held = null;
});
canvas.addEventListener("pointercancel", () => { held = null; });
frame.addEventListener("scroll", changed);
addEventListener("resize", filtered);
addEventListener("hashchange", take);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);

document.title = element("title").textContent = `${data.system} on ${data.processor}: what ran when`;
take();
draw();
list();
})();
