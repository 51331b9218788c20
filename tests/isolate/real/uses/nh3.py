import nh3


def use(turn):
    def only(tag, name, value):
        return value if name == "href" else None

    text = f"<b>{turn}</b><script>x</script><a href='http://e.org' title='t'>l</a><i onclick='y'>z</i>"
    return (
        nh3.clean(text, attribute_filter=only),
        nh3.clean(text, tags={"b"}),
        nh3.clean_text("<>"),
        nh3.is_html("a<b>"),
    )
