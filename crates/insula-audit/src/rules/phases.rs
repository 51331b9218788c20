//! INS001 and INS002: how the module is initialised, and where that leaves its state.

use insula_xray::{Holds, InitKind};
use serde_json::json;

use super::{Checked, Results, finding};
use crate::experiments::Observations;
use crate::report::Severity;

pub(crate) fn single_phase(seen: &Observations, _: &Results) -> Checked {
    let message = format!("{} uses single-phase initialisation (by {})", seen.subject.name, seen.init_source);
    match seen.init {
        InitKind::MultiPhase => Checked::holds(),
        InitKind::SinglePhase => {
            let evidence = json!({ "source": seen.init_source });
            Checked::from_findings(vec![finding("INS001", Severity::Error, message, evidence)])
        }
        InitKind::Both | InitKind::Unknown => {
            Checked::inconclusive("neither the init function's return value nor the imported functions tell")
        }
    }
}

pub(crate) fn stateless(seen: &Observations, _: &Results) -> Checked {
    if !seen.multi_phase() {
        return Checked::not_run("not a multi-phase module (INS001)");
    }
    let Some(definition) = &seen.definition else {
        return Checked::not_run("the module's definition could not be read");
    };
    let hits = match &seen.hits {
        Ok(hits) => hits,
        Err(why) => return Checked::not_run(why),
    };
    let state = hits.iter().filter(|hit| hit.holds != Holds::StaticType).count();
    if definition.m_size > 0 || state == 0 {
        return Checked::holds();
    }
    let noun = if state == 1 { "global holds a Python object" } else { "globals hold Python objects" };
    let message = format!("m_size is {}, so it declares to have no state, but {state} {noun}", definition.m_size);
    let evidence = json!({ "m_size": definition.m_size, "globals": state });
    Checked::from_findings(vec![finding("INS002", Severity::Error, message, evidence)])
}
