//! The step function.

use crate::event::{Config, Effect, Event, Now};
use tawaki_abi::{Errno, wire::Reply};
use tawaki_vfs::Vfs;

/// The machine's kernel.
pub struct Kernel {
    _config: Config,
    _vfs: Vfs,
}

impl Kernel {
    /// A kernel over a tree whose root file system is mounted. The other mounts
    /// (`/proc`, `/dev` and so on) it makes itself, at the first steps.
    pub fn new(config: Config, vfs: Vfs) -> Kernel {
        Kernel { _config: config, _vfs: vfs }
    }

    /// Handles one event; appends to `effects` what the host must do, in order.
    pub fn step(&mut self, now: Now, event: Event, effects: &mut Vec<Effect>) {
        let _ = now;
        if let Event::Call { slot, .. } = event {
            effects.push(Effect::Reply { slot, reply: Reply::err(Errno::ENOSYS) });
        }
    }

    /// When the next timer is due, monotonic nanoseconds: the host then sends
    /// [`Event::Tick`] unless something else happens before.
    pub fn next_timer(&self) -> Option<u64> {
        None
    }
}
