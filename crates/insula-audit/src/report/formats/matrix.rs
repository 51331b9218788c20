//! Modules by interpreters: what the text's table and the page's matrix show.

use crate::report::{ModuleReport, Report};

/// One module of one target, on every interpreter.
pub(super) struct Row<'a> {
    target: &'a str,
    pub(super) name: &'a str,
    /// One for each of the report's interpreters; none where the target has no such module there.
    pub(super) cells: Vec<Option<&'a ModuleReport>>,
}

impl<'a> Row<'a> {
    /// The results that there are.
    pub(super) fn modules(&self) -> impl Iterator<Item = &'a ModuleReport> {
        self.cells.iter().copied().flatten()
    }

    /// Its version; of a standard library's module, each of them.
    pub(super) fn version(&self) -> String {
        let mut versions: Vec<&str> = self.modules().filter_map(|module| module.version.as_deref()).collect();
        versions.dedup();
        versions.join(", ")
    }
}

/// The rows, in the order of the targets.
pub(super) fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (target, module) in report.rows() {
        let Some(column) = report.interpreters.iter().position(|one| one.id == target.interpreter) else {
            continue;
        };
        // The same name twice in one target and interpreter is two files, such as two wheels in a folder.
        let fits =
            |row: &&mut Row<'_>| row.target == target.target && row.name == module.name && row.cells[column].is_none();
        let row = match rows.iter_mut().find(fits) {
            Some(row) => row,
            None => {
                let cells = vec![None; report.interpreters.len()];
                rows.push(Row { target: &target.target, name: &module.name, cells });
                let last = rows.len() - 1;
                &mut rows[last]
            }
        };
        row.cells[column] = Some(module);
    }
    rows
}
