"""`python -m farmdesk.demo [FOLDER]`: exit code 0 only when every frame was proven."""

import os
import sys
from pathlib import Path

from rich.console import Console

from farmdesk.cli.screen import Screen, Styled, language
from farmdesk.demo.run import run_demo
from farmdesk.domain.errors import FarmError
from farmdesk.domain.said import Said
from farmdesk.domain.system_words import why_system


def main() -> int:
    """Run the demo in a folder, by default `.demo` here."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo").absolute()
    screen = Screen(Console(), language())
    try:
        return 0 if run_demo(folder, os.environ, screen) else 1
    except FarmError as error:
        screen.say(Styled(error, "red"))
    except OSError as error:
        why = why_system(error)
        said = Said(
            f"The demo cannot work in {folder}: {why.en}", f"演示无法在 {folder} 中运行：{why.zh}"
        )
        screen.say(Styled(said, "red"))
    except KeyboardInterrupt:
        screen.say(Said("Stopped. Run it again to start afresh.", "已停止。再次运行即重新开始。"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
