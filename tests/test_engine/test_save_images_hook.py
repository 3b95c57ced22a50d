import cv2
import numpy as np

from drfuse.engine.save_images_hook import SaveImagesHook
from drfuse.visualization import to_uint8


def test_fused_and_restored_images_are_written(tmp_path, predicted):
    samples = [predicted('a'), predicted('../b', colour=False)]
    SaveImagesHook(str(tmp_path)).after_test_iter(None, 0, outputs=samples)
    written = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob('*.png'))
    assert written == ['fused/.._b.png', 'fused/a.png', 'panels/.._b.png', 'panels/a.png',
                       'restored/ir/.._b.png', 'restored/ir/a.png',
                       'restored/vis/.._b.png', 'restored/vis/a.png']
    colour = cv2.imread(str(tmp_path / 'fused' / 'a.png'), cv2.IMREAD_UNCHANGED)[..., ::-1]
    assert np.array_equal(colour, to_uint8(samples[0].fused_image))
    grey = cv2.imread(str(tmp_path / 'restored' / 'vis' / 'a.png'), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(grey, to_uint8(samples[0].pred_sources[1]))
