//! A running `session.sh`, wherever it runs, and the measuring of one workload in it.
//!
//! Times are the host's: from the arrival of `@start` to that of `@end`, by the
//! clock of the process (or page) that reads the session's output.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::workloads::FLOOR;

/// What comes from a session's side.
enum Event {
    /// A line of the session, and when it came (milliseconds).
    Line(f64, String),
    /// An answer of the driver to `stats` or `served`.
    Answer(Value),
    /// The session cannot go on.
    Failed(String),
}

/// A child process that runs sessions: the shell itself, or the driver of a browser.
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    events: Receiver<Event>,
    driven: bool,
}

/// Runs of one workload.
#[derive(Debug, Clone, Default)]
struct Runs {
    /// Milliseconds of all of them together.
    ms: f64,
    /// Checksum of the last one's output.
    sum: String,
    /// What the workload measured itself.
    figure: Option<f64>,
}

/// What measuring a workload gave.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Milliseconds of the first run.
    pub cold: f64,
    /// Milliseconds of one run when many were run.
    pub warm: f64,
    /// Checksum of the output.
    pub sum: String,
    /// What the workload measured itself, in its own unit.
    pub figure: Option<f64>,
    /// Millions of guest instructions per second in the warm runs.
    pub speed: Option<f64>,
}

/// How a workload is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Most runs between the first and the measured ones.
    pub warm_ups: usize,
    /// Milliseconds after which these runs are enough.
    pub warm_up_ms: f64,
    /// Milliseconds that the measured runs take together, at least.
    pub measured_ms: f64,
    /// Most time for one command.
    pub limit: Duration,
    /// Whether the other side counts guest instructions.
    pub counted: bool,
}

/// Most repetitions of a short workload.
const MOST_RUNS: f64 = 400.0;
/// After a first run this long the second is taken as it comes, milliseconds.
const LONG_MS: f64 = 15000.0;

impl Session {
    /// Starts a shell that is a session (`driven: false`) or a driver.
    pub fn start(command: &mut Command, driven: bool) -> Result<Session, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if driven { Stdio::inherit() } else { Stdio::null() })
            .process_group(0)
            .spawn()
            .map_err(|e| format!("{name} does not start: {e}"))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (sender, events) = channel();
        let origin = Instant::now();
        if let Some(output) = output {
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let now = origin.elapsed().as_secs_f64() * 1e3;
                    let text = String::from_utf8_lossy(&line).into_owned();
                    let event = if driven { driver_event(&text) } else { Event::Line(now, text) };
                    if sender.send(event).is_err() {
                        return;
                    }
                }
                // When nobody listens any more, the end is no news.
                let _ = sender.send(Event::Failed("the session ended".into()));
            });
        }
        Ok(Session { child, input, events, driven })
    }

    /// Says something to the child.
    pub fn tell(&mut self, line: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("the session is closed")?;
        writeln!(input, "{line}")
            .and_then(|()| input.flush())
            .map_err(|e| format!("the session is gone: {e}"))
    }

    fn next(&mut self, deadline: Instant) -> Result<Event, String> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.events.recv_timeout(left) {
            Ok(Event::Failed(message)) => Err(message),
            Ok(event) => Ok(event),
            Err(RecvTimeoutError::Timeout) => Err("timeout".into()),
            Err(RecvTimeoutError::Disconnected) => Err("the session ended".into()),
        }
    }

    /// Waits for a line; the time at which it came.
    pub fn wait_line(&mut self, wanted: &str, limit: Duration) -> Result<f64, String> {
        let deadline = Instant::now() + limit;
        loop {
            if let Event::Line(ms, line) = self.next(deadline)?
                && line == wanted
            {
                return Ok(ms);
            }
        }
    }

    /// A driver's fresh tab, with the session in it ready; what an old tab still said is dropped.
    pub fn open(&mut self, ready: &str, limit: Duration) -> Result<(), String> {
        while self.events.try_recv().is_ok() {}
        self.tell("open")?;
        self.wait_line(ready, limit).map(drop)
    }

    /// A driver's answer to `stats` or `served`.
    pub fn ask(&mut self, command: &str) -> Result<Value, String> {
        self.tell(command)?;
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Event::Answer(mut value) = self.next(deadline)? {
                return Ok(value[command].take());
            }
        }
    }

    /// Runs a workload `count` times.
    fn runs(&mut self, name: &str, count: usize, limit: Duration) -> Result<Runs, String> {
        let line = format!("{}{name} {count}", if self.driven { "send " } else { "" });
        self.tell(&line)?;
        let deadline = Instant::now() + limit;
        let (mut runs, mut start, mut status, mut error) = (Runs::default(), 0.0, 0, String::new());
        loop {
            let Event::Line(ms, line) = self.next(deadline)? else { continue };
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match word {
                "@start" => start = ms,
                "@end" => {
                    runs.ms = ms - start;
                    status = rest.split(' ').next().and_then(|s| s.parse().ok()).unwrap_or(-1);
                }
                "@sum" => runs.sum = rest.into(),
                "@figure" => runs.figure = rest.parse().ok(),
                "@error" => error = rest.into(),
                "@done" if status == 0 => return Ok(runs),
                "@done" => return Err(format!("status {status}: {error}")),
                _ => {}
            }
        }
    }

    fn instructions(&mut self, counted: bool) -> Option<f64> {
        counted.then(|| self.ask("stats").ok()?.get("instructions")?.as_f64()).flatten()
    }

    /// Measures a workload: the first run, then repeated ones.
    pub fn measure(&mut self, name: &str, plan: Plan) -> Result<Sample, String> {
        let Plan { limit, counted, .. } = plan;
        let first = self.runs(name, 1, limit)?;
        let (mut last, mut spent, mut warm_ups) = (first.ms, 0.0, 0);
        while first.ms < LONG_MS && warm_ups < plan.warm_ups && spent < plan.warm_up_ms {
            last = self.runs(name, 1, limit)?.ms;
            spent += last;
            warm_ups += 1;
        }
        let count = (plan.measured_ms / last.max(0.01)).ceil().clamp(1.0, MOST_RUNS);
        let before = self.instructions(counted);
        let many = self.runs(name, count as usize, limit)?;
        let after = self.instructions(counted);
        let mut floors = Vec::new();
        for _ in 0..3 {
            floors.push(self.runs(FLOOR, 1, limit)?.ms);
        }
        floors.sort_by(f64::total_cmp);
        let floor = floors[1];
        if many.sum != first.sum {
            return Err("the output differs from run to run".into());
        }
        // A microsecond is less than any workload takes.
        let without_floor = |ms: f64| (ms - floor).max(0.001);
        Ok(Sample {
            cold: without_floor(first.ms),
            warm: without_floor(many.ms) / count,
            sum: many.sum,
            figure: many.figure,
            speed: before.zip(after).map(|(before, after)| (after - before) / many.ms / 1e3),
        })
    }
}

fn driver_event(text: &str) -> Event {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Event::Failed(format!("the driver said {text}"));
    };
    if let (Some(ms), Some(line)) = (value["t"].as_f64(), value["line"].as_str()) {
        return Event::Line(ms, line.into());
    }
    match value["failed"].as_str() {
        Some(message) => Event::Failed(message.into()),
        None => Event::Answer(value),
    }
}

impl Drop for Session {
    /// Ends the child: a driver by closing its input, so that it can end its browser.
    fn drop(&mut self) {
        drop(self.input.take());
        let patience = Duration::from_secs(if self.driven { 10 } else { 0 });
        let started = Instant::now();
        while started.elapsed() < patience {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let group = format!("-{}", self.child.id());
        // Already gone is as good.
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that answers by itself: `$1` is what every run prints as its sum.
    fn fake(body: &str) -> Session {
        let script = format!("echo @ready; while read -r n c; do {body}; done");
        let mut session = Session::start(Command::new("bash").args(["-c", &script]), false).unwrap();
        session.wait_line("@ready", Duration::from_secs(10)).unwrap();
        session
    }

    const PLAN: Plan = Plan {
        warm_ups: 1,
        warm_up_ms: 100.0,
        measured_ms: 400.0,
        limit: Duration::from_secs(10),
        counted: false,
    };

    #[test]
    fn measures_first_and_later_runs() {
        let mut session = fake(
            "echo @start 0; [ $n = floor ] || sleep 0.2; echo @end 0 0; echo @sum 1 2; echo @figure 4.5; echo @done",
        );
        let sample = session.measure("x", PLAN).unwrap();
        assert!(sample.cold > 150.0 && sample.warm > 50.0, "{sample:?}");
        assert_eq!((sample.sum.as_str(), sample.figure), ("1 2", Some(4.5)));
    }

    #[test]
    fn failures_are_told() {
        let mut failing = fake("echo @start 0; echo @end 3 0; echo '@error no such file'; echo @done");
        assert_eq!(failing.measure("x", PLAN).unwrap_err(), "status 3: no such file");
        let mut silent = fake("sleep 60");
        assert_eq!(
            silent.measure("x", Plan { limit: Duration::from_millis(50), ..PLAN }).unwrap_err(),
            "timeout"
        );
        let mut gone = fake("exit");
        assert_eq!(gone.measure("x", PLAN).unwrap_err(), "the session ended");
    }
}
