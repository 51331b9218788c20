//! One function for each operation on built-in objects other than containers: `tests/python/test_objects.py` calls
//! them.

#![forbid(unsafe_code)]

/// One function for each operation on built-in objects other than containers.
#[insula::module]
mod objects {
    use insula::prelude::*;

    // str

    #[function]
    fn str_len(text: &Obj<'_, Str>) -> usize {
        text.len()
    }
    #[function]
    fn str_concat<'py>(left: &Obj<'py, Str>, right: &Obj<'py, Str>) -> PyResult<'py, Obj<'py, Str>> {
        left.concat(right)
    }
    #[function]
    fn str_join<'py>(separator: &Obj<'py, Str>, items: &Obj<'py>) -> PyResult<'py, Obj<'py, Str>> {
        separator.join(items)
    }
    #[function]
    fn str_format<'py>(py: Py<'py>, name: &str, number: i64) -> PyResult<'py, Obj<'py, Str>> {
        Str::format(py, format_args!("{name}={number:04}"))
    }
    #[function]
    fn str_find<'py>(text: &Obj<'py, Str>, part: &str) -> PyResult<'py, (Option<usize>, bool)> {
        Ok((text.find(part)?, text.contains(part)?))
    }
    #[function]
    fn str_replace<'py>(text: &Obj<'py, Str>, from: &str, to: &str) -> PyResult<'py, Obj<'py, Str>> {
        text.replace(from, to)
    }
    #[function]
    fn str_split<'py>(text: &Obj<'py, Str>, separator: &str) -> PyResult<'py, Obj<'py, List>> {
        text.split(separator)
    }
    #[function]
    fn str_compare<'py>(left: &Obj<'py, Str>, right: &Obj<'py, Str>) -> PyResult<'py, i32> {
        left.compare(right).map(|order| order as i32)
    }
    #[function]
    fn str_is(left: &Obj<'_, Str>, right: &str) -> bool {
        left.is_text(right)
    }
    #[function]
    fn str_lossy(text: &Obj<'_, Str>) -> String {
        text.to_str_lossy().into_owned()
    }
    #[function]
    fn str_char_at<'py>(text: &Obj<'py, Str>, index: usize) -> PyResult<'py, char> {
        text.char_at(index)
    }
    #[function]
    fn str_slice<'py>(text: &Obj<'py, Str>, start: usize, end: usize) -> PyResult<'py, Obj<'py, Str>> {
        text.slice(start, end)
    }
    #[function]
    fn str_encode<'py>(text: &Obj<'py, Str>, encoding: &str, errors: &str) -> PyResult<'py, Obj<'py, Bytes>> {
        text.encode(encoding, errors)
    }

    // bytes and bytearray

    #[function]
    fn bytes_decode<'py>(data: &Obj<'py, Bytes>, encoding: &str, errors: &str) -> PyResult<'py, Obj<'py, Str>> {
        data.decode(encoding, errors)
    }
    #[function]
    fn bytearray_new<'py>(py: Py<'py>, data: &[u8]) -> PyResult<'py, Obj<'py, ByteArray>> {
        ByteArray::new(py, data)
    }
    #[function]
    fn bytearray_copy(array: &Obj<'_, ByteArray>) -> Vec<u8> {
        array.to_vec()
    }
    #[function]
    fn bytearray_write<'py>(array: &Obj<'py, ByteArray>, offset: usize, data: &[u8]) -> PyResult<'py, ()> {
        array.write(offset, data)
    }
    #[function]
    fn bytearray_resize<'py>(array: &Obj<'py, ByteArray>, length: usize) -> PyResult<'py, ()> {
        array.resize(length)
    }
    #[function]
    fn bytearray_extend<'py>(array: &Obj<'py, ByteArray>, data: &[u8]) -> PyResult<'py, ()> {
        array.extend(data)
    }

    // numbers

    #[function]
    fn int_from_le_bytes<'py>(py: Py<'py>, data: &[u8], signed: bool) -> PyResult<'py, Obj<'py, Int>> {
        Int::from_le_bytes(py, data, signed)
    }
    #[function]
    fn int_to_le_bytes<'py>(number: &Obj<'py, Int>) -> PyResult<'py, Vec<u8>> {
        number.to_le_bytes()
    }
    #[function]
    fn int_facts<'py>(number: &Obj<'py, Int>) -> PyResult<'py, (usize, i32, Option<i64>)> {
        Ok((number.bit_length()?, number.signum(), number.to_i64()))
    }
    #[function]
    fn int_parse<'py>(py: Py<'py>, text: &str, base: u32) -> PyResult<'py, Obj<'py, Int>> {
        Int::parse(py, text, base)
    }
    #[function]
    fn int_decimal<'py>(number: &Obj<'py, Int>) -> PyResult<'py, Obj<'py, Str>> {
        number.to_decimal()
    }
    #[function]
    fn float_value<'py>(number: &Obj<'py, Float>) -> PyResult<'py, Obj<'py, Float>> {
        Float::new(number.py(), number.value())
    }
    #[function]
    fn complex_conjugate<'py>(number: &Obj<'py, Complex>) -> PyResult<'py, Obj<'py, Complex>> {
        let (real, imaginary) = number.parts();
        Complex::new(number.py(), real, -imaginary)
    }
    #[function]
    fn bool_not<'py>(value: &Obj<'py, Bool>) -> Obj<'py, Bool> {
        Bool::new(value.py(), !value.value())
    }
    #[function]
    fn arithmetic<'py>(a: &Obj<'py>, b: &Obj<'py>) -> PyResult<'py, Vec<Obj<'py>>> {
        let results = [a.add(b), a.sub(b), a.mul(b), a.truediv(b), a.floordiv(b), a.rem(b), a.pow(b), a.neg(), a.abs()];
        results.into_iter().collect()
    }
    #[function]
    fn bits<'py>(a: &Obj<'py>, b: &Obj<'py>) -> PyResult<'py, Vec<Obj<'py>>> {
        let results = [a.lshift(b), a.rshift(b), a.bitand(b), a.bitor(b), a.bitxor(b), a.invert(), a.pos()];
        results.into_iter().collect()
    }
    #[function]
    fn matmul<'py>(a: &Obj<'py>, b: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        a.matmul(b)
    }
    #[function]
    fn index<'py>(a: &Obj<'py>) -> PyResult<'py, Obj<'py, Int>> {
        a.index()
    }

    // slice and range

    #[function]
    fn slice_new<'py>(py: Py<'py>, start: Option<i64>, stop: &Obj<'py>, step: i64) -> PyResult<'py, Obj<'py, Slice>> {
        Slice::new(py, start, stop, step)
    }
    #[function]
    fn slice_pick<'py>(list: &Obj<'py, List>, slice: &Obj<'py, Slice>) -> PyResult<'py, Vec<Option<Obj<'py>>>> {
        let bounds = slice.bounds()?;
        Ok(bounds.within(list.len()).map(|index| list.get(index)).collect())
    }
    #[function]
    fn range_new<'py>(py: Py<'py>, start: i64, stop: i64, step: i64) -> PyResult<'py, Obj<'py, Range>> {
        Range::new(py, start, stop, step)
    }
    #[function]
    fn range_bounds<'py>(range: &Obj<'py, Range>) -> PyResult<'py, (isize, isize, isize)> {
        range.bounds()
    }

    // iterators

    #[function]
    fn iterate<'py>(iterable: &Obj<'py>) -> PyResult<'py, Vec<Obj<'py>>> {
        iterable.iter()?.collect()
    }
    /// Two steps of an iterator, whatever comes of the first.
    #[function]
    fn steps<'py>(iterator: Obj<'py, Iter>, between: &Obj<'py>) -> PyResult<'py, Vec<Obj<'py>>> {
        let mut iterator = iterator;
        let first = iterator.next();
        between.call0()?;
        [first, iterator.next()].into_iter().flatten().collect()
    }

    // calls

    #[function]
    fn call_positional<'py>(callable: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        callable.call((1, "two", 3.0, [4_i64, 5]))
    }
    #[function(signature = (callable, *args))]
    fn call_slice<'py>(callable: &Obj<'py>, args: Vec<Obj<'py>>) -> PyResult<'py, Obj<'py>> {
        callable.call(&args[..])
    }
    #[function(signature = (callable, args, **kwargs))]
    fn call_dict<'py>(callable: &Obj<'py>, args: &Obj<'py, Tuple>, kwargs: Obj<'py, Dict>) -> PyResult<'py, Obj<'py>> {
        callable.call_dict(args, &kwargs)
    }
    #[function]
    fn call_keywords<'py>(callable: &Obj<'py>, value: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        callable.call_kw((1,), &[("key", value), ("other", value)])
    }
    #[function]
    fn call_method<'py>(object: &Obj<'py>, name: &Obj<'py, Str>, arg: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        object.call_method(name, (arg,))
    }
    #[function]
    fn call_method_keywords<'py>(object: &Obj<'py>, name: &str, value: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        object.call_method_kw(name, (), &[("key", value)])
    }

    // any object

    #[function]
    fn compare<'py>(a: &Obj<'py>, b: &Obj<'py>) -> PyResult<'py, Vec<bool>> {
        [a.eq(b), a.ne(b), a.lt(b), a.le(b), a.gt(b), a.ge(b)].into_iter().collect()
    }
    #[function]
    fn eq<'py>(a: &Obj<'py>, b: &Obj<'py>) -> PyResult<'py, (bool, bool)> {
        Ok((a.eq(b)?, a.is_or_eq(b)?))
    }
    #[function]
    fn hash<'py>(object: &Obj<'py>) -> PyResult<'py, isize> {
        object.hash()
    }
    #[function]
    fn dir<'py>(object: &Obj<'py>) -> PyResult<'py, Obj<'py, List>> {
        object.dir()
    }
    #[function]
    fn length<'py>(object: &Obj<'py>) -> PyResult<'py, (usize, bool)> {
        Ok((object.len()?, object.is_empty()?))
    }
    #[function]
    fn contains<'py>(object: &Obj<'py>, item: &Obj<'py>) -> PyResult<'py, bool> {
        object.contains(item)
    }
    #[function]
    fn getitem<'py>(object: &Obj<'py>, key: &Obj<'py>) -> PyResult<'py, Obj<'py>> {
        object.getitem(key)
    }
    #[function]
    fn setitem<'py>(object: &Obj<'py>, key: &Obj<'py>, value: &Obj<'py>) -> PyResult<'py, ()> {
        object.setitem(key, value)
    }
    #[function]
    fn delitem<'py>(object: &Obj<'py>, key: &Obj<'py>) -> PyResult<'py, ()> {
        object.delitem(key)
    }
    #[function]
    fn attributes<'py>(object: &Obj<'py>, name: &str) -> PyResult<'py, (bool, Option<Obj<'py>>)> {
        Ok((object.hasattr(name)?, object.getattr_opt(name)?))
    }
    #[function]
    fn delattr<'py>(object: &Obj<'py>, name: &str) -> PyResult<'py, ()> {
        object.delattr(name)
    }
    #[function]
    fn format<'py>(object: &Obj<'py>, spec: &str) -> PyResult<'py, Obj<'py, Str>> {
        object.format(spec)
    }
    #[function]
    fn callable(object: &Obj<'_>) -> bool {
        object.is_callable()
    }
    #[function]
    fn singletons<'py>(py: Py<'py>) -> (Obj<'py>, Obj<'py>, Obj<'py>) {
        (py.none(), py.ellipsis(), py.not_implemented())
    }
    /// The built-in types that the object is of, and those it is exactly of.
    #[function]
    fn kinds(object: &Obj<'_>) -> (Vec<&'static str>, Vec<&'static str>) {
        macro_rules! kinds {
            ($($kind:ident)*) => { (
                [$(object.downcast::<$kind>().map(|_| $kind::NAME)),*].into_iter().flatten().collect(),
                [$(object.downcast_exact::<$kind>().map(|_| $kind::NAME)),*].into_iter().flatten().collect(),
            ) };
        }
        kinds! {
            Str Bytes ByteArray Int Float Complex Bool Tuple List Dict Set FrozenSet Slice Range Type Module MemoryView
            WeakRef Capsule
        }
    }
    #[function]
    fn into_list<'py>(object: Obj<'py>) -> PyResult<'py, Obj<'py, List>> {
        let not_a_list = |other: Obj<'py>| TypeError::new_err(other.py(), other.type_name());
        object.downcast_into::<List>().map_err(not_a_list)
    }

    // types and modules

    #[function]
    fn type_names(ty: &Obj<'_, Type>) -> (String, String, String) {
        (ty.name(), ty.qualname(), ty.module())
    }
    #[function]
    fn type_subclass<'py>(ty: &Obj<'py, Type>, base: &Obj<'py>) -> PyResult<'py, bool> {
        ty.is_subclass(base)
    }
    #[function]
    fn type_subtype<'py>(ty: &Obj<'py, Type>, base: &Obj<'py, Type>) -> bool {
        ty.is_subtype(base)
    }
    #[function]
    fn is_instance<'py>(object: &Obj<'py>, class: &Obj<'py>) -> PyResult<'py, bool> {
        object.is_instance(class)
    }
    #[function]
    fn type_of_int(py: Py<'_>) -> Obj<'_, Type> {
        Type::of::<Int>(py)
    }
    #[function]
    fn import_module<'py>(py: Py<'py>, name: &str) -> PyResult<'py, Obj<'py>> {
        py.import(name)
    }
    #[function]
    fn module_facts<'py>(module: &Obj<'py, Module>) -> PyResult<'py, (Obj<'py, Str>, Obj<'py, Dict>)> {
        Ok((module.name()?, module.dict()?))
    }

    // memoryview and buffers

    #[function]
    fn memoryview<'py>(object: &Obj<'py>) -> PyResult<'py, Obj<'py, MemoryView>> {
        MemoryView::new(object)
    }
    #[function]
    fn buffer_copy<'py>(object: &Obj<'py>) -> PyResult<'py, Vec<u8>> {
        Buffer::of(object)?.to_vec()
    }
    #[function]
    fn buffer_facts<'py>(object: &Obj<'py>) -> PyResult<'py, (usize, bool, usize, String, Vec<usize>, bool)> {
        let buffer = Buffer::of(object)?;
        let (length, readonly, size) = (buffer.len(), buffer.is_readonly(), buffer.item_size());
        Ok((length, readonly, size, buffer.format(), buffer.shape(), buffer.is_contiguous()))
    }
    #[function]
    fn buffer_write<'py>(object: &Obj<'py>, data: &[u8]) -> PyResult<'py, ()> {
        Buffer::writable(object)?.write(data)
    }
    #[function]
    fn buffer_write_readable<'py>(object: &Obj<'py>, data: &[u8]) -> PyResult<'py, ()> {
        Buffer::of(object)?.write(data)
    }
    /// Calls `function()` while the buffer is held.
    #[function]
    fn buffer_hold<'py>(object: &Obj<'py>, function: &Obj<'py>) -> PyResult<'py, Vec<u8>> {
        let buffer = Buffer::of(object)?;
        function.call0()?;
        buffer.to_vec()
    }

    // datetime

    type Moments<'py> = (Obj<'py, Date>, Obj<'py, Time>, Obj<'py, DateTime>, Obj<'py>);

    #[function]
    fn datetime_make<'py>(py: Py<'py>) -> PyResult<'py, Moments<'py>> {
        let types = DateTimeTypes::import(py)?;
        let datetime = types.datetime((2026, 2, 28), (12, 30, 59, 999_999), Some(types.utc()))?;
        Ok((types.date(2026, 2, 28)?, types.time(12, 30, 59, 1)?, datetime, types.utc().clone()))
    }
    #[function]
    fn date_fields<'py>(date: &Obj<'py, Date>) -> PyResult<'py, (i32, u32, u32)> {
        Ok((date.year()?, date.month()?, date.day()?))
    }
    #[function]
    fn time_fields<'py>(time: &Obj<'py, Time>) -> PyResult<'py, (u32, u32, u32, u32)> {
        Ok((time.hour()?, time.minute()?, time.second()?, time.microsecond()?))
    }
    #[function]
    fn datetime_fields<'py>(time: &Obj<'py, DateTime>) -> PyResult<'py, (i32, u32, u32, u32, u32, u32, u32)> {
        let date = (time.year()?, time.month()?, time.day()?);
        Ok((date.0, date.1, date.2, time.hour()?, time.minute()?, time.second()?, time.microsecond()?))
    }
    #[function]
    fn timedelta_fields<'py>(delta: &Obj<'py, TimeDelta>) -> PyResult<'py, (i64, i64, i64)> {
        Ok((delta.days()?, delta.seconds()?, delta.microseconds()?))
    }
    #[function]
    fn tzinfo<'py>(zone: &Obj<'py, TzInfo>) -> Obj<'py, TzInfo> {
        zone.clone()
    }

    // weak references and capsules

    #[function]
    fn weakref_new<'py>(object: &Obj<'py>, callback: Option<Obj<'py>>) -> PyResult<'py, Obj<'py, WeakRef>> {
        match callback {
            Some(callback) => WeakRef::with_callback(object, &callback),
            None => WeakRef::new(object),
        }
    }
    #[function]
    fn weakref_get<'py>(reference: &Obj<'py, WeakRef>) -> PyResult<'py, Option<Obj<'py>>> {
        reference.upgrade()
    }

    static DROPPED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

    struct Counted(i64);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            assert!(self.0 != 13, "thirteen");
        }
    }

    #[function]
    fn capsule_new<'py>(py: Py<'py>, value: i64) -> PyResult<'py, Obj<'py, Capsule>> {
        Capsule::new(py, c"objects.counted", Counted(value))
    }
    #[function]
    fn capsule_get<'py>(capsule: &Obj<'py, Capsule>) -> PyResult<'py, i64> {
        Ok(capsule.get::<Counted>(c"objects.counted")?.0)
    }
    #[function]
    fn capsule_get_as_text<'py>(capsule: &Obj<'py, Capsule>) -> PyResult<'py, String> {
        capsule.get::<String>(c"objects.counted").cloned()
    }
    #[function]
    fn capsule_get_other<'py>(capsule: &Obj<'py, Capsule>) -> PyResult<'py, i64> {
        Ok(capsule.get::<Counted>(c"objects.other")?.0)
    }
    #[function]
    fn capsule_get_datetime<'py>(capsule: &Obj<'py, Capsule>) -> PyResult<'py, i64> {
        Ok(capsule.get::<Counted>(c"datetime.datetime_CAPI")?.0)
    }
    #[function]
    fn capsules_dropped() -> usize {
        DROPPED.load(std::sync::atomic::Ordering::Relaxed)
    }
}
