//! What the expressions of calls say.

use super::Announced;

/// The type of which an instance was made by `__new__` alone, if that was all the call did.
pub(super) fn only_made(call: &Announced) -> Option<&str> {
    let (made, given) = call.expression.split_once(".__new__(")?;
    let kind = call.group.strip_prefix("uninitialised ")?;
    (given.strip_suffix(')') == Some(made)).then_some(kind)
}

/// Whether it passes a text that has no UTF-8 by keyword. No other experiment does, and so none has to do without what
/// it calls: a constructor that crashes by it is the only way to instances of its type.
pub(super) fn is_keyword_text(expression: &str) -> bool {
    expression.ends_with("=chr(0xd800))")
}

/// The callable of an attempt: `module.f(1)` is a call of `f`.
pub(super) fn callable_of(expression: &str) -> String {
    let name = expression.trim_start_matches("module.");
    name.split('(').next().unwrap_or(name).to_owned()
}

/// The object of an operation that was tried on two instances made alike.
pub(super) fn operand_of(expression: &str) -> Option<&str> {
    let (_, operands) = expression.strip_prefix("(lambda a, b: ")?.split_once(")(")?;
    let (first, second) = operands.strip_suffix(')')?.split_at_checked(operands.len() / 2 - 1)?;
    (second.strip_prefix(", ")? == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{Announced, only_made, operand_of};

    #[test]
    fn what_only_makes_an_instance_is_known() {
        let call = |group: &str, expression: &str| {
            let call = Announced { number: 0, group: group.into(), expression: expression.into(), bare: true };
            only_made(&call).map(str::to_owned)
        };
        assert_eq!(call("uninitialised T", "module.T.__new__(module.T)").as_deref(), Some("T"));
        assert_eq!(call("uninitialised T", "kind('m.T').__new__(kind('m.T'))").as_deref(), Some("T"));
        assert_eq!(call("uninitialised T", "repr(module.T.__new__(module.T))"), None);
        assert_eq!(call("uninitialised T.size", "module.T.__new__(module.T).size()"), None);
        assert_eq!(call("T.__new__", "module.T.__new__(module.T, 1)"), None);
    }

    #[test]
    fn the_object_of_an_operation_is_known() {
        assert_eq!(operand_of("(lambda a, b: len(a))(module.T(1), module.T(1))"), Some("module.T(1)"));
        assert_eq!(operand_of("(lambda a, b: a[0])(m, m)"), Some("m"));
        assert_eq!(operand_of("module.f(1)"), None);
        assert_eq!(operand_of("(lambda a, b: a)(x, y)"), None);
    }
}
