//! From Python objects.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Error;
use crate::object::convert::collections::dict_entries;
use crate::object::obj::Obj;
use crate::object::recursion::Level;
use crate::object::types::{Bool, ByteArray, Bytes, Dict, Float, FrozenSet, Int, Iter, List, Set, Str, Tuple};

/// One object.
pub(super) struct Reader<'a, 'py>(&'a Obj<'py>);

impl<'a, 'py> Reader<'a, 'py> {
    pub(super) fn new(object: &'a Obj<'py>) -> Self {
        Reader(object)
    }

    fn int<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error<'py>> {
        let object = self.0;
        if let Ok(number) = object.extract::<i64>() {
            return visitor.visit_i64(number);
        }
        if let Ok(number) = object.extract::<u64>() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = object.extract::<i128>() {
            return visitor.visit_i128(number);
        }
        visitor.visit_u128(object.extract::<u128>()?)
    }

    fn items<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error<'py>> {
        let _level = Level::enter(self.0.py())?;
        visitor.visit_seq(Items(self.0.iter()?))
    }

    /// The entries of a `dict` or of another mapping.
    fn entries<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error<'py>> {
        let _level = Level::enter(self.0.py())?;
        visitor.visit_map(Entries { items: self.entry_list()?.into_iter(), value: None })
    }

    fn entry_list(&self) -> Result<Vec<(Obj<'py>, Obj<'py>)>, Error<'py>> {
        if let Some(dict) = self.0.downcast::<Dict>() {
            return Ok(dict_entries(dict)?);
        }
        let items = self.0.getattr("items")?.call0()?;
        Ok(items.extract()?)
    }
}

impl<'de, 'py> Deserializer<'de> for Reader<'_, 'py> {
    type Error = Error<'py>;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let object = self.0;
        if object.is_none() {
            visitor.visit_unit()
        } else if object.downcast::<Bool>().is_some() {
            visitor.visit_bool(object.is_truthy()?)
        } else if object.downcast::<Int>().is_some() {
            self.int(visitor)
        } else if object.downcast::<Float>().is_some() {
            visitor.visit_f64(object.extract()?)
        } else if let Some(text) = object.downcast::<Str>() {
            visitor.visit_str(text.to_str()?)
        } else if let Some(bytes) = object.downcast::<Bytes>() {
            visitor.visit_bytes(bytes.as_bytes())
        } else if let Some(bytes) = object.downcast::<ByteArray>() {
            visitor.visit_byte_buf(bytes.extract()?)
        } else if object.downcast::<List>().is_some()
            || object.downcast::<Tuple>().is_some()
            || object.downcast::<Set>().is_some()
            || object.downcast::<FrozenSet>().is_some()
        {
            self.items(visitor)
        } else if object.downcast::<Dict>().is_some() || object.getattr_opt("items")?.is_some() {
            self.entries(visitor)
        } else {
            Err(Error::custom(format!("an object of the type '{}' is no plain data", object.type_name())))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.0.downcast::<Str>().is_some() {
            return visitor.visit_enum(Variant { name: self.0.clone(), value: None });
        }
        if self.0.downcast::<Dict>().is_some()
            && let [(name, value)] = self.entry_list()?.as_slice()
        {
            let _level = Level::enter(self.0.py())?;
            return visitor.visit_enum(Variant { name: name.clone(), value: Some(value.clone()) });
        }
        let message = format!("expected the name of a variant, or a dict of one entry, not '{}'", self.0.type_name());
        Err(Error::custom(message))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// The items of an iterable.
struct Items<'py>(Obj<'py, Iter>);

impl<'de, 'py> SeqAccess<'de> for Items<'py> {
    type Error = Error<'py>;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Self::Error> {
        match self.0.next() {
            Some(item) => seed.deserialize(Reader(&item?)).map(Some),
            None => Ok(None),
        }
    }
}

/// The entries of a mapping.
struct Entries<'py> {
    items: std::vec::IntoIter<(Obj<'py>, Obj<'py>)>,
    value: Option<Obj<'py>>,
}

impl<'de, 'py> MapAccess<'de> for Entries<'py> {
    type Error = Error<'py>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let Some((key, value)) = self.items.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Reader(&key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(Reader(&value)),
            None => Err(Error::custom("a value was asked for before its key")),
        }
    }
}

/// A variant: its name, and its value if it has one.
struct Variant<'py> {
    name: Obj<'py>,
    value: Option<Obj<'py>>,
}

impl<'de, 'py> EnumAccess<'de> for Variant<'py> {
    type Error = Error<'py>;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Self::Error> {
        Ok((seed.deserialize(Reader(&self.name))?, self))
    }
}

impl<'py> Variant<'py> {
    fn value(&self) -> Result<&Obj<'py>, Error<'py>> {
        self.value.as_ref().ok_or_else(|| Error::custom("this variant has data: expected a dict of one entry"))
    }
}

impl<'de, 'py> VariantAccess<'de> for Variant<'py> {
    type Error = Error<'py>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        match &self.value {
            None => Ok(()),
            Some(value) if value.is_none() => Ok(()),
            Some(_) => Err(Error::custom("this variant has no data: expected its name")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Self::Error> {
        seed.deserialize(Reader(self.value()?))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Self::Error> {
        Reader(self.value()?).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Self::Error> {
        Reader(self.value()?).deserialize_any(visitor)
    }
}
