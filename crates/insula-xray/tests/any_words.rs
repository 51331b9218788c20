//! Objects whose memory was freed and used again: every word of them may be any number, and no reader may fail on one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use insula_xray::{
    Layout, ProcessMemory, TypeObject, def_facts, export_slots, function_of, module_facts, state_functions,
    type_functions, type_slots,
};

/// Words that debug allocators write, ends of the number range, and small ones.
const WORDS: [u64; 10] = [
    u64::MAX,
    u64::MAX - 7,
    u64::MAX - 168,
    u64::MAX << 8,
    0xdddd_dddd_dddd_dddd,
    0xfdfd_fdfd_fdfd_fdfd,
    i64::MAX as u64,
    i64::MIN as u64,
    1,
    0,
];

#[test]
fn readers_take_an_object_of_any_words_and_any_address() {
    let mem = ProcessMemory::of(std::process::id()).expect("own memory can be read");
    for word in WORDS {
        let mut block = vec![word; 128];
        // A reference count, so that what is behind it is read.
        block[0] = 1;
        for addr in [block.as_ptr() as u64, word] {
            for minor in 8..=15 {
                let layout = Layout::for_version(3, minor, false).expect("known version");
                let read = catch_unwind(AssertUnwindSafe(|| everything(&mem, &layout, addr)));
                assert!(read.is_ok(), "3.{minor}: a reader failed at {addr:#x}, of words {word:#x}");
            }
        }
    }
}

fn everything(mem: &ProcessMemory, layout: &Layout, addr: u64) {
    assert!(TypeObject::read(mem, layout, addr).is_err());
    assert!(layout.check(mem, addr).is_err());
    let _ = def_facts(mem, layout, addr);
    let _ = export_slots(mem, layout, addr);
    assert!(module_facts(mem, layout, addr).is_err());
    for kind in ["builtin_function_or_method", "method_descriptor", "wrapper_descriptor", "getset_descriptor"] {
        let _ = function_of(mem, addr, kind);
    }
    type_functions(mem, addr);
    type_slots(mem, addr);
    state_functions(mem, addr);
}
