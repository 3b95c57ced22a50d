"""Fuse a pair with a file of ``drfuse export``: run_exported.py MODEL IR VISIBLE OUT [SIGMA_BLUR [SIGMA_NOISE]].

Needs numpy and opencv, and onnxruntime for a .onnx or openvino for a .xml; neither drfuse nor PyTorch nor MMEngine.
"""

import sys

import cv2
import numpy as np

try:
    (model, path_a, path_b, out), (blur, noise) = sys.argv[1:5], map(float, (*sys.argv[5:], 0, 0)[:2])
except ValueError:  # too few, or no number
    sys.exit('usage: run_exported.py MODEL IR VISIBLE OUT [SIGMA_BLUR [SIGMA_NOISE]]')
cv2.utils.logging.setLogLevel(0)  # a picture that cannot be read is told of below
a, b = cv2.imread(path_a, cv2.IMREAD_GRAYSCALE), cv2.imread(path_b)
if a is None or b is None:
    sys.exit(f'cannot read the picture {path_a if a is None else path_b}')
b = cv2.cvtColor(b, cv2.COLOR_BGR2YCrCb)
factor = round(b.shape[0] / a.shape[0])  # a low-resolution A: every pixel is repeated over its cell
a = a.repeat(factor, 0).repeat(factor, 1)[:b.shape[0], :b.shape[1]]
x = np.arange(-10, 11)
taps = np.exp(-0.5 * (x / blur) ** 2) if blur else (x == 0).astype(float)
kernel = (np.outer(taps, taps) / taps.sum() ** 2).astype(np.float32)
inputs = {s: image[None, None].astype(np.float32) / 255 for s, image in (('a', a), ('b', b[..., 0]))}
for s, cells in (('a', factor), ('b', 1)):
    inputs |= {f'kernel_{s}': kernel, f'sigma_{s}': np.full_like(inputs[s], noise), f'factor_{s}': np.array(cells)}
try:
    if model.endswith('.xml'):
        import openvino
        run = openvino.Core().compile_model(model, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})
        fused = run(inputs)['fused']
    else:
        import onnxruntime
        fused, = onnxruntime.InferenceSession(model).run(['fused'], inputs)
except Exception as error:  # such as a size that the file does not take
    sys.exit(f'{model} does not run on {b.shape[0]} x {b.shape[1]}: {" ".join(str(error).split())}')
b[..., 0] = (np.clip(fused[0, 0], 0, 1) * 255 + 0.5).astype(np.uint8)
if not cv2.imwrite(out, cv2.cvtColor(b, cv2.COLOR_YCrCb2BGR)):
    sys.exit(f'cannot write {out}')
