import wrapt
from wrapt import _wrappers


@wrapt.decorator
def twice(wrapped, instance, arguments, keywords):
    return wrapped(*arguments, **keywords) * 2, type(instance).__name__


class Thing:
    @twice
    def method(self, n):
        return n + 1


def use(turn):
    proxy = wrapt.ObjectProxy([turn, 2])
    proxy.append(3)
    assert isinstance(proxy, list) and wrapt.ObjectProxy.__module__ != "wrapt.wrappers" or _wrappers.ObjectProxy
    seen = wrapt.CallableObjectProxy(lambda n: n * 3)(turn)
    return Thing().method(turn), list(proxy), proxy + [4], seen, repr(wrapt.PartialCallableObjectProxy(max, 3)(turn))
