import pytest

from drfuse.datasets.synthetic import draw_road_scene
from drfuse.evaluation.rivals.scenarios import Scenario
from drfuse.visualization.image_writer import write_png


@pytest.fixture(scope='module')
def road_root(tmp_path_factory):
    """Write three generated pairs as RoadScene lays them out, and a list of two of them."""
    import numpy as np

    root = tmp_path_factory.mktemp('road')
    for i in range(3):
        pair = draw_road_scene((48, 64), np.random.default_rng(i))
        for split in ('train', 'test'):
            for name, folder in (('ir', 'ir'), ('vis', 'vi')):
                write_png(root / split / folder / f'p{i}.png', pair[name])
    (root / 'two.txt').write_text('p0\np2\n')
    return root


@pytest.fixture
def scenario(road_root):
    """Make a scenario of the two listed pairs."""
    def scenario(name='noise', boundary='', pairs='two.txt'):
        return Scenario('ivf', name, str(road_root), 'train', str(road_root / pairs) if pairs else '', boundary)
    return scenario
