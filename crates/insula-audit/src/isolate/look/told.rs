//! What the interpreters told for one reading, and where their images lie.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use insula_xray::KnownType;

use super::real;
use crate::observations::{Gap, Seen};
use crate::worker::protocol::{Copies, Kind, Message, Told, ToldImage};

/// One image of one interpreter.
pub(super) struct Image {
    pub(super) owner: usize,
    pub(super) path: PathBuf,
    pub(super) base: u64,
    pub(super) range: Range<u64>,
    pub(super) is_extension: bool,
}

/// Images by address.
pub(super) struct Ranges<'a>(Vec<&'a Image>);

impl<'a> Ranges<'a> {
    pub(super) fn of(images: impl Iterator<Item = &'a Image>) -> Self {
        let mut images: Vec<&Image> = images.collect();
        images.sort_by_key(|image| image.range.start);
        Self(images)
    }

    /// The image that an address lies in.
    pub(super) fn holding(&self, address: u64) -> Option<&'a Image> {
        let after = self.0.partition_point(|image| image.range.start <= address);
        self.0[..after].last().filter(|image| image.range.contains(&address)).copied()
    }
}

/// What one interpreter told.
pub(super) struct Telling {
    pub(super) images: Vec<Image>,
    pub(super) known: Vec<KnownType>,
    /// The files of its extension modules, by name.
    pub(super) loaded: BTreeMap<String, PathBuf>,
    /// The addresses of its objects.
    pub(super) objects: Vec<u64>,
}

impl Telling {
    /// That of all interpreters, the main one first. What one of them did not tell leaves nothing to believe.
    pub(super) fn all(messages: &[Message], reading: u32, width: usize) -> Seen<Vec<Self>> {
        (0..=width).map(|number| Self::of(messages, reading, number)).collect()
    }

    fn of(messages: &[Message], wanted: u32, number: usize) -> Seen<Self> {
        let told = || {
            let all = messages.iter().filter_map(|message| Copies::of(&message.event));
            all.filter(|copies| copies.number == number).map(|copies| &copies.told)
        };
        let missing = || Gap::inconclusive(format!("interpreter {number} did not tell what it has"));
        let mut telling = told()
            .find_map(|told| match told {
                Told::Images { reading, images, loaded, known } if *reading == wanted => Some(Self {
                    images: images.iter().filter_map(|image| Image::of(number, image)).collect(),
                    known: known.types(),
                    loaded: loaded.iter().map(|(name, path)| (name.clone(), real(path))).collect(),
                    objects: Vec::new(),
                }),
                _ => None,
            })
            .ok_or_else(missing)?;
        let gaps = told()
            .find_map(|told| match told {
                Told::Objects { reading, gaps } if *reading == wanted => Some(gaps),
                _ => None,
            })
            .ok_or_else(missing)?;
        if gaps.is_empty() {
            return Err(Gap::inconclusive(format!("interpreter {number} told of no object at all")));
        }
        let addresses = gaps.iter().scan(0_u64, |address, gap| {
            *address = address.wrapping_add(*gap);
            Some(*address)
        });
        telling.objects = addresses.collect();
        Ok(telling)
    }
}

impl Image {
    fn of(owner: usize, told: &ToldImage) -> Option<Self> {
        let range = told.address..told.address.checked_add(told.size)?;
        let path = real(&told.path);
        Some(Self { owner, path, base: told.address, range, is_extension: told.is_extension })
    }
}
