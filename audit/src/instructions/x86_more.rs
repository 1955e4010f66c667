//! x86: sensitive instructions that are not privileged, and ways into a kernel.
//!
//! The seventeen that Robin and Irvine list ("Analysis of the Intel Pentium's Ability to Support a Secure Virtual
//! Machine Monitor", USENIX Security 2000) are all here, with those that came later.

use super::Architecture::{I386, X86_64};
use super::vector::{GENERAL_PROTECTION, INVALID_OPCODE};
use super::x86::{both, samples, widths};
use super::{Class, Execution, Instruction, Matcher, Operands, Sample};
use iced_x86::Mnemonic as M;

const UMIP: Execution = Execution::Depends("runs, or traps (0x0d) where the processor has UMIP");
const TABLES: &str =
    "without UMIP it reads the kernel's register, which tells the program nothing about itself";
const DESCRIPTORS: &str = "answers for the kernel's descriptor table, not for one of the program's";
const SELECTOR: &str = "loads when the selector is 0 or one of the interface's flat ones, and there is no other base \
                        to choose; anything else traps";
const VALID_SELECTOR: Execution =
    Execution::Depends("runs with a selector of the interface, otherwise traps (0x0d)");
const FAR: Execution =
    Execution::Depends("runs to the interface's own code selector, otherwise traps (0x0d)");

pub(super) static TABLE: &[Instruction] = &[
    Instruction {
        name: "popf",
        class: Class::Silent,
        execution: Execution::Runs,
        manual: "SDM 2 POPF (table 4-15); 3A 6.8.1",
        reason: "leaves the interrupt flag and IOPL as they are, without a trap: a program that restores the interrupt \
                 state so does not",
        samples: samples! {
            I386 "popfl" 0x9d;
            I386 "popfw" 0x66 0x9d;
            X86_64 "popfq" 0x9d;
            X86_64 "popfw" 0x66 0x9d;
        },
        matcher: Matcher::X86(&[M::Popf, M::Popfd, M::Popfq], Operands::Any),
    },
    Instruction {
        name: "pushf",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "SDM 2 PUSHF",
        reason: "shows the real interrupt flag, which is always set in a partition; arithmetic flags are right",
        samples: samples! {
            I386 "pushfl" 0x9c;
            I386 "pushfw" 0x66 0x9c;
            X86_64 "pushfq" 0x9c;
        },
        matcher: Matcher::X86(&[M::Pushf, M::Pushfd, M::Pushfq], Operands::Any),
    },
    Instruction {
        name: "iret",
        class: Class::Silent,
        execution: FAR,
        manual: "SDM 2 IRET; 3A 6.8.1",
        reason: "returns within privilege level 3, but leaves the interrupt flag and IOPL as they are, without a trap: \
                 a program that enables interrupts so does not. Emulators get more of it wrong than processors do; the \
                 shared page, `popf` and `ret` do what is meant",
        samples: samples! {
            I386 "iretl" 0xcf;
            I386 "iretw" 0x66 0xcf;
            X86_64 "iretl" 0xcf;
            X86_64 "iretq" 0x48 0xcf;
        },
        matcher: Matcher::X86(&[M::Iret, M::Iretd, M::Iretq], Operands::Any),
    },
    Instruction {
        name: "sgdt",
        class: Class::Silent,
        execution: UMIP,
        manual: "SDM 2 SGDT; 3A 2.5 (CR4.UMIP)",
        reason: TABLES,
        samples: widths!("sgdtl (%eax)", "sgdt (%rax)", 0x0f 0x01 0x00),
        matcher: Matcher::X86(&[M::Sgdt], Operands::Any),
    },
    Instruction {
        name: "sidt",
        class: Class::Silent,
        execution: UMIP,
        manual: "SDM 2 SIDT; 3A 2.5 (CR4.UMIP)",
        reason: TABLES,
        samples: widths!("sidtl (%eax)", "sidt (%rax)", 0x0f 0x01 0x08),
        matcher: Matcher::X86(&[M::Sidt], Operands::Any),
    },
    Instruction {
        name: "sldt",
        class: Class::Silent,
        execution: UMIP,
        manual: "SDM 2 SLDT; 3A 2.5 (CR4.UMIP)",
        reason: TABLES,
        samples: both!("sldtw %ax", 0x66 0x0f 0x00 0xc0),
        matcher: Matcher::X86(&[M::Sldt], Operands::Any),
    },
    Instruction {
        name: "smsw",
        class: Class::Silent,
        execution: UMIP,
        manual: "SDM 2 SMSW; 3A 2.5 (CR4.UMIP)",
        reason: TABLES,
        samples: both!("smsww %ax", 0x66 0x0f 0x01 0xe0),
        matcher: Matcher::X86(&[M::Smsw], Operands::Any),
    },
    Instruction {
        name: "str",
        class: Class::Silent,
        execution: UMIP,
        manual: "SDM 2 STR; 3A 2.5 (CR4.UMIP)",
        reason: TABLES,
        samples: both!("strw %ax", 0x66 0x0f 0x00 0xc8),
        matcher: Matcher::X86(&[M::Str], Operands::Any),
    },
    Instruction {
        name: "lar and lsl",
        class: Class::Silent,
        execution: Execution::Runs,
        manual: "SDM 3A 5.10.1, 5.10.3; 2 LAR, LSL",
        reason: DESCRIPTORS,
        samples: samples! {
            I386 "larl %eax, %eax" 0x0f 0x02 0xc0;
            I386 "lsll %eax, %eax" 0x0f 0x03 0xc0;
            X86_64 "larl %eax, %eax" 0x0f 0x02 0xc0;
            X86_64 "lsll %eax, %eax" 0x0f 0x03 0xc0;
        },
        matcher: Matcher::X86(&[M::Lar, M::Lsl], Operands::Any),
    },
    Instruction {
        name: "verr and verw",
        class: Class::Silent,
        execution: Execution::Runs,
        manual: "SDM 3A 5.10.2; 2 VERR/VERW",
        reason: DESCRIPTORS,
        samples: samples! {
            I386 "verr %ax" 0x0f 0x00 0xe0;
            I386 "verw %ax" 0x0f 0x00 0xe8;
            X86_64 "verr %ax" 0x0f 0x00 0xe0;
            X86_64 "verw %ax" 0x0f 0x00 0xe8;
        },
        matcher: Matcher::X86(&[M::Verr, M::Verw], Operands::Any),
    },
    Instruction {
        name: "arpl",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "SDM 3A 5.10.4; 2 ARPL",
        reason: "arithmetic on a selector's lowest two bits, with no protected state behind it",
        samples: samples! { I386 "arpl %ax, %ax" 0x63 0xc0; },
        matcher: Matcher::X86(&[M::Arpl], Operands::Any),
    },
    Instruction {
        name: "load fs or gs",
        class: Class::Silent,
        execution: VALID_SELECTOR,
        manual: "SDM 3A 3.4.3, 5.6; 2 MOV, POP, LDS/LES/LFS/LGS/LSS",
        reason: "gives the base of the kernel's descriptor, not of one that the program has written: a thread's TLS \
                 base reaches the kernel only by SetTlsBase",
        samples: samples! {
            I386 "movl %edx, %gs" 0x8e 0xea;
            I386 "movl %eax, %fs" 0x8e 0xe0;
            I386 "popl %fs" 0x0f 0xa1;
            I386 "popl %gs" 0x0f 0xa9;
            I386 "lfsl (%eax), %ecx" 0x0f 0xb4 0x08;
            I386 "lgsl (%eax), %ecx" 0x0f 0xb5 0x08;
            X86_64 "movl %edx, %gs" 0x8e 0xea;
            X86_64 "popq %fs" 0x0f 0xa1;
            X86_64 "popq %gs" 0x0f 0xa9;
        },
        matcher: Matcher::X86(&[M::Mov, M::Pop, M::Lfs, M::Lgs], Operands::LoadsThreadSegment),
    },
    Instruction {
        name: "load ds, es or ss",
        class: Class::Harmless,
        execution: VALID_SELECTOR,
        manual: "SDM 3A 3.4.3, 5.6, 5.7; 2 MOV, POP, LDS/LES/LFS/LGS/LSS",
        reason: SELECTOR,
        samples: samples! {
            I386 "movl %eax, %ds" 0x8e 0xd8;
            I386 "movl %eax, %es" 0x8e 0xc0;
            I386 "movl %eax, %ss" 0x8e 0xd0;
            I386 "popl %ds" 0x1f;
            I386 "popl %es" 0x07;
            I386 "popl %ss" 0x17;
            I386 "ldsl (%eax), %ecx" 0xc5 0x08;
            I386 "lesl (%eax), %ecx" 0xc4 0x08;
            I386 "lssl (%eax), %ecx" 0x0f 0xb2 0x08;
            X86_64 "movl %eax, %ds" 0x8e 0xd8;
            X86_64 "movl %eax, %ss" 0x8e 0xd0;
        },
        matcher: Matcher::X86(&[M::Mov, M::Pop, M::Lds, M::Les, M::Lss], Operands::LoadsFlatSegment),
    },
    Instruction {
        name: "read a segment register",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "SDM 3A 3.4.2; 2 MOV, PUSH",
        reason: "shows a selector of the interface, whose lowest two bits say privilege level 3",
        samples: samples! {
            I386 "movl %ds, %eax" 0x8c 0xd8;
            I386 "movl %cs, %eax" 0x8c 0xc8;
            I386 "movl %gs, %eax" 0x8c 0xe8;
            I386 "pushl %cs" 0x0e;
            I386 "pushl %ds" 0x1e;
            I386 "pushl %es" 0x06;
            I386 "pushl %ss" 0x16;
            I386 "pushl %fs" 0x0f 0xa0;
            I386 "pushl %gs" 0x0f 0xa8;
            X86_64 "movl %ds, %eax" 0x8c 0xd8;
            X86_64 "pushq %fs" 0x0f 0xa0;
        },
        matcher: Matcher::X86(&[M::Mov, M::Push], Operands::ReadsSegment),
    },
    Instruction {
        name: "far jmp and call",
        class: Class::Faults,
        execution: FAR,
        manual: "SDM 3A 5.8; 2 JMP, CALL",
        reason: "loads cs: the interface has one code segment and no gates, so a jump to a segment of the program's \
                 own traps",
        samples: samples! {
            I386 "ljmpl $0x8, $0x0" 0xea 0x00 0x00 0x00 0x00 0x08 0x00;
            I386 "ljmpl *(%eax)" 0xff 0x28;
            I386 "lcalll $0x8, $0x0" 0x9a 0x00 0x00 0x00 0x00 0x08 0x00;
            I386 "lcalll *(%eax)" 0xff 0x18;
            X86_64 "ljmpl *(%rax)" 0xff 0x28;
            X86_64 "lcalll *(%rax)" 0xff 0x18;
        },
        matcher: Matcher::X86(&[M::Jmp, M::Call], Operands::Far),
    },
    Instruction {
        name: "far ret",
        class: Class::Harmless,
        execution: FAR,
        manual: "SDM 3A 5.8.6; 2 RET",
        reason: "returns within privilege level 3 as it should; a frame with another code selector traps",
        samples: samples! {
            I386 "lretl" 0xcb;
            I386 "lretl $0x4" 0xca 0x04 0x00;
            X86_64 "lretl" 0xcb;
        },
        matcher: Matcher::X86(&[M::Retf], Operands::Any),
    },
    Instruction {
        name: "hypercall",
        class: Class::Served,
        execution: Execution::Runs,
        manual: "SDM 2 INT n; abi/src/machine.rs",
        reason: "the partition interface's call into the kernel",
        samples: both!("int $0x80", 0xcd 0x80),
        matcher: Matcher::X86(&[M::Int], Operands::HypercallVector),
    },
    Instruction {
        name: "int n",
        class: Class::Faults,
        execution: Execution::Traps(GENERAL_PROTECTION),
        manual: "SDM 3A 6.12.1.2; 2 INT n",
        reason: "every gate but the hypercall's belongs to the kernel: no partition can pretend to be a device",
        samples: samples! {
            I386 "int $0x10" 0xcd 0x10;
            I386 "int $0x20" 0xcd 0x20;
            X86_64 "int $0x20" 0xcd 0x20;
        },
        matcher: Matcher::X86(&[M::Int], Operands::OtherVector),
    },
    Instruction {
        name: "int3 and into",
        class: Class::Faults,
        execution: Execution::Depends("traps (0x03 and 0x04, or 0x0d); into only with the overflow flag set"),
        manual: "SDM 3A 6.4.2; 2 INT n/INTO/INT3/INT1",
        reason: "asks for a breakpoint or overflow handler: the partition's fault entry, not a handler of its own \
                 table",
        samples: samples! { I386 "int3" 0xcc; I386 "into" 0xce; X86_64 "int3" 0xcc; },
        matcher: Matcher::X86(&[M::Int3, M::Into], Operands::Any),
    },
    Instruction {
        name: "int1",
        class: Class::Faults,
        execution: Execution::Depends("traps: 0x01, or 0x06 in QEMU 7.2, which does not know it"),
        manual: "SDM 2 INT n/INTO/INT3/INT1",
        reason: "a debug exception, whatever the gate's privilege: the partition's fault entry",
        // The assembler at hand has no name for it, objdump calls it so.
        samples: both!(".byte 0xf1", 0xf1),
        matcher: Matcher::X86(&[M::Int1], Operands::Any),
    },
    Instruction {
        name: "sysenter",
        class: Class::Faults,
        execution: Execution::Depends("traps: 0x0d on Intel, 0x06 on AMD in compatibility mode"),
        manual: "SDM 2 SYSENTER",
        reason: "the kernel sets no entry point for it: the hypercall is int $0x80",
        samples: both!("sysenter", 0x0f 0x34),
        matcher: Matcher::X86(&[M::Sysenter], Operands::Any),
    },
    Instruction {
        name: "syscall",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 SYSCALL",
        reason: "the kernel leaves EFER.SCE clear: the hypercall is int $0x80",
        samples: both!("syscall", 0x0f 0x05),
        matcher: Matcher::X86(&[M::Syscall], Operands::Any),
    },
    Instruction {
        name: "rdtsc",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "SDM 3A 5.9 (CR4.TSD); 2 RDTSC, RDTSCP",
        reason: "the kernel leaves CR4.TSD clear: reading the time needs no call, and no partition can change it",
        samples: samples! {
            I386 "rdtsc" 0x0f 0x31;
            I386 "rdtscp" 0x0f 0x01 0xf9;
            X86_64 "rdtsc" 0x0f 0x31;
        },
        matcher: Matcher::X86(&[M::Rdtsc, M::Rdtscp], Operands::Any),
    },
    Instruction {
        name: "cpuid",
        class: Class::Harmless,
        execution: Execution::Runs,
        manual: "SDM 2 CPUID",
        reason: "tells what the processor is, the same to every partition",
        samples: both!("cpuid", 0x0f 0xa2),
        matcher: Matcher::X86(&[M::Cpuid], Operands::Any),
    },
    Instruction {
        name: "xgetbv",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 XGETBV",
        reason: "unknown while the kernel leaves CR4.OSXSAVE clear; code that asks CPUID first does not reach it, and \
                 can be allowed by name",
        samples: both!("xgetbv", 0x0f 0x01 0xd0),
        matcher: Matcher::X86(&[M::Xgetbv], Operands::Any),
    },
    Instruction {
        name: "protection keys",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 RDPKRU, WRPKRU",
        reason: "unknown while the kernel leaves CR4.PKE clear",
        samples: samples! {
            I386 "rdpkru" 0x0f 0x01 0xee;
            I386 "wrpkru" 0x0f 0x01 0xef;
            X86_64 "wrpkru" 0x0f 0x01 0xef;
        },
        matcher: Matcher::X86(&[M::Rdpkru, M::Wrpkru], Operands::Any),
    },
    Instruction {
        name: "fs and gs base",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 RDFSBASE/RDGSBASE, WRFSBASE/WRGSBASE",
        reason: "unknown while the kernel leaves CR4.FSGSBASE clear: a thread's TLS base is set by SetTlsBase",
        samples: samples! {
            X86_64 "rdfsbasel %eax" 0xf3 0x0f 0xae 0xc0;
            X86_64 "rdgsbasel %eax" 0xf3 0x0f 0xae 0xc8;
            X86_64 "wrfsbasel %eax" 0xf3 0x0f 0xae 0xd0;
            X86_64 "wrgsbasel %eax" 0xf3 0x0f 0xae 0xd8;
        },
        matcher: Matcher::X86(&[M::Rdfsbase, M::Rdgsbase, M::Wrfsbase, M::Wrgsbase], Operands::Any),
    },
    Instruction {
        name: "safer mode and user interrupts",
        class: Class::Faults,
        execution: Execution::Traps(INVALID_OPCODE),
        manual: "SDM 2 GETSEC, SENDUIPI, UIRET, TESTUI, CLUI, STUI",
        reason: "unknown while the kernel leaves CR4.SMXE and CR4.UINTR clear",
        samples: samples! {
            I386 "getsec" 0x0f 0x37;
            X86_64 "getsec" 0x0f 0x37;
            X86_64 "clui" 0xf3 0x0f 0x01 0xee;
        },
        matcher: Matcher::X86(
            &[M::Getsec, M::Senduipi, M::Uiret, M::Testui, M::Clui, M::Stui],
            Operands::Any,
        ),
    },
    Instruction {
        name: "umwait and tpause",
        class: Class::Harmless,
        execution: Execution::Depends("runs where the processor has it, else traps (0x06)"),
        manual: "SDM 2 TPAUSE, UMONITOR, UMWAIT",
        reason: "waits for a while within the partition's own window; CR4.TSD, which would forbid it, is clear",
        samples: samples! {
            I386 "tpause %ecx" 0x66 0x0f 0xae 0xf1;
            X86_64 "umwait %ecx" 0xf2 0x0f 0xae 0xf1;
        },
        matcher: Matcher::X86(&[M::Tpause, M::Umonitor, M::Umwait], Operands::Any),
    },
    Instruction {
        name: "lock and a bit of a register",
        class: Class::Faults,
        execution: Execution::Depends(
            "traps (0x06); QEMU before 10.0 ends itself, and all partitions with it",
        ),
        manual: "SDM 2 LOCK, BTC, BTR, BTS",
        reason: "`lock` is for memory only; an emulator that ends itself takes the whole machine along",
        samples: samples! {
            I386 "lock; btsl %eax, %eax" 0xf0 0x0f 0xab 0xc0;
            I386 "lock; btrl $1, %ecx" 0xf0 0x0f 0xba 0xf1 0x01;
            X86_64 "lock; btcq %rax, %rdx" 0xf0 0x48 0x0f 0xbb 0xc2;
        },
        matcher: Matcher::X86(&[M::Btc, M::Btr, M::Bts], Operands::LockedRegister),
    },
    // Last: catches what the decoder knows to be privileged and no row above names.
    Instruction {
        name: "other privileged instruction",
        class: Class::Faults,
        execution: Execution::Depends("traps (0x06 or 0x0d)"),
        manual: "SDM 2, the instruction's own page",
        reason: "privilege level 0 only, or an extension that the kernel does not enable",
        samples: samples! {
            I386 "encls" 0x0f 0x01 0xcf;
            X86_64 "encls" 0x0f 0x01 0xcf;
        },
        matcher: Matcher::OtherPrivilegedX86,
    },
];
