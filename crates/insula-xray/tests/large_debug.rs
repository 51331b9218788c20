//! A debug file of hundreds of megabytes: how long it takes, and how much memory. Alone in its process, whose memory is
//! measured.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use insula_xray::Extension;
use insula_xray::debug::{Questions, Record, answer};

const SHOP: &str = "
typedef struct { long refcnt; void *type; } PyObject;
struct shop_state { PyObject *names; PyObject *extra; };
PyObject *price_cache;
int shop_traverse(void *module) { struct shop_state *state = module; return state->names == price_cache; }
";

/// C++ that brings much debug information: containers of containers.
const LARGE: &str = "
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>
template <int N> struct tagged { std::string name[N]; std::map<std::string, std::vector<tagged<N - 1>>> all; };
template <> struct tagged<0> { std::unordered_map<std::string, std::function<int(int)>> last; };
bool reads(const tagged<24> &all, const std::string &text)
{
    return std::regex_match(text, std::regex(all.name[0]));
}
";

fn run(program: &str, folder: &Path, arguments: &[&str]) {
    let output = Command::new(program).current_dir(folder).args(arguments).output().expect(program);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The most memory that this process ever had, in megabytes: mapped files that it read count, too.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[test]
#[ignore = "large, 600 MB of disk: cargo xtask test --real"]
fn three_hundred_megabytes_are_read_in_seconds_and_within_a_gigabyte() {
    const COPIES: usize = 240;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::write(here.join("shop.c"), SHOP).unwrap();
    fs::write(here.join("large.cpp"), LARGE).unwrap();
    run("c++", here, &["-g", "-O0", "-fPIC", "-c", "large.cpp"]);
    run("cc", here, &["-g", "-fPIC", "-c", "shop.c"]);
    // The same unit under other names, over and over: the linker puts none of it together.
    let mut files: Vec<String> = Vec::new();
    for number in 0..COPIES {
        let (name, prefix) = (format!("large{number}.o"), format!("--prefix-symbols=copy{number}_"));
        run("objcopy", here, &[&prefix, "large.o", &name]);
        files.push(name);
    }
    files.push("shop.o".to_owned());
    let mut link = vec!["-shared", "-o", "large.so", "-Wl,--unresolved-symbols=ignore-all"];
    link.extend(files.iter().map(String::as_str));
    run("cc", here, &link);
    let path = here.join("large.so");
    let size = fs::metadata(&path).unwrap().len() >> 20;
    let extension = Extension::read(&path).unwrap();
    let at = |name: &str| extension.symbols.iter().find(|one| one.name == name).expect(name).vaddr;
    let traverse = at("shop_traverse");
    let record = Record { size: 16, object: false, functions: vec![traverse], offsets: vec![0] };
    let questions = Questions {
        variables: vec![at("price_cache")],
        functions: vec![traverse],
        records: vec![record],
        ..Questions::default()
    };
    let (before, start) = (peak(), Instant::now());
    let answers = answer(&path, &questions, &[]);
    let (seconds, after) = (start.elapsed().as_secs_f64(), peak());
    println!("{size} MB of file: {seconds:.1} s, peak {after} MB ({before} MB before)");
    assert_eq!((answers.variables.len(), answers.functions.len(), answers.fields.len()), (1, 1, 1), "{answers:?}");
    assert_eq!(answers.notes, Vec::<String>::new());
    assert!(size >= 300, "{size} MB");
    // Reading the file itself takes as much memory as it has bytes, once.
    assert!(after < 1000, "{after} MB");
    assert!(seconds < 60.0, "{seconds} s");
}
