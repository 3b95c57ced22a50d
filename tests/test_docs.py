"""The documentation's Python runs, and its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
PATTERNS = ('*.md', 'docs/*.md', 'projects/*/*.md', 'configs/**/*.md')
PAGES = sorted(page for pattern in PATTERNS for page in REPO.glob(pattern))
LINK = re.compile(r'\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(?:#([\w-]+))?\)')


def python_blocks(page):
    return re.findall(r'^```python\n(.*?)^```', page.read_text(encoding='utf-8'), re.M | re.S)


def anchors(page):
    """Return the anchors of a page's headings, as a Markdown viewer makes them."""
    headings = re.findall(r'^#+ (.+)$', page.read_text(encoding='utf-8'), re.M)
    return {re.sub(r'[^\w -]', '', heading.lower()).strip().replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.relative_to(REPO).as_posix())
def test_links_lead_somewhere(page):
    broken = []
    for target, anchor in LINK.findall(page.read_text(encoding='utf-8')):
        file = (page.parent / target) if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(f'{target}#{anchor}' if anchor else target)
    assert broken == []


@pytest.mark.parametrize('page', ['docs/extend.md'])
def test_examples_run(page):
    code = '\n'.join(python_blocks(REPO / page))
    assert 'check_operator(' in code
    result = subprocess.run([sys.executable, '-c', code], cwd=REPO, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
