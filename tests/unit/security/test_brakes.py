"""Brakes on logging in: per address, doubling, forgetting, and never a lock-out."""

import pytest

from farmdesk.security.brakes import (
    FAILURES,
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    MAX_REMEMBERED,
    WINDOW_S,
    LoginBrakes,
    counted_network,
)


def _fail(brakes: LoginBrakes, address: str, now: float) -> None:
    assert brakes.admit(address, now) == 0.0


def test_the_sixth_try_waits_and_each_further_failure_doubles_it() -> None:
    brakes = LoginBrakes()
    now = 0.0
    for _ in range(FAILURES):
        _fail(brakes, "10.0.0.1", now)
    waits = []
    for _ in range(9):
        wait = brakes.admit("10.0.0.1", now)
        waits.append(wait)
        assert brakes.admit("10.0.0.1", now + wait / 2) == wait / 2
        now += wait
        _fail(brakes, "10.0.0.1", now)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, LONGEST_WAIT_S]


def test_who_takes_every_free_try_hinders_his_own_address_alone() -> None:
    brakes = LoginBrakes()
    now = 0.0
    while now < 86_400:
        now += brakes.admit("10.0.1.1", now)
    assert brakes.admit("10.0.1.1", now) <= LONGEST_WAIT_S
    assert brakes.admit("10.9.9.9", now) == 0


def test_many_at_once_gain_nothing() -> None:
    brakes = LoginBrakes()
    admitted = [brakes.admit("10.0.0.1", 0) == 0 for _ in range(1000)]
    assert sum(admitted) == FAILURES


def test_an_office_behind_one_address_is_not_braked_by_its_successes() -> None:
    brakes = LoginBrakes()
    for number in range(100):
        _fail(brakes, "10.0.0.1", number)
        brakes.succeeded("10.0.0.1")
    for number in range(100):
        _fail(brakes, "10.0.0.1", 100 + number)
        brakes.succeeded("10.0.0.1")


def test_a_success_neither_counts_as_a_failure_nor_makes_the_next_wait_longer() -> None:
    brakes = LoginBrakes()
    for _ in range(FAILURES - 1):
        _fail(brakes, "10.0.0.1", 0)
        brakes.succeeded("10.0.0.1")
    for _ in range(FAILURES):
        _fail(brakes, "10.0.0.1", 0)
    assert brakes.admit("10.0.0.1", 0) == FIRST_WAIT_S
    _fail(brakes, "10.0.0.1", FIRST_WAIT_S)
    brakes.succeeded("10.0.0.1")
    _fail(brakes, "10.0.0.1", FIRST_WAIT_S)
    assert brakes.admit("10.0.0.1", FIRST_WAIT_S) == 2 * FIRST_WAIT_S


def test_a_success_from_an_address_that_was_forgotten_is_nothing() -> None:
    brakes = LoginBrakes()
    brakes.succeeded("10.0.0.1")
    _fail(brakes, "10.0.0.1", 0)
    brakes.succeeded("10.0.0.1")
    brakes.succeeded("10.0.0.1")


def test_own_successes_do_not_buy_tries_at_others() -> None:
    brakes = LoginBrakes()
    tries = 0
    for second in range(60):
        if brakes.admit("10.0.0.1", second) == 0:
            brakes.succeeded("10.0.0.1")
        tries += brakes.admit("10.0.0.1", second) == 0
    assert tries <= FAILURES + 4  # the waits of one minute


def test_five_quiet_minutes_forgive() -> None:
    brakes = LoginBrakes()
    for _ in range(FAILURES):
        _fail(brakes, "10.0.0.1", 0)
    later = FIRST_WAIT_S + WINDOW_S + 1
    for _ in range(FAILURES):
        _fail(brakes, "10.0.0.1", later)
    assert brakes.admit("10.0.0.1", later) == 5


def test_slow_failures_are_no_attack() -> None:
    brakes = LoginBrakes()
    for number in range(50):
        _fail(brakes, "10.0.0.1", number * WINDOW_S / (FAILURES - 1))


def test_a_line_of_ipv6_counts_as_one_address() -> None:
    brakes = LoginBrakes()
    for number in range(FAILURES):
        _fail(brakes, f"2001:db8:1:2::{number + 1:x}", 0)
    assert brakes.admit("2001:db8:1:2:ffff::9", 1) > 0
    assert brakes.admit("2001:db8:1:3::1", 1) == 0


def test_ipv4_addresses_that_come_as_ipv6_are_not_one_line() -> None:
    brakes = LoginBrakes()
    for _ in range(FAILURES):
        _fail(brakes, "::ffff:10.0.0.1", 0)
    assert brakes.admit("::ffff:10.0.0.1", 1) > 0
    assert brakes.admit("::ffff:10.0.0.2", 1) == 0


def test_what_is_remembered_is_bounded_and_who_is_new_is_not_what_is_forgotten() -> None:
    brakes = LoginBrakes()
    for number in (*range(MAX_REMEMBERED), 0, MAX_REMEMBERED):
        brakes.admit(f"host{number}", 0)
    assert len(brakes._tries) == MAX_REMEMBERED
    assert "host0" in brakes._tries  # it tried again, the others are quiet
    tried = [brakes.admit("one more", 0) == 0 for _ in range(FAILURES + 1)]
    assert sum(tried) == FAILURES


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("::ffff:10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_a_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert counted_network(address) == network
