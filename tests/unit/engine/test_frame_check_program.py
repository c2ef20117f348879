"""The worker program that checks frames, at a terminal's Ctrl-C."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from farmdesk.engine.frame_check import Claim


def test_ctrl_c_leaves_it_to_the_engine_and_prints_no_traceback(tmp_path: Path) -> None:
    claim = Claim(1, str(tmp_path / "gone.png"), 1, "00" * 32, 1, 1, newer_than=0.0)
    line = json.dumps(asdict(claim)) + "\n"
    with subprocess.Popen(
        [sys.executable, "-m", "farmdesk.engine.frame_check"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(line)
        worker.stdin.flush()
        assert "is missing" in worker.stdout.readline()  # it runs
        worker.send_signal(signal.SIGINT)
        told, complaints = worker.communicate(line)
    assert "is missing" in told
    assert (worker.returncode, complaints) == (0, "")
