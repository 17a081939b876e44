import hashlib
import hmac
import json
import re

import requests

TIMEOUT = 10  # seconds until a connection stands, and again until an answer comes
LARGEST_ANSWER = 4 * 1024 * 1024
PAGE_SIZE = 50
MOST_PAGES = 2000  # of a list; one that goes on after that has no end
# what text has that was cut in the middle of a character, and what no database stores
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# by the codes of the Graph API: https://developers.facebook.com/docs/graph-api/guides/error-handling
TOKEN_CODES = (102, 190)
PERMISSION_CODES = (3, 10, *range(200, 300))
LIMIT_CODES = (4, 17, 32, 341, 613, *range(80000, 80015))
GONE = (100, 33)  # code and subcode


class GraphProblem(Exception):
    """Why Facebook gave nothing, as one word: ``token``, ``permission``, ``limit``, ``down``, ``gone`` (there is no
    such thing) or ``answer`` (that makes no sense); :attr:`detail` is what Facebook says of it."""

    def __init__(self, word, detail=""):
        super().__init__(word)
        self.word = word
        self.detail = detail[:200]


class GraphClient:
    """Reads from Facebook's Graph API with the token of one page. It does not wait and try again by itself: who asks
    does.

    :param str base: such as ``https://graph.facebook.com``
    :param str version: such as ``v23.0``
    :param str token: of the page
    :param str secret: of the app, which proves that the token is used by whom it was made for
    """

    def __init__(self, base, version, token, secret):
        self.base = f"{base.rstrip('/')}/{version}"
        self.secrets = (token, secret)
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    def get(self, path, **params):
        """
        :param str path: such as the number of a lead
        :return: the object that was answered
        :rtype: dict
        :raise GraphProblem: for everything else
        """
        try:
            with requests.get(
                f"{self.base}/{path}", {**params, "appsecret_proof": self.proof}, headers=self.headers,
                timeout=TIMEOUT, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                raw = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
                status = response.status_code
        except (requests.exceptions.RequestException, OSError) as error:
            raise GraphProblem("down", type(error).__name__) from error
        except Exception as error:  # what urllib3 raises while an answer comes in
            raise GraphProblem("down", type(error).__name__) from error
        answer = _read(raw)
        if status == 200 and answer is not None and "error" not in answer:
            return answer
        raise _get_problem(status, answer or {}, self.secrets)

    def get_all(self, path, **params):
        """Every item of a list, asked for page by page. The last is the one without a next.

        :raise GraphProblem: also for a list without an end, which is not all that there is
        """
        after = None
        for _page in range(MOST_PAGES):
            answer = self.get(path, limit=PAGE_SIZE, **params, **({"after": after} if after else {}))
            items, paging = answer.get("data"), answer.get("paging")
            if not isinstance(items, list):
                raise GraphProblem("answer")
            yield from items
            if not isinstance(paging, dict) or not paging.get("next"):
                return
            cursors = paging.get("cursors")
            following = cursors.get("after") if isinstance(cursors, dict) else None
            if not isinstance(following, str) or following in ("", after):
                break
            after = following
        raise GraphProblem("answer", path)


def _read(raw):
    if len(raw) > LARGEST_ANSWER:
        return None
    try:
        answer = _make_storable(json.loads(raw))
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _make_storable(value):
    if isinstance(value, str):
        return UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return list(map(_make_storable, value))
    if isinstance(value, dict):
        return {_make_storable(key): _make_storable(item) for key, item in value.items()}
    return value


def _get_problem(status, answer, secrets):
    error = answer.get("error")
    error = error if isinstance(error, dict) else {}
    code, detail = error.get("code"), str(error.get("message") or status)
    for secret in filter(None, secrets):  # Facebook repeats a token that it does not understand
        detail = detail.replace(secret, "…")
    if code in TOKEN_CODES:
        return GraphProblem("token", detail)
    if code in PERMISSION_CODES:
        return GraphProblem("permission", detail)
    if code in LIMIT_CODES or status == 429:
        return GraphProblem("limit", detail)
    if (code, error.get("error_subcode")) == GONE:
        return GraphProblem("gone", detail)
    if status >= 500 or code in (1, 2):
        return GraphProblem("down", detail)
    return GraphProblem("answer", detail)
