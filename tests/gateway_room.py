"""A gateway with users on a farm of its own, and a client that answers challenges by hand."""

from types import TracebackType

import httpx

from farmdesk.db import accounts, audit, sessions
from farmdesk.db.database import open_database
from farmdesk.domain.accounts import Account, AuditRecord, UserState
from farmdesk.domain.users import Role
from farmdesk.security.certificates import fingerprint
from farmdesk.security.challenge import Challenge, sign
from farmdesk.security.tls import client_context
from farmdesk.security.user_keys import UserKeys
from tests.gateways import RunningGateway, add_user, keys_of
from tests.samples import NOW
from tests.servers import START_S

USERS = {
    "ann": Role.CUSTOMER,
    "bob": Role.CUSTOMER,
    "operator": Role.OPERATOR,
    "boss": Role.SUPERADMIN,
}


class Room:
    """A farm behind a running gateway; `clock` can be turned, `client` asks for anything."""

    def __init__(self, url: str, gateway: RunningGateway) -> None:
        self.url = url
        self.header: dict[str, str] | None = None  # of a session that several requests share
        self.gateway = gateway
        gateway.serve(url)
        self.clock = gateway.clock
        self.server_id = fingerprint(gateway.authority)[:16]
        self.tls_fingerprint = fingerprint(gateway.settings.certificate.read_bytes())
        self.users: dict[str, Account] = {
            login: add_user(url, login, role) for login, role in USERS.items()
        }
        self.database = open_database(url)
        self.client = httpx.Client(
            base_url=gateway.url,
            verify=client_context(gateway.authority),
            trust_env=False,
            timeout=START_S,  # this machine may be busy
        )

    def __enter__(self) -> "Room":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        self.database.close()

    def challenge(self, login: str) -> Challenge:
        """Ask for something to sign."""
        given = self.client.post("/login/challenge", json={"login": login}).json()
        return Challenge(bytes.fromhex(given["nonce"]), given["expires"])

    def answer(
        self,
        login: str,
        *,
        keys: UserKeys | None = None,
        challenge: Challenge | None = None,
        server_id: bytes | None = None,
        tls_fingerprint: bytes | None = None,
        changed: dict[str, object] | None = None,
    ) -> httpx.Response:
        """Answer a challenge, rightly unless something is named; `changed`: fields as sent."""
        keys = keys or keys_of(login)
        challenge = challenge or self.challenge(login)
        signature = sign(
            keys,
            server_id=server_id or self.server_id,
            tls_fingerprint=tls_fingerprint or self.tls_fingerprint,
            challenge=challenge,
        )
        form = {
            "login": login,
            "nonce": challenge.nonce.hex(),
            "expires": challenge.expires,
            "fingerprint": keys.fingerprint,
            "signature": signature.hex(),
        }
        return self.client.post("/login/answer", json=form | (changed or {}))

    def enter(self, login: str) -> dict[str, str]:
        """Log in, and give the header to ask with."""
        reply = self.answer(login)
        assert reply.status_code == 200, reply.text
        return {"Authorization": f"Bearer {reply.json()['token']}"}

    def suspend(self, login: str) -> None:
        """Lock somebody out, as a superadmin does."""
        with self.database.writing() as connection:
            accounts.move(
                connection,
                login,
                wanted={UserState.ACTIVE},
                state=UserState.SUSPENDED,
                by="boss",
                reason="left",
                now=NOW,
            )
            sessions.end_of_user(connection, self.users[login].user_id)

    def audit(self) -> list[AuditRecord]:
        """Give the audit log."""
        with self.database.reading() as connection:
            return audit.read(connection)
