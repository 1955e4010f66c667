//! The clients of the server: the partition's command line says which there are, and what is whose.
//!
//! A client called `files` asks at the port `files-requests`, and is answered at `files-answers`.

use core::convert::Infallible;

use bulkhead_guest::partition::before_zero;
use bulkhead_guest::ports::Port;
use bulkhead_guest::{Error, partition, ports, println};

use crate::parts::{self, CLIENTS_MAX, Part};
use crate::protocol::{DESCRIPTION, HEADER};
use crate::server::serve;
use crate::store::Store;
use crate::volatile::Volatile;

/// The longest message, either way.
const MESSAGE_MAX: usize = 8192;

/// A client: its ports, and how long their messages may be.
#[derive(Clone, Copy)]
struct Client {
    part: Part,
    requests: Port,
    request_size: usize,
    answers: Port,
    answer_size: usize,
    answers_max: u32,
}

/// The port of a client's with this name, how long its messages may be, and how many can wait.
fn port(client: &str, name: &str) -> Option<(Port, usize, u32)> {
    ports::all().find_map(|(port, description)| {
        let behind = before_zero(&description.name).strip_prefix(client.as_bytes())?;
        let size = description.message_size as usize;
        (behind == name.as_bytes()).then_some((port, size, description.depth))
    })
}

impl Client {
    fn find(name: &str, part: Part) -> Result<Self, &'static str> {
        let (requests, request_size, _) = port(name, "-requests").ok_or("it has no port NAME-requests")?;
        let (answers, answer_size, answers_max) =
            port(name, "-answers").ok_or("it has no port NAME-answers")?;
        if request_size > MESSAGE_MAX || answer_size > MESSAGE_MAX {
            return Err("messages are no longer than 8 KiB");
        }
        if request_size < HEADER || answer_size < DESCRIPTION {
            return Err("requests have room for 16 bytes, and answers for 20");
        }
        Ok(Self { part, requests, request_size, answers, answer_size, answers_max })
    }

    /// Serves one request, if there is one, and room for its answer: nobody waits for a client that takes none.
    fn serve(&self, store: &mut impl Store, request: &mut [u8], answer: &mut [u8]) -> Result<bool, Error> {
        if self.answers.status()?.messages >= self.answers_max {
            return Ok(false);
        }
        let received = match self.requests.receive(&mut request[..self.request_size]) {
            Err(Error::NotAvailable) => return Ok(false),
            received => received?,
        };
        let request = &request[..received.length as usize];
        let length = serve(&self.part, store, self.request_size, request, &mut answer[..self.answer_size]);
        self.answers.send(&answer[..length], false)?;
        Ok(true)
    }
}

/// Serves a disk to the clients for as long as the partition runs; returns the status with which it ends.
pub fn keep(store: &mut impl Store, what: &str) -> u32 {
    let lines = partition::command_line();
    if let Some(lines) = lines.trim_start().strip_prefix("volatile\n") {
        return keep_parts(&mut Volatile::new(store), what, lines);
    }
    keep_parts(store, what, lines)
}

fn keep_parts(store: &mut impl Store, what: &str, lines: &str) -> u32 {
    let blocks = store.blocks();
    let mut clients = [None; CLIENTS_MAX];
    let mut places = clients.iter_mut();
    let read = parts::read_all(lines, blocks, |name, part| {
        let place = places.next().ok_or("too many clients")?;
        println!("{name} has blocks {} to {}", part.first, part.first + part.count - 1);
        *place = Some(Client::find(name, part)?);
        Ok(())
    });
    if let Err(mistake) = read {
        println!("{mistake}");
        return 1;
    }
    println!("a disk of {blocks} blocks {what}");
    match run(clients.as_slice(), store) {
        Ok(never) => match never {},
        Err(error) => {
            println!("{error:?}");
            1
        }
    }
}

/// Serves one request of each client in turn, for as long as the partition runs.
fn run(clients: &[Option<Client>], store: &mut impl Store) -> Result<Infallible, Error> {
    let mut request = [0; MESSAGE_MAX];
    let mut answer = [0; MESSAGE_MAX];
    loop {
        let mut worked = false;
        for client in clients.iter().flatten() {
            worked |= client.serve(store, &mut request, &mut answer)?;
        }
        // Nobody else runs while this partition does: what comes, comes before its next window.
        if !worked {
            partition::idle();
        }
    }
}
