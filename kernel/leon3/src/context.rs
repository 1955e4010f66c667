//! What the processor holds of a partition, and where it is kept while the kernel or another partition runs.

use bulkhead_abi::START_MAGIC;
use bulkhead_abi::machine::sparc;
use bulkhead_abi::system_table::PARTITIONS_MAX;
use bulkhead_cell::Single;

use crate::arch;

/// How many register windows there are. LEON3 can have 2 to 32; the kernel takes 8, which is what they have.
pub(crate) const WINDOWS: usize = 8;

/// Fields of PSR (SPARC V8 manual, 4.2).
pub(crate) mod psr {
    pub(crate) const CONDITIONS: u32 = 0x00f0_0000;
    pub(crate) const EF: u32 = 1 << 12;
    pub(crate) const S: u32 = 1 << 7;
    pub(crate) const ET: u32 = 1 << 5;
    pub(crate) const WINDOW: u32 = 7;
}

/// The registers of one window.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct RegisterWindow {
    pub(crate) locals: [u32; 8],
    pub(crate) ins: [u32; 8],
}

/// A partition's processor state. `arch/trap.S` knows the offsets.
#[repr(C, align(64))]
pub(crate) struct Context {
    /// The registers of each window position that holds a frame of the guest's.
    pub(crate) windows: [RegisterWindow; WINDOWS],
    /// Y in the place of g0, then g1 to g7.
    pub(crate) globals: [u32; 8],
    /// The outs of the guest's window.
    pub(crate) outs: [u32; 8],
    /// PSR as the trap found it, with the trap's window.
    pub(crate) psr: u32,
    pub(crate) program_counter: u32,
    pub(crate) next_program_counter: u32,
    /// The position that holds no frame: the one above the oldest.
    pub(crate) invalid: u32,
    /// How many of its frames, from the current one on, are still in registers while the kernel runs.
    pub(crate) resident: u32,
    /// The first address of its writable memory, and from how far behind that on no window fits.
    pub(crate) stack_start: u32,
    pub(crate) stack_room: u32,
    /// Not 0 if the floating-point unit has told of an exception while the kernel stored its registers: FSR as it was
    /// then.
    pub(crate) floating_exception: u32,
    /// What the guest has written to WIM and TBR.
    pub(crate) invalid_mask: u32,
    pub(crate) trap_base: u32,
    /// The interrupt level that the guest has written to PSR, and whether it has traps on.
    pub(crate) level: u32,
    pub(crate) traps_on: bool,
    /// The interrupts of its devices that it has let in, one bit each.
    pub(crate) interrupts: u16,
    /// FSR, an unused word, f0 to f31.
    pub(crate) floating_point: [u32; 34],
}

// `std` and `ldd` move two words at once.
const _: () = {
    assert!(core::mem::offset_of!(Context, windows) == 0);
    assert!(core::mem::offset_of!(Context, globals).is_multiple_of(8));
    assert!(core::mem::offset_of!(Context, outs).is_multiple_of(8));
    assert!(core::mem::offset_of!(Context, psr).is_multiple_of(8));
    assert!(core::mem::offset_of!(Context, program_counter) == core::mem::offset_of!(Context, psr) + 4);
    assert!(core::mem::offset_of!(Context, floating_point).is_multiple_of(8));
};

impl Context {
    const ZERO: Self = Self {
        windows: [RegisterWindow { locals: [0; 8], ins: [0; 8] }; WINDOWS],
        globals: [0; 8],
        outs: [0; 8],
        psr: 0,
        program_counter: 0,
        next_program_counter: 0,
        invalid: 0,
        resident: 0,
        stack_start: 0,
        stack_room: 0,
        floating_exception: 0,
        invalid_mask: 0,
        trap_base: 0,
        level: 0,
        traps_on: false,
        interrupts: 0,
        floating_point: [0; 34],
    };

    /// Puts everything into the state of the entry point. None of its frames may be in registers. Its writable memory
    /// goes from `writable` to `end`.
    pub(crate) fn reset(&mut self, entry: u32, start_information: u32, writable: u32, end: u32) {
        let stack_room = end.saturating_sub(writable).saturating_sub(size_of::<RegisterWindow>() as u32 - 1);
        // SAFETY: all of it is numbers, for which zeros are values. Assigning would copy it twice.
        unsafe { arch::clear((&raw mut *self).cast(), size_of::<Self>()) };
        self.stack_start = writable;
        self.stack_room = stack_room;
        self.traps_on = true;
        // The guest's window is 0, the trap's the one below.
        self.psr = psr::S | psr::EF | (WINDOWS as u32 - 1);
        self.invalid = 1;
        self.outs[0] = START_MAGIC;
        self.outs[1] = start_information;
        self.go_to(entry, entry.wrapping_add(4));
    }

    /// Continues elsewhere. The lowest two bits are dropped: an address that has them could not be returned to.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, program_counter: u32, next: u32) {
        self.program_counter = program_counter & !3;
        self.next_program_counter = next & !3;
    }

    /// Continues behind the instruction that has trapped.
    #[inline(always)]
    pub(crate) fn skip(&mut self) {
        self.go_to(self.next_program_counter, self.next_program_counter.wrapping_add(4));
    }

    /// The position of the guest's window.
    #[inline(always)]
    pub(crate) const fn position(&self) -> usize {
        (self.psr as usize + 1) % WINDOWS
    }

    /// The registers of the guest's window.
    #[inline(always)]
    pub(crate) const fn window(&mut self) -> &mut RegisterWindow {
        &mut self.windows[self.position()]
    }

    /// PSR as the guest sees it, whose enable word is this. With traps off that one says nothing of the level.
    #[inline(always)]
    pub(crate) const fn guest_psr(&self, enabled: u32) -> u32 {
        let traps = if self.traps_on { psr::ET | sparc::level_of(enabled) } else { self.level };
        self.psr & !(psr::WINDOW | sparc::LEVEL) | traps | self.position() as u32
    }

    /// Sets the condition codes from a value laid out as PSR.
    pub(crate) const fn set_conditions(&mut self, value: u32) {
        self.psr = self.psr & !psr::CONDITIONS | value & psr::CONDITIONS;
    }

    /// The register with this number as an instruction has it.
    pub(crate) const fn register(&mut self, number: u32) -> u32 {
        let place = number as usize & 7;
        match number >> 3 & 3 {
            0 if place == 0 => 0,
            0 => self.globals[place],
            1 => self.outs[place],
            2 => self.window().locals[place],
            _ => self.window().ins[place],
        }
    }

    /// Sets the register with this number.
    pub(crate) const fn set_register(&mut self, number: u32, value: u32) {
        let place = number as usize & 7;
        match number >> 3 & 3 {
            0 if place == 0 => {}
            0 => self.globals[place] = value,
            1 => self.outs[place] = value,
            2 => self.window().locals[place] = value,
            _ => self.window().ins[place] = value,
        }
    }
}

/// The context of every partition.
pub(crate) static CONTEXTS: Single<[Context; PARTITIONS_MAX]> =
    Single::new([const { Context::ZERO }; PARTITIONS_MAX]);
