//! The getter, setter and deleter of an attribute together: in a stub file none of another's lines may come between,
//! and the getter comes first, in whatever order the class has them.

/// What one of the three is, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Getter,
    Setter,
    Deleter,
}

/// Lines that stay together.
struct Piece<'a> {
    /// Of a property, its name.
    name: Option<&'a str>,
    parts: Vec<(Part, Vec<&'a str>)>,
}

/// The lines of a module, those of each property where its first is.
pub(super) fn together(lines: &[&str]) -> Vec<String> {
    let (mut pieces, mut class): (Vec<Piece<'_>>, usize) = (Vec::new(), 0);
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        if let Some((name, part, count)) = accessor(rest) {
            let (own, after) = rest.split_at(count);
            match pieces[class..].iter_mut().find(|piece| piece.name == Some(name)) {
                Some(piece) => piece.parts.push((part, own.to_vec())),
                None => pieces.push(Piece { name: Some(name), parts: vec![(part, own.to_vec())] }),
            }
            rest = after;
        } else {
            pieces.push(Piece { name: None, parts: vec![(Part::Getter, vec![line])] });
            if !line.starts_with(' ') {
                class = pieces.len();
            }
            rest = after;
        }
    }
    pieces.into_iter().flat_map(written).collect()
}

fn written(mut piece: Piece<'_>) -> Vec<String> {
    piece.parts.sort_by_key(|(part, _)| *part);
    let mut lines = Vec::new();
    if let (Some(name), Some((Part::Setter | Part::Deleter, _))) = (piece.name, piece.parts.first()) {
        // An attribute that can only be set: a checker knows no setter without a getter.
        lines.extend(["    @property".to_owned(), format!("    def {name}(self) -> $Never: ...")]);
    }
    lines.extend(piece.parts.iter().flat_map(|(_, own)| own.iter().map(|line| (*line).to_owned())));
    lines
}

/// The accessor that the lines begin with: the attribute's name, which of the three it is, and how many lines it has.
fn accessor<'a>(lines: &[&'a str]) -> Option<(&'a str, Part, usize)> {
    let decorators = lines.iter().take_while(|line| line.starts_with("    @")).count();
    let part = lines[..decorators].iter().find_map(|line| match line.trim_start() {
        "@property" => Some(Part::Getter),
        line if line.ends_with(".setter") => Some(Part::Setter),
        line if line.ends_with(".deleter") => Some(Part::Deleter),
        _ => None,
    })?;
    let name = lines.get(decorators)?.strip_prefix("    def ")?;
    let name = &name[..name.find('(')?];
    // The docstring.
    let deeper = lines[decorators + 1..].iter().take_while(|line| {
        line.starts_with("     ") || line.strip_prefix("    ").is_some_and(|line| line.starts_with("#\""))
    });
    Some((name, part, decorators + 1 + deeper.count()))
}

#[cfg(test)]
mod tests {
    use super::together;

    #[test]
    fn the_parts_of_a_property_stand_together_and_the_getter_first() {
        let text = [
            "class A:",
            "    @x.setter",
            "    def x(self, value: $int) -> None: ...",
            "    def f(self) -> None: ...",
            "    @property",
            "    def y(self) -> $int:",
            "        #\"Of y.",
            "    @property",
            "    def x(self) -> $int:",
            "        #\"Of x.",
            "        #\"",
            "    def g(self) -> None: ...",
            "    @y.deleter",
            "    def y(self) -> None: ...",
            "class B:",
            "    @x.setter",
            "    def x(self, value: $int) -> None: ...",
        ]
        .join("\n");
        let lines: Vec<&str> = text.lines().collect();
        let expected = [
            "class A:",
            "    @property",
            "    def x(self) -> $int:",
            "        #\"Of x.",
            "        #\"",
            "    @x.setter",
            "    def x(self, value: $int) -> None: ...",
            "    def f(self) -> None: ...",
            "    @property",
            "    def y(self) -> $int:",
            "        #\"Of y.",
            "    @y.deleter",
            "    def y(self) -> None: ...",
            "    def g(self) -> None: ...",
            "class B:",
            "    @property",
            "    def x(self) -> $Never: ...",
            "    @x.setter",
            "    def x(self, value: $int) -> None: ...",
        ];
        assert_eq!(together(&lines), expected);
    }
}
