//! Loading every selector, and every TLS base.

use bulkhead_abi::machine::i386::{CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR};
use bulkhead_guest::{FaultKind, clock, partition, println};

use crate::adversary::Tally;
use crate::arch;
use crate::attempt::attempt;

pub(super) fn attack() -> u32 {
    let mut tally = Tally::new("segments");
    let registers: [(&str, arch::Code); 5] = [
        ("ds", arch::probe_load_ds),
        ("es", arch::probe_load_es),
        ("fs", arch::probe_load_fs),
        ("gs", arch::probe_load_gs),
        ("ss", arch::probe_load_ss),
    ];
    for (name, load) in registers {
        for selector in 0..0x1_0000u32 {
            // In the table are, for level 3, code, data and TLS, and nothing else.
            let places =
                [CODE_SELECTOR, DATA_SELECTOR, TLS_SELECTOR].map(|selector| u32::from(selector) & !3);
            let allowed = if name == "ss" {
                selector & 3 == 3 && places[1..].contains(&(selector & !3))
            } else {
                selector < 4 || places.contains(&(selector & !3))
            };
            let loaded = attempt(load, selector).is_none();
            if loaded != allowed {
                tally.note(false, format_args!("{name} = {selector:#x}"));
            }
        }
        tally.note(true, format_args!(""));
    }
    // Whatever the base is, what is not the partition's stays out of reach.
    let end = partition::memory().end as u32;
    for base in
        [0u32, 1, end - 4, 0x7fff_ffff, 0x8000_0000, 0x9000_0000, 0xfee0_0000, 0xffff_f000, 0xffff_ffff]
    {
        partition::set_tls_base(base as usize);
        for offset in [0u32, 4, 0x1000, 0x7fff_fff0, 0xffff_fffc] {
            let address = base.wrapping_add(offset);
            let own = partition::memory().contains(&(address as usize))
                && partition::memory().contains(&(address as usize + 3));
            if own || (arch::INFORMATION_PAGE..arch::MEMORY_BASE).contains(&address) {
                continue;
            }
            let report = attempt(arch::probe_read_tls, offset);
            let good = report.is_some_and(|report| report.is(FaultKind::Memory));
            tally.note(good, format_args!("tls base {base:#x} offset {offset:#x}"));
        }
    }
    // Segments of every kind survive the windows of others.
    for selector in [
        0,
        CODE_SELECTOR & !3,
        CODE_SELECTOR,
        DATA_SELECTOR & !3,
        DATA_SELECTOR,
        TLS_SELECTOR & !3,
        TLS_SELECTOR,
    ] {
        let selector = u32::from(selector);
        partition::set_tls_base(0x9000_0000);
        tally.note(attempt(arch::probe_keep_gs, selector).is_none(), format_args!("gs = {selector:#x}"));
        let windows = partition::window().number;
        while partition::window().number < windows + 2 {
            core::hint::spin_loop();
        }
    }
    partition::set_tls_base(0);
    let _ = clock::now();
    tally.finish()
}

/// Enters the kernel with the TLS segment as the stack's: it knows one stack segment and stops the partition.
pub(super) fn foreign_stack(enters: arch::Code) -> u32 {
    println!("adversary: stack-segment about to enter");
    attempt(enters, 0);
    println!("adversary: stack-segment survived");
    1
}
