import jinja2

ENVIRONMENT = jinja2.Environment(
    autoescape=True,
    loader=jinja2.DictLoader(
        {
            "base": "<{% block b %}{% endblock %}>",
            "page": "{% extends 'base' %}{% block b %}{% for n in items %}"
            "{{ n }}{{ ',' if not loop.last }}{% endfor %}{{ x|upper }}{% endblock %}",
        }
    ),
)


def use(turn):
    page = ENVIRONMENT.get_template("page").render(items=range(turn), x="<a>")
    try:
        ENVIRONMENT.from_string("{% for %}")
        raise AssertionError("compiled")
    except jinja2.TemplateSyntaxError as error:
        said = str(error)
    return page, said
