"""`python -m farmdesk.demo [FOLDER]`: exit code 0 only when every frame was proven."""

import os
import sys
from pathlib import Path

from rich.console import Console

from farmdesk.demo.run import run_demo
from farmdesk.domain.errors import FarmError


def main() -> int:
    """Run the demo in a folder, by default `.demo` here."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo").absolute()
    console = Console()
    try:
        return 0 if run_demo(folder, os.environ, console) else 1
    except FarmError as error:
        console.print(error.en, style="red", soft_wrap=True)
    except OSError as error:
        console.print(f"The demo cannot work in {folder}: {error}", style="red", soft_wrap=True)
    except KeyboardInterrupt:
        console.print("Stopped. Run it again to start afresh.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
