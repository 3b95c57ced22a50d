"""Make the README's picture of ``drfuse demo``: a generated pair in the page, photographed in headless Chromium."""

import argparse
import io
import re
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

from PIL import Image

from drfuse.utils.checkpoint import write_atomic

VIEW = (1400, 1168)
LARGEST = 300_000
WAIT = 120


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('docs/images/page.png'))
    parser.add_argument('--width', type=int, default=1100, help='of the picture; the window has 1400 pixels')
    args = parser.parse_args(argv)
    browser = shutil.which('chromium')
    if browser is None:
        print('error: chromium is not installed: apt-get install chromium', file=sys.stderr)
        return 2
    command = [sys.executable, '-c', 'from drfuse.cli.app import main; main()', 'demo', '--no-browser', '--port', '0']
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline()
            found = re.search(r'http://127\.0\.0\.1:\d+', line)
            if found is None:
                print(f'error: {line.strip()}', file=sys.stderr)
                return 2
            data = shrunk(photograph(found.group(), browser), args.width)
        finally:
            server.terminate()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(data, args.out)
    print(f'{args.out}: {len(data)} bytes, generated pair, shipped weights, {date.today()}')
    return 0


def photograph(address: str, browser: str) -> bytes:
    """Open the page, wait for the first result, and return a PNG of the window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not one of drfuse's own requirements

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=['--no-sandbox'])
        page = chromium.new_page(viewport=dict(width=VIEW[0], height=VIEW[1]))
        page.set_default_timeout(WAIT * 1000)
        page.goto(address)
        page.wait_for_selector('#metrics table')
        time.sleep(2)  # pictures are decoded, and moving parts have come to rest
        data = page.screenshot()
        chromium.close()
    return data


def shrunk(data: bytes, width: int, largest: int = LARGEST) -> bytes:
    """Return a PNG reduced to ``width``, with so many colours that it has at most ``largest`` bytes.

    Raises:
        ValueError: If 16 colours are still too many.
    """
    image = Image.open(io.BytesIO(data)).convert('RGB')
    height = round(image.height * width / image.width)
    image = image.resize((width, height), Image.Resampling.LANCZOS)
    for colours in (256, 192, 128, 96, 64, 48, 32, 16):
        file = io.BytesIO()
        palette = image.quantize(colours, Image.Quantize.MAXCOVERAGE)
        image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(file, 'PNG', optimize=True)
        if file.tell() <= largest:
            return file.getvalue()
    raise ValueError(f'a picture {width} pixels wide needs more than {largest} bytes: make it smaller')


if __name__ == '__main__':
    sys.exit(main())
