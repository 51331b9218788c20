//! The functions by which CPython loads an extension, and the names that they give it.

/// A function by which CPython loads the extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InitSymbol {
    /// `PyInit_NAME`, or `PyInitU_` followed by the punycode of a name beyond ASCII.
    PyInit {
        /// The last part of the module's name.
        name: String,
    },
    /// `PyModExport_NAME` (3.15), or `PyModExportU_`.
    PyModExport {
        /// The last part of the module's name.
        name: String,
    },
}

impl InitSymbol {
    pub(super) fn parse(symbol: &str) -> Option<Self> {
        type Make = fn(String) -> InitSymbol;
        let prefixes: [(&str, bool, Make); 4] = [
            ("PyInit_", false, |name| InitSymbol::PyInit { name }),
            ("PyInitU_", true, |name| InitSymbol::PyInit { name }),
            ("PyModExport_", false, |name| InitSymbol::PyModExport { name }),
            ("PyModExportU_", true, |name| InitSymbol::PyModExport { name }),
        ];
        for (prefix, encoded, make) in prefixes {
            let Some(rest) = symbol.strip_prefix(prefix) else {
                continue;
            };
            if rest.is_empty() {
                return None;
            }
            // CPython replaces the hyphen that punycode may contain, because no C identifier can.
            let name = if encoded { punycode(rest)? } else { rest.to_string() };
            return Some(make(name));
        }
        None
    }

    /// The last part of the module's name.
    pub fn name(&self) -> &str {
        match self {
            InitSymbol::PyInit { name } | InitSymbol::PyModExport { name } => name,
        }
    }
}

/// How the module is initialised, guessed from what it imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitKind {
    /// `PyModule_Create`: one module object per process.
    SinglePhase,
    /// `PyModuleDef_Init` or an export of slots.
    MultiPhase,
    /// Calls both: only running it tells.
    Both,
    /// Neither: the calls are made by a library it is linked with.
    Unknown,
}

/// Decodes the punycode of an init symbol, in which CPython writes `_` for the delimiter `-`.
fn punycode(encoded: &str) -> Option<String> {
    const BASE: u32 = 36;
    let (plain, digits) = encoded.rsplit_once('_').unwrap_or(("", encoded));
    let mut out: Vec<char> = plain.chars().collect();
    let (mut n, mut i, mut bias) = (128u32, 0u32, 72u32);
    let mut first = true;
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let start = i;
        let mut weight = 1u32;
        for k in (BASE..).step_by(BASE as usize) {
            let digit = match digits.next()? {
                c @ b'a'..=b'z' => u32::from(c - b'a'),
                c @ b'A'..=b'Z' => u32::from(c - b'A'),
                c @ b'0'..=b'9' => u32::from(c - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
        }
        let count = u32::try_from(out.len()).ok()? + 1;
        let mut delta = (i - start) / if first { 700 } else { 2 };
        first = false;
        delta += delta / count;
        let mut k = 0;
        while delta > 455 {
            delta /= BASE - 1;
            k += BASE;
        }
        bias = k + BASE * delta / (delta + 38);
        n = n.checked_add(i / count)?;
        i %= count;
        out.insert(i as usize, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::InitSymbol;

    #[test]
    fn init_symbols_give_module_names() {
        for (symbol, name) in [
            ("PyInit__json", Some("_json")),
            ("PyModExport_demo", Some("demo")),
            ("PyInitU_lnd_qla", Some("länd")),
            ("PyInitU_wgv71a119e", Some("日本語")),
            ("PyInit_", None),
            ("PyInitialize", None),
            ("PyInitU_!", None),
        ] {
            let found = InitSymbol::parse(symbol);
            assert_eq!(found.as_ref().map(InitSymbol::name), name, "{symbol}");
        }
    }
}
