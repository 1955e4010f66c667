//! A network device whose frames lie in buffers of a fixed number, and of which nothing is waited for.
//!
//! It tells by its line that a frame has come. A program that has taken all frames and found none idles; what comes in
//! between makes the line pending.

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{Ordering, fence};

use virtio_drivers::device::net::{VirtIONetRaw, VirtioNetHdr};
use virtio_drivers::transport::DeviceType;
use virtio_drivers::{BufferDirection, Error, Hal as _, PAGE_SIZE};

use crate::{DeviceError, Function, Memory, error};

/// How many frames the device can have in each direction.
pub const FRAMES: usize = 16;

/// Bytes of a buffer: two fill a page.
const BUFFER_SIZE: usize = PAGE_SIZE / 2;

/// What stands before each frame.
const HEADER: usize = size_of::<VirtioNetHdr>();

/// The longest frame without its checksum: what Ethernet has, and a tag of IEEE 802.1Q.
pub const FRAME_SIZE_MAX: usize = 1518;

const _: () = assert!(HEADER + FRAME_SIZE_MAX <= BUFFER_SIZE);

/// A buffer that the device has not.
#[derive(Debug)]
struct Buffer(NonNull<[u8; BUFFER_SIZE]>);

impl Deref for Buffer {
    type Target = [u8; BUFFER_SIZE];

    fn deref(&self) -> &Self::Target {
        // SAFETY: the bytes are never given back, and belong to this value alone: a buffer is made once of each place,
        // and while the device has the bytes there is no such value.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as above.
        unsafe { self.0.as_mut() }
    }
}

/// As many buffers as a queue has places, from pages that are never given back.
fn buffers() -> Result<[Buffer; FRAMES], Error> {
    let pages = FRAMES * BUFFER_SIZE / PAGE_SIZE;
    let (told, start) = Memory::dma_alloc(pages, BufferDirection::Both);
    if told == 0 {
        return Err(Error::DmaError);
    }
    // SAFETY: so many buffers fit into the pages, one behind the other.
    Ok(core::array::from_fn(|number| Buffer(unsafe { start.byte_add(number * BUFFER_SIZE).cast() })))
}

/// A frame in its buffer. The buffer of one that has come is the device's again by [`Network::give_back`].
#[derive(Debug)]
pub struct Frame {
    buffer: Buffer,
    length: usize,
}

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[HEADER..HEADER + self.length]
    }
}

impl DerefMut for Frame {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[HEADER..HEADER + self.length]
    }
}

/// The frames that the device has, by the tokens of the driver: a token is the number of a place in its queue.
type Given = [Option<Frame>; FRAMES];

/// A network device.
pub struct Network {
    driver: VirtIONetRaw<Memory, Function, FRAMES>,
    line: u32,
    /// Buffers in which frames come.
    receiving: Given,
    /// Buffers of which frames are sent.
    sending: Given,
    /// Buffers in which frames can be written.
    free: [Option<Buffer>; FRAMES],
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Network").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Network {
    /// The network device with this name in the system file.
    ///
    /// # Errors
    /// If there is none, or it does not work.
    pub fn find(device: &str) -> Result<Self, DeviceError> {
        let function = error::find(device, DeviceType::Network, "network device")?;
        let line = function.line();
        let mut network = Self {
            driver: VirtIONetRaw::new(function)?,
            line,
            receiving: [const { None }; FRAMES],
            sending: [const { None }; FRAMES],
            free: buffers()?.map(Some),
        };
        for buffer in buffers()? {
            network.receive_in(buffer)?;
        }
        Ok(network)
    }

    /// The line that becomes pending when a frame has come.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }

    /// The device's own address.
    #[must_use]
    pub fn address(&self) -> [u8; 6] {
        self.driver.mac_address()
    }

    /// Gives the device a buffer for a frame.
    fn receive_in(&mut self, mut buffer: Buffer) -> Result<(), Error> {
        // SAFETY: nobody reaches the bytes until the driver says that the device has done with them: the buffer is
        // kept below until then.
        let token = unsafe { self.driver.receive_begin(&mut *buffer) }?;
        keep(&mut self.receiving, token, Frame { buffer, length: 0 });
        Ok(())
    }

    /// The next frame that has come, if there is one.
    pub fn receive(&mut self) -> Option<Frame> {
        // What the device has written before it was told that its last frame has been taken is seen here.
        fence(Ordering::SeqCst);
        let token = self.driver.poll_receive()?;
        let Frame { mut buffer, .. } = self.receiving.get_mut(usize::from(token))?.take()?;
        // SAFETY: the buffer is the one of this token.
        let received = unsafe { self.driver.receive_complete(token, &mut *buffer) };
        // A length is what the device says.
        let length = received.map_or(0, |(_, length)| length.min(BUFFER_SIZE - HEADER));
        Some(Frame { buffer, length })
    }

    /// Gives the buffer of a frame back to the device.
    pub fn give_back(&mut self, frame: Frame) {
        // There is a place for each buffer, so that it cannot fail; if it did, the device would have one less.
        let _ = self.receive_in(frame.buffer);
    }

    /// Takes the buffers back of which frames have been sent.
    fn collect(&mut self) {
        while let Some(token) = self.driver.poll_transmit() {
            let Some(Frame { buffer, length }) =
                self.sending.get_mut(usize::from(token)).and_then(Option::take)
            else {
                return;
            };
            // SAFETY: the bytes are those of this token.
            if unsafe { self.driver.transmit_complete(token, &buffer[..HEADER + length]) }.is_err() {
                return;
            }
            if let Some(place) = self.free.iter_mut().find(|place| place.is_none()) {
                *place = Some(buffer);
            }
        }
    }

    /// Whether a frame can be sent now.
    pub fn can_send(&mut self) -> bool {
        self.collect();
        self.free.iter().any(Option::is_some)
    }

    /// Room for a frame of so many bytes, at most [`FRAME_SIZE_MAX`], if there is any.
    pub fn room(&mut self, length: usize) -> Option<Frame> {
        self.collect();
        if length > FRAME_SIZE_MAX {
            return None;
        }
        let place = self.free.iter_mut().find(|place| place.is_some())?;
        Some(Frame { buffer: place.take()?, length })
    }

    /// Sends a frame.
    pub fn send(&mut self, mut frame: Frame) {
        let Frame { buffer, length } = &mut frame;
        if self.driver.fill_buffer_header(&mut buffer[..]).is_err() {
            return;
        }
        // There is a place for each buffer, so that it cannot fail; if it did, there would be room for one less.
        // SAFETY: nobody reaches the bytes until the driver says that the device has done with them: the buffer is
        // kept below until then.
        if let Ok(token) = unsafe { self.driver.transmit_begin(&buffer[..HEADER + *length]) } {
            keep(&mut self.sending, token, frame);
        }
    }
}

/// Keeps a frame that the device has.
fn keep(given: &mut Given, token: u16, frame: Frame) {
    if let Some(place) = given.get_mut(usize::from(token)) {
        *place = Some(frame);
    }
}
