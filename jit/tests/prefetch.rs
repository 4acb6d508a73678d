//! A prefetch as compiled for a browser's memory: it never traps, wherever it points.

use tawaki_cpu::ir::Block;
use tawaki_cpu::lift::lift_block;
use tawaki_cpu::{GuestMemory, Mode, Perms};
use tawaki_jit::layout::HELPERS;
use tawaki_jit::{BlockSource, Layout, Limits, Options, compile, form_region};
use wasmtime::{
    Config, Engine, Extern, Func, Global, GlobalType, Instance, MemoryType, Module, Mutability, Ref, RefType,
    SharedMemory, Store, Table, TableType, Val, ValType,
};

const CODE: u64 = 0x40_0000;
const STATE: i32 = 0x1000;
const CONTEXT: i32 = 0x8000;
/// Linear memory, 64 KiB pages.
const PAGES: u32 = 16;

struct Source<'a>(&'a GuestMemory);

impl BlockSource for Source<'_> {
    fn block(&mut self, rip: u64) -> Option<Block> {
        lift_block(self.0, Mode::Bits64, rip, 64).ok().map(|l| l.block)
    }
    fn targets(&mut self, _: u64) -> Vec<u64> {
        Vec::new()
    }
}

/// PREFETCHT0 of an address, then HLT, which the function leaves before; made for a memory that is shared.
fn module(address: u32) -> Vec<u8> {
    let memory = GuestMemory::for_tests();
    memory.set_perms((CODE >> 12) as u32..(CODE >> 12) as u32 + 1, Perms::WRITE | Perms::EXEC);
    let code = [&[0x0f, 0x18, 0x0c, 0x25][..], &address.to_le_bytes(), &[0xf4]].concat();
    memory.write_bytes(CODE, &code).expect("mapped");
    let region = form_region(&mut Source(&memory), CODE, &Limits::default()).expect("a region");
    let layout = Layout { bits64: true, shared: true, memory_min: PAGES, memory_max: PAGES, perms: 0x1_0000 };
    compile(&[region], &layout, &Options { checked: false, ..Options::default() }).expect("compiles").wasm
}

/// Runs it on a memory that is all there, and returns where it goes on.
fn run(engine: &Engine, wasm: &[u8]) -> i32 {
    let mut store = Store::new(engine, ());
    let memory = SharedMemory::new(engine, MemoryType::shared(PAGES, PAGES)).expect("a memory");
    let table = TableType::new(RefType::FUNCREF, 64, None);
    let table = Table::new(&mut store, table, Ref::Func(None)).expect("a table");
    let base = GlobalType::new(ValType::I32, Mutability::Const);
    let base = Global::new(&mut store, base, Val::I32(1)).expect("a global");
    let module = Module::new(engine, wasm).expect("a module");
    let imports: Vec<Extern> = module
        .imports()
        .map(|import| match import.name() {
            "memory" => memory.clone().into(),
            "table" => table.into(),
            "base" => base.into(),
            name => {
                assert!(HELPERS.iter().any(|row| row.name == name), "import {name}");
                let ty = import.ty().unwrap_func().clone();
                Func::new(&mut store, ty, |_, _, _| panic!("no helper is needed")).into()
            }
        })
        .collect();
    Instance::new(&mut store, &module, &imports).expect("an instance");
    let Some(Ref::Func(Some(function))) = table.get(&mut store, 1) else { panic!("no function") };
    let function = function.typed::<(i32, i32, i32), i32>(&store).expect("its type");
    function.call(&mut store, (STATE, CONTEXT, 10)).expect("no trap")
}

#[test]
fn a_prefetch_never_traps() {
    let mut config = Config::new();
    config.wasm_simd(true).wasm_threads(true).wasm_tail_call(true).shared_memory(true);
    let engine = Engine::new(&config).expect("an engine");
    let end = (PAGES + 1) << 16;
    for address in [0, 0xffff, 0x1_0000, 0x2_0000, end - 1, end, end + 0x1_0000, 0x7fff_ffff, u32::MAX] {
        let wasm = module(address);
        let text = wasmprinter::print_bytes(&wasm).expect("valid wasm");
        assert!(text.contains("i32.load8_u"), "it asks for the line\n{text}");
        assert_eq!(run(&engine, &wasm), CODE as i32 + 8, "{address:#x}");
    }
}
