//! What is mapped once, and used by several interpreters.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use insula_xray::{Chunks, Extension, deep, flat};

use super::super::seen::Reading;
use super::objects::Objects;
use super::told::Ranges;
use super::{Eyes, Start, name_of, named};

impl Eyes<'_> {
    /// What is mapped once, and used by several interpreters, may hold no mortal object at all.
    pub(super) fn common(
        &mut self,
        images: &Ranges<'_>,
        judge: &Objects<'_>,
        chunks: Option<&Chunks>,
        reading: &mut Reading,
    ) {
        let paths: BTreeSet<PathBuf> = reading.used_together.keys().chain(reading.as_usual.values()).cloned().collect();
        for path in paths {
            let bias = self.file(&path).and_then(|file| Some((judge.view.memory.load_bias(&file)?, file)));
            let Some((bias, file)) = bias else {
                reading.not_examined.insert(format!("{}: it cannot be read", path.display()));
                continue;
            };
            let start = Start { path: &path, file: &file, owner: None };
            read_words(&path, &file, bias, &start, images, judge, reading);
            read_objects(&path, &file, bias, &start, judge, chunks, reading);
        }
    }
}

fn read_words(
    path: &Path,
    file: &Extension,
    bias: u64,
    start: &Start<'_>,
    images: &Ranges<'_>,
    judge: &Objects<'_>,
    reading: &mut Reading,
) {
    for range in file.writable_ranges() {
        let first = range.start.next_multiple_of(8);
        let count = range.end.saturating_sub(first) as usize / 8;
        let Some(words) = judge.view.memory.words(bias.wrapping_add(first), count) else {
            reading.not_examined.insert(format!("{}: its variables cannot be read", path.display()));
            continue;
        };
        reading.amounts.entry(path.to_path_buf()).or_default().words += words.len();
        for (word, vaddr) in words.into_iter().zip((first..).step_by(8)) {
            if let Some(image) = images.holding(word).filter(|image| image.owner > 0) {
                let name = name_of(&image.path);
                let what = format!("is one for all interpreters, and leads into one interpreter's image of {name}");
                reading.crossings.push(start.crossing(vaddr, word, what, vec![image.owner]));
            }
        }
    }
}

fn read_objects(
    path: &Path,
    file: &Extension,
    bias: u64,
    start: &Start<'_>,
    judge: &Objects<'_>,
    chunks: Option<&Chunks>,
    reading: &mut Reading,
) {
    let (memory, layout) = (&judge.view.memory, &judge.view.layout);
    let mut unread = |what: &str, error: &dyn std::fmt::Display| {
        reading.not_examined.insert(format!("{}: {what}: {error}", path.display()));
    };
    let hits = flat(memory, file, bias, layout, judge.known);
    let hits = hits.inspect_err(|error| unread("the objects of its variables", error)).unwrap_or_default();
    let targets: HashSet<u64> = hits.iter().map(|hit| hit.target).collect();
    let found = chunks.map(|chunks| deep(memory, file, bias, layout, judge.known, chunks, &targets));
    let found = found.transpose().inspect_err(|error| unread("objects behind native heap memory", error));
    reading.amounts.entry(path.to_path_buf()).or_default().objects += hits.len();
    let direct = hits.into_iter().map(|hit| (hit.vaddr, hit.target, "holds"));
    let behind = found.ok().flatten().into_iter().flatten();
    let behind = behind.map(|hit| (hit.vaddr, hit.object.target, "leads through native memory to"));
    for (vaddr, target, how) in direct.chain(behind) {
        if let Some((type_name, detail)) = judge.mortal(target) {
            let described = named(&type_name, &detail);
            let what = format!("is one for all interpreters, and {how} an object: {described}");
            reading.crossings.push(start.crossing(vaddr, target, what, judge.owners(target)));
        }
    }
}
