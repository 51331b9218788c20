//! To Python objects.

use serde::Serialize;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::Error;
use crate::brand::Py;
use crate::object::convert::IntoPy;
use crate::object::obj::Obj;
use crate::object::types::{Bytes, Dict, List, Tuple};

/// Makes one object.
#[derive(Clone, Copy)]
pub(super) struct Writer<'py>(pub(super) Py<'py>);

type Made<'py> = Result<Obj<'py>, Error<'py>>;

macro_rules! numbers {
    ($($name:ident $ty:ty),*) => { $(
        fn $name(self, value: $ty) -> Made<'py> {
            Ok(value.into_py(self.0)?)
        }
    )* };
}

impl<'py> Serializer for Writer<'py> {
    type Ok = Obj<'py>;
    type Error = Error<'py>;
    type SerializeSeq = Sequence<'py>;
    type SerializeTuple = Sequence<'py>;
    type SerializeTupleStruct = Sequence<'py>;
    type SerializeTupleVariant = Sequence<'py>;
    type SerializeMap = Entries<'py>;
    type SerializeStruct = Entries<'py>;
    type SerializeStructVariant = Entries<'py>;

    numbers! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_u128 u128, serialize_f32 f32, serialize_f64 f64, serialize_char char, serialize_str &str
    }

    fn serialize_bytes(self, value: &[u8]) -> Made<'py> {
        Ok(Bytes::new(self.0, value)?.into_any())
    }

    fn serialize_none(self) -> Made<'py> {
        Ok(self.0.none())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Made<'py> {
        Ok(self.0.none())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Made<'py> {
        Ok(self.0.none())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Made<'py> {
        Ok(variant.into_py(self.0)?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Made<'py> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Made<'py> {
        named(self.0, Some(variant), value.serialize(self)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'py>, Error<'py>> {
        Ok(Sequence { py: self.0, items: Vec::new(), is_tuple: false, variant: None })
    }

    fn serialize_tuple(self, _: usize) -> Result<Sequence<'py>, Error<'py>> {
        Ok(Sequence { py: self.0, items: Vec::new(), is_tuple: true, variant: None })
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Sequence<'py>, Error<'py>> {
        self.serialize_tuple(length)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Sequence<'py>, Error<'py>> {
        Ok(Sequence { py: self.0, items: Vec::new(), is_tuple: true, variant: Some(variant) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'py>, Error<'py>> {
        Ok(Entries { dict: Dict::new(self.0)?, key: None, variant: None })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Entries<'py>, Error<'py>> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'py>, Error<'py>> {
        Ok(Entries { dict: Dict::new(self.0)?, key: None, variant: Some(variant) })
    }
}

/// The value, or a `dict` of it by the name of its variant.
fn named<'py>(py: Py<'py>, variant: Option<&str>, value: Obj<'py>) -> Made<'py> {
    let Some(variant) = variant else { return Ok(value) };
    let dict = Dict::new(py)?;
    dict.set(variant, value)?;
    Ok(dict.into_any())
}

/// A `list` or `tuple` that is being made.
pub(super) struct Sequence<'py> {
    py: Py<'py>,
    items: Vec<Obj<'py>>,
    is_tuple: bool,
    variant: Option<&'static str>,
}

impl<'py> Sequence<'py> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error<'py>> {
        self.items.push(value.serialize(Writer(self.py))?);
        Ok(())
    }

    fn made(self) -> Made<'py> {
        let made = if self.is_tuple {
            Tuple::new(self.py, self.items)?.into_any()
        } else {
            List::new(self.py, self.items)?.into_any()
        };
        named(self.py, self.variant, made)
    }
}

macro_rules! sequences {
    ($($of:ident $push:ident),*) => { $(
        impl<'py> $of for Sequence<'py> {
            type Ok = Obj<'py>;
            type Error = Error<'py>;
            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error<'py>> {
                self.push(value)
            }
            fn end(self) -> Made<'py> {
                self.made()
            }
        }
    )* };
}
sequences! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

/// A `dict` that is being made.
pub(super) struct Entries<'py> {
    dict: Obj<'py, Dict>,
    key: Option<Obj<'py>>,
    variant: Option<&'static str>,
}

impl<'py> Entries<'py> {
    fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error<'py>> {
        Ok(self.dict.set(key, value.serialize(Writer(self.dict.py()))?)?)
    }

    fn made(self) -> Made<'py> {
        named(self.dict.py(), self.variant, self.dict.into_any())
    }
}

impl<'py> SerializeMap for Entries<'py> {
    type Ok = Obj<'py>;
    type Error = Error<'py>;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error<'py>> {
        self.key = Some(key.serialize(Writer(self.dict.py()))?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error<'py>> {
        let Some(key) = self.key.take() else {
            return Err(Error::custom("a value came before its key"));
        };
        Ok(self.dict.set(key, value.serialize(Writer(self.dict.py()))?)?)
    }

    fn end(self) -> Made<'py> {
        self.made()
    }
}

macro_rules! structs {
    ($($of:ident),*) => { $(
        impl<'py> $of for Entries<'py> {
            type Ok = Obj<'py>;
            type Error = Error<'py>;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error<'py>> {
                self.put(key, value)
            }
            fn end(self) -> Made<'py> {
                self.made()
            }
        }
    )* };
}
structs! { SerializeStruct, SerializeStructVariant }
