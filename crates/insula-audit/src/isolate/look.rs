//! One reading of the worker's memory: what the variables of each interpreter's images lead to.
//!
//! Each interpreter told which objects are its own. A word of an image's variables that holds the address of an object
//! of another interpreter, or an address inside another interpreter's image, ties the two together. So does an object
//! that the images of two interpreters hold, and one that two interpreters told of.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use insula_pythons::Interpreter;
use insula_xray::layout::OB_TYPE;
use insula_xray::{Chunks, Extension, KnownType, Layout, ProcessMemory, Reached, TypeObject, deep, flat, shared};
use serde_json::Value;

use super::worker::read;
use crate::observe::{Seen, known_of};
use crate::target::Subject;

/// What the auditor knows before it looks.
pub(super) struct Eyes<'a> {
    layout: Layout,
    /// The library that notes heap blocks.
    library: Seen<Extension>,
    files: HashMap<PathBuf, Option<Extension>>,
    /// Folders below which a library belongs to a package.
    homes: Vec<PathBuf>,
    interpreter: &'a Interpreter,
}

/// Something that leads from one interpreter to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Crossing {
    /// The file of the image that it starts from.
    pub(super) path: PathBuf,
    /// Whose image that is; none if all interpreters have the same.
    pub(super) owner: Option<usize>,
    /// The variable: its address in the file, and what to call it.
    pub(super) vaddr: u64,
    pub(super) place: String,
    /// What it leads to, in words that are the same in every run.
    pub(super) what: String,
    /// Whose that is.
    pub(super) others: Vec<usize>,
    /// The object's address.
    pub(super) target: u64,
}

/// An object that several interpreters told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SharedObject {
    pub(super) address: u64,
    pub(super) type_name: String,
    pub(super) detail: String,
    pub(super) of: Vec<usize>,
}

/// What was read of one file's images.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amount {
    pub(super) copies: usize,
    pub(super) words: usize,
    pub(super) objects: usize,
}

/// One reading.
pub(super) struct Reading {
    pub(super) crossings: Vec<Crossing>,
    pub(super) shared: Vec<SharedObject>,
    /// What was read, by file.
    pub(super) amounts: BTreeMap<PathBuf, Amount>,
    /// How many objects each interpreter told of.
    pub(super) objects: Vec<usize>,
    pub(super) private_libraries: BTreeSet<PathBuf>,
    /// Files of packages that are mapped once, and the files whose images use them.
    pub(super) used_together: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Modules that isolated interpreters have without a copy: file by name.
    pub(super) as_usual: BTreeMap<String, PathBuf>,
    /// What could not be looked at.
    pub(super) not_examined: BTreeSet<String>,
}

/// One image of one interpreter.
struct Image {
    owner: usize,
    path: PathBuf,
    base: u64,
    range: Range<u64>,
    is_extension: bool,
}

/// Images by address.
struct Ranges<'a>(Vec<&'a Image>);

impl<'a> Ranges<'a> {
    fn of(images: impl Iterator<Item = &'a Image>) -> Self {
        let mut images: Vec<&Image> = images.collect();
        images.sort_by_key(|image| image.range.start);
        Self(images)
    }

    /// The image that an address lies in.
    fn holding(&self, address: u64) -> Option<&'a Image> {
        let after = self.0.partition_point(|image| image.range.start <= address);
        self.0[..after].last().filter(|image| image.range.contains(&address)).copied()
    }
}

/// What one interpreter told.
struct Told {
    images: Vec<Image>,
    known: Vec<KnownType>,
    loaded: BTreeMap<String, PathBuf>,
}

impl<'a> Eyes<'a> {
    pub(super) fn new(
        layout: Layout,
        library: Seen<PathBuf>,
        subjects: &[Subject],
        interpreter: &'a Interpreter,
    ) -> Self {
        let library = library.and_then(|path| Extension::read(&path).map_err(|error| error.to_string()));
        let mut homes = vec![interpreter.facts.site_packages.clone()];
        for subject in subjects {
            let depth = subject.name.split('.').count();
            homes.extend(subject.path.ancestors().nth(depth).map(real));
        }
        homes[0] = real(&homes[0]);
        homes.sort();
        homes.dedup();
        let files = subjects.iter().map(|one| (real(&one.path), Some(one.extension.clone()))).collect();
        Self { layout, library, files, homes, interpreter }
    }

    fn file(&mut self, path: &Path) -> Option<&Extension> {
        let read = || Extension::read(path).ok();
        self.files.entry(path.to_path_buf()).or_insert_with(read).as_ref()
    }

    fn is_stdlib(&self, path: &Path) -> bool {
        path.starts_with(&self.interpreter.facts.stdlib) && !path.starts_with(&self.interpreter.facts.site_packages)
    }

    fn is_of_a_package(&self, path: &Path) -> bool {
        !self.is_stdlib(path) && self.homes.iter().any(|home| path.starts_with(home))
    }

    /// Reads the worker while it waits.
    pub(super) fn look(&mut self, pid: u32, folder: &Path, reading: u64, width: usize) -> Seen<Reading> {
        let memory = ProcessMemory::of(pid).map_err(|error| error.to_string())?;
        let mut told = Vec::new();
        let mut owners: HashMap<u64, u32> = HashMap::new();
        let mut objects = Vec::new();
        for number in 0..=width {
            let missing = || format!("interpreter {number} did not tell what it has");
            told.push(Told::read(folder, reading, number).ok_or_else(missing)?);
            let bytes = std::fs::read(folder.join(format!("objects{reading}-{number}"))).map_err(|_| missing())?;
            objects.push(bytes.len() / 8);
            for word in bytes.chunks_exact(8).filter_map(|word| word.try_into().ok()) {
                *owners.entry(u64::from_le_bytes(word)).or_default() |= 1 << number;
            }
        }
        if objects.contains(&0) {
            return Err("an interpreter told of no object at all".to_owned());
        }
        let mut known: BTreeMap<u64, KnownType> = BTreeMap::new();
        for one in told.iter().flat_map(|told| &told.known) {
            known.entry(one.addr).or_insert_with(|| one.clone());
        }
        let type_address = known.values().find(|one| one.name == "type").map_or(0, |one| one.addr);
        self.layout.check(&memory, type_address).map_err(|error| error.to_string())?;
        let known: Vec<KnownType> = known.into_values().collect();
        let python = memory.loaded_file_of(type_address).map(|file| file.range.clone());
        let judge = Objects { memory: &memory, layout: self.layout, known: &known, owners: &owners, python };
        let mut reading = Reading {
            crossings: Vec::new(),
            shared: Vec::new(),
            amounts: BTreeMap::new(),
            objects,
            private_libraries: BTreeSet::new(),
            used_together: BTreeMap::new(),
            as_usual: BTreeMap::new(),
            not_examined: BTreeSet::new(),
        };
        self.compare_images(&memory, &told, &judge, &mut reading);
        for (address, mask) in owners.iter().filter(|(_, mask)| mask.count_ones() > 1) {
            if let Some((type_name, detail)) = judge.mortal(*address) {
                reading.shared.push(SharedObject { address: *address, type_name, detail, of: numbers(*mask) });
            }
        }
        reading.shared.sort_by_key(|one| one.address);
        Ok(reading)
    }

    fn compare_images(&mut self, memory: &ProcessMemory, told: &[Told], judge: &Objects<'_>, reading: &mut Reading) {
        // Deep walks of hundreds of images would take longer than the rest of the audit.
        const MOST_DEEP: usize = 120;
        let images: Vec<&Image> = told.iter().flat_map(|one| &one.images).collect();
        let copied: HashSet<&Path> = images.iter().map(|image| image.path.as_path()).collect();
        for one in told.iter().skip(1) {
            for (name, path) in &one.loaded {
                let is_copy = one.images.iter().any(|image| image.path == *path);
                if !is_copy && !self.is_stdlib(path) && !name.starts_with("insula_isolate.") {
                    reading.as_usual.insert(name.clone(), path.clone());
                }
            }
        }
        // What the main interpreter loaded is its own, if others have copies of it.
        let mains: Vec<Image> = memory
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
            .collect();
        let ranges = Ranges::of(images.iter().copied().chain(&mains));
        let own_loader: HashSet<&Path> = told
            .iter()
            .flat_map(|one| &one.loaded)
            .filter(|(name, _)| name.starts_with("insula_isolate."))
            .map(|(_, path)| path.as_path())
            .collect();
        let chunks = self.library.as_ref().map_err(String::clone).and_then(|library| {
            let chunks = Chunks::read(memory, library).ok_or("this C library does not let blocks be followed")?;
            if chunks.count() == 0 || chunks.lost() > 0 {
                return Err(format!("the table of heap blocks is not complete ({} lost)", chunks.lost()));
            }
            Ok(chunks)
        });
        if let Err(why) = &chunks {
            reading.not_examined.insert(format!("objects behind native heap memory: {why}"));
        }
        if images.len() > MOST_DEEP {
            let why = format!("objects behind native heap memory: there are more than {MOST_DEEP} copies");
            reading.not_examined.insert(why);
        }
        let chunks = chunks.ok().filter(|_| images.len() <= MOST_DEEP);
        let mut holders: HashMap<u64, Vec<(usize, Crossing)>> = HashMap::new();
        for image in &images {
            let amount = reading.amounts.entry(image.path.clone()).or_default();
            amount.copies += 1;
            if !image.is_extension {
                reading.private_libraries.insert(image.path.clone());
            }
            let file = self.file(&image.path).cloned();
            let Some(file) = file else {
                reading.not_examined.insert(format!("{}: its file cannot be read", image.path.display()));
                continue;
            };
            let start = |vaddr: u64, target: u64, what: String, others: Vec<usize>| Crossing {
                path: image.path.clone(),
                owner: Some(image.owner),
                vaddr,
                place: place(&file, vaddr),
                what,
                others,
                target,
            };
            for segment in file.segments.iter().filter(|segment| segment.writable) {
                let first = segment.vaddr.next_multiple_of(8);
                let count = (segment.vaddr + segment.mem_size).saturating_sub(first) as usize / 8;
                let Some(words) = memory.words(image.base.wrapping_add(first), count) else {
                    reading.not_examined.insert(format!("{}: its variables cannot be read", image.path.display()));
                    continue;
                };
                reading.amounts.entry(image.path.clone()).or_default().words += words.len();
                for (word, vaddr) in words.into_iter().zip((first..).step_by(8)) {
                    if word == 0 || image.range.contains(&word) {
                        continue;
                    }
                    if let Some(other) = ranges.holding(word) {
                        if other.owner != image.owner {
                            let name = other.path.file_name().unwrap_or_default().to_string_lossy();
                            let what = format!("leads into another interpreter's image of {name}");
                            reading.crossings.push(start(vaddr, word, what, vec![other.owner]));
                        }
                    } else if let Some(others) = judge.foreign(word, image.owner)
                        && let Some((type_name, detail)) = judge.mortal(word)
                    {
                        let what = format!("holds an object of another interpreter: {}", named(&type_name, &detail));
                        reading.crossings.push(start(vaddr, word, what, others));
                    } else if let Some(file) = memory.loaded_file_of(word)
                        && self.is_of_a_package(&file.path)
                        && !own_loader.contains(file.path.as_path())
                    {
                        let users = reading.used_together.entry(file.path.clone()).or_default();
                        users.insert(image.path.clone());
                    }
                }
            }
            // What no interpreter told of is known by who holds it.
            if let Ok(hits) = flat(memory, &file, image.base, &self.layout, judge.known) {
                reading.amounts.entry(image.path.clone()).or_default().objects += hits.len();
                let targets: HashSet<u64> = hits.iter().map(|hit| hit.target).collect();
                for hit in hits.into_iter().filter(|hit| !hit.immortal && !judge.owners.contains_key(&hit.target)) {
                    let what = format!(
                        "holds an object that another interpreter's image holds, too: {}",
                        named(&hit.type_name, &hit.detail)
                    );
                    let crossing = start(hit.vaddr, hit.target, what, Vec::new());
                    holders.entry(hit.target).or_default().push((image.owner, crossing));
                }
                if let Some(chunks) = &chunks
                    && let Ok(found) = deep(memory, &file, image.base, &self.layout, judge.known, chunks, &targets)
                {
                    for hit in found.into_iter().filter(|hit| !hit.object.immortal) {
                        let object = &hit.object;
                        let described = named(&object.type_name, &object.detail);
                        match judge.foreign(object.target, image.owner) {
                            Some(others) => {
                                let what = format!(
                                    "leads through native memory to an object of another interpreter: {described}"
                                );
                                reading.crossings.push(start(hit.vaddr, object.target, what, others));
                            }
                            None if !judge.owners.contains_key(&object.target) => {
                                let what = format!(
                                    "leads through native memory to an object that another interpreter's image leads \
                                     to, too: {described}"
                                );
                                let crossing = start(hit.vaddr, object.target, what, Vec::new());
                                holders.entry(object.target).or_default().push((image.owner, crossing));
                            }
                            None => {}
                        }
                    }
                }
            }
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
        self.common(memory, &ranges, judge, chunks.as_ref(), reading);
    }

    /// What is mapped once, and used by several interpreters, may hold no mortal object at all.
    fn common(
        &mut self,
        memory: &ProcessMemory,
        images: &Ranges<'_>,
        judge: &Objects<'_>,
        chunks: Option<&Chunks>,
        reading: &mut Reading,
    ) {
        let paths: BTreeSet<PathBuf> = reading.used_together.keys().chain(reading.as_usual.values()).cloned().collect();
        for path in paths {
            let Some(file) = self.file(&path).cloned() else { continue };
            let Some(bias) = memory.load_bias(&file) else { continue };
            let amount = reading.amounts.entry(path.clone()).or_default();
            let start = |vaddr: u64, target: u64, what: String, others: Vec<usize>| Crossing {
                path: path.clone(),
                owner: None,
                vaddr,
                place: place(&file, vaddr),
                what,
                others,
                target,
            };
            let owners = |target: u64| judge.owners.get(&target).map(|mask| numbers(*mask)).unwrap_or_default();
            for range in file.writable_ranges() {
                let first = range.start.next_multiple_of(8);
                let count = range.end.saturating_sub(first) as usize / 8;
                let words = memory.words(bias.wrapping_add(first), count).unwrap_or_default();
                amount.words += words.len();
                for (word, vaddr) in words.into_iter().zip((first..).step_by(8)) {
                    if let Some(image) = images.holding(word).filter(|image| image.owner > 0) {
                        let name = image.path.file_name().unwrap_or_default().to_string_lossy();
                        let what =
                            format!("is one for all interpreters, and leads into one interpreter's image of {name}");
                        reading.crossings.push(start(vaddr, word, what, vec![image.owner]));
                    }
                }
            }
            let hits = flat(memory, &file, bias, &self.layout, judge.known).unwrap_or_default();
            amount.objects += hits.len();
            let targets: HashSet<u64> = hits.iter().map(|hit| hit.target).collect();
            for hit in hits {
                if let Some((type_name, detail)) = judge.mortal(hit.target) {
                    let what =
                        format!("is one for all interpreters, and holds an object: {}", named(&type_name, &detail));
                    reading.crossings.push(start(hit.vaddr, hit.target, what, owners(hit.target)));
                }
            }
            let found = chunks.map(|chunks| deep(memory, &file, bias, &self.layout, judge.known, chunks, &targets));
            for hit in found.and_then(Result::ok).into_iter().flatten() {
                if let Some((type_name, detail)) = judge.mortal(hit.object.target) {
                    let described = named(&type_name, &detail);
                    let what = format!(
                        "is one for all interpreters, and leads through native memory to an object: {described}"
                    );
                    reading.crossings.push(start(hit.vaddr, hit.object.target, what, owners(hit.object.target)));
                }
            }
        }
    }
}

impl Told {
    fn read(folder: &Path, reading: u64, number: usize) -> Option<Self> {
        let file = read(folder, &format!("told{reading}-{number}.json"))?;
        let image = |row: &Value| {
            let (base, size) = (row[1].as_u64()?, row[2].as_u64()?);
            Some(Image {
                owner: number,
                path: real(row[0].as_str()?),
                base,
                range: base..base.checked_add(size)?,
                is_extension: row[3] == true,
            })
        };
        let loaded = |row: &Value| Some((row[0].as_str()?.to_owned(), real(row[1].as_str()?)));
        Some(Self {
            images: file["images"].as_array()?.iter().filter_map(image).collect(),
            known: known_of(&file),
            loaded: file["loaded"].as_array()?.iter().filter_map(loaded).collect(),
        })
    }
}

/// A file under its own name, as the kernel's map of a process has it.
pub(super) fn real(path: impl AsRef<Path>) -> PathBuf {
    path.as_ref().canonicalize().unwrap_or_else(|_| path.as_ref().to_path_buf())
}

/// What is known of objects.
struct Objects<'a> {
    memory: &'a ProcessMemory,
    layout: Layout,
    known: &'a [KnownType],
    /// Who told of it, bit by bit.
    owners: &'a HashMap<u64, u32>,
    /// The interpreter's own file.
    python: Option<Range<u64>>,
}

impl Objects<'_> {
    /// Whose object it is, if others told of it and the owner of the image did not.
    fn foreign(&self, address: u64, owner: usize) -> Option<Vec<usize>> {
        let mask = *self.owners.get(&address)?;
        (mask & (1 << owner) == 0).then(|| numbers(mask))
    }

    /// The type and a few words about an object that does not live as long as the process; none if there is no such
    /// object.
    fn mortal(&self, address: u64) -> Option<(String, String)> {
        if self.python.as_ref().is_some_and(|range| range.contains(&address)) {
            return None;
        }
        let count = self.layout.refcount(self.memory.word(address)?)?;
        let kind = TypeObject::read(self.memory, &self.layout, self.memory.word(address + OB_TYPE)?).ok()?;
        if count.immortal {
            return None;
        }
        if kind.is_metatype() {
            let class = TypeObject::read(self.memory, &self.layout, address).ok()?;
            // A static type of an image is found as an address inside of it.
            return class.is_heap.then_some((kind.name, class.name));
        }
        // Up to 3.11 all contexts begin with the same empty map.
        if self.layout.minor < 12 && kind.name.starts_with("hamt") {
            return None;
        }
        let one = |_| Reached { addr: address, type_name: String::new(), path: String::new(), immortal: false };
        // Up to 3.11 CPython itself shares texts and small numbers; it knows which.
        let all = shared(self.memory, &self.layout, &self.known_roots(), &[one(0)], &[one(1)]);
        let detail = all.into_iter().next().map(|found| found.detail);
        match detail {
            Some(detail) => Some((kind.name, detail)),
            None if self.layout.minor < 12 => None,
            // An interned text.
            None => Some((kind.name, String::new())),
        }
    }

    /// Enough to find the interpreter's own file.
    fn known_roots(&self) -> Vec<KnownType> {
        self.known.iter().filter(|one| one.name == "object" || one.name == "type").cloned().collect()
    }
}

fn numbers(mask: u32) -> Vec<usize> {
    (0..32).filter(|number| mask & (1 << number) != 0).map(|number| number as usize).collect()
}

/// What to call a variable.
fn place(file: &Extension, vaddr: u64) -> String {
    if let Some((name, offset)) = file.symbol_at(vaddr) {
        return if offset == 0 { name.to_owned() } else { format!("{name}+{offset:#x}") };
    }
    match file.sections.iter().find(|section| (section.vaddr..section.vaddr + section.size).contains(&vaddr)) {
        Some(section) => format!("{}+{:#x}", section.name, vaddr - section.vaddr),
        None => format!("the variable at {vaddr:#x}"),
    }
}

fn named(type_name: &str, detail: &str) -> String {
    if detail.is_empty() { type_name.to_owned() } else { format!("{type_name} {detail}") }
}
