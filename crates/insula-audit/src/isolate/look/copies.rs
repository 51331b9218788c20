//! The images that each interpreter has for itself.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use insula_xray::{Chunks, DeepHit, Extension, ProcessMemory, deep, flat};

use super::super::seen::{Crossing, Reading};
use super::objects::Objects;
use super::told::{Image, Ranges, Telling};
use super::{Eyes, Start, name_of, named};

/// Objects that no interpreter told of, and which interpreter's variables lead to them.
type Holders = HashMap<u64, Vec<(usize, Crossing)>>;

/// One image, and what is needed to read it.
struct Copy<'a> {
    image: &'a Image,
    file: &'a Extension,
    start: Start<'a>,
    judge: &'a Objects<'a>,
}

impl Eyes<'_> {
    pub(super) fn compare_images(&mut self, told: &[Telling], judge: &Objects<'_>, reading: &mut Reading) {
        let images: Vec<&Image> = told.iter().flat_map(|one| &one.images).collect();
        self.note_as_usual(told, reading);
        let mains = mains(&judge.view.memory, &images);
        let ranges = Ranges::of(images.iter().copied().chain(&mains));
        let own_loader: HashSet<&Path> = told
            .iter()
            .flat_map(|one| &one.loaded)
            .filter(|(name, _)| name.starts_with("insula_isolate."))
            .map(|(_, path)| path.as_path())
            .collect();
        let chunks = self.chunks(judge, images.len());
        if let Err(why) = &chunks {
            reading.not_examined.insert(format!("objects behind native heap memory: {why}"));
        }
        let chunks = chunks.ok();
        let mut holders = Holders::new();
        for image in &images {
            reading.amounts.entry(image.path.clone()).or_default().copies += 1;
            if !image.is_extension {
                reading.private_libraries.insert(image.path.clone());
            }
            let Some(file) = self.file(&image.path) else {
                reading.not_examined.insert(format!("{}: its file cannot be read", image.path.display()));
                continue;
            };
            let start = Start { path: &image.path, file: &file, owner: Some(image.owner) };
            let copy = Copy { image, file: &file, start, judge };
            let used = |path: &Path| self.is_of_a_package(path) && !own_loader.contains(path);
            copy.read_words(&ranges, &used, reading);
            copy.read_objects(chunks.as_ref(), reading, &mut holders);
        }
        for (target, held) in holders {
            let of: BTreeSet<usize> = held.iter().map(|(owner, _)| *owner).collect();
            if of.len() > 1 && judge.mortal(target).is_some() {
                for (owner, mut crossing) in held {
                    crossing.others = of.iter().copied().filter(|other| *other != owner).collect();
                    reading.crossings.push(crossing);
                }
            }
        }
        self.common(&ranges, judge, chunks.as_ref(), reading);
    }

    /// The modules that isolated interpreters have without a copy.
    fn note_as_usual(&self, told: &[Telling], reading: &mut Reading) {
        for one in told.iter().skip(1) {
            for (name, path) in &one.loaded {
                let is_copy = one.images.iter().any(|image| image.path == *path);
                if !is_copy && !self.is_stdlib(path) && !name.starts_with("insula_isolate.") {
                    reading.as_usual.insert(name.clone(), path.clone());
                }
            }
        }
    }
}

/// What the main interpreter loaded is its own, if others have copies of it.
fn mains(memory: &ProcessMemory, images: &[&Image]) -> Vec<Image> {
    let copied: HashSet<&Path> = images.iter().map(|image| image.path.as_path()).collect();
    memory
        .files()
        .iter()
        .filter(|file| copied.contains(file.path.as_path()))
        // A copy may consist of pages of the file itself.
        .filter(|file| images.iter().all(|image| !image.range.contains(&file.range.start)))
        .map(|file| Image {
            owner: 0,
            path: file.path.clone(),
            base: file.bias,
            range: file.range.clone(),
            is_extension: false,
        })
        .collect()
}

impl Copy<'_> {
    /// What single words lead to, whatever it is; `used` tells libraries of packages that are mapped once.
    fn read_words(&self, ranges: &Ranges<'_>, used: &dyn Fn(&Path) -> bool, reading: &mut Reading) {
        let memory = &self.judge.view.memory;
        for segment in self.file.segments.iter().filter(|segment| segment.writable) {
            let first = segment.vaddr.next_multiple_of(8);
            let count = (segment.vaddr + segment.mem_size).saturating_sub(first) as usize / 8;
            let Some(words) = memory.words(self.image.base.wrapping_add(first), count) else {
                reading.not_examined.insert(format!("{}: its variables cannot be read", self.image.path.display()));
                continue;
            };
            reading.amounts.entry(self.image.path.clone()).or_default().words += words.len();
            for (word, vaddr) in words.into_iter().zip((first..).step_by(8)) {
                if word != 0 && !self.image.range.contains(&word) {
                    self.read_word(word, vaddr, ranges, used, reading);
                }
            }
        }
    }

    fn read_word(
        &self,
        word: u64,
        vaddr: u64,
        ranges: &Ranges<'_>,
        used: &dyn Fn(&Path) -> bool,
        reading: &mut Reading,
    ) {
        let Self { image, start, judge, .. } = self;
        if let Some(other) = ranges.holding(word) {
            if other.owner != image.owner {
                let what = format!("leads into another interpreter's image of {}", name_of(&other.path));
                reading.crossings.push(start.crossing(vaddr, word, what, vec![other.owner]));
            }
        } else if let Some(others) = judge.foreign(word, image.owner)
            && let Some((type_name, detail)) = judge.mortal(word)
        {
            let what = format!("holds an object of another interpreter: {}", named(&type_name, &detail));
            reading.crossings.push(start.crossing(vaddr, word, what, others));
        } else if let Some(file) = judge.view.memory.loaded_file_of(word)
            && used(&file.path)
        {
            reading.used_together.entry(file.path.clone()).or_default().insert(image.path.clone());
        }
    }

    /// The objects behind the variables. What no interpreter told of is known by who holds it.
    fn read_objects(&self, chunks: Option<&Chunks>, reading: &mut Reading, holders: &mut Holders) {
        let Self { image, file, start, judge } = self;
        let (memory, layout) = (&judge.view.memory, &judge.view.layout);
        let hits = match flat(memory, file, image.base, layout, judge.known) {
            Ok(hits) => hits,
            Err(error) => {
                let why = format!("{}: the objects of its variables: {error}", image.path.display());
                reading.not_examined.insert(why);
                return;
            }
        };
        reading.amounts.entry(image.path.clone()).or_default().objects += hits.len();
        let targets: HashSet<u64> = hits.iter().map(|hit| hit.target).collect();
        for hit in hits.into_iter().filter(|hit| !hit.immortal && !judge.told(hit.target)) {
            let described = named(&hit.type_name, &hit.detail);
            let what = format!("holds an object that another interpreter's image holds, too: {described}");
            let crossing = start.crossing(hit.vaddr, hit.target, what, Vec::new());
            holders.entry(hit.target).or_default().push((image.owner, crossing));
        }
        let Some(chunks) = chunks else { return };
        match deep(memory, file, image.base, layout, judge.known, chunks, &targets) {
            Ok(found) => {
                for hit in found.into_iter().filter(|hit| !hit.object.immortal) {
                    self.read_deep(&hit, reading, holders);
                }
            }
            Err(error) => {
                let why = format!("{}: objects behind native heap memory: {error}", image.path.display());
                reading.not_examined.insert(why);
            }
        }
    }

    fn read_deep(&self, hit: &DeepHit, reading: &mut Reading, holders: &mut Holders) {
        let Self { image, start, judge, .. } = self;
        let object = &hit.object;
        let described = named(&object.type_name, &object.detail);
        match judge.foreign(object.target, image.owner) {
            Some(others) => {
                let what = format!("leads through native memory to an object of another interpreter: {described}");
                reading.crossings.push(start.crossing(hit.vaddr, object.target, what, others));
            }
            None if !judge.told(object.target) => {
                let what = format!(
                    "leads through native memory to an object that another interpreter's image leads to, too: \
                     {described}"
                );
                let crossing = start.crossing(hit.vaddr, object.target, what, Vec::new());
                holders.entry(object.target).or_default().push((image.owner, crossing));
            }
            None => {}
        }
    }
}
