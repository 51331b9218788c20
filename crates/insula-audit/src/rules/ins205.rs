//! INS205: heap types with object fields, but without the collector.

use insula_xray::TypeSlot;

use super::Judgement;
use super::common::types::{over_types, unvisited};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    over_types(
        seen,
        TypeSlot::Dealloc,
        |kind| !kind.has_gc && kind.own_dealloc,
        |name, kind| {
            let fields = unvisited(seen, name, kind)?;
            let what = fields.iter().map(|what| format!("it has no Py_TPFLAGS_HAVE_GC, but owns {what}"));
            Some(what.collect())
        },
    )
}
