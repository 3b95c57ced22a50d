"""The documentation's Python runs, and its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

from drfuse.utils.paths import find_config

REPO = Path(__file__).resolve().parents[1]
PATTERNS = ('*.md', 'docs/**/*.md', 'projects/*/*.md', 'configs/**/*.md')
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


@pytest.mark.parametrize('page', ['README.md', 'docs/get_started.md', 'configs/drfusion/README.md'])
def test_checkpoints_on_the_page_are_those_of_the_config(page):
    text = (REPO / page).read_text(encoding='utf-8')
    named = re.findall(r'([\w/]+\.py)(?:(?!\.py)[^\n])*\W((?:iter|epoch)_\d+\.pth)', text)
    assert named
    for config, checkpoint in named:
        train = Config.fromfile(str(find_config(config))).train_cfg
        unit, length = ('iter', train.max_iters) if 'max_iters' in train else ('epoch', train.max_epochs)
        assert checkpoint == f'{unit}_{length}.pth' and length % train.val_interval == 0, config


def test_every_result_says_what_wrote_it():
    folder = REPO / 'docs' / 'results'
    rows = [line.split('|') for line in (folder / 'README.md').read_text(encoding='utf-8').splitlines()
            if line.startswith('|') and line.count('|') == 4]
    patterns = [name for row in rows for name in re.findall(r'[`(]([\w.*]+\.(?:md|jsonl?|png))[`)]', row[1])]
    listed = {file.name for pattern in patterns for file in folder.glob(pattern)}
    assert {file.name for file in folder.iterdir()} - listed == {'README.md'}
    tools = {name for row in rows for name in re.findall(r'`(?:tools/)?(\w+\.py)`', row[3])}
    assert tools <= {file.name for file in (REPO / 'tools').rglob('*.py')}


@pytest.mark.parametrize('page', ['docs/extend.md'])
def test_examples_run(page):
    code = '\n'.join(python_blocks(REPO / page))
    assert 'check_operator(' in code
    result = subprocess.run([sys.executable, '-c', code], cwd=REPO, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
