//! What is known of the modules that load: from audits that are there, or from audits now.

use super::report::Report;
use super::{AppError, Question};
use crate::Progress;
use crate::audit::{self, AuditError};
use crate::cache::Cache;
use crate::experiments::Lab;
use crate::host::Host;
use crate::report::{Answer, ModuleReport};
use crate::target;
use crate::worker::scratch::Scratch;

/// Adds it to the report.
pub(super) fn add(
    host: &Host,
    question: &Question,
    report: &mut Report,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(), AppError> {
    let scratch = Scratch::new().map_err(|error| AppError::Scratch(error.to_string()))?;
    let lab = Lab::new(host.clone(), question.timeout, scratch.path(), question.helper.clone());
    let subjects: Vec<_> =
        report.loaded.iter().filter_map(|one| target::of_file(&one.name, &one.file, Vec::new()).ok()).collect();
    let cache = Cache::open(question.helper.as_deref());
    let found: Vec<ModuleReport> = if question.deep {
        progress(Progress::Modules(subjects.len()));
        match audit::of_subjects(&lab, subjects, &cache, progress) {
            Ok(found) => found,
            Err(AuditError::Interrupted) => return Err(AppError::Interrupted),
            Err(error) => return Err(AppError::Input(error.to_string())),
        }
    } else {
        subjects.iter().filter_map(|subject| cache.read(&cache.place(&lab, subject))).collect()
    };
    for module in &found {
        let Some(one) = report.loaded.iter_mut().find(|one| one.name == module.name) else { continue };
        one.isolated = Some(module.isolated);
        let bad = |answer| matches!(answer, Answer::No | Answer::Refused | Answer::Inconclusive);
        let not = module.answers.iter().filter(|(_, answered)| bad(answered.answer) && !answered.excluded);
        let names: Vec<&str> = not.map(|(question, _)| question.name()).collect();
        one.why = (!names.is_empty()).then(|| names.join(", "));
    }
    Ok(())
}
