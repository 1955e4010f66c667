//! x86: the privileged instructions of SDM 3A 5.9, and those that obey the I/O privilege level.
//!
//! The kernel runs partitions at privilege level 3 with IOPL 0 and no I/O permission bitmap, `CR4.PVI`, `CR4.VME`,
//! `CR4.PCE`, `CR4.PKE`, `CR4.FSGSBASE` and `CR4.OSXSAVE` clear, `CR4.TSD` clear, and `CR4.UMIP` set where the
//! processor has it.

use super::Architecture::{I386, X86_64};
use super::vector::{GENERAL_PROTECTION, INVALID_OPCODE};
use super::{Class, Execution, Instruction, Matcher, Operands, Sample};
use iced_x86::Mnemonic as M;

/// The same bytes on both processors, with one text.
macro_rules! both {
    ($assembly:literal, $($byte:literal)+) => {
        &[
            Sample { architecture: I386, assembly: $assembly, bytes: &[$($byte),+] },
            Sample { architecture: X86_64, assembly: $assembly, bytes: &[$($byte),+] },
        ]
    };
}
pub(super) use both;

/// The same bytes on both processors, where the texts differ in the width of a register.
macro_rules! widths {
    ($assembly32:literal, $assembly64:literal, $($byte:literal)+) => {
        &[
            Sample { architecture: I386, assembly: $assembly32, bytes: &[$($byte),+] },
            Sample { architecture: X86_64, assembly: $assembly64, bytes: &[$($byte),+] },
        ]
    };
}
pub(super) use widths;

/// A list of samples for one processor each.
macro_rules! samples {
    ($($architecture:ident $assembly:literal $($byte:literal)+;)+) => {
        &[$(Sample { architecture: $architecture, assembly: $assembly, bytes: &[$($byte),+] }),+]
    };
}
pub(super) use samples;

const NO_PLACE: &str = "privilege level 0 only: a partition that needs its effect asks the kernel";

/// An instruction that ends in a general-protection exception at privilege level 3.
const fn privileged(
    name: &'static str,
    manual: &'static str,
    mnemonics: &'static [M],
    reason: &'static str,
    samples: &'static [Sample],
) -> Instruction {
    Instruction {
        name,
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual,
        reason,
        samples,
        matcher: Matcher::X86(mnemonics, Operands::Any),
    }
}

pub(super) static TABLE: &[Instruction] = &[
    privileged(
        "lgdt",
        "SDM 3A 5.9; 2 LGDT",
        &[M::Lgdt],
        NO_PLACE,
        widths!("lgdtl (%eax)", "lgdt (%rax)", 0x0f 0x01 0x10),
    ),
    privileged(
        "lidt",
        "SDM 3A 5.9; 2 LIDT",
        &[M::Lidt],
        NO_PLACE,
        widths!("lidtl (%eax)", "lidt (%rax)", 0x0f 0x01 0x18),
    ),
    privileged("lldt", "SDM 3A 5.9; 2 LLDT", &[M::Lldt], NO_PLACE, both!("lldt %ax", 0x0f 0x00 0xd0)),
    privileged("ltr", "SDM 3A 5.9; 2 LTR", &[M::Ltr], NO_PLACE, both!("ltr %ax", 0x0f 0x00 0xd8)),
    Instruction {
        name: "mov control register",
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual: "SDM 3A 5.9; 2 MOV-control registers",
        reason: "privilege level 0 only; the address of a page fault, which cr2 would hold, stands in the fault record",
        samples: samples! {
            I386 "movl %cr0, %eax" 0x0f 0x20 0xc0;
            I386 "movl %cr2, %eax" 0x0f 0x20 0xd0;
            I386 "movl %cr3, %eax" 0x0f 0x20 0xd8;
            I386 "movl %cr4, %eax" 0x0f 0x20 0xe0;
            I386 "movl %eax, %cr0" 0x0f 0x22 0xc0;
            I386 "movl %eax, %cr3" 0x0f 0x22 0xd8;
            X86_64 "movq %cr0, %rax" 0x0f 0x20 0xc0;
            X86_64 "movq %cr8, %rax" 0x44 0x0f 0x20 0xc0;
            X86_64 "movq %rax, %cr4" 0x0f 0x22 0xe0;
        },
        matcher: Matcher::X86(&[M::Mov], Operands::ControlRegister),
    },
    Instruction {
        name: "mov debug register",
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual: "SDM 3A 5.9; 2 MOV-debug registers",
        reason: "privilege level 0 only: the debug registers belong to the kernel",
        samples: samples! {
            I386 "movl %dr0, %eax" 0x0f 0x21 0xc0;
            I386 "movl %eax, %dr7" 0x0f 0x23 0xf8;
            X86_64 "movq %dr0, %rax" 0x0f 0x21 0xc0;
            X86_64 "movq %rax, %dr7" 0x0f 0x23 0xf8;
        },
        matcher: Matcher::X86(&[M::Mov], Operands::DebugRegister),
    },
    privileged("lmsw", "SDM 3A 5.9; 2 LMSW", &[M::Lmsw], NO_PLACE, both!("lmsw %ax", 0x0f 0x01 0xf0)),
    privileged(
        "clts",
        "SDM 3A 5.9; 2 CLTS",
        &[M::Clts],
        "privilege level 0 only; the kernel keeps the floating-point state of each partition by itself",
        both!("clts", 0x0f 0x06),
    ),
    privileged("invd", "SDM 3A 5.9; 2 INVD", &[M::Invd], NO_PLACE, both!("invd", 0x0f 0x08)),
    privileged(
        "wbinvd",
        "SDM 3A 5.9; 2 WBINVD, WBNOINVD",
        &[M::Wbinvd, M::Wbnoinvd],
        NO_PLACE,
        both!("wbinvd", 0x0f 0x09),
    ),
    privileged(
        "invlpg",
        "SDM 3A 5.9; 2 INVLPG",
        &[M::Invlpg],
        NO_PLACE,
        widths!("invlpg (%eax)", "invlpg (%rax)", 0x0f 0x01 0x38),
    ),
    Instruction {
        name: "invpcid",
        class: Class::Faults,
        execution: Execution::Depends("traps: 0x0d, or 0x06 where the processor does not have it"),
        manual: "SDM 2 INVPCID",
        reason: NO_PLACE,
        samples: widths!("invpcid (%eax), %ecx", "invpcid (%rax), %rcx", 0x66 0x0f 0x38 0x82 0x08),
        matcher: Matcher::X86(&[M::Invpcid], Operands::Any),
    },
    privileged(
        "hlt",
        "SDM 3A 5.9; 2 HLT",
        &[M::Hlt],
        "privilege level 0 only: a partition with nothing to do calls Idle",
        both!("hlt", 0xf4),
    ),
    privileged("rdmsr", "SDM 3A 5.9; 2 RDMSR", &[M::Rdmsr], NO_PLACE, both!("rdmsr", 0x0f 0x32)),
    privileged("wrmsr", "SDM 3A 5.9; 2 WRMSR", &[M::Wrmsr], NO_PLACE, both!("wrmsr", 0x0f 0x30)),
    privileged(
        "rdpmc",
        "SDM 3A 5.9; 2 RDPMC",
        &[M::Rdpmc],
        "the kernel leaves CR4.PCE clear: counters would show one partition what another does",
        both!("rdpmc", 0x0f 0x33),
    ),
    privileged(
        "cli and sti",
        "SDM 3A 6.8.1; 2 CLI, STI",
        &[M::Cli, M::Sti],
        "above the I/O privilege level: virtual interrupts are switched in the shared page",
        samples! {
            I386 "cli" 0xfa;
            I386 "sti" 0xfb;
            X86_64 "cli" 0xfa;
            X86_64 "sti" 0xfb;
        },
    ),
    privileged(
        "in and out",
        "SDM 1 19.5.1; 2 IN, OUT",
        &[M::In, M::Out],
        "above the I/O privilege level and no permission bitmap: devices belong to the kernel",
        samples! {
            I386 "inb $0x60, %al" 0xe4 0x60;
            I386 "inl $0x60, %eax" 0xe5 0x60;
            I386 "inb %dx, %al" 0xec;
            I386 "inl %dx, %eax" 0xed;
            I386 "inw %dx, %ax" 0x66 0xed;
            I386 "outb %al, $0x80" 0xe6 0x80;
            I386 "outl %eax, $0x80" 0xe7 0x80;
            I386 "outb %al, %dx" 0xee;
            I386 "outl %eax, %dx" 0xef;
            X86_64 "inb %dx, %al" 0xec;
            X86_64 "outb %al, %dx" 0xee;
        },
    ),
    privileged(
        "ins and outs",
        "SDM 1 19.5.1; 2 INS, OUTS",
        &[M::Insb, M::Insw, M::Insd, M::Outsb, M::Outsw, M::Outsd],
        "above the I/O privilege level and no permission bitmap: devices belong to the kernel",
        samples! {
            I386 "insb %dx, %es:(%edi)" 0x6c;
            I386 "insl %dx, %es:(%edi)" 0x6d;
            I386 "outsb (%esi), %dx" 0x6e;
            I386 "outsl (%esi), %dx" 0x6f;
            I386 "rep outsb (%esi), %dx" 0xf3 0x6e;
            X86_64 "insb %dx, %es:(%rdi)" 0x6c;
            X86_64 "outsb (%rsi), %dx" 0x6e;
        },
    ),
    Instruction {
        name: "xsetbv",
        class: Class::Faults,
        execution: Execution::Depends("traps: 0x06, or 0x0d in QEMU, which looks at the privilege first"),
        manual: "SDM 2 XSETBV",
        reason: "privilege level 0 only, and unknown while the kernel leaves CR4.OSXSAVE clear",
        samples: both!("xsetbv", 0x0f 0x01 0xd1),
        matcher: Matcher::X86(&[M::Xsetbv], Operands::Any),
    },
    Instruction {
        name: "swapgs",
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual: "SDM 2 SWAPGS",
        reason: NO_PLACE,
        samples: samples! { X86_64 "swapgs" 0x0f 0x01 0xf8; },
        matcher: Matcher::X86(&[M::Swapgs], Operands::Any),
    },
    Instruction {
        name: "monitor and mwait",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 MONITOR, MWAIT",
        reason: "unknown above privilege level 0: a partition with nothing to do calls Idle",
        samples: samples! {
            I386 "monitor" 0x0f 0x01 0xc8;
            I386 "mwait" 0x0f 0x01 0xc9;
            X86_64 "mwait" 0x0f 0x01 0xc9;
        },
        matcher: Matcher::X86(&[M::Monitor, M::Mwait], Operands::Any),
    },
    Instruction {
        name: "clac and stac",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 CLAC, STAC",
        reason: "unknown above privilege level 0",
        samples: samples! {
            I386 "clac" 0x0f 0x01 0xca;
            I386 "stac" 0x0f 0x01 0xcb;
            X86_64 "stac" 0x0f 0x01 0xcb;
        },
        matcher: Matcher::X86(&[M::Clac, M::Stac], Operands::Any),
    },
    Instruction {
        name: "rsm",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 RSM",
        reason: "unknown outside system management mode",
        samples: both!("rsm", 0x0f 0xaa),
        matcher: Matcher::X86(&[M::Rsm], Operands::Any),
    },
    Instruction {
        name: "virtual machine extensions",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 3C 31 (VMX instruction reference)",
        reason: "unknown: the kernel uses no virtualization hardware and is not called this way",
        samples: samples! {
            I386 "vmcall" 0x0f 0x01 0xc1;
            I386 "vmlaunch" 0x0f 0x01 0xc2;
            I386 "vmresume" 0x0f 0x01 0xc3;
            I386 "vmxoff" 0x0f 0x01 0xc4;
            I386 "vmmcall" 0x0f 0x01 0xd9;
            I386 "vmread %eax, %ecx" 0x0f 0x78 0xc1;
            I386 "vmwrite %ecx, %eax" 0x0f 0x79 0xc1;
            X86_64 "vmcall" 0x0f 0x01 0xc1;
            X86_64 "vmmcall" 0x0f 0x01 0xd9;
        },
        matcher: Matcher::X86(
            &[
                M::Vmcall,
                M::Vmlaunch,
                M::Vmresume,
                M::Vmxoff,
                M::Vmxon,
                M::Vmread,
                M::Vmwrite,
                M::Vmptrld,
                M::Vmptrst,
                M::Vmclear,
                M::Vmfunc,
                M::Vmmcall,
                M::Vmrun,
                M::Vmload,
                M::Vmsave,
                M::Invept,
                M::Invvpid,
            ],
            Operands::Any,
        ),
    },
    Instruction {
        name: "sysexit",
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual: "SDM 2 SYSEXIT",
        reason: NO_PLACE,
        samples: both!("sysexit", 0x0f 0x35),
        matcher: Matcher::X86(&[M::Sysexit, M::Sysexitq], Operands::Any),
    },
    Instruction {
        name: "sysret",
        class: Class::Faults,
        execution: Execution::Depends("traps: 0x06 where system call extensions are off, else 0x0d"),
        manual: "SDM 2 SYSRET",
        reason: NO_PLACE,
        samples: samples! { I386 "sysretl" 0x0f 0x07; X86_64 "sysretl" 0x0f 0x07; X86_64 "sysretq" 0x48 0x0f 0x07; },
        matcher: Matcher::X86(&[M::Sysret, M::Sysretq], Operands::Any),
    },
];
