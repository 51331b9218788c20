# Which extension modules are imported where the code around catches what they raise elsewhere.
#
# It runs beside the application and not with it, and reads its source only.
import os
import sys

sys.path[0] = os.path.dirname(os.__file__)
import ast
import builtins
import json
import tokenize
import warnings

with open(sys.argv.pop(), encoding="utf-8") as told:
    CONFIG = json.load(told)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TRIES = (ast.Try, getattr(ast, "TryStar", ast.Try))
# What the source of a library has to say of its own syntax is not asked here.
warnings.simplefilter("ignore")
TREES = {}


def say(event, **fields):
    with open(CONFIG["out"], "a", encoding="utf-8") as out:
        out.write(json.dumps(dict(fields, event=event, where="main")) + "\n")


def tree(file):
    if file not in TREES:
        try:
            with tokenize.open(file) as source:
                TREES[file] = ast.parse(source.read())
        except (OSError, SyntaxError, ValueError, RecursionError):
            # A file that is gone, or none of Python's: nothing in it is seen to catch anything.
            TREES[file] = None
    return TREES[file]


def last_name(node):
    return getattr(node, "attr", getattr(node, "id", None))


def catches(wanted, error):
    """Whether a handler is for an exception. One whose class has a name of its own may be."""
    if wanted is None:
        return True
    if isinstance(wanted, ast.Tuple):
        return any(catches(one, error) for one in wanted.elts)
    known = getattr(builtins, last_name(wanted) or "", None)
    return not (isinstance(known, type) and issubclass(known, BaseException)) or issubclass(error, known)


def guards(node, error):
    """Whether what stands in the body of a statement may raise an exception, and the code behind it goes on."""
    if isinstance(node, TRIES):
        return any(catches(handler.type, error) for handler in node.handlers)
    if isinstance(node, (ast.With, ast.AsyncWith)):
        calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
        wanted = [one for call in calls if last_name(call.func) == "suppress" for one in call.args]
        return any(catches(one, error) for one in wanted)
    return False


def span(node):
    """The lines of a statement, or of a part of one that has statements in it."""
    body = getattr(node, "body", None)
    if isinstance(node, (ast.stmt, ast.ExceptHandler)):
        return node.lineno, node.end_lineno
    return (body[0].lineno, body[-1].end_lineno) if isinstance(body, list) and body else (0, -1)


def guarded(file, line, error):
    """Whether the statement at a line stands, within its function, in the body of one that catches an exception."""
    node, found = tree(file), False
    while node is not None:
        if isinstance(node, SCOPES):
            found = False
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and body[0].lineno <= line <= body[-1].end_lineno and guards(node, error):
            found = True
        spans = [(one, span(one)) for one in ast.iter_child_nodes(node)]
        node = next((one for one, (first, last) in spans if first <= line <= last), None)
    return found


def error_of(message):
    """The class of the exception that a message was made of, as in `watch.py`."""
    made = getattr(builtins, message.partition(":")[0], None)
    return made if isinstance(made, type) and issubclass(made, Exception) else ImportError


for module, (message, lines) in CONFIG["modules"].items():
    places = [line.rpartition(":")[::2] for line in lines]
    if any(guarded(file, int(line), error_of(message)) for file, line in places):
        say("guarded", name=module)
say("end")
