"""Run `convscope demo` as a person would, look at the served page, and stop it: what CI can see of the demo."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

PATIENCE = 300.0  # seconds until the page must be served


def main() -> int:
    """Return 0 if the page of the built-in network was served."""
    program = Path(sys.executable).with_name("convscope")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        command = [program, "demo", "--no-open", "--out", str(Path(folder) / "atlas")]
        demo = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            address = served_at(demo)
            with urlopen(address, timeout=30) as answer:
                page = answer.read().decode()
        finally:
            demo.send_signal(signal.SIGINT)
            status = demo.wait(timeout=30)
    if "<title>" not in page:
        raise SystemExit(f"{address} answered something that is no page:\n{page[:500]}")
    print(
        f"demo: served {len(page):,} characters at {address}, "
        f"ended with {status} after {time.monotonic() - began:.1f} s"
    )
    return 0


def served_at(demo: "subprocess.Popen[str]") -> str:
    """Return the address that the demo prints."""
    assert demo.stdout is not None
    deadline = time.monotonic() + PATIENCE
    seen = ""
    for line in demo.stdout:
        seen += line
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
        if found:
            return found.group()
        if time.monotonic() > deadline:
            break
    raise SystemExit(f"convscope demo served nothing; it said:\n{seen}")


if __name__ == "__main__":
    sys.exit(main())
