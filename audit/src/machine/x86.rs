//! x86, decoded by `iced-x86`.

use super::{Machine, Step};
use crate::instructions::{Architecture, Instruction, Matcher, Operands, X86_HYPERCALL_VECTOR, table};
use crate::program::{CodeSection, Destination};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Formatter, GasFormatter, OpKind, Register};
use std::sync::LazyLock;

/// A decoder for one operand size.
pub(super) struct X86 {
    pub(super) bits: u32,
}

/// For each instruction code whether a rule may name it, so that plain instructions cost one look-up.
static CANDIDATES: LazyLock<Vec<bool>> = LazyLock::new(|| Code::values().map(is_candidate).collect());

fn is_candidate(code: Code) -> bool {
    rules().iter().any(|rule| match rule.matcher {
        Matcher::X86(mnemonics, _) => mnemonics.contains(&code.mnemonic()),
        Matcher::OtherPrivilegedX86 => code.is_privileged(),
        Matcher::Sparc { .. } | Matcher::SparcWhere(_) => false,
    })
}

fn rules() -> &'static [&'static Instruction] {
    table(Architecture::I386)
}

/// The rule that names an instruction.
fn rule_of(instruction: &iced_x86::Instruction) -> Option<&'static Instruction> {
    let candidate = CANDIDATES.get(instruction.code() as usize).copied().unwrap_or(true);
    if !candidate {
        return None;
    }
    rules().iter().copied().find(|rule| match rule.matcher {
        Matcher::X86(mnemonics, operands) => {
            mnemonics.contains(&instruction.mnemonic()) && has_operands(instruction, operands)
        }
        Matcher::OtherPrivilegedX86 => instruction.is_privileged(),
        Matcher::Sparc { .. } | Matcher::SparcWhere(_) => false,
    })
}

fn has_operands(instruction: &iced_x86::Instruction, operands: Operands) -> bool {
    let first = instruction.op0_register();
    let second = instruction.op1_register();
    match operands {
        Operands::Any => true,
        Operands::LoadsThreadSegment => loaded_segment(instruction, &[Register::FS, Register::GS]),
        Operands::LoadsFlatSegment => {
            loaded_segment(instruction, &[Register::DS, Register::ES, Register::SS, Register::CS])
        }
        Operands::ReadsSegment => second.is_segment_register() || first.is_segment_register(),
        Operands::ControlRegister => first.is_cr() || second.is_cr() || first.is_tr() || second.is_tr(),
        Operands::DebugRegister => first.is_dr() || second.is_dr(),
        Operands::HypercallVector => instruction.immediate8() == X86_HYPERCALL_VECTOR,
        Operands::OtherVector => instruction.immediate8() != X86_HYPERCALL_VECTOR,
        Operands::Far => is_far(instruction),
        Operands::LockedRegister => {
            instruction.has_lock_prefix() && instruction.op0_kind() == OpKind::Register
        }
    }
}

fn loaded_segment(instruction: &iced_x86::Instruction, segments: &[Register]) -> bool {
    use iced_x86::Mnemonic;
    let loaded = match instruction.mnemonic() {
        Mnemonic::Lfs => Register::FS,
        Mnemonic::Lgs => Register::GS,
        Mnemonic::Lds => Register::DS,
        Mnemonic::Les => Register::ES,
        Mnemonic::Lss => Register::SS,
        _ => instruction.op0_register(),
    };
    segments.contains(&loaded)
}

fn is_far(instruction: &iced_x86::Instruction) -> bool {
    instruction.is_jmp_far()
        || instruction.is_call_far()
        || instruction.is_jmp_far_indirect()
        || instruction.is_call_far_indirect()
}

impl X86 {
    fn decode(&self, section: &CodeSection<'_>, offset: usize) -> Option<iced_x86::Instruction> {
        let bytes = section.bytes.get(offset..)?;
        let address = section.base.wrapping_add(offset as u64);
        let decoded = |options| {
            let mut decoder = Decoder::with_ip(self.bits, bytes, address, options);
            let instruction = decoder.can_decode().then(|| decoder.decode());
            instruction.filter(|instruction| !instruction.is_invalid())
        };
        // What no processor executes is no instruction, but where a rule names just that.
        decoded(DecoderOptions::NONE).or_else(|| {
            let forbidden = decoded(DecoderOptions::NO_INVALID_CHECK)?;
            let locked = has_operands(&forbidden, Operands::LockedRegister);
            (locked && rule_of(&forbidden).is_some()).then_some(forbidden)
        })
    }

    /// Where a near branch goes, with the relocation that stands in it.
    fn target(section: &CodeSection<'_>, instruction: &iced_x86::Instruction) -> Option<u64> {
        let near = matches!(
            instruction.op0_kind(),
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
        );
        if !near {
            return None;
        }
        match section.relocation_in(instruction.ip(), instruction.len()) {
            Some(Destination::Code(address)) => Some(address),
            Some(Destination::Elsewhere) => None,
            None => Some(instruction.near_branch_target()),
        }
    }
}

impl Machine for X86 {
    fn step(&self, section: &CodeSection<'_>, offset: usize) -> Option<Step> {
        let instruction = self.decode(section, offset)?;
        let mut step = Step::plain(instruction.ip(), instruction.len(), rule_of(&instruction));
        match instruction.flow_control() {
            FlowControl::Next | FlowControl::Interrupt => {}
            FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend => {
                step.target = Self::target(section, &instruction);
            }
            FlowControl::Call | FlowControl::IndirectCall => {
                step.target = Self::target(section, &instruction);
                step.call = true;
            }
            FlowControl::UnconditionalBranch => {
                step.target = Self::target(section, &instruction);
                step.behind = None;
            }
            FlowControl::IndirectBranch => {
                step.computed = true;
                step.behind = None;
            }
            FlowControl::Return | FlowControl::Exception => step.behind = None,
        }
        Some(step)
    }

    fn text(&self, section: &CodeSection<'_>, offset: usize) -> String {
        let Some(instruction) = self.decode(section, offset) else { return "(no instruction)".to_owned() };
        let mut formatter = GasFormatter::new();
        formatter.options_mut().set_space_after_operand_separator(false);
        let mut text = String::new();
        formatter.format(&instruction, &mut text);
        text
    }

    fn alignment(&self) -> usize {
        1
    }

    fn skip_padding(&self, section: &CodeSection<'_>, start: usize, end: usize) -> usize {
        let mut offset = start;
        while offset < end {
            let Some(&byte) = section.bytes.get(offset) else { break };
            // 00 and cc (int3) are what linkers and compilers fill with.
            if matches!(byte, 0x00 | 0xcc) {
                offset += 1;
                continue;
            }
            let Some(instruction) = self.decode(section, offset) else { break };
            if !is_filler(&instruction) || offset + instruction.len() > end {
                break;
            }
            offset += instruction.len();
        }
        offset
    }

    fn trim_padding(&self, section: &CodeSection<'_>, start: usize, end: usize) -> usize {
        let bytes = section.bytes.get(start..end).unwrap_or_default();
        // Compilers fill with int3 behind a function; 00 may be the end of the last instruction.
        end - bytes.iter().rev().take_while(|&&byte| byte == 0xcc).count()
    }
}

/// Whether an instruction does nothing: `nop` in all its lengths, and the `lea 0(%esi),%esi` and
/// `xchg %ax,%ax` that GNU as uses for it.
fn is_filler(instruction: &iced_x86::Instruction) -> bool {
    use iced_x86::Mnemonic;
    match instruction.mnemonic() {
        Mnemonic::Nop => true,
        Mnemonic::Lea => {
            let same = instruction.op0_register() == instruction.memory_base()
                || instruction.op0_register() == instruction.memory_index()
                    && instruction.memory_base() == Register::None;
            same && instruction.memory_displacement64() == 0
        }
        Mnemonic::Xchg | Mnemonic::Mov => {
            instruction.op0_kind() == OpKind::Register
                && instruction.op1_kind() == OpKind::Register
                && instruction.op0_register() == instruction.op1_register()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever the decoder's own tables call privileged, input/output or level-0-only is named by a rule. The
    /// exceptions are listed with the reason.
    #[test]
    fn no_privileged_code_is_without_a_rule() {
        let mut missing = Vec::new();
        for code in Code::values() {
            let information = code.op_code();
            let privileged = code.is_privileged()
                || information.must_be_cpl0()
                || information.is_input_output()
                || (information.cpl0() && !information.cpl3());
            if privileged && !is_candidate(code) {
                missing.push(code);
            }
        }
        assert!(missing.is_empty(), "no rule names {missing:?}");
    }
}
