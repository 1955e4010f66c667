//! What the boot loader says: Xen's PVH start structure (`hvm_start_info`, version 1).

/// Its first word.
const MAGIC: u32 = 0x336e_c578;

/// The longest kernel command line that is read, in bytes.
const COMMAND_LINE_MAX: usize = 256;

/// The most entries of the memory map that are read.
const MEMORY_MAP_MAX: u64 = 64;

/// The kind of memory map entry that is RAM.
const RAM: u32 = 1;

/// What the kernel wants to know.
pub(crate) struct Boot {
    command_line: [u8; COMMAND_LINE_MAX],
    /// Physical address of the pointer to the firmware's tables; 0 if the loader does not say.
    pub(crate) firmware_tables: u64,
    /// First address behind the RAM in which `containing` lies.
    pub(crate) memory_end: u64,
}

/// Reads a value at a physical address below 4 GiB.
fn read<T: Copy>(address: u64) -> T {
    // SAFETY: the boot tables map the first 4 GiB at their own addresses; the loader has put the structures there,
    // and any bits are a value of the integer types that `T` is here.
    unsafe { core::ptr::read_unaligned(address as *const T) }
}

impl Boot {
    /// Reads the start structure at a physical address. `containing` is an address in the RAM whose end is wanted.
    pub(crate) fn read(start: u32, containing: u64) -> Option<Self> {
        let start = u64::from(start);
        if read::<u32>(start) != MAGIC {
            return None;
        }
        let firmware_tables = read::<u64>(start + 32);
        let mut boot = Self { command_line: [0; COMMAND_LINE_MAX], firmware_tables, memory_end: 0 };
        let command_line = read::<u64>(start + 24);
        if command_line != 0 {
            for (offset, place) in boot.command_line.iter_mut().enumerate() {
                *place = read::<u8>(command_line + offset as u64);
                if *place == 0 {
                    break;
                }
            }
        }
        let (map, entries) = (read::<u64>(start + 40), read::<u32>(start + 48));
        for number in 0..u64::from(entries).min(MEMORY_MAP_MAX) {
            let entry = map + 24 * number;
            let (address, size) = (read::<u64>(entry), read::<u64>(entry + 8));
            if read::<u32>(entry + 16) == RAM && containing.wrapping_sub(address) < size {
                boot.memory_end = address.saturating_add(size);
            }
        }
        Some(boot)
    }

    /// The number after `key=` on the kernel's command line.
    pub(crate) fn number(&self, key: &[u8]) -> Option<u64> {
        let length = self.command_line.iter().position(|&byte| byte == 0).unwrap_or(COMMAND_LINE_MAX);
        let words = self.command_line.get(..length)?.split(|&byte| byte == b' ');
        let digits = words
            .filter_map(|word| word.strip_prefix(key))
            .find_map(|rest| rest.strip_prefix(b"=").filter(|digits| !digits.is_empty()))?;
        digits.iter().try_fold(0u64, |number, &digit| {
            let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
            number.checked_mul(10)?.checked_add(digit)
        })
    }
}
