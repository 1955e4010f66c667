//! A run of a system: creates its guests, passes on what is said, notices their ends, and reports as our kernel does.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use bulkhead_abi::event::{Kind, PartitionEnd, Record, Stopper};
use bulkhead_abi::wire::Ending;
use bulkhead_xen_facts::description::Description;

use crate::Result;
use crate::consoles::Console;
use crate::log_lines;
use crate::schedule;
use crate::serial::Serial;
use crate::xl::{self, State};

/// A guest that has said nothing for this long after its end says nothing any more: xenconsoled has had time to bring
/// what it held.
const SILENCE: Duration = Duration::from_millis(60);

/// The name of Xen's scheduler that keeps windows.
const ARINC653: &str = "arinc653";

/// Runs the system in a folder to its end.
pub(crate) fn run(folder: &Path) -> Result<()> {
    let system = crate::read(&folder.join(crate::DESCRIPTION))?;
    std::env::set_current_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut run = Run::prepare(system)?;
    run.start()?;
    run.watch()?;
    run.end()
}

/// Tells the tool that there is nothing to see.
pub(crate) fn give_up(error: &str) {
    let Ok(mut serial) = Serial::open() else { return };
    // Nobody could be told of a failure.
    let _ = serial.log(&format!("error: {error}"));
    let _ = serial.tell(&Record::system_end(0, Ending::Internal), "");
    serial.flush();
}

/// A guest.
struct Guest {
    console: Console,
    /// The end that it has told the hypervisor's log, if it has told one.
    told: Option<Record>,
    /// How it has ended, if it has: a record of its halt, its stop or its shutdown.
    end: Option<Record>,
}

/// A run under way.
struct Run {
    system: Description,
    serial: Serial,
    guests: Vec<Guest>,
    /// Says a line whenever a guest comes or goes.
    watcher: Child,
    /// Whether Xen keeps the windows.
    windows: bool,
    begin: Instant,
}

impl Run {
    /// Creates the guests; none of them runs yet.
    fn prepare(system: Description) -> Result<Self> {
        let mut serial = Serial::open()?;
        let (version, scheduler) = xl::information()?;
        let frame = system.frame;
        let count = system.partitions.len();
        let plural = if count == 1 { "" } else { "s" };
        serial.log(&format!(
            "Xen {version}, scheduler {scheduler}, {count} partition{plural}, major frame {frame} ns"
        ))?;
        let windows = scheduler == ARINC653;
        if !windows {
            serial
                .log("windows are not guaranteed: each partition is limited to its share of the processor")?;
        }
        for partition in &system.partitions {
            xl::create(&format!("{}.cfg", partition.name))?;
        }
        let guests = guests(&system)?;
        let watcher = Command::new("/bin/xenstore-watch")
            .args(["@introduceDomain", "@releaseDomain"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("xenstore-watch: {error}"))?;
        Ok(Self { system, serial, guests, watcher, windows, begin: Instant::now() })
    }

    /// Lets the guests run. A guest without a slot does not, so that under arinc653 all begin together, with the
    /// schedule; otherwise each begins when it is told to, and the first frame is that of the first.
    fn start(&mut self) -> Result<()> {
        let domains: Vec<u32> = self.guests.iter().map(|guest| guest.console.domain).collect();
        if self.windows {
            self.unpause()?;
            self.begin = schedule::begin(&self.system, &domains)?;
            return Ok(());
        }
        xl::limit_shares(&self.system)?;
        self.begin = schedule::announce(&domains)?;
        self.unpause()
    }

    fn unpause(&self) -> Result<()> {
        self.system.partitions.iter().try_for_each(|partition| xl::unpause(&partition.name))
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn time_left(&self) -> Option<Duration> {
        self.system.limit.map(|limit| Duration::from_nanos(limit.saturating_sub(self.elapsed())))
    }

    fn all_ended(&self) -> bool {
        self.guests.iter().all(|guest| guest.end.is_some())
    }

    /// Passes on what is said until every guest has ended, or the time is up.
    fn watch(&mut self) -> Result<()> {
        while !self.all_ended() && self.time_left() != Some(Duration::ZERO) {
            let heard = self.wait(self.time_left())?;
            self.pass_on()?;
            if heard.input {
                self.pass_input();
            }
            if heard.guests {
                self.look_at_guests()?;
            }
        }
        Ok(())
    }

    /// Waits until something is to be done, or the time has passed.
    fn wait(&self, time: Option<Duration>) -> Result<Heard> {
        let timeout = time.and_then(|time| Timespec::try_from(time).ok());
        let mut files = Vec::new();
        if let Some(output) = &self.watcher.stdout {
            files.push(PollFd::new(output, PollFlags::IN));
        }
        files.push(PollFd::new(self.serial.file(), PollFlags::IN));
        for guest in &self.guests {
            let wanted =
                if guest.console.has_input() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            files.push(PollFd::new(guest.console.file(), wanted));
        }
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("nothing can be waited for: {error}")),
        }
        let ready = |place: usize| files.get(place).is_some_and(|file| !file.revents().is_empty());
        let input = self.guests.iter().any(|guest| guest.console.has_input());
        Ok(Heard { guests: ready(0), input: ready(1) || input })
    }

    /// Passes on what guests have said; whether anybody has said anything.
    fn pass_on(&mut self) -> Result<bool> {
        let mut buffer = [0; 4096];
        let mut any = false;
        for (number, guest) in self.guests.iter_mut().enumerate() {
            let length = guest.console.read(&mut buffer);
            any |= length > 0;
            if length > 0 {
                self.serial.partition(number, &buffer[..length])?;
            }
        }
        Ok(any)
    }

    fn pass_input(&mut self) {
        let mut buffer = [0; 256];
        let mut ready = [PollFd::new(self.serial.file(), PollFlags::IN)];
        let waiting = poll(&mut ready, Some(&Timespec::default())).is_ok_and(|count| count > 0);
        let length = if waiting { self.serial.read(&mut buffer) } else { 0 };
        if let Some(guest) = self.system.input.and_then(|number| self.guests.get_mut(number)) {
            guest.console.write(&buffer[..length]);
        }
    }

    /// Sees which guests have ended or begun anew.
    fn look_at_guests(&mut self) -> Result<()> {
        let mut buffer = [0; 256];
        if let Some(output) = &mut self.watcher.stdout {
            // What the lines say does not matter.
            let _ = output.read(&mut buffer);
        }
        let known = xl::list()?;
        let mut ended = Vec::new();
        for (number, partition) in self.system.partitions.iter().enumerate() {
            let Some(guest) = self.guests.get_mut(number).filter(|guest| guest.end.is_none()) else {
                continue;
            };
            match known.iter().find(|found| found.name == partition.name) {
                Some(found) if found.domain != guest.console.domain => {
                    guest.console = Console::open(found.domain)?;
                }
                Some(found) => {
                    if let State::Ended(reason) = found.state {
                        ended.push((number, reason));
                    }
                }
                None => {}
            }
        }
        if ended.is_empty() { Ok(()) } else { self.take_ends(&ended) }
    }

    /// Notes the ends of guests, when all that they have said is heard.
    fn take_ends(&mut self, ended: &[(usize, u32)]) -> Result<()> {
        let now = self.elapsed();
        self.hear_out()?;
        self.read_log(now)?;
        for &(number, reason) in ended {
            let Some(guest) = self.guests.get_mut(number) else { continue };
            let end = guest.told.take();
            let end = end.unwrap_or_else(|| log_lines::shut_down(now, number as u16, reason));
            guest.end = Some(end);
            self.serial.tell(&end, &self.system.partitions[number].name)?;
        }
        Ok(())
    }

    /// Takes what guests have told the hypervisor's log: their ends are kept, the rest is passed on.
    fn read_log(&mut self, now: u64) -> Result<()> {
        for (domain, line) in log_lines::lines(&xl::log()?) {
            let number = self.guests.iter().position(|guest| guest.console.domain == domain);
            let Some(number) = number else { continue };
            let name = &self.system.partitions[number].name;
            match Record::parse(&line) {
                // It knows its number, and whatever it says is about itself.
                Some(record) if log_lines::is_end(&record) => {
                    self.guests[number].told = Some(Record { partition: number as u16, ..record });
                }
                Some(record) => self.serial.tell(&Record { partition: number as u16, ..record }, name)?,
                None => self.serial.log(&format!("partition {name}: {line}, before {now} ns"))?,
            }
        }
        Ok(())
    }

    /// Passes on what guests say until they say nothing for a moment, or for as long as one that never stops may go on.
    fn hear_out(&mut self) -> Result<()> {
        let begin = Instant::now();
        while begin.elapsed() < 20 * SILENCE {
            std::thread::sleep(SILENCE);
            if !self.pass_on()? {
                break;
            }
        }
        Ok(())
    }

    /// Stops what still runs, and reports.
    fn end(&mut self) -> Result<()> {
        let now = self.elapsed();
        if !self.all_ended() {
            self.stop()?;
            self.hear_out()?;
            self.look_at_guests_once()?;
        }
        let ending = self.ending();
        for (number, (partition, guest)) in self.system.partitions.iter().zip(&self.guests).enumerate() {
            let (end, how) = match guest.end {
                None => (PartitionEnd::Running, (0, Stopper::Nobody)),
                Some(Record { kind: Kind::Halted, number: status, .. }) => {
                    (PartitionEnd::Halted, (status, Stopper::Nobody))
                }
                Some(_) => (PartitionEnd::Stopped, (0, Stopper::HealthMonitor)),
            };
            let record = Record::partition_end(now, number as u16, end, how, 0);
            self.serial.tell(&record, &partition.name)?;
        }
        self.serial.tell(&Record::system_end(now, ending), "")?;
        self.serial.flush();
        Ok(())
    }

    /// Keeps the guests from running on.
    fn stop(&self) -> Result<()> {
        if self.windows {
            return schedule::stop_guests(&self.system);
        }
        for (partition, _) in
            self.system.partitions.iter().zip(&self.guests).filter(|(_, guest)| guest.end.is_none())
        {
            xl::pause(&partition.name)?;
        }
        Ok(())
    }

    /// Sees which guests have ended at the last moment.
    fn look_at_guests_once(&mut self) -> Result<()> {
        let known = xl::list()?;
        let mut ended = Vec::new();
        for (number, (partition, guest)) in self.system.partitions.iter().zip(&self.guests).enumerate() {
            let found = known.iter().find(|found| found.name == partition.name && guest.end.is_none());
            if let Some(State::Ended(reason)) = found.map(|found| found.state) {
                ended.push((number, reason));
            }
        }
        self.take_ends(&ended)
    }

    fn ending(&self) -> Ending {
        let of_guest = |guest: &Guest| match guest.end {
            None => Ending::TimeLimit,
            Some(Record { kind: Kind::Halted, number: 0, .. }) => Ending::Completed,
            Some(Record { kind: Kind::Halted, .. }) => Ending::Failed,
            Some(_) => Ending::Stopped,
        };
        self.guests.iter().map(of_guest).fold(Ending::Completed, Ending::worse)
    }
}

/// What a wait has brought.
struct Heard {
    /// A guest has come or gone.
    guests: bool,
    /// There is input.
    input: bool,
}

/// Finds the guests that were created, and opens their consoles.
fn guests(system: &Description) -> Result<Vec<Guest>> {
    let known = xl::list()?;
    let guest = |name: &str| {
        let found = known.iter().find(|found| found.name == name);
        let found = found.ok_or_else(|| format!("Xen has not created the guest {name}"))?;
        Ok(Guest { console: Console::open(found.domain)?, told: None, end: None })
    };
    let guests: Vec<Guest> =
        system.partitions.iter().map(|partition| guest(&partition.name)).collect::<Result<_>>()?;
    // Guests that exchange messages reckon each other's numbers from their own.
    if guests.windows(2).any(|pair| pair[0].console.domain + 1 != pair[1].console.domain) {
        return Err("the guests have no numbers that follow one another".to_owned());
    }
    Ok(guests)
}
