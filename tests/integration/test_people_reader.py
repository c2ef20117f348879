"""What a superadmin's leased database account reads of people on a real server, and no other's."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from farmdesk.db import applications, audit
from farmdesk.db.database import open_database
from farmdesk.domain.accounts import ApplicationKind
from farmdesk.domain.errors import FarmError
from farmdesk.link.people import PeopleReader
from farmdesk.security.audit_chain import Link, digest_of, follow
from tests.integration.staffed_farm import StaffedFarm, staffed_farm
from tests.samples import NOW
from tests.servers import DatabaseServer

Read = Callable[[PeopleReader], object]
READS: list[Read] = [
    PeopleReader.accounts,
    lambda people: people.account("ops"),
    PeopleReader.applications,
    lambda people: people.keys(1),
    lambda people: people.newest_audit(10, audit.Wanted()),
    lambda people: list(people.all_audit()),
    PeopleReader.audit_head,
]


@pytest.fixture(scope="module")
def farm(db_server: DatabaseServer) -> Iterator[StaffedFarm]:
    with staffed_farm(db_server) as made:
        with made.database.writing() as connection:
            applications.apply(
                connection,
                made.account("customer").user_id,
                ApplicationKind.REISSUE,
                handover_key=bytes(32),
                pickup_hash=bytes(32),
                network="10.0.0.0/24",
                now=NOW,
            )
            audit.append(connection, at=NOW, actor="root", action="x", subject="y", chain=digest_of)
        yield made


def test_a_superadmin_reads_people_applications_keys_and_the_log(farm: StaffedFarm) -> None:
    with closing(open_database(farm.link_url(farm.lend("root")))) as database:
        people = PeopleReader(database)
        assert [account.login for account in people.accounts()] == ["customer", "ops", "root"]
        [waiting] = people.applications()
        assert (waiting.login, waiting.kind) == ("customer", ApplicationKind.REISSUE)
        [key] = people.keys(people.account("ops").user_id)
        assert key.version == 1
        assert follow(people.all_audit()) == Link(*people.audit_head())


@pytest.mark.parametrize("read", READS)
def test_an_operator_reads_none_of_it(farm: StaffedFarm, read: Read) -> None:
    with (
        closing(open_database(farm.link_url(farm.lend("ops")))) as database,
        pytest.raises(FarmError),
    ):
        read(PeopleReader(database))
