"""Somebody at the web client, or at the customer's page."""

import http.client
import json
from urllib.parse import urlsplit


class Client:
    """JSON-RPC and pages in a session, as a browser asks for them."""

    def __init__(self, port):
        self._port, self._cookie, self._connection = port, None, None

    def log_in(self, database, login, password):
        self.post("/web/session/authenticate", {"db": database, "login": login, "password": password})
        return self

    def get(self, path):
        """
        :return: the text of a page
        """
        response, content = self._ask("GET", path)
        if response.status == http.client.SEE_OTHER:
            return self.get(urlsplit(response.headers["Location"]).path)
        if response.status != http.client.OK:
            raise RuntimeError(f"{path}: {response.status}")
        return content.decode()

    def post(self, path, params):
        answer = json.loads(
            self._ask("POST", path, json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}))[1]
        )
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"].get("message") or answer["error"]["message"])
        return answer["result"]

    def call(self, model, method, *args, **kwargs):
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def _ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body else {}
        if self._cookie:
            headers["Cookie"] = self._cookie
        if not self._connection:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise
        for cookie in response.headers.get_all("Set-Cookie") or []:
            if cookie.startswith("session_id="):
                self._cookie = cookie.partition(";")[0]
        return response, content
