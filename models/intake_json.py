import json

MOST_DEPTH = 20
MOST_VALUES = 5_000
LONGEST_NUMBER = 40


class JsonProblem(ValueError):
    """What is wrong with a body, as one word: ``encoding``, ``syntax``, ``object``, ``depth``, ``size``, ``number``,
    ``key`` (given twice) or ``character``; :attr:`detail` is the key, where there is one."""

    def __init__(self, word, detail=""):
        super().__init__(word)
        self.word = word
        self.detail = detail


def read_object(raw, most_values=MOST_VALUES):
    """The object that a JSON body holds. It is stricter than the standard, see RFC 8259 on what is not interoperable.

    :param bytes raw: the body
    :param int most_values: how many it may hold
    :rtype: dict
    :raise JsonProblem: for what is no JSON object, or has something in it that nobody sends by mistake
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JsonProblem("encoding") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_read_pairs,
            parse_constant=_refuse_number,
            parse_int=lambda digits: int(_check_number(digits)),
            parse_float=_read_float,
        )
    except RecursionError as error:
        raise JsonProblem("depth") from error
    except json.JSONDecodeError as error:
        raise JsonProblem("syntax") from error
    if not isinstance(value, dict):
        raise JsonProblem("object")
    _check_values(value, most_values)
    return value


def find(value, path):
    """The value at a path such as ``contact.emails[0].value`` or ``contact.emails.0.value``. A key that has points or
    brackets itself is found too.

    :return: None where there is nothing
    """
    if isinstance(value, dict) and path in value:
        return value[path]
    for step in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if len(step) < 6 and int(step) < len(value) else None
        else:
            return None
    return value


def make_storable(text):
    """Without what no database stores."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _read_pairs(pairs):
    found = {}
    for key, value in pairs:
        if key in found:
            raise JsonProblem("key", "".join(filter(str.isprintable, key[:100])))
        found[key] = value
    return found


def _refuse_number(_name):
    raise JsonProblem("number")


def _check_number(digits):
    if len(digits) > LONGEST_NUMBER:
        raise JsonProblem("number")
    return digits


def _read_float(digits):
    number = float(_check_number(digits))
    if number in (float("inf"), float("-inf")):
        raise JsonProblem("number")
    return number


def _check_values(value, most_values):
    """Depth, number of values, and characters that no database stores."""
    count, level = 0, [value]
    for _depth in range(MOST_DEPTH):
        following = []
        for item in level:
            count += 1
            if isinstance(item, dict):
                following += item.keys()
                following += item.values()
            elif isinstance(item, list):
                following += item
            elif isinstance(item, str) and not _is_storable(item):
                raise JsonProblem("character")
        if count + len(following) > most_values:
            raise JsonProblem("size")
        if not following:
            return
        level = following
    raise JsonProblem("depth")


def _is_storable(text):
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
