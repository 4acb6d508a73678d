//! What the engine asks of its host.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use tawaki_cpu::{CpuState, GuestMemory, Mode};

use crate::layout::{DispatchEntry, JitContext, Layout};
use crate::library::{Form, Id, Recipe};

/// A wasm trap in compiled code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trapped;

/// What the engine asks of its host: to install, call and drop modules. One for
/// each guest thread.
pub trait CodeHost {
    /// What compiled code is to assume.
    fn layout(&self, memory: &GuestMemory, mode: Mode) -> Layout;

    /// Compiles and instantiates a module of so many functions. Returns the table
    /// index of its first one. The error is for the log.
    fn install(&mut self, wasm: &[u8], functions: u32) -> Result<u32, String>;

    /// The module installed last is for other engines too, such as this recipe says.
    /// Returns what it is called.
    fn publish(&mut self, _recipe: &Recipe, _form: &Form) -> Option<Id> {
        None
    }

    /// Addresses for which other engines have compiled code since the last call.
    fn news(&mut self) -> Vec<u32> {
        Vec::new()
    }

    /// Modules of other engines that might be right for `rip`, the best first.
    fn offers(&mut self, _memory: &GuestMemory, _rip: u32, _form: &Form) -> Vec<Id> {
        Vec::new()
    }

    /// What one of them was made from.
    fn recipe(&mut self, _id: Id) -> Option<Recipe> {
        None
    }

    /// Addresses, in order, for which there is stored code, if the engine has not been told yet.
    fn stored(&mut self) -> Option<Arc<[u32]>> {
        None
    }

    /// Whether one of the [`Self::offers`] has been installed by somebody.
    fn is_used(&mut self, _id: Id) -> bool {
        true
    }

    /// Whether one of the [`Self::offers`] can be installed without waiting. If not, it is on its way.
    fn ready(&mut self, _id: Id) -> bool {
        true
    }

    /// How often engines have found this function of it worth calling. Hosts that compile functions before they
    /// are called say the most.
    fn votes(&mut self, _id: Id, _function: u32) -> u32 {
        u32::MAX
    }

    /// This engine calls it whatever others found.
    fn called(&mut self, _id: Id, _function: u32) {}

    /// This engine finds so, once more. How often that was.
    fn vote(&mut self, _id: Id, _function: u32) -> u32 {
        u32::MAX
    }

    /// Installs one of them, as [`Self::install`] does.
    fn install_shared(&mut self, _id: Id, _functions: u32) -> Result<u32, String> {
        Err("nothing is shared here".to_owned())
    }

    /// One of them has begun to be used by this process.
    fn used(&mut self, _id: Id) {}

    /// Forgets functions installed before; the indices may be used again.
    fn drop_functions(&mut self, first: u32, functions: u32);

    /// The words shared with compiled code, at a fixed place in linear memory.
    fn context(&mut self) -> &mut JitContext;

    /// The dispatch table that `context` names.
    fn dispatch(&mut self) -> &mut [DispatchEntry];

    /// Compiled code is going to run on this state and poll this word: makes both
    /// visible to it. Until [`Self::leave`] nobody else uses the state.
    fn enter(&mut self, state: &mut CpuState, attention: &AtomicU32);

    /// Calls a function on the state given to [`Self::enter`]; returns the guest
    /// address to go on at.
    fn call(&mut self, index: u32, memory: &GuestMemory, depth: u32) -> Result<u32, Trapped>;

    /// Brings the state back.
    fn leave(&mut self, state: &mut CpuState);

    /// Runs `body`. Where a trap in compiled code unwinds through Rust frames (in
    /// browsers), it ends here and not before.
    fn guarded(body: &mut dyn FnMut()) -> Result<(), Trapped> {
        body();
        Ok(())
    }

    /// After [`Self::guarded`] failed: whether it was compiled code that trapped, and
    /// not the emulator itself.
    fn was_in_code(&mut self) -> bool {
        true
    }

    /// Some clock, microseconds, for figures.
    fn clock_us(&self) -> u64;

    /// One line for the operator.
    fn log(&mut self, line: &str);
}
