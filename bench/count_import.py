"""Instructions that the import into a further interpreter with its own GIL takes, under callgrind: `python count_import.py FILE`.

The same file was imported into the main interpreter and into one further before: what the library sets up once is done.
"""

import sys

from costs import HERE, interpreters
from rows import load

path = sys.argv[1]
load(path)
create, run = interpreters()
text = f"""
import sys
sys.path.insert(0, {HERE!r})
sys.path[1:1] = {sys.path!r}
import counter
from rows import load
counter.zero()
load({path!r})
counter.dump("import")
"""
for _ in range(2):
    error = run(create(), text)
    if error:
        sys.exit(error)
