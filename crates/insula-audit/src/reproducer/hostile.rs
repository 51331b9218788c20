//! Of the objects that hostile calls are made with, those that a call needs.

use crate::worker::task::HOSTILE;

/// The definitions whose names occur in the text, and those that these need.
pub(super) fn needed(text: &str) -> String {
    let blocks: Vec<&str> = HOSTILE.split("\n\n\n").map(|block| block.trim_matches('\n')).collect();
    let mut wanted: Vec<bool> = vec![false; blocks.len()];
    let mut waiting = vec![text];
    while let Some(text) = waiting.pop() {
        for (number, block) in blocks.iter().enumerate() {
            if !wanted[number] && names(block).any(|name| mentions(text, name)) {
                wanted[number] = true;
                waiting.push(block);
            }
        }
    }
    let chosen: Vec<&str> =
        blocks.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(block, _)| *block).collect();
    chosen.join("\n\n\n")
}

/// What a block defines.
fn names(block: &str) -> impl Iterator<Item = &str> {
    block.lines().filter_map(|line| {
        let name = line.strip_prefix("class ").or_else(|| line.strip_prefix("def "));
        let name = name.or_else(|| line.split_once(" = ").map(|(name, _)| name).filter(|name| is_name(name)))?;
        name.split(['(', ':']).next()
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(part_of_name)
}

fn part_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether the name occurs as a word.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part_of_name)
            && !text[at + name.len()..].chars().next().is_some_and(part_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::needed;

    #[test]
    fn a_program_holds_what_it_needs() {
        assert_eq!(needed("module.f(1)"), "");
        let one = needed("module.f(RaisingEq('a'))");
        assert!(one.contains("class RaisingEq") && one.contains("class Trouble"), "{one}");
        assert!(!one.contains("class Endless"), "{one}");
        assert!(needed("x(StrangeIndex())").contains("HugeIndex = 2 ** 70"));
    }
}
