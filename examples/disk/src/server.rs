//! What the server answers. A client is not to be trusted: it gets at its own part, and at nothing else.

use crate::parts::Part;
use crate::protocol::{ANSWER, BLOCK, DESCRIPTION, HEADER, Header, Operation, READ_ONLY, Status};
use crate::store::Store;

/// How many blocks a request can have, if requests and answers have so much room.
#[must_use]
pub fn blocks_max(request: usize, answer: usize) -> u16 {
    let blocks = request.min(answer).saturating_sub(HEADER) / BLOCK;
    u16::try_from(blocks).unwrap_or(u16::MAX)
}

/// Does what a request asks for, and writes the answer; returns how long that is. There is room for a request of
/// `request_size` bytes, and in `answer` for [`DESCRIPTION`] bytes at least.
pub fn serve(
    part: &Part,
    store: &mut impl Store,
    request_size: usize,
    request: &[u8],
    answer: &mut [u8],
) -> usize {
    let most = blocks_max(request_size, answer.len());
    let header = Header::read(request);
    let mut told = Header { operation: ANSWER, status: 0, count: 0, tag: 0, block: 0 };
    if let Some(header) = header {
        (told.operation, told.tag) = (header.operation | ANSWER, header.tag);
    }
    let mut length = HEADER;
    let done = header.ok_or(Status::Malformed).and_then(|header| {
        let operation = Operation::from_number(header.operation).ok_or(Status::Malformed)?;
        let data = request.get(HEADER..).unwrap_or_default();
        let size = usize::from(header.count) * BLOCK;
        let (expected, counts) = match operation {
            Operation::Describe | Operation::Sync => (0, header.count == 0),
            Operation::Read => (0, (1..=most).contains(&header.count)),
            Operation::Write => (size, (1..=most).contains(&header.count)),
        };
        if data.len() != expected || !counts {
            return Err(Status::Malformed);
        }
        let place = part.place(header.block, header.count.into()).ok_or(Status::OutOfRange);
        match operation {
            Operation::Read => {
                let room = answer.get_mut(HEADER..HEADER + size).ok_or(Status::Malformed)?;
                store.read(place?, room).map_err(|_| Status::Failed)?;
                (told.count, length) = (header.count, HEADER + size);
            }
            Operation::Write => {
                let place = place?;
                if !part.writable {
                    return Err(Status::ReadOnly);
                }
                store.write(place, data).map_err(|_| Status::Failed)?;
                told.count = header.count;
            }
            Operation::Sync => store.sync().map_err(|_| Status::Failed)?,
            Operation::Describe => {
                let room = answer.get_mut(HEADER..DESCRIPTION).ok_or(Status::Malformed)?;
                let flags = if part.writable { 0 } else { READ_ONLY };
                room.copy_from_slice(&flags.to_be_bytes());
                (told.count, told.block, length) = (most, part.count, DESCRIPTION);
            }
        }
        Ok(())
    });
    if let Err(status) = done {
        told.status = status as u8;
    }
    if let Some(front) = answer.get_mut(..HEADER) {
        front.copy_from_slice(&told.bytes());
    }
    length
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::store::{Failed, MemoryStore};

    const PART: Part = Part { first: 2, count: 4, writable: true };
    const ROOM: usize = HEADER + 2 * BLOCK;

    /// A disk of eight blocks; each byte is its block's number.
    fn disk() -> Vec<AtomicU8> {
        (0..8 * BLOCK).map(|place| AtomicU8::new((place / BLOCK) as u8)).collect()
    }

    fn contents(disk: &[AtomicU8]) -> Vec<u8> {
        disk.iter().map(|byte| byte.load(Ordering::Relaxed)).collect()
    }

    fn request(operation: u8, count: u16, block: u64, data: &[u8]) -> Vec<u8> {
        let header = Header { operation, status: 0, count, tag: 7, block };
        [&header.bytes(), data].concat()
    }

    fn served(part: &Part, disk: &[AtomicU8], request: &[u8]) -> Vec<u8> {
        let mut answer = vec![0xaa; ROOM];
        let length = serve(part, &mut MemoryStore(disk), ROOM, request, &mut answer);
        answer.truncate(length);
        answer
    }

    fn status(answer: &[u8]) -> u8 {
        Header::read(answer).expect("an answer has a header").status
    }

    #[test]
    fn blocks_are_written_and_read_where_the_clients_part_lies() {
        let disk = disk();
        let written = served(&PART, &disk, &request(2, 2, 1, &[9; 2 * BLOCK]));
        assert_eq!(written, Header { operation: 0x82, status: 0, count: 2, tag: 7, block: 0 }.bytes());
        let read = served(&PART, &disk, &request(1, 2, 0, &[]));
        assert_eq!(read[..HEADER], Header { operation: 0x81, status: 0, count: 2, tag: 7, block: 0 }.bytes());
        assert_eq!(
            (&read[HEADER..HEADER + BLOCK], &read[HEADER + BLOCK..]),
            (&[2; BLOCK][..], &[9; BLOCK][..])
        );
        let now = contents(&disk);
        assert_eq!([2 * BLOCK, 3 * BLOCK, 5 * BLOCK - 1, 5 * BLOCK].map(|place| now[place]), [2, 9, 9, 5]);
    }

    #[test]
    fn a_client_is_told_of_its_part() {
        let told = served(&PART, &disk(), &request(0, 0, 0, &[]));
        let header = Header { operation: 0x80, status: 0, count: 2, tag: 7, block: 4 };
        assert_eq!(told, [header.bytes().as_slice(), &[0; 4]].concat());
        let told = served(&Part { writable: false, ..PART }, &disk(), &request(0, 0, 0, &[]));
        assert_eq!(told[HEADER..], READ_ONLY.to_be_bytes());
    }

    #[test]
    fn what_is_wrong_is_refused_by_its_reason() {
        let two = [0; 2 * BLOCK];
        for (bad, expected) in [
            (request(4, 0, 0, &[]), Status::Malformed),
            (request(0x81, 1, 0, &[]), Status::Malformed),
            (request(1, 0, 0, &[]), Status::Malformed),
            (request(1, 3, 0, &[]), Status::Malformed),
            (request(1, 1, 0, &[0]), Status::Malformed),
            (request(2, 1, 0, &two), Status::Malformed),
            (request(2, 2, 0, &two[1..]), Status::Malformed),
            (request(3, 1, 0, &[]), Status::Malformed),
            (request(1, 1, 4, &[]), Status::OutOfRange),
            (request(1, 2, 3, &[]), Status::OutOfRange),
            (request(1, 1, u64::MAX, &[]), Status::OutOfRange),
            (request(2, 2, u64::MAX - 1, &two), Status::OutOfRange),
        ] {
            let disk = disk();
            let before = contents(&disk);
            let answer = served(&PART, &disk, &bad);
            assert_eq!((status(&answer), answer.len()), (expected as u8, HEADER), "{:?}", &bad[..HEADER]);
            assert_eq!(contents(&disk), before);
        }
        let read_only = Part { writable: false, ..PART };
        assert_eq!(status(&served(&read_only, &disk(), &request(2, 2, 0, &two))), Status::ReadOnly as u8);
        assert_eq!(status(&served(&PART, &disk(), &[1, 0, 0])), Status::Malformed as u8);
        assert_eq!(status(&served(&PART, &disk(), &request(3, 0, 0, &[]))), Status::Done as u8);
    }

    /// A disk that does nothing.
    struct Broken;

    impl Store for Broken {
        fn blocks(&self) -> u64 {
            8
        }
        fn read(&mut self, _block: u64, _room: &mut [u8]) -> Result<(), Failed> {
            Err(Failed)
        }
        fn write(&mut self, _block: u64, _bytes: &[u8]) -> Result<(), Failed> {
            Err(Failed)
        }
        fn sync(&mut self) -> Result<(), Failed> {
            Err(Failed)
        }
    }

    #[test]
    fn a_disk_that_fails_is_told_of() {
        for asked in [request(1, 1, 0, &[]), request(2, 1, 0, &[0; BLOCK]), request(3, 0, 0, &[])] {
            let mut answer = [0; ROOM];
            assert_eq!(serve(&PART, &mut Broken, ROOM, &asked, &mut answer), HEADER);
            assert_eq!(status(&answer), Status::Failed as u8);
        }
    }

    proptest! {
        /// Whatever a client sends: nothing outside of its part is changed or told, and every answer fits.
        #[test]
        fn no_request_reaches_what_is_not_the_clients(
            operation in 0_u8..6,
            count in 0_u16..5,
            block in prop_oneof![0_u64..8, any::<u64>(), (0_u64..8).prop_map(|less| u64::MAX - less)],
            data in prop_oneof![
                Just(vec![]),
                Just(vec![0xee; BLOCK]),
                Just(vec![0xee; 2 * BLOCK]),
                proptest::collection::vec(Just(0xee_u8), 0..2 * BLOCK + 9)
            ],
            cut in 0_usize..3 * BLOCK,
            room in DESCRIPTION..4 * BLOCK,
            writable: bool,
        ) {
            let disk = disk();
            let mut asked = request(operation, count, block, &data);
            asked.truncate(cut);
            let part = Part { writable, ..PART };
            let mut answer = vec![0; room];
            let length = serve(&part, &mut MemoryStore(&disk), ROOM, &asked, &mut answer);
            prop_assert!((HEADER..=room).contains(&length));
            for (number, bytes) in contents(&disk).chunks(BLOCK).enumerate() {
                let own = writable && (2..6).contains(&number);
                prop_assert!(own || bytes.iter().all(|byte| usize::from(*byte) == number));
            }
            let told = Header::read(&answer).expect("a header");
            if told.operation == 0x81 {
                let good = |byte: &u8| (2..6).contains(byte);
                prop_assert!(answer[HEADER..length].iter().all(good));
            }
        }
    }
}
