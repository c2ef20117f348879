"""One farm's gateway, as a client reaches it: HTTPS, the farm's own authority, clear errors."""

import hashlib
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlencode, urlsplit

import httpx

from farmdesk.domain.errors import FarmUnavailable, Refused
from farmdesk.domain.text import quoted
from farmdesk.link.remote.long_exchanges import LongExchanges
from farmdesk.link.wire import Problem, Unreadable, from_json
from farmdesk.security.certificates import fingerprint
from farmdesk.security.challenge import SERVER_ID_BYTES
from farmdesk.security.tls import client_context

CONNECT_S = 5.0
ANSWER_S = 20.0  # the farm itself waits 15 s for its database
QUIET_S = 20.0  # a quiet connection is let go before the farm does it (30 s)
CONNECTIONS = 16
ANSWER_BYTES = 256 << 20  # of one answer: half a million frames fit
AUTHORITY_BYTES = 64 << 10
_PLAIN = {"Accept-Encoding": "identity"}  # what is packed could be without end once unpacked
PIECE = 128 << 10  # bytes of a long answer: between two, a download looks whether it is paused

Params = Mapping[str, int | str | list[int]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `certificate`: SHA-256 of the one that the server showed (DER)."""

    content: bytes
    certificate: bytes


class WrongServer(Refused):
    """A server that is not the farm that this machine knows."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"The server at {quoted(url)} is not the farm that this machine knows: its certificate "
            "is not of that farm's authority, or not for this address. Nothing was sent. Check the "
            "address and ask a superadmin for the authority's fingerprint; if the farm has a new "
            "one, log in with `farmdesk login --trust`.",
            f"{quoted(url)} 处的服务器不是本机所认识的农场：其证书不是由该农场的 CA 签发，"
            "或不属于该地址。未发送任何内容。请核对地址，并向超级管理员询问 CA 指纹；"
            "如农场已更换 CA，请用 `farmdesk login --trust` 登录。",
        )


class NoServerUrl(Refused):
    """Text that names no gateway."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{quoted(url)} is no address of a farm. Write it like https://farm.example:8443.",
            f"{quoted(url)} 不是农场地址。请写成 https://farm.example:8443 的形式。",
        )


class TooLong(Refused):
    """An answer that no farm gives: it would fill this machine's memory."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"The server at {quoted(url)} answers without end. Nothing of it was kept. Check that "
            "it is your farm's, and tell its superadmin.",
            f"{quoted(url)} 处的服务器回应过长，未保留任何内容。"
            "请确认它是您的农场，并告知超级管理员。",
        )


class Door:
    """A gateway at a URL, trusted by its authority's certificate (PEM). Safe between threads."""

    def __init__(self, url: str, authority: bytes) -> None:
        self.url = checked_url(url)
        self.server_id = fingerprint(authority)[:SERVER_ID_BYTES]
        context = client_context(authority)
        self._long_exchanges = LongExchanges(
            self.url, context, connect_s=CONNECT_S, answer_s=ANSWER_S, quiet_s=QUIET_S
        )
        self._client = httpx.Client(
            base_url=self.url,
            verify=context,
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
            limits=httpx.Limits(
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=QUIET_S,
            ),
            trust_env=False,  # no proxy, no password from a file of this machine
        )

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: bytes | None = None,
        kind: str = "application/json",
        authorization: str | None = None,
    ) -> Reply:
        """Give the server's answer. Raises WrongServer, FarmUnavailable or Refused."""
        headers = dict(_PLAIN)
        if authorization is not None:
            headers["Authorization"] = authorization
        if body is not None:
            headers["Content-Type"] = kind
        try:
            with self._client.stream(
                method, path, params=params, content=body, headers=headers
            ) as response:
                line = response.extensions["network_stream"].get_extra_info("ssl_object")
                certificate = hashlib.sha256(line.getpeercert(True)).digest()
                content = _whole(response, ANSWER_BYTES, self.url)
        except httpx.TransportError as error:
            raise _translated(error, self.url) from error
        if not response.is_success:
            raise _problem(response.status_code, content, self.url)
        return Reply(content, certificate)

    @contextmanager
    def reading(
        self, path: str, params: Params, form: bytes | None = None, *, authorization: str
    ) -> Iterator[Iterator[bytes]]:
        """Give a long answer piece by piece as it comes; `form`: JSON that is posted for it.

        Raises as `ask`, at any piece too.
        """
        target, headers = f"{path}?{urlencode(params, doseq=True)}", _words(authorization)
        if form is not None:
            headers["Content-Type"] = "application/json"
        with self._answer(self._long_exchanges.asked(target, headers, form)) as response:
            yield self._pieces(response)

    def send(self, path: str, body: Iterable[memoryview], *, authorization: str) -> None:
        """Put a long body, each piece before the next is asked for.

        Raises as `ask`, and what `body` raises.
        """
        headers = {**_words(authorization), "Content-Type": "application/octet-stream"}
        with self._answer(self._long_exchanges.sent(path, headers, body)) as response:
            next(self._pieces(response), b"")  # it is short; one without end is left

    @contextmanager
    def _answer(self, exchange: AbstractContextManager[HTTPResponse]) -> Iterator[HTTPResponse]:
        with ExitStack() as stack:
            try:
                response = stack.enter_context(exchange)
                failed = b"" if response.status == HTTPStatus.OK else response.read(PIECE)
            except (OSError, HTTPException) as error:
                raise _translated(error, self.url) from error
            if response.status != HTTPStatus.OK:
                raise _problem(response.status, failed, self.url)
            yield response

    def _pieces(self, response: HTTPResponse) -> Iterator[bytes]:
        try:
            while piece := response.read(PIECE):
                yield piece
        except (OSError, HTTPException) as error:
            raise _translated(error, self.url) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._long_exchanges.close()


def _words(authorization: str) -> dict[str, str]:
    return {**_PLAIN, "Authorization": authorization}


def checked_url(url: str) -> str:
    """Give an address back without what is not needed. Raises NoServerUrl."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NoServerUrl(url) from None
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.path.strip("/"):
        raise NoServerUrl(url)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{port or 443}"


def fetch_authority(url: str) -> bytes:
    """Give the certificate (PEM) that a server calls its authority's, before anything is trusted.

    A person must compare its fingerprint. Raises FarmUnavailable or Refused.
    """
    place = checked_url(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            httpx.Client(verify=context, trust_env=False, timeout=CONNECT_S) as client,
            client.stream("GET", f"{place}/authority", headers=_PLAIN) as response,
        ):
            content = _whole(response, AUTHORITY_BYTES, place)
    except httpx.TransportError as error:
        raise _translated(error, place) from error
    if not response.is_success:
        raise _problem(response.status_code, content, place)
    return content


def _whole(response: httpx.Response, most: int, url: str) -> bytes:
    """Read an answer as it is on the wire. Raises TooLong, httpx.TransportError."""
    content = bytearray()
    for piece in response.iter_raw():
        content += piece
        if len(content) > most:
            raise TooLong(url)
    return bytes(content)


def _translated(error: Exception, url: str) -> FarmUnavailable | WrongServer:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return WrongServer(url)
        cause = cause.__cause__ or cause.__context__
    return FarmUnavailable(
        f"The farm at {url} cannot be reached now. Check the address and the network. A command "
        "may have arrived all the same: look before you send it again.",
        f"现在无法连接位于 {url} 的农场。请检查地址和网络。命令可能已送达，重新发送前请先查看。",
    )


def _problem(status: int, content: bytes, url: str) -> Exception:
    try:
        return from_json(Problem, content).error()
    except Unreadable as unreadable:
        if status >= 500:  # somebody in between, or a farm with too many guests
            return FarmUnavailable(
                f"The farm at {url} cannot answer now. Try again later.",
                f"位于 {url} 的农场现在无法回应。请稍后重试。",
            )
        return unreadable
