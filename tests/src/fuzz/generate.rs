//! Random snippets: instructions with operands that mostly hit the windows.

use iced_x86::{
    Code, Encoder, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpCodeOperandKind, OpKind,
    Register,
};
use tawaki_cpu::Mode;

use super::codes::{Family, TEMPLATES};
use super::random::Random;
use crate::machine::{CODE, DATA, READ_ONLY, STACK, State};
use crate::undefined::flag_use;

/// A generated snippet: an initial state and its code in pieces that can be replaced
/// by NOPs one by one.
#[derive(Clone, Debug)]
pub struct Snippet {
    /// Initial state, code included.
    pub state: State,
    /// Code bytes of each piece.
    pub atoms: Vec<Vec<u8>>,
}

impl Snippet {
    /// All code bytes.
    pub fn code(&self) -> Vec<u8> {
        self.atoms.concat()
    }
}

/// Tries before a place in the snippet is left empty.
const ATTEMPTS: usize = 40;

fn sized(index: usize, size: usize) -> Register {
    let base = match size {
        2 => Register::AX,
        4 => Register::EAX,
        _ => Register::RAX,
    };
    base + index as u32
}

/// Makes one snippet.
pub struct Generator<'a> {
    random: &'a mut Random,
    mode: Mode,
    families: &'a [Family],
    templates: bool,
    atoms: Vec<Vec<u8>>,
    at: u64,
    /// Register values at this point, where they follow from the initial ones.
    known: [Option<u64>; 16],
    /// Flags that are undefined at this point.
    undefined: u32,
}

impl<'a> Generator<'a> {
    /// Draws a snippet of up to `length` pieces.
    pub fn snippet(
        random: &'a mut Random,
        mode: Mode,
        families: &'a [Family],
        templates: bool,
        unmasked: bool,
        length: usize,
    ) -> Snippet {
        let state = initial(random, mode, unmasked);
        let known = state.gpr.map(Some);
        let mut generator =
            Self { random, mode, families, templates, atoms: Vec::new(), at: CODE.base, known, undefined: 0 };
        for _ in 0..length {
            generator.piece();
        }
        let atoms = generator.atoms;
        let mut state = state;
        state.set_code(&atoms.concat());
        Snippet { state, atoms }
    }

    fn long(&self) -> bool {
        self.mode == Mode::Bits64
    }

    fn push(&mut self, bytes: Vec<u8>) {
        self.at += bytes.len() as u64;
        self.atoms.push(bytes);
    }

    /// One encoding or one template, by weight.
    fn piece(&mut self) {
        let templates: usize = if self.templates { TEMPLATES.iter().map(|(_, w)| w).sum() } else { 0 };
        let total = templates + self.families.iter().map(|f| f.weight).sum::<usize>();
        let mut draw = self.random.below(total);
        if self.templates {
            for (name, weight) in TEMPLATES {
                if draw < weight {
                    return self.template(name);
                }
                draw -= weight;
            }
        }
        self.plain();
    }

    /// One instruction drawn from the encodings. `false` if none was found.
    fn plain(&mut self) -> bool {
        for _ in 0..ATTEMPTS {
            let total: usize = self.families.iter().map(|f| f.weight).sum();
            let mut draw = self.random.below(total);
            let Some(family) = self.families.iter().find(|f| {
                let hit = draw < f.weight;
                draw = draw.saturating_sub(f.weight);
                hit
            }) else {
                return false;
            };
            let code = self.random.pick(&family.codes);
            let lock = family.name == "lock";
            if let Some((instruction, bytes)) = self.encode(code, lock) {
                self.account(&instruction);
                self.push(bytes);
                return true;
            }
        }
        false
    }

    fn encode(&mut self, code: Code, lock: bool) -> Option<(Instruction, Vec<u8>)> {
        let info = code.op_code();
        let mut instruction = Instruction::default();
        instruction.set_code(code);
        let bits_by_register =
            matches!(code.mnemonic(), Mnemonic::Bt | Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc);
        let mut memory = None;
        for (i, kind) in info.op_kinds().iter().enumerate() {
            let i = i as u32;
            if is_memory(*kind) && (lock || self.random.chance(40) || register_size(*kind) == 0) {
                instruction.set_op_kind(i, OpKind::Memory);
                memory = Some(i);
            } else {
                self.register_or_immediate(&mut instruction, i, *kind)?;
            }
        }
        if lock {
            memory?;
            instruction.set_has_lock_prefix(true);
        }
        if memory.is_some() {
            let size = instruction.memory_size().size().max(1);
            let mut target = self.target(size);
            if bits_by_register && instruction.op1_kind() == OpKind::Register {
                let register = instruction.op1_register();
                let bits = 8 * register.size() as u32;
                let value = self.known[register.number()]?;
                let signed = (value << (64 - bits)) as i64 >> (64 - bits);
                target =
                    target.wrapping_sub(((signed >> bits.trailing_zeros()) * i64::from(bits / 8)) as u64);
            }
            match vector_index(info.op_kinds()) {
                Some(first) => self.gather_address(&mut instruction, first)?,
                None => self.address(&mut instruction, target)?,
            }
        }
        if !self.acceptable(&instruction) {
            return None;
        }
        let mut encoder = Encoder::new(if self.long() { 64 } else { 32 });
        encoder.encode(&instruction, self.at).ok()?;
        let bytes = encoder.take_buffer();
        (bytes.len() <= 15).then_some((instruction, bytes))
    }

    /// No reading of undefined flags, no wild stack pointer, no wild implicit pointer.
    fn acceptable(&self, instruction: &Instruction) -> bool {
        if flag_use(instruction).reads & self.undefined != 0 {
            return false;
        }
        let reads_only =
            matches!(instruction.mnemonic(), Mnemonic::Push | Mnemonic::Cmp | Mnemonic::Test | Mnemonic::Bt);
        if instruction.op0_kind() == OpKind::Register
            && instruction.op0_register().full_register() == Register::RSP
            && !reads_only
        {
            return false;
        }
        if instruction.op1_kind() == OpKind::Register
            && instruction.op1_register().full_register() == Register::RSP
            && matches!(instruction.mnemonic(), Mnemonic::Xchg | Mnemonic::Xadd | Mnemonic::Mulx)
        {
            return false;
        }
        if instruction.mnemonic() == Mnemonic::Leave {
            return self.known[5].is_some_and(|rbp| rbp.wrapping_sub(STACK.base) < 0xff0);
        }
        // A double shift of 16 bits by more than 16 has no defined result.
        if matches!(
            instruction.code(),
            Code::Shld_rm16_r16_CL
                | Code::Shld_rm16_r16_imm8
                | Code::Shrd_rm16_r16_CL
                | Code::Shrd_rm16_r16_imm8
        ) {
            let count = if instruction.op2_kind() == OpKind::Register {
                self.known[1]
            } else {
                Some(u64::from(instruction.immediate8()))
            };
            return count.is_some_and(|count| count & 0x1f <= 16);
        }
        // BSWAP of 16 bits has none either.
        instruction.code() != Code::Bswap_r16
    }

    fn register_or_immediate(
        &mut self,
        instruction: &mut Instruction,
        i: u32,
        kind: OpCodeOperandKind,
    ) -> Option<()> {
        use OpCodeOperandKind as K;
        let gprs = if self.long() { 16 } else { 8 };
        let mut register = |register: Register| {
            instruction.set_op_kind(i, OpKind::Register);
            instruction.set_op_register(i, register);
        };
        match kind {
            K::r8_or_mem | K::r8_reg | K::r8_opcode => {
                // AL..BH and, with REX, SPL..DIL and R8B..R15B.
                let n = self.random.below(if self.long() { 20 } else { 8 });
                register(Register::AL + n as u32);
            }
            K::al => register(Register::AL),
            K::cl => register(Register::CL),
            K::ax => register(Register::AX),
            K::dx => register(Register::DX),
            K::eax => register(Register::EAX),
            K::rax => register(Register::RAX),
            K::st0 => register(Register::ST0),
            K::sti_opcode => register(Register::ST0 + self.random.below(8) as u32),
            K::mm_reg | K::mm_rm | K::mm_or_mem => {
                register(Register::MM0 + self.random.below(8) as u32);
            }
            K::xmm_reg | K::xmm_rm | K::xmm_or_mem | K::xmm_vvvv | K::xmm_is4 => {
                register(Register::XMM0 + self.random.below(gprs) as u32);
            }
            K::ymm_reg | K::ymm_rm | K::ymm_or_mem | K::ymm_vvvv | K::ymm_is4 => {
                register(Register::YMM0 + self.random.below(gprs) as u32);
            }
            K::imm8_const_1 => {
                instruction.set_op_kind(i, OpKind::Immediate8);
                instruction.set_immediate8(1);
            }
            K::imm8 => {
                let value = if self.random.chance(60) {
                    self.random.below(70) as u8
                } else {
                    self.random.bits() as u8
                };
                // The second immediate of ENTER has a field of its own.
                if i == 1 && instruction.op0_kind() == OpKind::Immediate16 {
                    instruction.set_op_kind(i, OpKind::Immediate8_2nd);
                    instruction.set_immediate8_2nd(value & 3);
                } else {
                    instruction.set_op_kind(i, OpKind::Immediate8);
                    instruction.set_immediate8(value);
                }
            }
            K::imm8sex16 => {
                instruction.set_op_kind(i, OpKind::Immediate8to16);
                instruction.set_immediate8to16(self.random.integer() as i8 as i16);
            }
            K::imm8sex32 => {
                instruction.set_op_kind(i, OpKind::Immediate8to32);
                instruction.set_immediate8to32(self.random.integer() as i8 as i32);
            }
            K::imm8sex64 => {
                instruction.set_op_kind(i, OpKind::Immediate8to64);
                instruction.set_immediate8to64(self.random.integer() as i8 as i64);
            }
            K::imm16 => {
                instruction.set_op_kind(i, OpKind::Immediate16);
                let value = self.random.integer() as u16;
                let stack = matches!(instruction.mnemonic(), Mnemonic::Enter | Mnemonic::Ret);
                instruction.set_immediate16(if stack { value & 0x3f } else { value });
            }
            K::imm32 => {
                instruction.set_op_kind(i, OpKind::Immediate32);
                instruction.set_immediate32(self.random.integer() as u32);
            }
            K::imm32sex64 => {
                instruction.set_op_kind(i, OpKind::Immediate32to64);
                instruction.set_immediate32to64(self.random.integer() as i32 as i64);
            }
            K::imm64 => {
                instruction.set_op_kind(i, OpKind::Immediate64);
                instruction.set_immediate64(self.random.integer());
            }
            _ => {
                let size = register_size(kind);
                if size == 0 {
                    return None;
                }
                register(sized(self.random.below(gprs), size));
            }
        }
        Some(())
    }

    /// A guest address for an operand of `size` bytes: mostly inside a window, sometimes
    /// over a page or window edge, in read-only memory, or nowhere.
    fn target(&mut self, size: usize) -> u64 {
        let align = if size >= 16 && self.random.chance(90) { 16 } else { 1 };
        let draw = self.random.below(100);
        let room = |window: crate::machine::Window| window.size - size.min(window.size);
        let address = match draw {
            0..60 => DATA.base + self.random.below(0xc0) as u64,
            60..75 => DATA.base + 0xfc0 + self.random.below(0x80) as u64,
            75..84 => DATA.base + room(DATA) as u64 - self.random.below(0x40) as u64,
            84..90 => STACK.base + 0x7c0 + self.random.below(0x80) as u64,
            90..95 => READ_ONLY.base + self.random.below(room(READ_ONLY) + 1) as u64,
            95..97 => DATA.base + DATA.size as u64 - self.random.below(size + 1) as u64,
            97 => DATA.base - self.random.below(size + 1) as u64,
            _ => self.random.below(0x2_0000) as u64,
        };
        address & !(align - 1)
    }

    /// An addressing form that reaches `target` from registers of known value.
    fn address(&mut self, instruction: &mut Instruction, target: u64) -> Option<()> {
        let offset_only = instruction.code().op_code().op_kinds().contains(&OpCodeOperandKind::mem_offs);
        let wide = self.long() && (offset_only || self.random.chance(93));
        let form = if offset_only { 0 } else { self.random.below(10) };
        if form == 0 {
            instruction.set_memory_displ_size(if wide { 8 } else { 4 });
            instruction.set_memory_displacement64(target);
            return (wide || target >> 32 == 0).then_some(());
        }
        if form == 1 && wide {
            instruction.set_memory_base(Register::RIP);
            instruction.set_memory_displ_size(8);
            instruction.set_memory_displacement64(target);
            return Some(());
        }
        let gprs = if self.long() { 16 } else { 8 };
        let size = if wide { 8 } else { 4 };
        let mut left = target;
        if form != 2 {
            let base = self.random.below(gprs);
            left = left.wrapping_sub(self.known[base]?);
            instruction.set_memory_base(sized(base, size));
        }
        if form == 2 || form > 6 {
            let index = self.random.below(gprs);
            if index == 4 {
                return None;
            }
            let scale = self.random.pick(&[1, 2, 4, 8]);
            left = left.wrapping_sub(self.known[index]?.wrapping_mul(scale));
            instruction.set_memory_index(sized(index, size));
            instruction.set_memory_index_scale(scale as u32);
        }
        if wide {
            i32::try_from(left as i64).ok()?;
        }
        let displacement = if wide { left } else { left & 0xffff_ffff };
        let zero = displacement == 0 && form != 2;
        instruction.set_memory_displ_size(if zero { 0 } else { 1 });
        if form == 2 {
            instruction.set_memory_displ_size(if wide { 8 } else { 4 });
        }
        instruction.set_memory_displacement64(displacement);
        if self.random.chance(4) {
            let segments = [Register::DS, Register::ES, Register::SS, Register::FS, Register::GS];
            let n = if self.long() { 5 } else { 3 };
            instruction.set_segment_prefix(segments[self.random.below(n)]);
        }
        Some(())
    }

    /// A base of known value and a vector of indices, which are what they are.
    fn gather_address(&mut self, instruction: &mut Instruction, first: Register) -> Option<()> {
        let wide = self.long() && self.random.chance(93);
        let gprs = if self.long() { 16 } else { 8 };
        let base = self.random.below(gprs);
        let left = (DATA.base + 0x80).wrapping_sub(self.known[base]?);
        if wide {
            i32::try_from(left as i64).ok()?;
        }
        instruction.set_memory_base(sized(base, if wide { 8 } else { 4 }));
        instruction.set_memory_index(first + self.random.below(gprs) as u32);
        instruction.set_memory_index_scale(self.random.pick(&[1, 2, 4, 8]));
        instruction.set_memory_displ_size(1);
        instruction.set_memory_displacement64(if wide { left } else { left & 0xffff_ffff });
        // The processor wants three different registers.
        let numbers = [instruction.op0_register(), instruction.memory_index(), instruction.op2_register()];
        let [a, b, c] = numbers.map(Register::number);
        (a != b && b != c && a != c).then_some(())
    }

    /// Tracks what is known after an instruction.
    fn account(&mut self, instruction: &Instruction) {
        let flags = flag_use(instruction);
        self.undefined = (self.undefined & !flags.defines) | flags.undefines;
        let mut factory = InstructionInfoFactory::new();
        let stack = self.known[4];
        for used in factory.info(instruction).used_registers() {
            let register = used.register().full_register();
            let writes = matches!(
                used.access(),
                OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
            );
            if writes && register.is_gpr() {
                self.known[register.number()] = None;
            }
        }
        if instruction.is_stack_instruction()
            && !matches!(instruction.mnemonic(), Mnemonic::Enter | Mnemonic::Leave)
        {
            let moved = instruction.stack_pointer_increment() as i64 as u64;
            self.known[4] = stack.map(|rsp| rsp.wrapping_add(moved));
        }
    }

    /// `mov register, value`.
    fn move_known(&mut self, index: usize, value: u64) {
        let mut bytes = Vec::new();
        let value = if self.long() { value } else { value & 0xffff_ffff };
        let wide = value >> 32 != 0;
        if wide || index > 7 {
            bytes.push(0x40 | if wide { 8 } else { 0 } | (index >> 3) as u8);
        }
        bytes.push(0xb8 | (index & 7) as u8);
        bytes.extend(&value.to_le_bytes()[..if wide { 8 } else { 4 }]);
        self.known[index] = Some(value);
        self.push(bytes);
    }

    fn template(&mut self, name: &str) {
        match name {
            "string" => self.string(),
            "branch" => self.branch(),
            "divide" => self.divide(),
            "pointer" => {
                let index = self.random.below(if self.long() { 16 } else { 8 });
                if index != 4 {
                    let value = if self.random.chance(70) { self.target(16) } else { self.random.integer() };
                    self.move_known(index, value);
                }
            }
            _ => self.flag_traffic(),
        }
    }

    /// REP and plain string instructions with pointers near the edges of the data.
    fn string(&mut self) {
        let wide_address = !self.long() || self.random.chance(90);
        let opcode = self.random.pick(&[0xa4u8, 0xa6, 0xaa, 0xac, 0xae]);
        let size = self.random.below(if self.long() { 4 } else { 3 });
        let prefix = self.random.pick(&[0u8, 0xf3, 0xf2]);
        let count = self.random.pick(&[0u64, 1, 2, 3, 7, 16, 33]);
        let (from, to) = (self.target(8), self.target(8));
        let forward = self.random.chance(75);
        self.push(vec![if forward { 0xfc } else { 0xfd }]);
        self.move_known(6, from);
        self.move_known(7, to);
        let junk = if self.long() && self.random.chance(20) { self.random.bits() << 32 } else { 0 };
        self.move_known(1, count | if wide_address { 0 } else { junk });
        let mut bytes = Vec::new();
        if !wide_address {
            bytes.push(0x67);
        }
        if size == 1 {
            bytes.push(0x66);
        }
        if prefix != 0 {
            bytes.push(prefix);
        }
        if size == 3 {
            bytes.push(0x48);
        }
        bytes.push(opcode | u8::from(size != 0));
        for index in [0, 1, 6, 7] {
            self.known[index] = None;
        }
        if prefix == 0 && matches!(opcode, 0xa6 | 0xae) {
            self.undefined = 0;
        }
        self.push(bytes);
    }

    /// Jumps over one instruction, calls of one, and indirect jumps to the next.
    fn branch(&mut self) {
        let (known, undefined) = (self.known, self.undefined);
        let pieces = self.atoms.len();
        match self.random.below(8) {
            0..4 => {
                // jcc over an instruction
                let cc = self.random.below(16) as u8;
                let reads = [0x800, 1, 0x40, 0x41, 0x80, 4, 0x880, 0x8c0][usize::from(cc >> 1)];
                if reads & self.undefined != 0 {
                    return;
                }
                let near = self.random.chance(30);
                let length = if near { 6 } else { 2 };
                self.at += length;
                if !self.plain() {
                    self.at -= length;
                    return;
                }
                let skipped = self.atoms.pop().unwrap_or_default();
                let distance = skipped.len() as u32;
                let mut bytes = if near { vec![0x0f, 0x80 | cc] } else { vec![0x70 | cc] };
                bytes.extend(&distance.to_le_bytes()[..if near { 4 } else { 1 }]);
                self.atoms.push(bytes);
                self.atoms.push(skipped);
            }
            4 => {
                // loop, loope, loopne, jrcxz over an instruction
                let opcode = self.random.pick(&[0xe0u8, 0xe1, 0xe2, 0xe3]);
                if opcode < 0xe2 && self.undefined & 0x40 != 0 {
                    return;
                }
                let count = self.random.below(3) as u64;
                self.move_known(1, count);
                self.known[1] = None;
                self.at += 2;
                if !self.plain() {
                    self.at -= 2;
                    return;
                }
                let skipped = self.atoms.pop().unwrap_or_default();
                self.atoms.push(vec![opcode, skipped.len() as u8]);
                self.atoms.push(skipped);
                self.known[1] = None;
            }
            5 => {
                // call f; jmp end; f: instruction; ret; end:
                let start = self.at;
                let stack = self.known[4];
                self.at += 7;
                self.known[4] = stack.map(|rsp| rsp.wrapping_sub(if self.long() { 8 } else { 4 }));
                if !self.plain() {
                    self.at = start;
                    self.known = known;
                    return;
                }
                let body = self.atoms.pop().unwrap_or_default();
                let mut bytes = vec![0xe8, 2, 0, 0, 0, 0xeb, body.len() as u8 + 1];
                bytes.extend(body);
                bytes.push(0xc3);
                self.at = start;
                self.push(bytes);
                // A stack instruction in the body makes the return go astray: so be it.
                self.known[4] = stack;
            }
            6 => {
                // push next; ret
                let ret = if self.random.chance(50) { vec![0xc3] } else { vec![0xc2, 8, 0] };
                let next = (self.at + 5 + ret.len() as u64) as u32;
                let mut bytes = vec![0x68];
                bytes.extend(next.to_le_bytes());
                bytes.extend(ret);
                self.known[4] = None;
                self.push(bytes);
            }
            _ => {
                // mov eax, next; jmp rax or call rax
                let call = self.random.chance(40);
                let next = (self.at + 7) as u32;
                let mut bytes = vec![0xb8];
                bytes.extend(next.to_le_bytes());
                bytes.extend([0xff, if call { 0xd0 } else { 0xe0 }]);
                self.known[0] = Some(u64::from(next));
                if call {
                    let size = if self.long() { 8 } else { 4 };
                    self.known[4] = self.known[4].map(|rsp| rsp.wrapping_sub(size));
                }
                self.push(bytes);
                return;
            }
        }
        if self.atoms.len() == pieces {
            return;
        }
        // Either way may have been taken.
        for (now, before) in self.known.iter_mut().zip(known) {
            if *now != before {
                *now = None;
            }
        }
        self.undefined |= undefined;
    }

    /// DIV and IDIV with a high half that lets some quotients fit.
    fn divide(&mut self) {
        let high = self.random.pick(&[0u64, 0, 1, u64::MAX, 3]);
        let value = self.random.integer();
        self.move_known(2, high);
        self.move_known(0, value);
        let size = self.random.below(if self.long() { 4 } else { 3 });
        let divisor = self.random.below(8) as u8;
        let signed = self.random.below(2) as u8;
        let mut bytes = Vec::new();
        if size == 1 {
            bytes.push(0x66);
        }
        if size == 3 {
            bytes.push(0x48);
        }
        bytes.extend([if size == 0 { 0xf6 } else { 0xf7 }, 0xf0 | signed << 3 | divisor]);
        self.known[0] = None;
        self.known[2] = None;
        self.undefined = 0x8d5;
        self.push(bytes);
    }

    /// PUSHF, POPF of harmless values, SAHF, LAHF, CMC and the like.
    fn flag_traffic(&mut self) {
        match self.random.below(4) {
            0 => {
                let value = self.random.bits() as u32 & 0x20_0cd5;
                let mut bytes = vec![0x68];
                bytes.extend(value.to_le_bytes());
                bytes.push(0x9d);
                self.undefined = 0;
                self.push(bytes);
            }
            1 if self.undefined == 0 => {
                let step = if self.long() { 8 } else { 4 };
                self.known[4] = self.known[4].map(|rsp| rsp.wrapping_sub(step));
                self.push(vec![0x9c]);
            }
            2 => {
                self.undefined &= 0x800;
                self.push(vec![0x9e]);
            }
            _ => {
                // xor reg, reg: defines everything but AF
                let index = self.random.pick(&[0u8, 1, 2, 3, 5, 6, 7]);
                self.known[usize::from(index)] = Some(0);
                self.undefined = 0x10;
                self.push(vec![0x31, 0xc0 | index << 3 | index]);
            }
        }
    }
}

/// The first register of the indices, if the memory operand has a vector of them.
fn vector_index(kinds: &[OpCodeOperandKind]) -> Option<Register> {
    use OpCodeOperandKind as K;
    kinds.iter().find_map(|kind| match kind {
        K::mem_vsib32x | K::mem_vsib64x => Some(Register::XMM0),
        K::mem_vsib32y | K::mem_vsib64y => Some(Register::YMM0),
        _ => None,
    })
}

fn is_memory(kind: OpCodeOperandKind) -> bool {
    use OpCodeOperandKind as K;
    matches!(
        kind,
        K::mem
            | K::mem_offs
            | K::r8_or_mem
            | K::r16_or_mem
            | K::r32_or_mem
            | K::r64_or_mem
            | K::mm_or_mem
            | K::xmm_or_mem
            | K::ymm_or_mem
            | K::mem_vsib32x
            | K::mem_vsib32y
            | K::mem_vsib64x
            | K::mem_vsib64y
    )
}

/// Bytes of the register an operand kind can be; 0 if it is only memory or unknown.
fn register_size(kind: OpCodeOperandKind) -> usize {
    use OpCodeOperandKind as K;
    match kind {
        K::r8_or_mem | K::r8_reg | K::r8_opcode => 1,
        K::r16_or_mem | K::r16_reg | K::r16_rm | K::r16_opcode => 2,
        K::r32_or_mem | K::r32_reg | K::r32_rm | K::r32_opcode | K::r32_vvvv => 4,
        K::r64_or_mem | K::r64_reg | K::r64_rm | K::r64_opcode | K::r64_vvvv => 8,
        K::mm_or_mem | K::mm_reg | K::mm_rm => 8,
        K::xmm_or_mem | K::xmm_reg | K::xmm_rm => 16,
        K::ymm_or_mem | K::ymm_reg | K::ymm_rm => 32,
        _ => 0,
    }
}

/// Random registers and memory; some registers point into the data.
fn initial(random: &mut Random, mode: Mode, unmasked: bool) -> State {
    let mut state = State::new(mode, &[]);
    let long = mode == Mode::Bits64;
    for i in (0..if long { 16 } else { 8 }).filter(|i| *i != 4) {
        let value = match random.below(10) {
            0..4 => DATA.base + random.below(0x100) as u64,
            4 => STACK.base + 0x7c0 + random.below(0x80) as u64,
            5 => random.below(64) as u64,
            _ => random.integer(),
        };
        state.gpr[i] = if long { value } else { value & 0xffff_ffff };
    }
    state.flags |= random.bits() as u32 & 0x8d5;
    for i in 0..if long { 16 } else { 8 } {
        state.xmm[i] = random.vector();
    }
    state.mxcsr = if !unmasked || random.chance(50) { 0x1f80 } else { random.bits() as u32 & 0x1f80 };
    if random.chance(40) {
        state.mxcsr |= random.bits() as u32 & 0xe040;
    }
    state.fpu.cw = if !unmasked || random.chance(50) { 0x37f } else { 0x340 | random.bits() as u16 & 0x3f };
    if random.chance(40) {
        // Precision 1 is reserved.
        let precision = random.pick(&[0u16, 2, 3]);
        state.fpu.cw = state.fpu.cw & 0x7f | precision << 8 | (random.bits() as u16 & 3) << 10;
    }
    let top = random.below(8);
    state.fpu.sw = (top as u16) << 11 | random.bits() as u16 & 0x4700;
    let depth = random.pick(&[0usize, 1, 2, 2, 3, 4, 6, 8]);
    for i in 0..8 {
        state.fpu.st[i] = if random.chance(15) {
            // An MMX value.
            tawaki_cpu::x87::F80 { mantissa: random.bits(), sign_exponent: 0xffff }
        } else {
            random.extended()
        };
        if i < depth {
            state.fpu.used |= 1 << ((top + i) & 7);
        }
    }
    let [_, data, stack] = &mut state.memory.windows;
    let mut fill = |window: &mut [u8]| {
        for chunk in window.chunks_mut(16) {
            let bytes = random.vector().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    };
    for range in [0..0x100, 0xfc0..0x1040, 0x1f40..0x2000] {
        fill(&mut data[range]);
    }
    fill(&mut stack[0x7a0..0x840]);
    if random.chance(60) {
        for i in 0..if long { 16 } else { 8 } {
            state.upper[i] = random.vector();
            if random.chance(15) {
                // Indices near a base.
                let small = (0..4).map(|lane| u128::from(random.bits() as u8 >> 2) << (32 * lane));
                state.xmm[i] = small.sum();
                state.upper[i] = state.xmm[i] >> 8;
            }
        }
    }
    state
}
