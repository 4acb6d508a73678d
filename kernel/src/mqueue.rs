//! POSIX message queues (mq_overview(7)): their tables. The calls are in
//! `syscall/mqueue.rs`.

use crate::file::epoll::Edges;
use crate::slab::{Id, Slab};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

pub type QueueId = Id<Queue>;

/// Queues of the system (`queues_max`).
pub const MAX_QUEUES: usize = 256;
/// Defaults and limits of those who are not privileged (`msg_max`, `msgsize_max`).
pub const MESSAGES: i64 = 10;
pub const SIZE: i64 = 8192;
/// What the superuser may ask for.
pub const MESSAGES_EVER: i64 = 65_536;
pub const SIZE_EVER: i64 = 1 << 20;
/// Priorities (`MQ_PRIO_MAX`).
pub const PRIORITIES: u32 = 32_768;

/// Who wants to hear of a message that comes to an empty queue.
#[derive(Clone, Copy, Debug)]
pub struct Notify {
    pub pid: i32,
    /// 0 for SIGEV_NONE.
    pub signo: u32,
    pub value: u64,
}

/// A queue.
pub struct Queue {
    /// Descriptors of it.
    pub opens: u32,
    /// It has a name.
    pub named: bool,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub max: u64,
    pub size: u64,
    pub messages: BTreeMap<(Reverse<u32>, u64), Vec<u8>>,
    pub sent: u64,
    pub bytes: u64,
    /// What its owner is charged (RLIMIT_MSGQUEUE).
    pub cost: u64,
    pub notify: Option<Notify>,
    pub edges: Edges,
}

/// All queues.
pub struct Queues {
    pub all: Slab<Queue>,
    pub names: HashMap<Vec<u8>, QueueId>,
    /// Bytes charged to a user.
    pub charged: HashMap<u32, u64>,
}

impl Default for Queues {
    fn default() -> Self {
        Queues { all: Slab::new(), names: HashMap::new(), charged: HashMap::new() }
    }
}

impl Queues {
    /// Frees a queue that has neither a name nor a descriptor.
    pub fn settle(&mut self, id: QueueId) {
        let unused = self.all.get(id).is_some_and(|queue| queue.opens == 0 && !queue.named);
        let Some(queue) = unused.then(|| self.all.remove(id)).flatten() else { return };
        if let Some(charged) = self.charged.get_mut(&queue.uid) {
            *charged = charged.saturating_sub(queue.cost);
            if *charged == 0 {
                self.charged.remove(&queue.uid);
            }
        }
    }
}

impl Queue {
    /// Text of a read(2).
    pub fn text(&self) -> Vec<u8> {
        let (pid, signo) = self.notify.map_or((0, 0), |notify| (notify.pid, notify.signo));
        let kind = i32::from(self.notify.is_some() && signo == 0);
        format!("QSIZE:{:<10} NOTIFY:{kind:<5} SIGNO:{signo:<5} NOTIFY_PID:{pid:<6}\n", self.bytes)
            .into_bytes()
    }

    /// What mq_open charges (getrlimit(2), RLIMIT_MSGQUEUE).
    pub fn cost(max: u64, size: u64) -> u64 {
        max.saturating_mul(size)
            .saturating_add(max.saturating_mul(8))
            .saturating_add(max.min(u64::from(PRIORITIES)) * 40)
    }
}
