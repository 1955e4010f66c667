//! The page that `bulkhead trace` writes, in a browser.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use bulkhead_abi::trace::Kind;
use bulkhead_timeline::{
    Channel, End, Event, Lost, Partition, Schedule, System, Timeline, What, Window, page,
};
use bulkhead_tool::system_file::Processor;
use serde_json::json;

use crate::browser::{Browser, SHIFT, browser};
use crate::{said_to_be_written, text, trace};

bulkhead_tests::tests! {
    an_address_says_what_is_shown(processor) needs [browser()],
    nothing_that_a_partition_says_is_markup_or_runs needs [browser()],
    no_script_but_its_own_runs_and_nothing_is_fetched needs [browser()],
    keys_and_the_mouse_move_the_page needs [browser()],
    filters_change_what_is_shown needs [browser()],
    what_is_pointed_at_is_told needs [browser()],
    times_are_exact_after_ten_thousand_days needs [browser()],
    a_hundred_thousand_events_move_at_once needs [browser()],
}

/// The cells of the table of events, row by row.
fn listed(browser: &mut Browser) -> Vec<Vec<String>> {
    const CELLS: &str = "[...document.querySelectorAll('#events tr')].map((row) =>
        [...row.cells].map((cell) => cell.textContent))";
    serde_json::from_value(browser.value(CELLS)).expect("rows")
}

fn an_address_says_what_is_shown(processor: Processor) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("ports.html");
    let written = said_to_be_written(&trace(&["--arch", processor.name()], &out));
    let mut browser = Browser::open(&out, "from=20ms&until=40ms&only=controller,logger&kinds=got,window");
    assert_eq!(browser.text("title"), format!("ports on {}: what ran when", processor.name()));
    let summary = browser.text("summary");
    assert!(summary.starts_with("20 ms to 40 ms: "), "{summary}");
    assert!(summary.ends_with(&format!(" of {written} events")), "{summary}");
    let rows = listed(&mut browser);
    let is_asked = |row: &Vec<String>| {
        ["controller", "logger"].contains(&row[1].as_str()) && ["got", "window"].contains(&row[2].as_str())
    };
    assert!(!rows.is_empty() && rows.iter().all(is_asked), "{rows:?}");
    let message = rows.iter().find(|row| row[2] == "got").unwrap_or_else(|| panic!("{rows:?}"));
    assert!(message[0].starts_with('2') && message[0].ends_with(" ms"), "{message:?}");
    assert_eq!(message[1], "controller");
    assert!(message[3].starts_with("channel attitude, buffer "), "{message:?}");
    assert_eq!(browser.complaints(), [""; 0]);
    // A window as it is configured, above the one that was observed.
    browser.press("Escape");
    browser.value("location.hash = 'from=20ms&until=40ms'");
    browser.rest();
    let mut told = |y| {
        browser.mouse("mouseMoved", (200, y), &json!({}));
        browser.text("pointed")
    };
    let (configured, observed) = (told(30), told(45));
    assert!(
        configured.starts_with("20 ms to 24 ms (4 000 000 ns): kernel, configured, sensor: window 0"),
        "{configured}"
    );
    assert!(
        observed.starts_with("20.") && observed.contains("kernel, observed, sensor: window 0, "),
        "{observed}"
    );
}

/// A system with these partitions, in each frame of which the first one sends the second one a message.
fn timeline(names: [&str; 2], frames: u64, begin: u64) -> Timeline {
    let end = |partition: usize| End { partition, port: "port".to_owned() };
    let window = |number: usize| Window {
        number,
        partition: number,
        start: number as u64 * 500_000,
        end: (number as u64 + 1) * 500_000,
    };
    let schedule =
        Schedule { name: "normal".to_owned(), frame: 1_000_000, windows: vec![window(0), window(1)] };
    let system = System {
        name: "two".to_owned(),
        processor: "x86_64".to_owned(),
        partitions: names.map(|name| Partition { name: name.to_owned() }).to_vec(),
        schedules: vec![schedule],
        initial_schedule: 0,
        channels: vec![Channel { name: "state".to_owned(), source: end(0), destinations: vec![end(1)] }],
    };
    let frame = |frame: u64| {
        let at = |offset, kind, partition, argument| {
            Event::kernel(begin + frame * 1_000_000 + offset, kind, Some(partition), argument)
        };
        [
            at(100, Kind::Window, 0, 100),
            at(100, Kind::Woken, 0, 0),
            at(200_000, Kind::Put, 0, 1 << 8),
            at(300_000, Kind::Idle, 0, 0),
            at(500_200, Kind::Window, 1, 200),
            at(500_200, Kind::Woken, 1, 0),
            at(600_000, Kind::Got, 1, 1 << 8),
            at(700_000, Kind::Idle, 1, 0),
        ]
    };
    Timeline::new(system, (0..frames).flat_map(frame).collect())
}

/// Writes the page of a timeline, changed by a function, and returns where it is.
fn written(folder: &Path, timeline: &Timeline, change: impl FnOnce(String) -> String) -> PathBuf {
    let mut bytes = Vec::new();
    page::write(timeline, 0, timeline.end(), &mut bytes).expect("a page");
    let path = folder.join("page.html");
    std::fs::write(&path, change(text(&bytes))).expect("a file");
    path
}

fn opened(timeline: &Timeline, fragment: &str) -> Browser {
    let folder = tempfile::tempdir().expect("a folder");
    Browser::open(&written(folder.path(), timeline, |page| page), fragment)
}

/// A page without what would stop a script that got as far.
fn without_policy(page: String) -> String {
    let (before, rest) = page.split_once("<meta http-equiv=\"Content-Security-Policy\"").expect("a policy");
    let (_, behind) = rest.split_once('>').expect("its end");
    format!("{before}{behind}")
}

fn nothing_that_a_partition_says_is_markup_or_runs() {
    const SAID: [&str; 4] = [
        "</script><script>document.body.dataset.taken = 'yes'</script>",
        "<img src=x onerror=\"document.body.dataset.taken = 'yes'\">",
        "<!--<script>",
        "${document.body.dataset.taken = 'yes'} &lt;b&gt; TIMELINE SCRIPT",
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut hostile = timeline([SAID[0], SAID[1]], 2, 0);
    hostile.system.name = SAID[0].to_owned();
    let says = |text: &str| Event { time: 1_000, partition: Some(0), what: What::Line(text.to_owned()) };
    hostile.events.extend(SAID.map(says));
    hostile.events.push(says("\u{202e}txet\u{1b}[2J"));
    let hostile = Timeline::new(hostile.system, hostile.events);
    let mut browser = Browser::open(&written(folder.path(), &hostile, without_policy), "kinds=line");
    assert!(browser.value("document.title").as_str().expect("a title").starts_with(SAID[0]));
    let rows = listed(&mut browser);
    let mut expected = SAID.map(|said| format!("text {said}")).to_vec();
    expected.push("text \u{fffd}txet\u{fffd}[2J".to_owned());
    let texts: Vec<&String> = rows.iter().map(|row| &row[3]).collect();
    assert_eq!(texts, expected.iter().collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row[1] == SAID[0]), "{rows:?}");
    browser.press("n");
    browser.mouse("mouseMoved", (50, 45), &json!({}));
    browser.rest();
    let taken = browser.value(
        "[document.body.dataset.taken ?? 'no', document.querySelectorAll('img, b').length,
        document.scripts.length]",
    );
    assert_eq!(taken, json!(["no", 0, 2]));
    assert_eq!(browser.complaints(), [""; 0]);
}

fn no_script_but_its_own_runs_and_nothing_is_fetched() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    // Whoever calls is counted, and told nothing.
    thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let added = format!(
        "<img src=\"{address}/a.png\"><link rel=\"stylesheet\" href=\"{address}/a.css\">\
         <iframe src=\"{address}/\"></iframe><script src=\"{address}/a.js\"></script>\
         <script>document.body.dataset.taken = 'yes'; fetch('{address}')</script></body>"
    );
    let add = |page: String| page.replace("</body>", &added);
    let look = |page: &Path| {
        let mut browser = Browser::open(page, "");
        let taken = browser.value("document.body.dataset.taken ?? 'no'");
        let summary = browser.text("summary");
        assert!(summary.ends_with(": 16 of 16 events"), "{summary}");
        (taken, calls.load(Ordering::Relaxed) > 0)
    };
    let timeline = timeline(["a", "b"], 2, 0);
    assert_eq!(look(&written(folder.path(), &timeline, add)), ("no".into(), false));
    // Without the policy, all of that happens.
    let page = written(folder.path(), &timeline, |page| add(without_policy(page)));
    assert_eq!(look(&page), ("yes".into(), true));
}

/// What a browser says after something was done.
fn after(browser: &mut Browser, act: impl FnOnce(&mut Browser)) -> String {
    act(browser);
    browser.rest();
    browser.text("summary")
}

fn keys_and_the_mouse_move_the_page() {
    let mut browser = opened(&timeline(["a", "b"], 10, 0), "from=2ms&until=4ms");
    let browser = &mut browser;
    let none = json!({});
    let turned = |by: i32, modifiers: u32| json!({ "deltaY": by, "modifiers": modifiers });
    assert_eq!(after(browser, |_| {}), "2 ms to 4 ms: 16 of 80 events");
    assert_eq!(after(browser, |it| it.press("+")), "2.333333 ms to 3.666667 ms: 11 of 80 events");
    assert_eq!(after(browser, |it| it.press("-")), "2 ms to 4 ms: 16 of 80 events");
    assert_eq!(after(browser, |it| it.press("ArrowRight")), "2.5 ms to 4.5 ms: 16 of 80 events");
    assert_eq!(after(browser, |it| it.press("ArrowLeft")), "2 ms to 4 ms: 16 of 80 events");
    assert_eq!(after(browser, |it| it.press("0")), "100 ns to 9.7 ms: 80 of 80 events");
    let aside = after(browser, |it| it.mouse("mouseWheel", (300, 40), &turned(100, SHIFT)));
    assert_eq!(aside, "100 ns to 9.7 ms: 80 of 80 events", "there is nothing behind the end");
    // Where the pointer is, the same time stays.
    let time = |browser: &mut Browser| {
        browser.mouse("mouseMoved", (700, 26), &none);
        let told = browser.text("pointed");
        told.split(' ').next().and_then(|time| time.parse::<f64>().ok()).unwrap_or_else(|| panic!("{told}"))
    };
    let before = time(browser);
    let nearer = after(browser, |it| it.mouse("mouseWheel", (700, 26), &turned(-100, 0)));
    assert!(!nearer.starts_with("100 ns") && nearer.ends_with(" of 80 events"), "{nearer}");
    assert!((time(browser) - before).abs() < 0.01, "{before} {}", time(browser));
    browser.value("location.hash = 'from=2ms&until=4ms'");
    let dragged = after(browser, |it| {
        let held = json!({ "button": "left", "buttons": 1, "clickCount": 1 });
        it.mouse("mousePressed", (690, 40), &held);
        it.mouse("mouseMoved", (200, 40), &held);
        it.mouse("mouseReleased", (200, 40), &held);
    });
    assert!(dragged.starts_with("3.0") && dragged.contains(" ms to 5.0"), "{dragged}");
    // The address has followed.
    let address = browser.value("location.hash");
    assert!(address.as_str().is_some_and(|address| address.starts_with("#from=3.0")), "{address}");
    // From event to event.
    browser.value("location.hash = 'from=2ms&until=4ms&kinds=put,got'");
    browser.rest();
    let mut next = |key: &str| {
        browser.press(key);
        browser.rest();
        browser.text("pointed")
    };
    assert_eq!(next("n"), "2.2 ms: a, put: channel state, buffer 1");
    assert_eq!(next("n"), "2.6 ms: b, got: channel state, buffer 1");
    assert_eq!(
        [next("p"), next("p")],
        ["2.2 ms", "1.6 ms"].map(|time| {
            format!("{time}: {}: channel state, buffer 1", if time == "2.2 ms" { "a, put" } else { "b, got" })
        })
    );
    assert!(browser.text("summary").starts_with("600 us to 2.6 ms: 5 of 80"), "{}", browser.text("summary"));
    assert_eq!(browser.complaints(), [""; 0]);
}

fn filters_change_what_is_shown() {
    let mut browser = opened(&timeline(["a", "b"], 10, 0), "from=2ms&until=4ms");
    let browser = &mut browser;
    let check = |fieldset: &str, name: &str| {
        format!(
            "[...document.getElementById('{fieldset}').querySelectorAll('label')]
                .find((label) => label.textContent.trim() === '{name}').firstElementChild.click()"
        )
    };
    let press = |id: &str| format!("document.getElementById('{id}').click()");
    let enter = |id: &str, text: &str, event: &str| {
        format!(
            "(() => {{ const it = document.getElementById('{id}'); it.value = '{text}';
                it.dispatchEvent(new Event('{event}')); }})()"
        )
    };
    let mut done = |expression: String| after(browser, |it| drop(it.value(&expression)));
    assert_eq!(done(check("groups", "a")), "2 ms to 4 ms: 8 of 80 events");
    assert_eq!(done(press("nothing")), "2 ms to 4 ms: 0 of 80 events");
    assert_eq!(done(check("kinds", "got")), "2 ms to 4 ms: 2 of 80 events");
    assert_eq!(done(press("everything")), "2 ms to 4 ms: 16 of 80 events");
    assert_eq!(done(enter("text", "STATE", "input")), "2 ms to 4 ms: 4 of 80 events");
    assert_eq!(done(enter("from", "2.5 ms", "change")), "2.5 ms to 4 ms: 3 of 80 events");
    assert_eq!(done(enter("until", "3000us", "change")), "2.5 ms to 3 ms: 1 of 80 events");
    assert_eq!(done(enter("from", "soon", "change")), "2.5 ms to 3 ms: 1 of 80 events");
    assert_eq!(browser.text("pointed"), "soon: a time is a number with a unit, such as 20 ms");
    assert_eq!(listed(browser)[0], ["2.6 ms", "b", "got", "channel state, buffer 1"]);
    let address = browser.value("location.hash");
    assert_eq!(address, "#from=2.5ms&until=3ms&text=STATE");
    assert_eq!(browser.complaints(), [""; 0]);
}

fn what_is_pointed_at_is_told() {
    let mut shown = timeline(["a", "b"], 10, 0);
    shown.lost.push(Lost { since: 2_700_000, time: 2_900_000, count: 7, partition: None });
    let mut browser = opened(&shown, "from=2ms&until=3ms");
    let mut told = |x: u32, y: u32| {
        browser.mouse("mouseMoved", (x, y), &json!({}));
        browser.text("pointed")
    };
    // The picture's 994 wide for a millisecond, from 190 on: the kernel's rows, and below those of a.
    let a = 28 + 8 + 22 + 16 + 14;
    assert_eq!(told(300, 30), "2 ms to 2.5 ms (500 000 ns): kernel, configured, a: window 0");
    assert_eq!(
        told(300, 45),
        "2.0001 ms to 2.5002 ms (500 100 ns): kernel, observed, a: window 0, 100 ns late"
    );
    assert_eq!(told(300, a + 14), "2.0001 ms to 2.3 ms (299 900 ns): a, observed, runs");
    assert_eq!(told(600, a + 14), "2.3 ms to 2.5002 ms (200 200 ns): a, observed, idles");
    let width = browser.value("document.getElementById('rows').clientWidth - 206").as_f64().expect("a width");
    let place = |millisecond: f64| (190.0 + (millisecond - 2.0) * width) as u32;
    let mut told = |x: u32, y: u32| {
        browser.mouse("mouseMoved", (x, y), &json!({}));
        browser.text("pointed")
    };
    assert_eq!(told(place(2.2), a + 36), "2.2 ms: a, put: channel state, buffer 1");
    // In the middle of the message.
    let between = "message 2.2 ms from a to b 2.6 ms, 400 000 ns on its way: channel state, buffer 1";
    assert_eq!(told(place(2.4), a + 8 + 9 + (22 + 16 + 14 + 8) / 2), between);
    let missing = "2.7 ms to 2.9 ms: 7 records are lost, and what they would have told";
    assert_eq!(told(place(2.8), a + 14), missing);
    assert!(browser.text("summary").ends_with("; 7 records are lost"), "{}", browser.text("summary"));
    // Light and dark: the paper's red, beside all rows.
    let mut paper = || {
        browser.value("document.getElementById('colours').click()");
        browser.rest();
        browser.value(
            "[document.getElementById('picture').getContext('2d').getImageData(2, 2, 1, 1).data[0],
            getComputedStyle(document.body).backgroundColor]",
        )
    };
    let dark = json!([20, "rgb(20, 23, 28)"]);
    assert_eq!([paper(), paper()], [dark, json!([255, "rgb(255, 255, 255)"])]);
    assert_eq!(browser.complaints(), [""; 0]);
}

fn times_are_exact_after_ten_thousand_days() {
    let begin = 864_000_000_000_000_000;
    let mut browser = opened(&timeline(["a", "b"], 10, begin), "kinds=put&from=864000000.0061s");
    let rows = listed(&mut browser);
    assert_eq!(rows[0][0], "864000000.0062 s");
    assert_eq!(browser.text("summary"), "864000000.0061 s to 864000000.0097 s: 4 of 80 events");
}

fn a_hundred_thousand_events_move_at_once() {
    const MOVES: &str = "(async () => {
        const times = [];
        for (let move = 0; move < 30; move++) {
            const key = ['-', 'ArrowRight', '+'][move % 3];
            const begin = performance.now();
            document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
            await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
            times.push(performance.now() - begin);
        }
        return times.sort((one, other) => one - other)[15];
    })()";
    let mut browser = opened(&timeline(["a", "b"], 12_500, 0), "");
    assert!(browser.text("summary").contains(": 100000 of 100000 events, the first 200 "));
    let middle = browser.value(MOVES);
    // So that dragging still looks like it, on a slow machine that does other things besides.
    assert!(middle.as_f64().is_some_and(|milliseconds| milliseconds < 250.0), "{middle} ms");
}
