//! The wire between QEMU's network device and its [`Peer`]: a stream of frames, and the sockets of forwarded ports.
//!
//! Where QEMU writes a log, the wire takes datagrams of this machine instead: a stream that is full holds a frame back,
//! and when it goes on is in no log. A datagram never waits, and one for which there is no room is lost.

use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::net::{SendFlags, send};

use super::peer::{FRAME_SIZE_MAX, Peer, Wish};

/// How long a socket is listened to until it is looked whether the run has ended.
const PATIENCE: Duration = Duration::from_millis(200);

/// The longest frame that is read: QEMU's own limit is that of a datagram (`NET_BUFSIZE`).
const READ_MAX: usize = 4096 + 65536;

/// A forwarded port: the socket of this machine, and the partition's address and port.
#[derive(Clone, Debug)]
pub(super) struct Forwarded {
    pub(super) socket: Arc<UdpSocket>,
    pub(super) guest: SocketAddrV4,
}

/// The tool's end of a wire.
#[derive(Debug)]
enum End {
    /// Of a stream: each frame behind its length.
    Stream(UnixStream),
    /// Of datagrams: each is a frame.
    Datagrams(UdpSocket),
}

/// A wire, before QEMU has its end.
#[derive(Debug)]
pub(in crate::run) struct Wire {
    own: End,
    /// The end that QEMU inherits.
    inherited: OwnedFd,
    forwarded: Vec<Forwarded>,
}

impl Wire {
    /// A wire at which these ports are forwarded.
    pub(super) fn new(forwarded: Vec<Forwarded>) -> io::Result<Self> {
        let (own, other) = UnixStream::pair()?;
        // The copy stays open in a program that is started.
        let inherited = rustix::io::dup(&other)?;
        Ok(Self { own: End::Stream(own), inherited, forwarded })
    }

    /// The same, on which no frame of QEMU's ever waits.
    pub(super) fn of_datagrams(forwarded: Vec<Forwarded>) -> io::Result<Self> {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let (own, other) = (bind()?, bind()?);
        // From now on nobody else's come.
        own.connect(other.local_addr()?)?;
        other.connect(own.local_addr()?)?;
        own.set_read_timeout(Some(PATIENCE))?;
        let inherited = rustix::io::dup(&other)?;
        Ok(Self { own: End::Datagrams(own), inherited, forwarded })
    }

    /// The words by which QEMU has its end as the network with this name.
    pub(super) fn words(&self, id: &str) -> String {
        let number = self.inherited.as_raw_fd();
        match self.own {
            End::Stream(_) => format!("socket,id={id},fd={number}"),
            End::Datagrams(_) => format!("dgram,id={id},local.type=fd,local.str={number}"),
        }
    }

    /// Begins to pass on what comes, until QEMU has ended or nobody has what is returned. QEMU has its end by now.
    pub(in crate::run) fn connect(self) -> io::Result<Connected> {
        let Self { own, inherited, forwarded } = self;
        drop(inherited);
        let own = Arc::new(own);
        let ended = Arc::new(AtomicBool::new(false));
        let connected = Connected(Arc::clone(&ended));
        let peer = Peer::new(forwarded.iter().map(|forwarded| forwarded.guest));
        let peer = Arc::new(Mutex::new(peer));
        for (number, Forwarded { socket, .. }) in forwarded.iter().enumerate() {
            socket.set_read_timeout(Some(PATIENCE))?;
            let (socket, peer, own, ended) =
                (Arc::clone(socket), Arc::clone(&peer), Arc::clone(&own), Arc::clone(&ended));
            thread::spawn(move || bring(number, &socket, &peer, &own, &ended));
        }
        thread::spawn(move || {
            take(&own, &peer, &forwarded, &ended);
            ended.store(true, Ordering::Relaxed);
        });
        Ok(connected)
    }
}

/// A wire that passes on what comes.
#[derive(Debug)]
pub(in crate::run) struct Connected(Arc<AtomicBool>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl End {
    /// Sends a frame to QEMU, or drops it if that is not ready for one, as a network does.
    fn give(&self, frame: &[u8]) {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        // The kernel takes what is as short as this as a whole or not at all.
        let _ = match self {
            Self::Stream(own) => {
                let mut bytes = Vec::with_capacity(4 + frame.len());
                bytes.extend((frame.len() as u32).to_be_bytes());
                bytes.extend(frame);
                send(own, &bytes, flags)
            }
            Self::Datagrams(own) => send(own, frame, flags),
        };
    }

    /// The next frame of QEMU's, until the wire has `ended`.
    fn next(&self, ended: &AtomicBool) -> io::Result<Vec<u8>> {
        match self {
            Self::Stream(own) => next(own),
            Self::Datagrams(own) => {
                let mut frame = vec![0; READ_MAX];
                while !ended.load(Ordering::Relaxed) {
                    match own.recv(&mut frame) {
                        Ok(length) => {
                            frame.truncate(length);
                            return Ok(frame);
                        }
                        Err(error) => pause_after(&error),
                    }
                }
                Err(io::ErrorKind::UnexpectedEof.into())
            }
        }
    }
}

/// Waits a little, if a socket has failed at once.
fn pause_after(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
        thread::sleep(PATIENCE);
    }
}

/// Brings what programs send to a forwarded port to the partition.
fn bring(number: usize, socket: &UdpSocket, peer: &Mutex<Peer>, own: &End, ended: &AtomicBool) {
    let mut bytes = [0; FRAME_SIZE_MAX + 1];
    while !ended.load(Ordering::Relaxed) {
        let (length, client) = match socket.recv_from(&mut bytes) {
            Ok(received) => received,
            Err(error) => {
                pause_after(&error);
                continue;
            }
        };
        let frame = locked(peer).frame(number, client.port(), &bytes[..length]);
        if let Some(frame) = frame {
            own.give(&frame);
        }
    }
}

/// Takes the partition's frames, until QEMU or the wire has ended.
fn take(own: &End, peer: &Mutex<Peer>, forwarded: &[Forwarded], ended: &AtomicBool) {
    while let Ok(frame) = own.next(ended) {
        let wish = locked(peer).take(&frame);
        match wish {
            Wish::Nothing => {}
            Wish::Answer(frame) => own.give(&frame),
            Wish::Send { port, client, datagram } => {
                let to = SocketAddr::from((Ipv4Addr::LOCALHOST, client));
                if let Some(Forwarded { socket, .. }) = forwarded.get(port) {
                    // Who has gone gets nothing.
                    let _ = socket.send_to(&datagram, to);
                }
            }
        }
    }
}

/// The next frame of QEMU's stream.
fn next(mut own: &UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    own.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > READ_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; length];
    own.read_exact(&mut frame)?;
    Ok(frame)
}

fn locked(peer: &Mutex<Peer>) -> std::sync::MutexGuard<'_, Peer> {
    peer.lock().unwrap_or_else(PoisonError::into_inner)
}
