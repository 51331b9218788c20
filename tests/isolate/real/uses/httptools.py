import httptools


class Protocol:
    def __init__(self):
        self.seen = []

    def on_url(self, url):
        self.seen.append(httptools.parse_url(url).path)

    def on_header(self, name, value):
        self.seen.append((name, value))

    def on_body(self, body):
        self.seen.append(body)

    def on_message_complete(self):
        self.seen.append("complete")


def use(turn):
    protocol = Protocol()
    parser = httptools.HttpRequestParser(protocol)
    data = b"POST /path/%d?q=1 HTTP/1.1\r\nHost: example\r\nContent-Length: 4\r\n\r\nbody" % turn
    for part in data[:50], data[50:54], data[54:]:
        parser.feed_data(part)
    try:
        httptools.HttpRequestParser(Protocol()).feed_data(b"no request\r\n\r\n")
        raise AssertionError("accepted")
    except httptools.HttpParserError as error:
        said = type(error).__name__
    return protocol.seen, parser.get_method(), said
