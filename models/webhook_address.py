import ipaddress
import socket
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

# seconds until a connection stands, and again until an answer begins
TIMEOUT = 10
LONGEST_URL = 2000


class AddressProblem(Exception):
    """What is wrong with an address or with who answers there, as one word: ``url``, ``scheme``, ``user``, ``unknown``
    (no such host), ``private``, ``timeout``, ``certificate``, ``connection``; :attr:`host` is the host, if there is
    one."""

    def __init__(self, word, host=""):
        super().__init__(word)
        self.word = word
        self.host = host


class PinnedAdapter(HTTPAdapter):
    """Connects to an address that was checked, and asks for the certificate of the host that was meant: a name that
    changes its address in between leads nowhere else."""

    def __init__(self, host):
        self.host = host
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        return super().init_poolmanager(*args, server_hostname=self.host, assert_hostname=self.host, **kwargs)


def check_url(url, private_hosts=()):
    """
    :param str url: where something shall be sent to
    :param private_hosts: host names that may be private, and do without encryption
    :return: its parts
    :raise AddressProblem: for what nothing is sent to; names are not looked up yet
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressProblem("url") from error
    if not host or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressProblem("url")
    if parts.username is not None or parts.password is not None:
        raise AddressProblem("user", host)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in private_hosts):
        raise AddressProblem("scheme", host)
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return parts
    if host not in private_hosts and not is_public(address):
        raise AddressProblem("private", host)
    return parts


def is_public(address):
    """Whether an address is one of the internet, and not of this machine, its network or a cloud's own services."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return address.is_global and not address.is_multicast and (inner is None or is_public(inner))


def resolve(parts, private_hosts=()):
    """The address to connect to. A name of which only one address is private is refused as a whole.

    :param parts: what :func:`check_url` returned
    :rtype: str
    """
    host = parts.hostname
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressProblem("unknown", host) from error
    addresses = [ipaddress.ip_address(row[4][0].split("%")[0]) for row in found]
    if not addresses:
        raise AddressProblem("unknown", host)
    if host not in private_hosts and not all(map(is_public, addresses)):
        raise AddressProblem("private", host)
    return str(addresses[0])


def post(url, body, headers, private_hosts=()):
    """Send a body, following no redirect and reading nothing of the answer but its status.

    :param bytes body: sent as it is
    :return: the status
    :rtype: int
    :raise AddressProblem: if nobody answered
    """
    parts = check_url(url, private_hosts)
    host = parts.hostname
    address = resolve(parts, private_hosts)
    place = f"[{address}]" if ":" in address else address
    pinned = parts._replace(netloc=f"{place}:{parts.port}" if parts.port else place).geturl()
    with requests.Session() as session:
        session.trust_env = False  # a proxy would look the name up once more
        session.mount("https://", PinnedAdapter(host))
        try:
            with session.post(
                pinned, data=body, headers={**headers, "Host": parts.netloc},
                timeout=TIMEOUT, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                return response.status_code
        except requests.exceptions.Timeout as error:
            raise AddressProblem("timeout", host) from error
        except requests.exceptions.SSLError as error:
            raise AddressProblem("certificate", host) from error
        except requests.exceptions.RequestException as error:
            raise AddressProblem("connection", host) from error
