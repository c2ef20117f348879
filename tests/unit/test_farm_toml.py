"""What `farm.toml` may say of nodes, licences and auto-start, and how it is refused."""

from pathlib import Path

import pytest

from farmdesk.domain.errors import Refused
from farmdesk.farm_toml import read_config


def test_nodes_have_slots_a_pool_and_tools(tmp_path: Path) -> None:
    text = """
auto_start = true
nodes = [{name="a", slots=2, pool="gpu", tools=["blender", "maya 2024"], speed=1.5}, {name="b"}]
[licences]
blender = 3
"""
    (tmp_path / "farm.toml").write_text(text, encoding="utf-8")
    config = read_config(tmp_path)
    first, second = config.nodes
    assert (first.slot_names, first.pool, first.speed) == (["a:1", "a:2"], "gpu", 1.5)
    assert first.tools == frozenset({"blender", "maya 2024"})
    assert (second.slot_names, second.pool, second.tools) == (["b"], "", None)
    assert config.licences == {"blender": 3}
    assert config.auto_start


def test_the_gateways_files_lie_in_the_farm_folder_unless_their_paths_are_full_ones(
    tmp_path: Path,
) -> None:
    assert read_config(tmp_path).gateway is None
    (tmp_path / "farm.toml").write_text('[gateway]\nport = 9443\nkey = "/etc/k.pem"\n')
    gateway = read_config(tmp_path).gateway
    assert gateway is not None
    assert (gateway.port, gateway.key) == (9443, Path("/etc/k.pem"))
    assert gateway.certificate == tmp_path / "tls" / "server.pem"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('nodes = [{name="a", slots=0}]', "slots of node a"),
        ('nodes = [{name="a", slots=true}]', "slots of node a"),
        ('nodes = [{name="a", slots=65}]', "slots of node a"),
        ('nodes = [{name="a:1"}]', "no node name"),
        ('nodes = [{name="../a"}]', "no node name"),
        ('nodes = [{name="a", pool="x y"}]', "no pool name"),
        ('nodes = [{name="a", tools="blender"}]', "tools of node a"),
        ('nodes = [{name="a", tools=[1]}]', "tools of node a"),
        ('nodes = [{name="a", size=1}]', "a node has no 'size'"),
        ('nodes = [{name="a"}, {name="A"}]', "same name"),
        ("nodes = [1]", "no node name"),
        ("licences = 3", "licences must be"),
        ("licences = {blender = -1}", "licences must be"),
        ("licences = {blender = true}", "licences must be"),
        ('auto_start = "yes"', "auto_start must be true or false"),
        ("gateway = true", "gateway must be a table"),
        ("[gateway]\nport = 0", "gateway.port must be"),
        ("[gateway]\nport = true", "gateway.port must be"),
        ("[gateway]\nkey = 1", "gateway.key must be a text"),
        ('[gateway]\nprot = "x"', "no 'prot'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_file_and_the_reason(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "farm.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_config(tmp_path)
    assert why in refused.value.en
    assert str(tmp_path / "farm.toml") in refused.value.zh
