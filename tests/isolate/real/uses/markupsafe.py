import markupsafe
from markupsafe import Markup, escape


class Own:
    def __html__(self):
        return "<own>"


def use(turn):
    assert markupsafe._escape_inner.__module__ == "markupsafe._speedups" or "_speedups" in repr(
        markupsafe._escape_inner
    )
    return (
        str(escape(f"<{turn}>&'\"")),
        Markup("<b>%s</b>") % "<x>",
        escape(Own()),
        Markup("<i>a</i>&lt;").striptags(),
        escape(None),
        Markup("a").join(["<", Markup("<")]),
    )
