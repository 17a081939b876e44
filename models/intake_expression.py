"""Regular expressions that a person writes, on texts that a stranger writes.

Some expressions take longer than anybody lives on some texts, and Python can't be told to stop. So they run in a
process of their own, which can be ended.
"""

import json
import subprocess
import sys

LONGEST = 2  # seconds
PROGRAM = """
import json, re, sys
pattern, texts = json.load(sys.stdin)
found = next(filter(None, map(re.compile(pattern, re.MULTILINE).search, texts)), None)
json.dump(found and (found[1] if found.re.groups else found[0]), sys.stdout)
"""


def search(pattern, texts):
    """What an expression finds in the first text in which it finds anything: its first group, else all of it.

    :return: str, or None if there is nothing
    :raise TimeoutError: if it takes too long
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PROGRAM],
            input=json.dumps([pattern, texts]).encode(),
            stdout=subprocess.PIPE,
            timeout=LONGEST,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error
    return json.loads(done.stdout)
