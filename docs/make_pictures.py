"""Take the pictures of the pages that the readme and the guide show: `python docs/make_pictures.py`.

Everything in them is the built-in network and the built-in world. Needs Chromium (CHROMIUM names it).
"""

import functools
import io
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import convscope as cs
from convscope.site import build

PICTURES = Path(__file__).parent / "pictures"
PAGES = {
    "pages": "#/",
    "sharing": "#/sharing",
    "layers": "#/layers/conv3",
    "grid": "#/layers/relu3",
    "unit": "#/layers/relu3/10",
    "receptive": "#/receptive?layer=conv3",
}
FROM = {"grid": "section.mix"}
"""What is at the top of a picture, where that is not the top of its page."""
SIZE = (1280, 860)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


def main() -> None:
    """Measure the built-in network, serve its pages, and photograph them."""
    browser = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    with TemporaryDirectory() as folder:
        cs.look(cs.load("demo"), cs.data("parts:240"), out=folder, command="convscope demo")
        build(Path(folder))
        handler = functools.partial(_Quiet, directory=folder)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=FLAGS)
            page = chromium.new_page(
                viewport={"width": SIZE[0], "height": SIZE[1]}, device_scale_factor=1.5
            )
            for name, route in PAGES.items():
                shoot(page, f"http://127.0.0.1:{server.server_port}/{route}", name)
            chromium.close()
        server.shutdown()


def shoot(page: Page, address: str, name: str) -> None:
    """Write one picture."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # charts draw, numbers count up
    if name in FROM:
        page.locator(FROM[name]).evaluate("node => node.scrollIntoView()")
        page.wait_for_timeout(500)  # pictures that come into sight are read
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.save(PICTURES / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
