import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

TIMEOUT = 10  # seconds until a connection stands, and again until something of the answer comes
LONGEST = 30  # seconds until all of it is over
LONGEST_URL = 2000
UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressProblem(Exception):
    """What is wrong with an address or with who answers there, as one word: ``url``, ``scheme``, ``user``, ``unknown``
    (no such host), ``private``, ``timeout``, ``certificate``, ``connection``; :attr:`host` is the host, if there is
    one."""

    def __init__(self, word, host=""):
        super().__init__(word)
        self.word = word
        self.host = host


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
    if address.version == 4:
        return address.is_global and not address.is_multicast
    if address in NAT64:  # how networks without IPv4 write an address of it
        return is_public(ipaddress.IPv4Address(int(address) % 2**32))
    return address in UNICAST and address.is_global and (not address.sixtofour or is_public(address.sixtofour))


def resolve(parts, private_hosts=()):
    """The address to connect to, and its port. A name of which only one address is private is refused as a whole.

    :param parts: what :func:`check_url` returned
    :rtype: tuple
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
    return str(addresses[0]), port


def post(url, body, headers, private_hosts=()):
    """Send a body, following no redirect and reading nothing of the answer but its status. It goes to the address that
    was checked, whatever the name leads to by then, and asks for the certificate of the name.

    :param bytes body: sent as it is
    :return: the status
    :rtype: int
    :raise AddressProblem: if nobody answered
    """
    parts = check_url(url, private_hosts)
    host = parts.hostname
    address = resolve(parts, private_hosts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with (
            socket.create_connection(address, TIMEOUT) as wire,
            _hung_up_after(LONGEST, wire),
            closing(http.client.HTTPConnection(*address)) as connection,
        ):
            connection.sock = _encrypt(wire, host) if parts.scheme == "https" else wire
            connection.request("POST", path, body, {**headers, "Host": parts.netloc})
            return connection.getresponse().status
    except TimeoutError as error:
        raise AddressProblem("timeout", host) from error
    except ssl.SSLError as error:
        raise AddressProblem("certificate", host) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AddressProblem("connection", host) from error


def _encrypt(wire, host):
    return ssl.create_default_context().wrap_socket(wire, server_hostname=host)


@contextmanager
def _hung_up_after(seconds, wire):
    """Who answers drop by drop is hung up on: each drop would be in time, and all of them would take hours.

    :raise TimeoutError: then, whatever came until then
    """
    late = threading.Event()
    spare = wire.dup()  # encryption takes over the wire itself

    def hang_up():
        late.set()
        with suppress(OSError):
            spare.shutdown(socket.SHUT_RDWR)

    alarm = threading.Timer(seconds, hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
        spare.close()
        if late.is_set():
            raise TimeoutError
