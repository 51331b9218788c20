//! INS001: how the module is initialised.

use insula_xray::InitKind;

use super::{Found, Judgement};
use crate::observations::Observations;

pub(super) fn check(seen: &Observations) -> Judgement {
    let message = format!("{} uses single-phase initialisation (by {})", seen.name, seen.init_source);
    match seen.init {
        InitKind::MultiPhase => Judgement::holds(),
        InitKind::SinglePhase => Judgement::of([Found::new("", message)]),
        InitKind::Both | InitKind::Unknown => {
            Judgement::inconclusive("neither the init function's return value nor the imported functions tell")
        }
    }
}
