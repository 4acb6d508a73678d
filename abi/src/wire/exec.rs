//! What a worker needs to start a program.

use super::FileId;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Payload of `Start::Exec`: the kernel or a host makes one (with
/// [`crate::wire::encode`], `handle: None`) to start the first program; `process`
/// makes one for [`crate::wire::Call::ExecSpawn`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// File name as execve(2) got it (relative to the task's current directory).
    pub path: ByteBuf,
    /// Arguments, the program's own name first.
    pub argv: Vec<ByteBuf>,
    /// Environment, `NAME=value`.
    pub envp: Vec<ByteBuf>,
    /// The program already opened by [`crate::wire::Call::ExecOpen`], `#!` lines
    /// already resolved; `None`: to be opened by `path`.
    pub handle: Option<(u32, FileId)>,
    /// What the program inherits from the one before, as `process` encodes it; may be empty.
    pub inherited: ByteBuf,
}
