"""Sends invented requests: intake.py JSON SEED, with the packages of requirements-fuzz.txt. The last line says what it
found."""

import gzip
import http.client
import json
import sys
import time
from collections import Counter
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

KNOWN = {200, 201, 202, 400, 401, 404, 405, 409, 413, 415, 422, 429}
NAMES = (
    "name", "request", "contact_name", "partner_name", "function", "email_from", "phone", "website", "street",
    "street2", "zip", "city", "state_id", "country_id", "lang_id", "source_id", "medium_id", "campaign_id", "referred",
    "lead_type_id", "lead_location_id", "target_year", "expected_revenue", "date_due", "proposal_deadline", "priority",
    "tag_ids", "external_id", "user_id", "id",
)  # fmt: skip
MOST_FAULTS = 20
BATCH = 20
LONGEST_ANSWER = 2000


def _mostly(usual, others, times=9):
    """Mostly the one, now and then one of the others."""
    return st.integers(0, times).flatmap(lambda number: others if number == times else usual)


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["Cc", "Cf", "Co", "Cn", "Zs", "Zl", "Zp", "Mn", "So"]), max_size=20),
    st.sampled_from(
        ["", " ", "\u0000", "%", "_", "\\", "'", "$1", "{{7*7}}", "${x}", "<script>", "\u202e", "1\n2", "0x1"]
    ),
    st.emails(),
    st.from_regex(r"[+0-9() /.-]{1,25}", fullmatch=True),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.sampled_from(["2027-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2027-W01", "20270101"]),
    st.sampled_from(["IT", "Italy", "it_IT", "1", "3", "High", "-1", "1e9", "1,5", "٣", "²", "1_000", "inf", "NaN"]),
    st.text("x€𝄞", min_size=400, max_size=700),
)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**38), 10**38))
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4), max_leaves=8
)
FLAT = st.dictionaries(st.sampled_from(NAMES) | TEXTS, st.one_of(LEAVES, LEAVES, VALUES), max_size=8)
# what a real sender sends, with one thing that is odd
USUAL = st.builds(
    lambda number, odd: {"email_from": f"a{number}@example.com", "request": "A week", **odd},
    st.integers(0, 10**12),
    st.dictionaries(st.sampled_from(NAMES), LEAVES, max_size=2),
)
MAPPED = st.fixed_dictionaries(
    {},
    optional={
        "lead": _mostly(USUAL, FLAT, times=3),
        "list": st.lists(LEAVES, max_size=9),
        "deep": st.fixed_dictionaries({"a": st.lists(st.fixed_dictionaries({"b": LEAVES}) | VALUES, max_size=2)})
        | VALUES,
        "external_id": VALUES,
    },
)
OBJECTS = st.one_of(FLAT, USUAL, MAPPED, st.builds(lambda lead: {"lead": lead}, USUAL))


def _write(value, ascii_only):
    return json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")


def _damage(body, place, filling):
    place %= len(body) + 1
    return body[:place] + filling + body[place + len(filling) // 2 :]


WRITTEN = st.builds(_write, OBJECTS, st.booleans())
ODD_BODIES = st.one_of(
    st.builds(_damage, WRITTEN, st.integers(0, 500), st.binary(max_size=6)),
    st.builds(lambda value: _write(value, True), VALUES),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"", b"null", b"[]", b"{}", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"a":1,"a":2}', b'{"a":NaN}',
            b'{"a":-Infinity}', b'{"a":1e999}', b'{"phone":"\\ud800"}', b'{"\\ud800":1,"\\ud800":1}',
            b'{"a":"\\u0000"}', b'{"target_year":1e30}', b'{"a":' + b"[" * 3000,
            b'{"a":' + b"[" * 30 + b"]" * 30 + b"}",
            b'{"a":' + b"9" * 9000 + b"}", b'{"x":[' + b"1," * 9000 + b"1]}",
            b" " * 262_145, gzip.compress(b" " * 10**6),
        ]
    ),
)  # fmt: skip
BODIES = _mostly(WRITTEN, ODD_BODIES, times=3)
LINE = st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=40)
OTHER_TYPES = (
    "application/json; charset=utf-16",
    'application/json; charset="',
    "text/json",
    "text/plain",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "",
)
EXTRA_NAMES = (
    "Idempotency-Key",
    "User-Agent",
    "X-Request-Id",
    "Content-Encoding",
    "X-Signature",
    "X-Timestamp",
    "Authorization",
    "Cookie",
    "Origin",
    "Accept-Language",
    "X-Forwarded-For",
)
EXTRA_VALUES = LINE | st.sampled_from(["gzip", "identity", "1", "-1", "99999999999", "Bearer", "session_id=../../x"])
TYPES = _mostly(st.just("application/json"), st.sampled_from(OTHER_TYPES))
EXTRA = _mostly(
    st.just([]), st.lists(st.tuples(st.sampled_from(EXTRA_NAMES), EXTRA_VALUES), min_size=1, max_size=2), times=4
)
PATHS = _mostly(
    st.none(),
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["%00", "plain%00", "health", "plain/openapi.json", "..%2f..", "x" * 3000, "plain?x=1&self=2"]),
    ),
)
METHODS = _mostly(
    st.just("POST"), st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
)


class Sender:
    """A client that keeps its connection, and what it has found."""

    def __init__(self, port, channels):
        self.port, self.channels = port, channels
        self.connection, self.statuses, self.faults = None, Counter(), []

    def check(self, channel, method, path, kind, extra, body):
        """Send a request and look at the answer."""
        target = _quote(channel["code"] if path is None else path)
        headers = [("Authorization", f"Bearer {channel['secret']}"), ("Content-Type", kind), *extra]
        try:
            status, answered, text = self._ask(method, f"/lead_intake/{target}", headers, body)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            self._note(method, target, headers, body, f"no answer: {error!r}")
            return
        self.statuses[status] += 1
        code = unquote(target.partition("?")[0]).removesuffix("/openapi.json")
        if status == 400 and "text/html" in answered:  # the server refuses it before Odoo sees it
            return
        if not code or "/" in code:  # that is no address of ours
            wrong = "an error inside" if status >= 500 else ""
        else:
            wrong = _judge(method, status, answered, text)
        if wrong:
            self._note(method, target, headers, body, f"{status}: {wrong}: {text[:200]}")

    def _ask(self, method, path, headers, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            self.connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                self.connection.putheader(name, value.encode("latin-1"))
            self.connection.putheader("Content-Length", str(len(body)))
            self.connection.endheaders(body)
            response = self.connection.getresponse()
            text = response.read().decode()
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return response.status, response.headers.get("Content-Type", ""), text

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def _note(self, method, path, headers, body, wrong):
        headers = [(name, value) for name, value in headers if "Bearer" not in value]
        self.faults.append(f"{method} {path[:100]} {headers} {body[:300]!r}: {wrong}")

    def describe(self, channel):
        headers = [("Authorization", f"Bearer {channel['secret']}")]
        _status, _kind, text = self._ask("GET", f"/lead_intake/{channel['code']}/openapi.json", headers, b"")
        validate(json.loads(text))


def _quote(path):
    return "".join(char if " " < char < "\x7f" and char != "#" else f"%{ord(char) % 256:02x}" for char in path)


def _judge(method, status, kind, text):
    """What is wrong with an answer, in words."""
    if status not in KNOWN:
        return "a status that is none of ours"
    if not kind.startswith("application/json"):
        return "no JSON"
    if method == "HEAD":
        return ""
    if len(text) > LONGEST_ANSWER and status >= 400:
        return "long"
    answer = json.loads(text)
    if status < 300:
        return "" if "openapi" in answer or answer.keys() <= {"number", "status"} else "unknown keys"
    if not answer.get("error") or not answer.get("message") or answer.keys() - {"error", "message", "field"}:
        return "unknown keys"
    return "something of the inside" if any(word in text for word in ("Traceback", "psycopg2", "crm_lead")) else ""


def main():
    options, number = json.loads(sys.argv[1]), int(sys.argv[2])
    sender = Sender(options["port"], options["channels"])
    until = time.monotonic() + options["seconds"]
    for channel in options["channels"]:
        sender.describe(channel)

    def send(channel, method, path, kind, extra, body):
        if time.monotonic() < until and len(sender.faults) < MOST_FAULTS:
            sender.check(channel, method, path, kind, extra, body)

    # the longer it invents, the more it repeats itself
    options_of_batch = settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    invented = given(st.sampled_from(options["channels"]), METHODS, PATHS, TYPES, EXTRA, BODIES)
    for batch in range(options["cases"] // BATCH):
        seed(number * 10**6 + batch)(options_of_batch(invented(send)))()
    sender.close()
    print(json.dumps({"statuses": sender.statuses, "faults": sender.faults}))


main()
