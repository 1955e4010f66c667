//! A browser that a test drives: Chromium without a window, by its own protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) through its standard streams.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use bulkhead_tests::harness::NotRun;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Debian's names of it: the one that only tests need, and the whole one.
const NAMES: [&str; 2] = ["chromium-headless-shell", "chromium"];

/// It reads commands from the third file and writes answers to the fourth one.
const START: &str = "exec timeout 100 \"$0\" \"$@\" 3<&0 4>&1 >/dev/null 2>&1";

/// Shift in `modifiers` of events.
pub(crate) const SHIFT: u32 = 8;

pub(crate) fn browser() -> Result<PathBuf, NotRun> {
    let found = NAMES.iter().find_map(|name| which::which(name).ok());
    found.ok_or_else(|| NotRun::needs("Chromium", "scripts/timeline-packages"))
}

/// A browser with one page; ended when it is dropped.
pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    count: u64,
    /// What a page has complained about.
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Opens a file with this fragment of an address, and waits until it is there.
    pub(crate) fn open(page: &Path, fragment: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("sh")
            .args(["-c", START])
            .arg(browser().unwrap_or_else(|needs| panic!("{needs}")))
            // Its sandbox needs rights that a container does not give. The page is our own.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .args(["--window-size=1200,900", "--force-device-scale-factor=1"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let commands = process.stdin.take().expect("its input");
        let answers = BufReader::new(process.stdout.take().expect("its output"));
        let (session, complaints) = (None, Vec::new());
        let mut browser =
            Self { process, commands, answers, session, count: 0, complaints, _profile: profile };
        let target = browser.tell("Target.createTarget", json!({ "url": "about:blank" }));
        let asked = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.tell("Target.attachToTarget", asked);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
            browser.tell(domain, json!({}));
        }
        let address = format!("file://{}#{fragment}", page.display());
        browser.tell("Page.navigate", json!({ "url": address }));
        while browser.read()["method"] != "Page.loadEventFired" {}
        browser.rest();
        browser
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.answers.read_until(0, &mut bytes).expect("an answer");
        bytes.pop();
        let message: Value = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("the browser has ended: {error}, {:?}", self.process.try_wait()));
        let told = message["method"].as_str().unwrap_or_default();
        let is_error = told == "Log.entryAdded" && message["params"]["entry"]["level"] == "error";
        if told == "Runtime.exceptionThrown" || is_error {
            self.complaints.push(message["params"].to_string());
        }
        message
    }

    /// Sends a command and returns what it results in.
    fn tell(&mut self, method: &str, parameters: Value) -> Value {
        self.count += 1;
        let mut command = json!({ "id": self.count, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = session.as_str().into();
        }
        write!(self.commands, "{command}\0").expect("a browser that listens");
        loop {
            let mut answer = self.read();
            if answer["id"] == self.count {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// The value of an expression in the page; of a promise, what comes of it.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.tell("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// The text in the element with this identifier.
    pub(crate) fn text(&mut self, id: &str) -> String {
        let text = self.value(&format!("document.getElementById('{id}').textContent"));
        text.as_str().unwrap_or_else(|| panic!("{id}: {text}")).to_owned()
    }

    /// Waits until the page has drawn, and has listed what there is.
    pub(crate) fn rest(&mut self) {
        self.value("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))");
    }

    pub(crate) fn press(&mut self, key: &str) {
        self.tell("Input.dispatchKeyEvent", json!({ "type": "keyDown", "key": key }));
        self.tell("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
    }

    /// Does with the mouse what `kind` says, `x` and `y` from the picture's corner.
    pub(crate) fn mouse(&mut self, kind: &str, (x, y): (u32, u32), more: &Value) {
        let top = self.value("document.getElementById('picture').getBoundingClientRect().top");
        let top = top.as_f64().expect("a place");
        let mut event = json!({ "type": kind, "x": x, "y": top + f64::from(y), "deltaX": 0, "deltaY": 0 });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        self.tell("Input.dispatchMouseEvent", event);
    }

    /// What the page has complained about so far, such as what its policy has refused.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // So it ends by itself, and its own processes with it.
        let _ = write!(self.commands, "{}\0", json!({ "id": 0, "method": "Browser.close" }));
        let _ = self.process.wait();
    }
}
