from lxml import etree, html, objectify


class Target:
    def __init__(self):
        self.seen = []

    def start(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def data(self, data):
        self.seen.append(data)

    def close(self):
        return self.seen


def use(turn):
    root = etree.fromstring("<a><b n='1'>x</b><b n='2'>y</b>" + "<c/>" * turn + "</a>")
    sheet = etree.XSLT(
        etree.XML(
            "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>"
            "<xsl:template match='/'><out><xsl:value-of select='count(//c)'/></out></xsl:template></xsl:stylesheet>"
        )
    )
    namespace = etree.FunctionNamespace("urn:mine")
    namespace["twice"] = lambda context, value: value * 2
    twice = root.xpath("m:twice(count(//c))", namespaces={"m": "urn:mine"})
    try:
        etree.fromstring("<a><b></a>")
        raise AssertionError("bad XML was accepted")
    except etree.XMLSyntaxError as error:
        said = str(error)
    seen = etree.fromstring("<r><s t='1'>u</s></r>", etree.XMLParser(target=Target()))
    page = html.fromstring("<p>one<br>two <a href='/x'>three</a>")
    schema = etree.XMLSchema(
        etree.XML(
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='n' type='xs:int'/></xs:schema>"
        )
    )
    assert schema.validate(etree.XML("<n>1</n>")) and not schema.validate(etree.XML("<n>x</n>"))
    return (
        root.xpath("//b[@n='2']/text()"),
        str(sheet(root)),
        twice,
        said,
        seen,
        [link[2] for link in page.iterlinks()],
        int(objectify.fromstring(f"<o><v>{turn}</v></o>").v),
        etree.tostring(root),
    )
