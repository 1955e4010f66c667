//! A partition that owns a virtio disk and serves parts of it to others.

#![no_std]
#![no_main]

use bulkhead_guest::println;
// The kernel below.
use bulkhead_host as _;
use bulkhead_virtio::Disk;
use disk_server::clients;
use disk_server::store::{Failed, Store};

bulkhead_guest::entry!(main);

/// The device's name in the system file.
const DEVICE: &str = "disk";

/// The disk, as the server sees one.
struct Owned(Disk);

impl Store for Owned {
    fn blocks(&self) -> u64 {
        self.0.blocks()
    }

    fn read(&mut self, block: u64, room: &mut [u8]) -> Result<(), Failed> {
        self.0.read(block, room).map_err(|_| Failed)
    }

    fn write(&mut self, block: u64, bytes: &[u8]) -> Result<(), Failed> {
        self.0.write(block, bytes).map_err(|_| Failed)
    }

    fn sync(&mut self) -> Result<(), Failed> {
        self.0.sync().map_err(|_| Failed)
    }
}

fn main() -> u32 {
    match Disk::find(DEVICE) {
        Ok(disk) => clients::keep(&mut Owned(disk), "that is kept"),
        Err(error) => {
            println!("the device `{DEVICE}`: {error}");
            1
        }
    }
}
