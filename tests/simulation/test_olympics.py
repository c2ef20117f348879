"""The record run in small: all of its parts, on SQLite."""

from pathlib import Path

import pytest

from benchmarks.games import CAPACITY, MEAN_RUN_S, Size, make_games
from benchmarks.olympics import JSON, measure


def test_small_games_lose_no_frame_and_render_none_twice(tmp_path: Path) -> None:
    games = make_games(Size(tasks=4, frames=1200, hours=48))
    figures = measure(games, f"sqlite:///{tmp_path}/farm.db", tmp_path)
    assert set(JSON) <= set(figures)
    assert (figures["tasks"], figures["frames"]) == (4, 1200)
    assert (figures["lost"], figures["rendered_twice"]) == (0, 0)
    assert 0.8 < figures["utilisation"] < 1.0
    assert figures["hours"] == 48
    assert figures["urgent"] == 1, "the urgent show was not let in"
    assert figures["displaced"] == 1, "nobody lost a node to it"


def test_the_games_are_those_of_the_record() -> None:
    games = make_games(Size())
    works = [show.work for show in games.shows]
    assert (len(works), sum(map(len, works))) == (105, 472_428)
    mean_run_s = sum(float(work.sum()) for work in works) / CAPACITY / len(works)
    assert mean_run_s == pytest.approx(MEAN_RUN_S, rel=0.02)
    assert sum(show.urgent for show in games.shows) == 10
    assert len(games.outages) == 63
    assert [show.number for show in games.shows] == list(range(1, 106))
    arrivals = [show.arrives_s for show in games.shows]
    assert arrivals == sorted(arrivals)
    assert arrivals[-1] < games.ends_s == 1512 * 3600
