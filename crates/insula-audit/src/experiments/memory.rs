//! A worker's memory, read while it waits.

use std::collections::HashSet;

use insula_xray::{Extension, Hit, KnownType, Layout, ProcessMemory, flat};

use super::Lab;
use super::argument_parser::is_keyword_tuple;
use crate::observations::{Gap, Seen};
use crate::worker::protocol::Checkpoint;

/// A process whose objects are known to be laid out as the table says.
pub(crate) struct View {
    pub(crate) memory: ProcessMemory,
    pub(crate) layout: Layout,
}

/// What keeps memory from being read.
pub(super) fn unread(error: impl ToString) -> Gap {
    Gap::not_tried(error.to_string())
}

impl View {
    /// Opens the memory of a worker that waits. An interpreter whose objects are laid out otherwise is refused by
    /// name, before anything else is believed.
    pub(crate) fn open(lab: &Lab, pid: u32, checkpoint: &Checkpoint) -> Seen<Self> {
        let (major, minor) = lab.host.feature();
        let small = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
        let free_threaded = lab.host.interpreter.facts.free_threaded;
        let layout = Layout::for_version(small(major), small(minor), free_threaded).map_err(unread)?;
        let memory = ProcessMemory::of(pid).map_err(unread)?;
        layout.check(&memory, checkpoint.type_address).map_err(unread)?;
        Ok(Self { memory, layout })
    }

    /// Where a file was loaded.
    pub(super) fn bias(&self, extension: &Extension) -> Seen<u64> {
        let missing = || Gap::not_tried("the file is not mapped into the process that imported it");
        self.memory.load_bias(extension).ok_or_else(missing)
    }

    /// The X-ray of an extension's globals, without objects that have nothing to do with it.
    pub(super) fn x_ray(&self, extension: &Extension, known: &[KnownType], others: &[u64]) -> Seen<Vec<Hit>> {
        let bias = self.bias(extension)?;
        let mut hits = flat(&self.memory, extension, bias, &self.layout, known).map_err(unread)?;
        let others: HashSet<&u64> = others.iter().collect();
        hits.retain(|hit| !others.contains(&hit.target) && !is_keyword_tuple(&self.memory, &self.layout, bias, hit));
        Ok(hits)
    }
}
