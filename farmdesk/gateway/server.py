"""Runs the gateway of a farm: its parts from the farm's settings, uvicorn over TLS 1.3."""

import gc
import logging
import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.parse import parse_qs, urlsplit

import uvicorn

from farmdesk.config import Config, GatewayConfig
from farmdesk.db.database import open_database
from farmdesk.domain.errors import Refused
from farmdesk.gateway.app import make_app
from farmdesk.gateway.bodies import Bodies
from farmdesk.gateway.callers import Clock, Sessions, utc_now
from farmdesk.gateway.expiry import Expiry
from farmdesk.gateway.http_door import BoundedHttp
from farmdesk.gateway.login import DatabaseDoor, LoginDesk
from farmdesk.gateway.outgoing import Outgoing
from farmdesk.gateway.packages import Packages
from farmdesk.gateway.parts import Parts
from farmdesk.gateway.registry import Registry
from farmdesk.gateway.results import Results
from farmdesk.gateway.uploads import Uploads
from farmdesk.security.certificates import Certified, check_pair, fingerprint
from farmdesk.security.challenge import SERVER_ID_BYTES
from farmdesk.security.secret_file import read_secret
from farmdesk.security.tls import check_trust, server_context
from farmdesk.security.vault import load_vault
from farmdesk.storage.inbox import Inbox

CONNECTIONS = 500
KEEP_S = 30  # a quiet connection is kept; clients let go before
END_S = 10  # requests that are under way when the gateway is told to end
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}  # names that mean another one elsewhere

log = logging.getLogger(__name__)


class NoGateway(Refused):
    """A farm that was not set up for people elsewhere."""

    def __init__(self) -> None:
        super().__init__(
            "This farm has no gateway. Run `farmdesk setup` once.",
            "此农场没有网关。请先运行一次 `farmdesk setup`。",
        )


class CannotListen(Refused):
    """An address and port where the gateway cannot listen."""

    def __init__(self, gateway: GatewayConfig) -> None:
        super().__init__(
            f"The gateway cannot listen on {gateway.address}, port {gateway.port}: another program "
            "does, or this machine has no such address. End that program, or change [gateway] in "
            "farm.toml.",
            f"网关无法在 {gateway.address} 端口 {gateway.port} 上监听：端口已被其他程序占用，"
            "或本机没有该地址。请结束该程序，或修改 farm.toml 中的 [gateway]。",
        )


def make_parts(config: Config, gateway: GatewayConfig, now: Clock = utc_now) -> Parts:
    """Open the farm's database and read its certificates. Raises Refused.

    The server's id in logins is the beginning of its authority's fingerprint: clients pin that
    authority, so they know the id already and need not be told it by a server.
    """
    authority = read_secret(gateway.ca, private=False)
    certificate = read_secret(gateway.certificate, private=False)
    check_pair(Certified(certificate, read_secret(gateway.key)), datetime.now(UTC))
    check_trust(gateway.certificate, gateway.key, authority, ())
    database = open_database(config.database)
    outgoing = Outgoing(database, partial(load_vault, config.master_key), now)
    return Parts(
        database=database,
        sessions=Sessions(database, now),
        login=LoginDesk(
            database,
            server_id=fingerprint(authority)[:SERVER_ID_BYTES],
            tls_fingerprint=fingerprint(certificate),
            database_door=_database_door(config, gateway) if database.is_server else None,
            now=now,
        ),
        registry=Registry(database, partial(load_vault, config.master_key), now),
        uploads=Uploads(database, Inbox(config.folder), now),
        bodies=Bodies(),
        results=Results(database, outgoing),
        packages=Packages(database, outgoing),
        expiry=Expiry(database, certificate=certificate, authority=authority, now=now),
        authority=authority,
    )


def make_server(parts: Parts, gateway: GatewayConfig) -> uvicorn.Server:
    """Give the server, ready to run."""
    context = server_context(gateway.certificate, gateway.key)
    return uvicorn.Server(
        uvicorn.Config(
            make_app(parts),
            host=gateway.address,
            port=gateway.port,
            http=BoundedHttp,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=KEEP_S,
            timeout_graceful_shutdown=END_S,
            ssl_context_factory=lambda _config, _usual: context,
        )
    )


def serve_gateway(config: Config) -> None:
    """Run the gateway of a farm until SIGTERM. Raises Refused."""
    if config.gateway is None:
        raise NoGateway
    parts = make_parts(config, config.gateway)
    server = make_server(parts, config.gateway)
    _stop_on_sigterm(server)
    log.info("the gateway listens on %s, port %s", config.gateway.address, config.gateway.port)
    try:
        gc.freeze()  # what is here now stays: no collection needs to look at it again
        server.run()  # on uvloop, where there is one
    except SystemExit as ended:  # uvicorn's word for it; its code would start us again for ever
        raise CannotListen(config.gateway) from ended
    finally:
        parts.database.close()


def _stop_on_sigterm(server: uvicorn.Server) -> None:
    """Let the signal be an end in good order, with code 0.

    While it serves uvicorn listens itself; before and after that, and when it raises the signal
    once more at its end, this does.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    signal.signal(signal.SIGTERM, stop)


def _database_door(config: Config, gateway: GatewayConfig) -> DatabaseDoor | None:
    """Give where staff clients reach the database; None where they cannot, or could not know it."""
    parts = urlsplit(config.database)
    authorities = parse_qs(parts.query).get("ssl_ca")
    is_far = gateway.database or parts.hostname not in _THIS_MACHINE
    if authorities is None or not is_far:
        log.warning(
            "no database accounts for staff: the database's URL names no ssl_ca, or this machine "
            "alone, and [gateway] says no other place"
        )
        return None
    place = gateway.database or f"{parts.hostname}:{parts.port or 3306}"
    return DatabaseDoor(
        f"{place}{'' if ':' in place else ':3306'}/{parts.path.lstrip('/')}",
        read_secret(Path(authorities[-1]), private=False).decode("ascii", "replace"),
    )
