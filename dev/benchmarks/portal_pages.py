"""Open pages of customers, each of which does what the page's script does when it has no bus.

    portal_pages.py PORT SECONDS < PATHS

Opens them one by one within so many seconds, a path of a link on each line, and then asks for news until it is ended.
Prints a line of JSON for each answer. How often is asked is read from the script itself.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "static/src/request_page/request_conversation.js"
# what is 0 stands in no attribute
SHOWN = re.compile(r'data-id="(\d+)"(?: data-is-ours="(\d)")?')
IS_READ, CSRF = re.compile(r'data-is-read="(\d)"'), re.compile(r'name="csrf_token" value="([^"]+)"')


def read_constants(*names):
    """Numbers that the page's script declares."""
    script = SCRIPT.read_text()
    return [float(re.search(rf"const {name} = ([\d.]+);", script)[1]) for name in names]


class Page:
    def __init__(self, port, number, path):
        self._port, self._number, self._path = port, number, path.partition("?")[0]
        self._link = path
        self._cookie = ""
        self._last_id = 0
        self._seen_id = 0
        self._is_read = "0"

    async def live(self, soonest, latest, back_off, timeout):
        self._timeout = timeout
        text = await self._open()
        self._is_read = IS_READ.search(text)[1] if IS_READ.search(text) else "0"
        self._csrf = CSRF.search(text)[1]
        self._last_id = max((int(id_) for id_, _is_ours in SHOWN.findall(text)), default=0)
        await self._mark_seen(text)
        delay, is_lost = soonest, False
        while True:
            await asyncio.sleep(delay / 1000)
            delay = min(delay * back_off, latest)
            path = f"{self._path}/messages?after={self._last_id}&is_read={self._is_read}"
            status, text = await self._ask("poll", "GET", path)
            if status == 200:
                await self._show(json.loads(text))
                delay = soonest
            elif status == 0 and not is_lost:
                delay = soonest
            elif status not in (0, 204):
                delay = latest
            is_lost = status == 0

    async def _open(self):
        """Follow the link; whoever gets no page tries again.

        :return: the text of the page
        """
        while True:
            status, _text = await self._ask("open", "GET", self._link)
            if status == 303:
                status, text = await self._ask("open", "GET", self._path)
                if status == 200:
                    return text
            await asyncio.sleep(1)

    async def _show(self, answer):
        self._last_id = max(self._last_id, answer["last_id"])
        self._is_read = str(int(answer["is_read"]))
        await self._mark_seen(answer["html"])

    async def _mark_seen(self, text):
        ours = [int(id_) for id_, is_ours in SHOWN.findall(text) if is_ours == "1"]
        if ours and ours[-1] > self._seen_id:
            self._seen_id = ours[-1]
            body = f"csrf_token={self._csrf}&message_id={ours[-1]}"
            await self._ask("seen", "POST", f"{self._path}/seen", body)

    async def _ask(self, kind, method, path, body=""):
        """
        :return: the status of the answer, 0 for none, and its text
        """
        began, status, text = time.monotonic(), 0, ""
        # what was not answered is told by the status
        with contextlib.suppress(OSError, ValueError, IndexError, asyncio.TimeoutError):
            status, text = await asyncio.wait_for(self._exchange(method, path, body), self._timeout / 1000)
        row = {"page": self._number, "kind": kind, "status": status, "began": began, "ended": time.monotonic()}
        if kind == "poll" and status == 200:
            row["last"] = json.loads(text)["last_id"]
        print(json.dumps(row), flush=True)
        return status, text

    async def _exchange(self, method, path, body):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            head = [
                f"{method} {path} HTTP/1.0",
                "Host: 127.0.0.1",
                "Accept: application/json",
                f"Cookie: {self._cookie}",
            ]
            if body:
                head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
            writer.write("\r\n".join([*head, "", body]).encode())
            answer = (await reader.read()).decode()
        finally:
            writer.close()
        head, _empty, text = answer.partition("\r\n\r\n")
        cookie = re.search(r"(?im)^Set-Cookie: (session_id=[^;]+)", head)
        if cookie:
            self._cookie = cookie[1]
        return int(head.split()[1]), text


async def main():
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    paths = sys.stdin.read().split()
    constants = read_constants("SOONEST", "LATEST", "BACK_OFF", "TIMEOUT")
    pages = []
    for number, path in enumerate(paths):
        pages.append(asyncio.create_task(Page(port, number, path).live(*constants)))
        await asyncio.sleep(seconds / len(paths))
    await asyncio.gather(*pages)


if __name__ == "__main__":
    asyncio.run(main())
